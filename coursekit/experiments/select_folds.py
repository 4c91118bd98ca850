"""Cross-validation as an estimate: its bias and spread against the number of folds, and rare classes."""

__all__ = ["FoldResult", "RareResult", "bias_and_spread", "rare", "true_error"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit._check import check_positive_int
from coursekit.experiments.bench import plan
from coursekit.experiments.select_curves import ridge
from coursekit.scratch.model_selection import kfold, press, stratified_kfold

Floats = NDArray[np.floating[Any]]
FEATURES, RIDGE, NOISE = 20, 1.0, 1.0


class FoldResult(NamedTuple):
    """Estimates of the error of a ridge regression, by the number of folds; one row a k, one entry a seed.

    ``bias`` is the mean estimate minus the mean true error, as a share of that, ``spread`` the standard
    deviation of the estimate over the data sets of a seed, and ``gap`` the root mean square of its distance
    from the true error of the very model.
    """

    seeds: tuple[int, ...]
    ks: tuple[int, ...]
    bias: Floats
    spread: Floats
    gap: Floats


class RareResult(NamedTuple):
    """Share of folds without a pattern of the rare class, plain and stratified; and what is expected."""

    seeds: tuple[int, ...]
    plain: tuple[float, ...]
    stratified: tuple[float, ...]
    expected: float


def true_error(w: ArrayLike, truth: ArrayLike, noise: float) -> float:
    r"""Return the true error of a linear model where the patterns are standard normal.

    .. math:: \mathbb{E}\big[(x^\top w - d)^2\big] = \|w - w^*\|^2 + \sigma^2, \quad
              d = x^\top w^* + N(0, \sigma^2)

    Args:
        w: weights of the model.
        truth: :math:`w^*`, those of the world.
        noise: :math:`\sigma`.

    Shape:
        w, truth: (D,).

    Example:
        >>> true_error([1.0, 0.0], [0.0, 0.0], 2.0)
        5.0
    """
    gap = np.asarray(w, dtype=np.float64) - np.asarray(truth, dtype=np.float64)
    return float(gap @ gap) + noise**2


def _estimate(X: Floats, d: Floats, k: int, rng: np.random.Generator) -> float:
    """Return the mean squared error by k folds, by the shortcut if each pattern is a fold."""
    if k == len(X):
        return press(X, d, ridge=RIDGE, bias=False).total / k
    found = []
    for train, test in kfold(len(X), k, generator=rng):
        w = ridge(X[train], d[train], RIDGE)
        found.append(float(((X[test] @ w - d[test]) ** 2).mean()))
    return float(np.mean(found))


def bias_and_spread(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, ks: Sequence[int] = (2, 3, 5, 10, 40), count: int = 40,
    sets: int = 150, fast: bool = False,
) -> FoldResult:  # fmt: skip
    """Estimate the error of one ridge regression on many data sets, and compare with the true one.

    Args:
        seeds: one group of data sets each.
        ks: numbers of folds; ``count`` itself is leave-one-out.
        count: patterns of a data set.
        sets: data sets a seed.
        fast: two seeds and a quarter of the data sets.

    Raises:
        TypeError: if ``sets`` or ``count`` is no int.
        ValueError: if there is no seed.
    """
    used, sets = plan(seeds, sets, fast)
    check_positive_int(count, "count", minimum=2)
    bias, spread, gap = np.zeros((3, len(ks), len(used)))
    for i, seed in enumerate(used):
        rng, rows, real = np.random.default_rng(seed), [], []
        truth = rng.standard_normal(FEATURES) / FEATURES**0.5
        for _ in range(sets):
            X = rng.standard_normal((count, FEATURES))
            d = X @ truth + NOISE * rng.standard_normal(count)
            real.append(true_error(ridge(X, d, RIDGE), truth, NOISE))
            rows.append([_estimate(X, d, k, rng) for k in ks])
        table, errors = np.array(rows), np.array(real)  # (sets, len(ks)), (sets,)
        bias[:, i] = table.mean(0) / errors.mean() - 1
        spread[:, i] = table.std(0, ddof=1)
        gap[:, i] = ((table - errors[:, None]) ** 2).mean(0) ** 0.5
    return FoldResult(used, tuple(ks), bias, spread, gap)


def rare(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, count: int = 100, few: int = 5, k: int = 5,
    repeats: int = 200, fast: bool = False,
) -> RareResult:  # fmt: skip
    """Count the folds that hold no pattern of a rare class, with plain and with stratified folds.

    Args:
        seeds: one group of shuffles each.
        count: patterns, a multiple of ``k``.
        few: patterns of the rare class.
        k: folds.
        repeats: shuffles a seed.
        fast: two seeds and a quarter of the shuffles.

    Raises:
        TypeError: if a count is no int.
        ValueError: if there is no seed or k is out of range.
    """
    used, repeats = plan(seeds, repeats, fast)
    labels = (np.arange(count) < few).astype(np.intp)
    plain, dealt = [], []
    for seed in used:
        rng = np.random.default_rng(seed)
        empty = np.zeros(2)
        for _ in range(repeats):
            kinds = kfold(count, k, generator=rng), stratified_kfold(labels, k, generator=rng)
            empty += [sum(labels[fold.test].sum() == 0 for fold in folds) for folds in kinds]
        plain.append(float(empty[0] / (k * repeats)))
        dealt.append(float(empty[1] / (k * repeats)))
    size = count // k
    expected = float(np.prod([(count - size - j) / (count - j) for j in range(few)]))
    return RareResult(used, tuple(plain), tuple(dealt), expected)
