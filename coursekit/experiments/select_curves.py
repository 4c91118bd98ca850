"""Apparent and true error: against the degree of a polynomial, and against the number of patterns."""

__all__ = ["CurveResult", "LearningResult", "degrees", "learning", "legendre", "ridge"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import legendre as basis
from numpy.typing import ArrayLike, NDArray

from coursekit._check import check_positive, check_positive_int, require
from coursekit.data import digits
from coursekit.experiments.bench import plan
from coursekit.scratch.model_selection import cross_validate, error_rate, holdout, kfold

Floats = NDArray[np.floating[Any]]
FRESH, NOISE = 5000, 0.3


class CurveResult(NamedTuple):
    """Mean squared errors by degree, one row a seed: on the patterns fitted, on fresh ones, by ten folds.

    ``held`` is the error on 10 patterns kept back from the fit, ``floor`` the variance of the noise.
    """

    seeds: tuple[int, ...]
    degrees: tuple[int, ...]
    apparent: Floats
    true: Floats
    folds: Floats
    held: Floats
    floor: float

    def chosen(self, curve: str) -> list[int]:
        """Return the degree with the smallest value of a curve, one entry a seed.

        Args:
            curve: ``"apparent"``, ``"true"``, ``"folds"`` or ``"held"``.
        """
        return [self.degrees[int(row.argmin())] for row in getattr(self, curve)]


class LearningResult(NamedTuple):
    """Error rates of a ridge classifier on the digits by the number of patterns it is fitted to, by seed."""

    seeds: tuple[int, ...]
    sizes: tuple[int, ...]
    apparent: Floats
    test: Floats


def ridge(X: ArrayLike, d: ArrayLike, penalty: float) -> Floats:
    r"""Return the weights of ridge regression.

    .. math:: w = (X^\top X + \lambda I)^{-1} X^\top d

    Args:
        X: patterns, with a column of ones if the model has a bias.
        d: targets.
        penalty: :math:`\lambda`, zero or above; at zero the shortest of the least-squares solutions.

    Shape:
        X: (B, D); d: (B,) or (B, K); returns (D,) or (D, K).

    Raises:
        ValueError: if the penalty is negative.

    Source:
        Hoerl and Kennard (1970), Ridge regression, equation 2.1.

    Example:
        >>> ridge([[1.0], [1.0]], [1.0, 3.0], 2.0)
        array([1.])
    """
    check_positive(penalty, "penalty", zero=True)
    x, target = np.asarray(X, dtype=np.float64), np.asarray(d, dtype=np.float64)
    if penalty == 0:
        shortest: Floats = np.linalg.lstsq(x, target)[0]
        return shortest
    w: Floats = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ target)
    return w


def legendre(x: ArrayLike, degree: int) -> Floats:
    """Return the values of the Legendre polynomials up to a degree, a column each.

    Args:
        x: points of [-1, 1].
        degree: the highest, zero or above.

    Shape:
        x: (B,); returns (B, degree + 1).

    Raises:
        TypeError: if the degree is no int.
        ValueError: if it is negative.
    """
    check_positive_int(degree, "degree", minimum=0)
    values: Floats = basis.legvander(np.asarray(x, dtype=np.float64), degree)
    return values


def _drawn(count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw points and noisy values of a sine."""
    x = rng.uniform(-1, 1, count)
    return x, np.sin(np.pi * x) + NOISE * rng.standard_normal(count)


def _error(w: Floats, X: Floats, d: Floats) -> float:
    """Return the mean squared error."""
    return float(((X @ w - d) ** 2).mean())


def degrees(
    seeds: Sequence[int] = tuple(range(10)), *, count: int = 30, largest: int = 14, fast: bool = False
) -> CurveResult:
    """Fit polynomials of growing degree to a noisy sine, and measure four errors of each.

    Args:
        seeds: one data set each.
        count: patterns to fit, at least 20.
        largest: highest degree, at most ``count - 12``.
        fast: use two seeds.

    Raises:
        TypeError: if a count is no int.
        ValueError: if there is no seed, or the numbers do not fit.
    """
    used, _ = plan(seeds, 1, fast)
    check_positive_int(count, "count", minimum=20)
    require(1 <= largest <= count - 12, f"largest must be from 1 to {count - 12}; got {largest}")
    tables = np.zeros((4, len(used), largest))
    for i, seed in enumerate(used):
        rng = np.random.default_rng(seed)
        x, d = _drawn(count, rng)
        fresh, truth = _drawn(FRESH, rng)
        split = holdout(count, fraction=1 / 3, generator=rng)
        folds = kfold(count, 10, generator=rng)
        for j in range(largest):
            X, new = legendre(x, j + 1), legendre(fresh, j + 1)
            w = ridge(X, d, 0.0)
            part = ridge(X[split.train], d[split.train], 0.0)
            tables[0, i, j] = _error(w, X, d)
            tables[1, i, j] = _error(w, new, truth)
            tables[2, i, j] = cross_validate(lambda a, b: ridge(a, b, 0.0), _error, X, d, folds).mean()
            tables[3, i, j] = _error(part, X[split.test], d[split.test])
    apparent, true, by_folds, held = tables
    return CurveResult(used, tuple(range(1, largest + 1)), apparent, true, by_folds, held, NOISE**2)


def learning(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sizes: Sequence[int] = (20, 40, 80, 160, 320, 640, 1280),
    penalty: float = 1.0, fast: bool = False,
) -> LearningResult:  # fmt: skip
    """Fit a ridge classifier to more and more of the digits.

    Args:
        seeds: one split and order each.
        sizes: how many patterns, at most 1,500.
        penalty: of the ridge.
        fast: use two seeds.

    Raises:
        ValueError: if there is no seed or the penalty is negative.
    """
    used, _ = plan(seeds, 1, fast)
    apparent, test = np.zeros((2, len(used), len(sizes)))
    for i, seed in enumerate(used):
        split = digits(seed=seed, test_size=297)
        pixels = (part.double().numpy() for part in (split.x_train, split.x_test))
        X, new = (np.hstack([part, np.ones((len(part), 1))]) for part in pixels)
        d, truth = split.y_train.numpy(), split.y_test.numpy()
        order = np.random.default_rng(seed).permutation(len(X))
        for j, size in enumerate(sizes):
            rows = order[:size]
            w = ridge(X[rows], np.eye(10)[d[rows]], penalty)
            apparent[i, j] = error_rate((X[rows] @ w).argmax(1), d[rows])
            test[i, j] = error_rate((new @ w).argmax(1), truth)
    return LearningResult(used, tuple(sizes), apparent, test)
