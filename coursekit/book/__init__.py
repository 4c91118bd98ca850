"""What keeps the book's word: checked claims for pages, and behind them cache, ledgers and checks."""

__all__ = ["ClaimError", "claim", "glue"]

from coursekit.book.claims import ClaimError, claim, glue
