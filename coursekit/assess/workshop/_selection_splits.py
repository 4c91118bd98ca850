"""Model selection, steps C and D: a hold-out part, and k folds."""

__all__ = ["HOLDOUT", "KFOLD"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._selection_reference import Array, holdout, kfold

Split = Callable[..., tuple[Any, ...]]


def _holdouts(seed: int) -> tuple[Case, ...]:
    """Sorted patterns, so that a split that does not shuffle takes neighbours."""
    return tuple(
        Case(f"{count} patterns, a part of {fraction} for the test",
             {"count": count, "fraction": fraction, "seed": seed + count})
        for count, fraction in ((40, 0.3), (33, 0.25))
    )  # fmt: skip


def _observe_holdout(candidate: Any, case: Case) -> Observation:
    """Look at the numbers of the patterns that come back in each part."""
    count = int(case.inputs["count"])
    numbers = np.arange(count, dtype=np.float64)
    X, rng = np.column_stack([numbers, -numbers]), np.random.default_rng(int(case.inputs["seed"]))
    found = candidate(X, 100 + numbers, float(case.inputs["fraction"]), rng)
    if not isinstance(found, (tuple, list)) or len(found) != 4:
        return {"parts": told(found)}
    X_train, d_train, X_test, d_test = parts = [plain(part) for part in found]
    shaped = all(isinstance(p, np.ndarray) and p.ndim == n for p, n in zip(parts, (2, 1, 2, 1), strict=True))
    if not shaped or X_train.shape[1:] != (2,) or X_test.shape[1:] != (2,):  # type: ignore[union-attr]
        return {"parts": told([told(part) for part in found])}
    return _told_apart(np.asarray(X_train)[:, 0], d_train, np.asarray(X_test)[:, 0], d_test, count)


def _told_apart(train: Array, d_train: Any, test: Array, d_test: Any, count: int) -> Observation:
    """Say what a split did with the pattern numbers."""
    ends = set(range(len(test))), set(range(count - len(test), count))
    paired = len(train) == len(d_train) and len(test) == len(d_test)
    kept = paired and np.array_equal(train + 100, d_train) and np.array_equal(test + 100, d_test)
    return {
        "patterns for training and for the test": np.array([len(train), len(test)], dtype=np.float64),
        "patterns in both parts": float(len(set(train) & set(test))),
        "different patterns": float(len(set(train) | set(test))),
        "whether X and d belong together": float(kept),
        "whether the order was shuffled": float(set(test) not in ends),
        "whether the targets were shuffled": float({target - 100 for target in d_test} not in ends),
    }


def _take(X: Array, d: Array, test: Array) -> tuple[Array, ...]:
    """Return the two parts of a split by its test numbers."""
    train = np.setdiff1d(np.arange(len(d)), test)
    return X[train], d[train], X[test], d[test]


def _shuffled_in_place(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    order = np.arange(len(X))
    rng.shuffle(order)
    return _take(X, d, order[-int(len(X) * fraction) :])


def _by_keys(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    chosen = np.zeros(len(X), dtype=bool)
    chosen[np.argsort(rng.random(len(X)))[: int(len(X) * fraction)]] = True
    return X[~chosen], d[~chosen], X[chosen], d[chosen]


def _twice(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    count = int(fraction * len(d))
    X, d = rng.permutation(X), rng.permutation(d)
    return X[count:], d[count:], X[:count], d[:count]


def _overlapping(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    test = rng.permutation(len(d))[: int(fraction * len(d))]
    return X, d, X[test], d[test]


def _two_draws(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    count = int(fraction * len(d))
    test, train = rng.permutation(len(d))[:count], rng.permutation(len(d))[count:]
    return X[train], d[train], X[test], d[test]


def _with_replacement(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    return _take(X, d, rng.choice(len(d), int(fraction * len(d))))


def _swapped(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    parts = holdout(X, d, fraction, rng)
    return (*parts[2:], *parts[:2])


def _one_array(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    X_train, _, X_test, _ = holdout(X, d, fraction, rng)
    count = len(X_test)
    return X_train, d[count:], X_test, d[:count]


def _in_order(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    del rng
    return _take(X, d, np.arange(int(fraction * len(d))))


def _overlap(case: Case, seen: Observation) -> bool:
    """Tell the two-draw mistake, whose counts depend on the draw."""
    lost = seen.get("different patterns") != float(case.inputs["count"])
    return (
        lost and bool(seen.get("patterns in both parts")) and seen.get("whether X and d belong together") == 1
    )


def _repeats(case: Case, seen: Observation) -> bool:
    """Tell a draw with replacement: no pattern is lost or in both parts, yet there are too many rows."""
    sizes = seen.get("patterns for training and for the test")
    too_many = isinstance(sizes, np.ndarray) and sizes.sum() > float(case.inputs["count"])
    return too_many and seen.get("patterns in both parts") == 0


def _folds(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    sizes = [(12, 4), (17, 5), (10 * int(rng.integers(2, 5)) + 7, int(rng.choice([4, 5, 6]))), (6, 6)]
    return tuple(Case(f"{B} patterns in {k} folds", {"B": B, "k": k}) for B, k in sizes)


def _observe_folds(candidate: Any, case: Case) -> Observation:
    """Look at the sizes and at which patterns are in the folds; their order is free."""
    found = candidate(int(case.inputs["B"]), int(case.inputs["k"]))
    if not isinstance(found, (list, tuple, np.ndarray)):
        return {"folds": told(found)}
    folds = [plain(fold) for fold in found]
    if not all(isinstance(fold, np.ndarray) and fold.ndim == 1 for fold in folds):
        return {"folds": told(found)}
    everything = np.concatenate([np.zeros(0), *[np.asarray(fold) for fold in folds]])
    return {
        "folds": float(len(folds)),
        "sizes": np.sort([float(np.size(fold)) for fold in folds])[::-1],
        "different patterns": float(len(set(everything))),
        "smallest number": float(everything.min(initial=np.inf)),
        "largest number": float(everything.max(initial=-np.inf)),
    }


def _by_size(B: int, k: int) -> list[Array]:
    """Return folds of rounded-up size, the last one with what is left."""
    size = -(-B // k)
    return [np.arange(i * size, min((i + 1) * size, B)) for i in range(k)]


def _last_takes_all(B: int, k: int) -> list[Array]:
    """Return folds of equal size, the last one with the remainder as well."""
    size = B // k
    return [np.arange(i * size, B if i == k - 1 else (i + 1) * size) for i in range(k)]


HOLDOUT = Exercise(
    "model-selection/holdout",
    "A part held out",
    "holdout(X, d, fraction, rng) -> X_train, d_train, X_test, d_test, from (B, D) and (B,)",
    3.0,
    lambda: holdout,
    _holdouts,
    _observe_holdout,
    (
        Alternate("shuffled in place", lambda: _shuffled_in_place),
        Alternate("random keys", lambda: _by_keys),
    ),
    (
        Mutant(
            "shuffled twice",
            "X and d were shuffled apart, so a pattern gets another one's target. Draw one order and use it "
            "for both.",
            lambda: _twice,
        ),
        Mutant(
            "only X shuffled",
            "X was shuffled and d was not: a pattern gets another one's target. Use one order for both.",
            lambda: _one_array,
        ),
        Mutant(
            "not shuffled",
            "The test part is a block of neighbours. Data often come sorted: draw a random order first.",
            lambda: _in_order,
        ),
        Mutant(
            "trained on everything",
            "The test patterns are in the training part as well. The parts must be disjoint.",
            lambda: _overlapping,
        ),
        Mutant(
            "two draws",
            "Two orders were drawn: some patterns are in both parts, others in none. Draw one and cut it.",
            lambda: _two_draws,
            sign=_overlap,
        ),
        Mutant(
            "with replacement",
            "Some patterns are in the test part more than once. Cut a permutation; do not draw numbers.",
            lambda: _with_replacement,
            sign=_repeats,
        ),
        Mutant(
            "parts swapped",
            "The parts are swapped: the fraction is the share of the test part, and the training part comes "
            "first.",
            lambda: _swapped,
        ),
    ),
    (
        "One random order of the pattern numbers, cut into two.",
        "rng.permutation(B) gives the order; the first int(fraction * B) numbers are the test part.",
        "Index X and d with the same numbers.",
    ),
)


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
