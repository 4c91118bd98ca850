"""What keeps the book's word: checked claims for the pages, and behind them the cache, ledgers and checks of a build."""

__all__ = ["ClaimError", "claim", "glue"]

from coursekit.book.claims import ClaimError, claim, glue
