"""The verdict: a pure function of plain data, which never meets the student's code."""

__all__ = ["Finding", "expected", "verdict"]

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from coursekit.assess.exercise import Case, Exercise, Mutant, Observation, Plain

_LENIENCE = 0.15


@dataclass(frozen=True)
class Finding:
    """What is wrong with an observation, and the misconception it shows if one was recognised."""

    case: str
    message: str
    mutant: str = ""


def _as_array(value: Plain) -> NDArray[np.float64] | None:
    """Return numbers as an array, text as None."""
    return None if isinstance(value, str) else np.asarray(value, dtype=np.float64)


def _margin(exercise: Exercise, case: Case, key: str, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest accepted difference, element by element."""
    if key in case.tolerance:
        return np.broadcast_to(np.asarray(case.tolerance[key], dtype=np.float64), wanted.shape)
    return exercise.tolerance * (1 + np.abs(wanted))


def _place(index: tuple[int, ...]) -> str:
    """Write the index of an element; nothing for a scalar."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def _compare(exercise: Exercise, case: Case, key: str, wanted: Plain, came: Plain | None) -> str | None:
    """Return the first difference between an expected and an observed value, or None."""
    if came is None:
        return f"{key} is missing."
    target = _as_array(wanted)
    if target is None:
        return (
            None if isinstance(came, str) and came == wanted else f"{key} must be {wanted}; yours is {came}."
        )
    array = _as_array(came)
    if array is None:
        return f"{key} must be numbers of shape {target.shape}; yours is {came}."
    if array.shape != target.shape:
        return f"{key} must have shape {target.shape}; yours has {array.shape}."
    if not np.isfinite(array).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        return f"{key}{_place(at)} is {array[at]:g}; expected {target[at]:.6g}."
    off = np.abs(array - target) > _margin(exercise, case, key, target)
    if off.any():
        at = tuple(int(i) for i in np.argwhere(off)[0])
        return f"{key}{_place(at)} is {array[at]:.6g}; expected {target[at]:.6g}."
    return None


def _difference(exercise: Exercise, case: Case, observation: Observation) -> str | None:
    """Return the first thing that is wrong, by the exercise's judge or by comparison."""
    if exercise.judge is not None:
        return exercise.judge(case, observation)
    for key, wanted in expected(exercise, case).items():
        difference = _compare(exercise, case, key, wanted, observation.get(key))
        if difference:
            return difference
    return None


def _same(
    exercise: Exercise, case: Case, mutant: Observation, came: Observation, keys: Collection[str]
) -> float:
    """Return how far an observation is from a mutant's, in units of what is accepted; below 1 is a match."""
    worst, right = 0.0, expected(exercise, case)
    for key, wanted in right.items():
        if key not in keys and keys != came.keys():
            continue
        theirs, ours = mutant.get(key), came.get(key)
        if isinstance(theirs, str) or isinstance(ours, str) or theirs is None or ours is None:
            if not (isinstance(theirs, str) and isinstance(ours, str) and theirs == ours):
                return np.inf
            continue
        a, b, target = _as_array(ours), _as_array(theirs), _as_array(wanted)
        if a is None or b is None or a.shape != b.shape:
            return np.inf
        margin = exercise.tolerance * (1 + np.abs(b))
        if target is not None and target.shape == b.shape and case.noisy:
            margin = 2 * _margin(exercise, case, key, target) + _LENIENCE * np.abs(b - target)
        unequal = ~((a == b) | (np.isnan(a) & np.isnan(b)))
        if unequal.any():
            with np.errstate(invalid="ignore"):
                gap = (np.abs(a - b) / margin)[unequal]
            worst = max(worst, float(np.nan_to_num(gap, nan=np.inf).max()))
    return worst


@lru_cache(maxsize=256)
def _reference(exercise_id: str, key: int) -> Observation:
    """Observe the reference once a case (``key`` is the case's identity in ``_cases``)."""
    exercise, case = _cases[exercise_id, key]
    return exercise.observe(exercise.reference(), case)


@lru_cache(maxsize=2048)
def _mutant(exercise_id: str, key: int, name: str) -> Observation | None:
    """Observe a mutant once a case; None if it crashes there."""
    exercise, case = _cases[exercise_id, key]
    mutant = next(m for m in exercise.mutants if m.name == name)
    try:
        return exercise.observe(mutant.build(), case)
    except Exception:  # some mistakes crash on some inputs, and then show themselves on another case
        return None


# Cases hold arrays and can't be hashed; keeping them here also keeps their ids from being used again.
_cases: dict[tuple[str, int], tuple[Exercise, Case]] = {}


def expected(exercise: Exercise, case: Case) -> Observation:
    """Return what a right answer shows on a case.

    Args:
        exercise: the exercise.
        case: one of its cases.
    """
    if case.expected is not None:
        return case.expected
    _cases[exercise.id, id(case)] = (exercise, case)
    return _reference(exercise.id, id(case))


def _first_key(exercise: Exercise, case: Case, observation: Observation) -> str:
    """Return the first key at which an observation is wrong; empty where a judge decides."""
    if exercise.judge is None:
        for key, wanted in expected(exercise, case).items():
            if _compare(exercise, case, key, wanted, observation.get(key)):
                return key
    return ""


def _recognise(exercise: Exercise, case: Case, observation: Observation) -> Mutant | None:
    """Return the mutant that the observation equals, else the one that it equals where it first goes wrong.

    The second look finds one mistake of several: a loss whose first term is a mean over pixels stays one
    when the other term is wrong as well.
    """
    mutant = _nearest(exercise, case, observation, observation.keys())
    key = _first_key(exercise, case, observation) if mutant is None and not case.noisy else ""
    return _nearest(exercise, case, observation, {key}) if key and len(observation) > 1 else mutant


def _nearest(
    exercise: Exercise, case: Case, observation: Observation, keys: Collection[str]
) -> Mutant | None:
    """Return the mutant whose observation is nearest at some keys, if it is near enough and wrong there."""
    _cases[exercise.id, id(case)] = (exercise, case)
    best: tuple[float, Mutant] | None = None
    for mutant in exercise.mutants:
        if mutant.sign is not None:
            if mutant.sign(case, observation):
                return mutant
            continue
        seen = _mutant(exercise.id, id(case), mutant.name)
        if seen is None or _difference(exercise, case, seen) is None:
            continue
        if len(keys) < len(observation) and _first_key(exercise, case, seen) not in keys:
            continue
        distance = _same(exercise, case, seen, observation, keys)
        if distance <= 1 and (best is None or distance < best[0]):
            best = (distance, mutant)
    return best[1] if best else None


def verdict(exercise: Exercise, case: Case, observation: Observation) -> Finding | None:
    """Return what is wrong with an observation, or None if it is right.

    Args:
        exercise: the exercise.
        case: the case that was observed.
        observation: plain data; whatever it holds, nothing is raised.
    """
    seen: Observation = observation if isinstance(observation, Mapping) else {}
    difference = _difference(exercise, case, seen)
    if difference is None:
        return None
    mutant = _recognise(exercise, case, seen)
    if mutant is None:
        return Finding(case.name, difference)
    # A judge's own words hold the measured figures; a plain difference would add nothing.
    message = mutant.message if exercise.judge is None else f"{difference} {mutant.message}"
    return Finding(case.name, message, mutant.name)
