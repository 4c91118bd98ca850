"""What an instructor reads of a graded class: one page, a summary, and the log in words."""

__all__: list[str] = []
