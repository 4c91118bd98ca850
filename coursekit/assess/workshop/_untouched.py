"""Telling which of its arguments a student's function changed."""

__all__ = ["CHANGED", "kept", "untouched"]

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit.assess.exercise import Case, Observation
from coursekit.assess.plain import plain

CHANGED = "what your function changed in place"
Observer = Callable[[Any, Case], Observation]
Array = NDArray[Any]


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


def kept(case: Case, key: str, value: object, given: Mapping[str, Array]) -> Observation:
    """Return what came back and whether the arguments are as they were; nothing else of a placeholder."""
    if value is None or value is ...:
        return {key: plain(value)}
    same = all(np.array_equal(array, np.asarray(case.inputs[name])) for name, array in given.items())
    return {key: plain(value), "what was handed in": "unchanged" if same else "changed"}
