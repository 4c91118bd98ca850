"""The page that a student opens after grading: nothing in it that a stranger wrote can act."""

__all__: list[str] = []
