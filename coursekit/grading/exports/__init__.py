"""Final marks for other programs: who has no number gets an empty field, never a 0."""

__all__: list[str] = []
