"""The host's side of the judge: which cell runs where, two passes, and what is put into the notebook."""

__all__: list[str] = []
