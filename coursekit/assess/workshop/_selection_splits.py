"""Model selection, step C: a part held out."""

__all__ = ["HOLDOUT"]

from operator import attrgetter
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._network_tools import global_stream
from coursekit.assess.workshop._selection_reference import Array, holdout
from coursekit.assess.workshop._tools import flag

_PARTS, _SKLEARN = "X_train, d_train, X_test, d_test", "X_train, X_test, d_train, d_test"
_SHUFFLE = attrgetter("permutation")(np.random)  # the global stream, for the mutant that draws from it


def _holdouts(seed: int) -> tuple[Case, ...]:
    """Sorted patterns, so that a split that does not shuffle takes neighbours."""
    return tuple(
        Case(f"{count} patterns, a part of {fraction} for the test",
             {"count": count, "fraction": fraction, "seed": seed + count})
        for count, fraction in ((40, 0.3), (35, 0.25))  # 8.75 patterns are cut to 8, not rounded to 9
    )  # fmt: skip


def _observe_holdout(candidate: Any, case: Case) -> Observation:
    """Look at the numbers of the patterns that come back in each part."""
    count = int(case.inputs["count"])
    numbers = np.arange(count, dtype=np.float64)
    seed, drawn = int(case.inputs["seed"]), []
    with global_stream(seed):
        for own in (seed, seed, seed + 1):
            X, d = np.column_stack([numbers, -numbers]), 100 + numbers
            held = X, d
            found = candidate(X, d, float(case.inputs["fraction"]), np.random.default_rng(own))
            if not isinstance(found, (tuple, list)) or len(found) != 4:
                return {"the answer": told(found)}
            drawn.append([plain(part) for part in found])
            kept = np.array_equal(held[0][:, 0], numbers) and np.array_equal(held[1], 100 + numbers)
            if wrong := _odd(drawn[-1]):
                return {"the answer": wrong}
    tests = [set(np.asarray(parts[3]).tolist()) for parts in drawn]
    X_train, d_train, X_test, d_test = drawn[0]
    return {
        "the answer": _PARTS,
        **_told_apart(np.asarray(X_train)[:, 0], d_train, np.asarray(X_test)[:, 0], d_test, count),
        "whether equal generators give equal parts": flag(tests[0] == tests[1]),
        "whether another generator gives other parts": flag(tests[0] != tests[2]),
        "whether X and d stay as they are": flag(kept),
    }


def _odd(parts: list[Any]) -> str:
    """Say what four parts are if they are not those that were asked for."""
    ranks = [part.ndim if isinstance(part, np.ndarray) else 0 for part in parts]
    if ranks == [2, 2, 1, 1]:
        return _SKLEARN
    columns = all(part.shape[1:] == (2,) for part in parts[::2] if isinstance(part, np.ndarray))
    if ranks != [2, 1, 2, 1] or not columns:
        return ", ".join(told(np.asarray(p)) if isinstance(p, np.ndarray) else str(p) for p in parts)
    return ""


def _block(test: set[Any], count: int) -> bool:
    """Tell whether numbers are neighbours, the first following on the last."""
    return sum((number + 1) % count not in test for number in test) <= 1


def _told_apart(train: Array, d_train: Any, test: Array, d_test: Any, count: int) -> Observation:
    """Say what a split did with the pattern numbers."""
    paired = len(train) == len(d_train) and len(test) == len(d_test)
    kept = paired and np.array_equal(train + 100, d_train) and np.array_equal(test + 100, d_test)
    return {
        "patterns for training and for the test": np.array([len(train), len(test)], dtype=np.float64),
        "patterns in both parts": float(len(set(train) & set(test))),
        "different patterns": float(len(set(train) | set(test))),
        "whether X and d belong together": float(kept),
        "whether the order was shuffled": float(not _block(set(test), count)),
        "whether the targets were shuffled": float(not _block({target - 100 for target in d_test}, count)),
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


def _sorted_as_elsewhere(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    X_train, d_train, X_test, d_test = holdout(X, d, fraction, rng)
    return X_train, X_test, d_train, d_test


def _rounded(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    return _take(X, d, rng.permutation(len(d))[: round(fraction * len(d))])


def _global(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    del rng
    return _take(X, d, _SHUFFLE(len(d))[: int(fraction * len(d))])


def _own_seed(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    del rng
    return holdout(X, d, fraction, np.random.default_rng(0))


def _mixed_in_place(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    order, count = rng.permutation(len(d)), int(fraction * len(d))
    X[:], d[:] = X[order], d[order]
    return X[count:].copy(), d[count:].copy(), X[:count].copy(), d[:count].copy()


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
            "both X first",
            "The order of the four is that of scikit-learn. Here each X is followed by its own d.",
            lambda: _sorted_as_elsewhere,
            sign=lambda _, seen: seen.get("the answer") == _SKLEARN,
        ),
        Mutant(
            "rounded",
            "The size of the test part was rounded. int() cuts off what follows the point.",
            lambda: _rounded,
        ),
        Mutant(
            "global stream",
            "The randomness does not come from rng: an equal generator must give an equal split.",
            lambda: _global,
        ),
        Mutant(
            "own seed",
            "The split is always the same one: draw from the generator that was handed in.",
            lambda: _own_seed,
        ),
        Mutant(
            "the caller's rows mixed",
            "X and d were mixed in place, and the caller still holds them. Take X[order] instead.",
            lambda: _mixed_in_place,
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
