"""An observer that also tells which of its arguments a student's function changed."""

__all__ = ["CHANGED", "untouched"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Case, Observation

CHANGED = "what your function changed in place"
Observer = Callable[[Any, Case], Observation]


def untouched(observe: Observer, *names: str) -> Observer:
    """Return an observer that looks at the arrays before and after each call.

    Args:
        observe: calls the candidate with arrays and other things.
        names: of the candidate's arguments, in their order.
    """

    def watched(candidate: Any, case: Case) -> Observation:
        changed: set[str] = set()

        def watching(*arguments: Any) -> Any:
            before = [np.array(value) if isinstance(value, np.ndarray) else None for value in arguments]
            found = candidate(*arguments)
            for name, old, new in zip(names, before, arguments, strict=False):
                if old is not None and not np.array_equal(old, new, equal_nan=True):
                    changed.add(name)
            return found

        seen = observe(watching, case)
        if all(isinstance(value, str) for value in seen.values()):  # nothing was returned that can be judged
            return seen
        return {**seen, CHANGED: " and ".join(name for name in names if name in changed) or "nothing"}

    return watched
