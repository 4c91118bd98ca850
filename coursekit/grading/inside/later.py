"""What ``coursekit.assess`` is behind the walls: checks come later, in another process."""

__all__ = ["check", "grade", "grade_answer", "hint", "mastery", "question"]

from typing import Any


class _Later:
    """Says when the check will be."""

    def __repr__(self) -> str:
        return "checked after all cells have run"


def check(*_: Any, **__: Any) -> _Later:
    """Do nothing now."""
    return _Later()


grade = grade_answer = hint = mastery = question = check
