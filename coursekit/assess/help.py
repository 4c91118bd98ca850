"""What a student can ask for: hints, one after the other, and in practice mode the whole solution."""

__all__ = ["PRACTICE", "hint", "solution"]

import inspect
import os
import textwrap
from types import FunctionType

from coursekit._check import CourseError
from coursekit.assess.registry import exercise

PRACTICE = "COURSEKIT_PRACTICE"
_shown: dict[str, int] = {}


def hint(exercise_id: str) -> str:
    """Return the next hint of an exercise, from a nudge to nearly the answer; after the last, the last again.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.

    Raises:
        ValueError: if there is no such exercise.
    """
    hints = exercise(exercise_id).hints
    number = min(_shown.get(exercise_id, 0), len(hints) - 1)
    _shown[exercise_id] = number + 1
    return f"Hint {number + 1} of {len(hints)}: {hints[number]}"


def solution(exercise_id: str) -> str:
    """Return the code of a right answer, in practice mode only.

    Practice mode is on while the environment variable ``COURSEKIT_PRACTICE`` is 1. A grading environment
    never sets it.

    Args:
        exercise_id: such as ``mini-sprint-vae/kl``.

    Raises:
        ValueError: if there is no such exercise.
        CourseError: outside of practice mode, or if the answer is no piece of code.
    """
    task = exercise(exercise_id)
    if os.environ.get(PRACTICE) != "1":
        raise CourseError(
            f"solutions are shown in practice mode only: ask for hint({exercise_id!r}), or, where nothing "
            f"is graded, set the environment variable {PRACTICE} to 1 before Python starts"
        )
    found = task.reference()
    if not isinstance(found, (FunctionType, type)):
        raise CourseError(f"{exercise_id} has no solution of its own: it asks for {task.signature}")
    part = getattr(found, task.part) if task.part else found
    return textwrap.dedent(inspect.getsource(part))
