"""One submission in, one verdict out: nothing else goes in, and nothing else comes out."""

__all__: list[str] = []
