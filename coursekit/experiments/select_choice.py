"""Choosing among models where nothing can be learnt: what the winner shows, nested folds, and a leak."""

__all__ = ["ChoiceResult", "LeakResult", "SeedResult", "leak", "noise_search", "one_configuration"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit.data import digits
from coursekit.experiments.bench import plan
from coursekit.experiments.select_curves import ridge
from coursekit.scratch.mlp import MLP, fit
from coursekit.scratch.model_selection import Split, cross_validate, error_rate, kfold, stratified_kfold

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.intp]
Columns = NDArray[np.intp]
PENALTY = 1.0


class ChoiceResult(NamedTuple):
    """Mean error of the chosen model over data sets, one entry a seed; the truth is one half throughout.

    ``shown`` is the score it was chosen by, ``nested`` that of the whole procedure in outer folds, ``fresh``
    what it does on new patterns.
    """

    seeds: tuple[int, ...]
    models: int
    shown: tuple[float, ...]
    nested: tuple[float, ...]
    fresh: tuple[float, ...]


class LeakResult(NamedTuple):
    """Error by folds where columns were picked before the folds and inside them, one entry a seed."""

    seeds: tuple[int, ...]
    before: tuple[float, ...]
    inside: tuple[float, ...]


class SeedResult(NamedTuple):
    """Test errors (S,) of one configuration trained with many seeds, and where they disagree.

    ``disagree`` is the share of test patterns on which they do not all agree, ``apart`` the distance
    between the hidden weights of the first and the last, over the size of the first.
    """

    seeds: tuple[int, ...]
    error: tuple[float, ...]
    disagree: float
    apart: float


def _fit(X: Floats, d: Labels) -> Floats:
    """Fit a ridge classifier of two classes."""
    return ridge(X, 2.0 * d - 1.0, PENALTY)


def _wrong(w: Floats, X: Floats, d: Labels) -> float:
    """Return its error rate."""
    return error_rate((X @ w > 0).astype(np.intp), d)


def _best(X: Floats, d: Labels, subsets: Sequence[Columns], folds: list[Split]) -> tuple[int, float]:
    """Return the set of columns with the smallest error by folds, and that error."""
    errors = [cross_validate(_fit, _wrong, X[:, columns], d, folds).mean() for columns in subsets]
    return int(np.argmin(errors)), float(min(errors))


def _nested(X: Floats, d: Labels, subsets: Sequence[Columns], k: int, rng: np.random.Generator) -> float:
    """Return the error of choosing and fitting, both inside each outer fold."""
    found = []
    for train, test in kfold(len(d), k, generator=rng):
        inner = kfold(len(train), k, generator=rng)
        pick, _ = _best(X[train], d[train], subsets, inner)
        w = _fit(X[train][:, subsets[pick]], d[train])
        found.append(_wrong(w, X[test][:, subsets[pick]], d[test]))
    return float(np.mean(found))


def noise_search(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, count: int = 40, models: int = 30, sets: int = 8,
    k: int = 5, fast: bool = False,
) -> ChoiceResult:  # fmt: skip
    """Choose among classifiers by folds, on labels that are coin flips.

    Args:
        seeds: one group of data sets each.
        count: patterns.
        models: sets of five of twenty columns to choose from.
        sets: data sets a seed.
        k: folds, outer and inner.
        fast: two seeds and a quarter of the data sets.

    Raises:
        TypeError: if ``sets`` is no int.
        ValueError: if there is no seed.

    Source:
        Cawley and Talbot (2010), On over-fitting in model selection, section 5; Stone (1974) for nesting.
    """
    used, sets = plan(seeds, sets, fast)
    table = np.zeros((3, len(used)))
    for i, seed in enumerate(used):
        rng = np.random.default_rng(seed)
        for _ in range(sets):
            X, d = rng.standard_normal((count, 20)), rng.integers(0, 2, count)
            subsets = [rng.choice(20, 5, replace=False) for _ in range(models)]
            pick, shown = _best(X, d, subsets, kfold(count, k, generator=rng))
            w = _fit(X[:, subsets[pick]], d)
            new, truth = rng.standard_normal((1000, 5)), rng.integers(0, 2, 1000)
            table[:, i] += shown, _nested(X, d, subsets, k, rng), _wrong(w, new, truth)
    columns = [tuple(row.tolist()) for row in table / sets]
    return ChoiceResult(used, models, *columns)


def _columns(X: Floats, d: Labels, many: int) -> Columns:
    """Return the columns that differ most between the two classes."""
    gap = X[d == 1].mean(0) - X[d == 0].mean(0)
    return np.argsort(-np.abs(gap))[:many]


def leak(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, count: int = 50, columns: int = 1000, many: int = 20,
    fast: bool = False,
) -> LeakResult:  # fmt: skip
    """Pick the columns that look best, before the folds or inside them, on labels that mean nothing.

    Args:
        seeds: one data set each.
        count: patterns, half of each class.
        columns: of noise.
        many: how many are kept.
        fast: use two seeds.

    Raises:
        ValueError: if there is no seed.

    Source:
        Ambroise and McLachlan (2002), Selection bias in gene extraction; Hastie, Tibshirani and Friedman
        (2009), section 7.10.2.
    """
    used, _ = plan(seeds, 1, fast)
    before, inside = [], []
    for seed in used:
        rng = np.random.default_rng(seed)
        X, d = rng.standard_normal((count, columns)), rng.permutation(np.arange(count) % 2)
        folds = stratified_kfold(d, 5, generator=rng)
        kept = _columns(X, d, many)
        before.append(float(cross_validate(_fit, _wrong, X[:, kept], d, folds).mean()))
        scores = []
        for train, test in folds:
            own = _columns(X[train], d[train], many)
            scores.append(_wrong(_fit(X[train][:, own], d[train]), X[test][:, own], d[test]))
        inside.append(float(np.mean(scores)))
    return LeakResult(used, tuple(before), tuple(inside))


def one_configuration(
    seeds: Sequence[int] = tuple(range(10)), *, epochs: int = 15, fast: bool = False
) -> SeedResult:
    """Train one configuration of a network on 300 digits, with a seed for its weights and its batches.

    Args:
        seeds: one network each, all on the same patterns.
        epochs: passes over the patterns.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: if ``epochs`` is no int.
        ValueError: if there is no seed, or ``epochs`` is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    split = digits(seed=0, test_size=297)
    X, d = split.x_train[:300].double().numpy(), split.y_train[:300].numpy()
    new, truth = split.x_test.double().numpy(), split.y_test.numpy()
    answers, first = [], []
    for seed in used:
        rng = np.random.default_rng(seed)
        net = MLP((64, 32, 10), generator=rng)
        fit(net, X, d, epochs=epochs, batch_size=20, learning_rate=0.2, generator=rng)
        answers.append(net.forward(new).argmax(1))
        first.append(net.parameters[0]["W"].ravel().copy())
    table = np.array(answers)
    disagree = float((table != table[0]).any(axis=0).mean())
    apart = float(np.linalg.norm(first[0] - first[-1]) / np.linalg.norm(first[0]))
    return SeedResult(used, tuple(error_rate(row, truth) for row in table), disagree, apart)
