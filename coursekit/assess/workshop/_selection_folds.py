"""Model selection, step D: k folds."""

__all__ = ["KFOLD"]

from operator import attrgetter
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._network_tools import global_stream
from coursekit.assess.workshop._selection_reference import Array, kfold
from coursekit.assess.workshop._tools import flag

_LIST, _PAIRS, _FLOATS = "a list of arrays of whole numbers", "a list of pairs", "a list of arrays of floats"
_SHUFFLE = attrgetter("permutation")(np.random)  # the global stream, for the mutant that draws from it


def _folds(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    sizes = [(12, 4), (17, 5), (10 * int(rng.integers(2, 5)) + 7, int(rng.choice([4, 5, 6]))), (6, 6)]
    return tuple(Case(f"{B} patterns in {k} folds", {"B": B, "k": k}) for B, k in sizes)


def _observe_folds(candidate: Any, case: Case) -> Observation:
    """Look at the sizes and at which patterns are in the folds; their order is free."""
    B, k = int(case.inputs["B"]), int(case.inputs["k"])
    with global_stream(B):
        found, again = candidate(B, k), candidate(B, k)
    if not isinstance(found, (list, tuple, np.ndarray)):
        return {"the answer": told(found)}
    folds = [plain(fold) for fold in found]
    if not all(isinstance(fold, np.ndarray) and fold.ndim == 1 for fold in folds):
        pairs = all(isinstance(fold, (tuple, list)) and len(fold) == 2 for fold in found)
        return {"the answer": _PAIRS if pairs else told(found)}
    kinds = {np.asarray(fold).dtype.kind for fold in found if np.size(fold)}
    if not kinds <= {"i", "u"}:
        return {"the answer": _FLOATS if kinds == {"f"} else told(found)}
    everything = np.concatenate([np.zeros(0), *[np.asarray(fold) for fold in folds]])
    return {
        "the answer": _LIST,
        "folds": float(len(folds)),
        "sizes": np.sort([float(np.size(fold)) for fold in folds])[::-1],
        "different patterns": float(len(set(everything))),
        "smallest number": float(everything.min(initial=np.inf)),
        "largest number": float(everything.max(initial=-np.inf)),
        "whether a second call gives the same": flag(_equal(found, again)),
    }


def _equal(found: Any, again: Any) -> bool:
    """Tell whether two lists of folds are the same."""
    return len(found) == len(again) and all(map(np.array_equal, found, again))


def _by_size(B: int, k: int) -> list[Array]:
    """Return folds of rounded-up size, the last one with what is left."""
    size = -(-B // k)
    return [np.arange(i * size, min((i + 1) * size, B)) for i in range(k)]


def _last_takes_all(B: int, k: int) -> list[Array]:
    """Return folds of equal size, the last one with the remainder as well."""
    size = B // k
    return [np.arange(i * size, B if i == k - 1 else (i + 1) * size) for i in range(k)]


KFOLD = Exercise(
    "model-selection/kfold",
    "k folds",
    "kfold(B, k) -> a list of k arrays with the pattern numbers 0 to B - 1, each number once",
    3.0,
    lambda: kfold,
    _folds,
    _observe_folds,
    (
        Alternate("array_split", lambda: lambda B, k: np.array_split(np.arange(B), k)),
        Alternate("every k-th", lambda: lambda B, k: [list(range(i, B, k)) for i in range(k)]),
    ),
    (
        Mutant(
            "remainder in the last fold",
            "The whole remainder is in one fold. Spread it: the sizes may differ by one.",
            lambda: _last_takes_all,
            "003-E28",
        ),
        Mutant(
            "remainder dropped",
            "The last patterns are in no fold: B // k loses the remainder.",
            lambda: lambda B, k: [np.arange(i * (B // k), (i + 1) * (B // k)) for i in range(k)],
        ),
        Mutant(
            "rounded up",
            "The sizes were rounded up, so the last fold is short. Sizes may differ by one only.",
            lambda: _by_size,
        ),
        Mutant(
            "overlapping folds",
            "Neighbouring folds share a pattern: each one must be in exactly one fold.",
            lambda: lambda B, k: [np.append(fold, (fold[-1] + 1) % B) for fold in kfold(B, k)],
        ),
        Mutant(
            "pairs",
            "Each entry is a pair. Return only the part that is held out: the rest follows from it.",
            lambda: lambda B, k: [(np.setdiff1d(np.arange(B), fold), fold) for fold in kfold(B, k)],
            sign=lambda _, seen: seen.get("the answer") == _PAIRS,
        ),
        Mutant(
            "floats",
            "The numbers are floats, which cannot pick rows: make them whole numbers.",
            lambda: lambda B, k: [fold.astype(float) for fold in kfold(B, k)],
            sign=lambda _, seen: seen.get("the answer") == _FLOATS,
        ),
        Mutant(
            "shuffled",
            "A second call gives other folds. Do not shuffle here: who wants it shuffles the patterns first.",
            lambda: lambda B, k: np.array_split(_SHUFFLE(B), k),
        ),
        Mutant(
            "training parts",
            "These are the patterns to train on. Return those that are held out.",
            lambda: lambda B, k: [np.setdiff1d(np.arange(B), fold) for fold in kfold(B, k)],
        ),
        Mutant(
            "folds of size k",
            "The folds have k patterns each. k is how many folds there are.",
            lambda: lambda B, k: np.split(np.arange(B), range(k, B, k)),
        ),
        Mutant(
            "numbered from one",
            "The numbers start at 1. Python counts patterns from 0.",
            lambda: lambda B, k: [fold + 1 for fold in kfold(B, k)],
        ),
    ),
    (
        "k folds, each pattern in exactly one; B // k patterns each, and one more in the first B % k.",
        "Keep a start and move it on by the size of the fold; or find a NumPy function that splits an array.",
    ),
)
