"""Polynomials through data: degree n - 1 for n points, how it errs, and what degree 1000 does."""

__all__ = ["DEGREES", "Degrees", "interpolation_error", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev, legendre

from coursekit._check import check_positive_int
from coursekit.experiments.bench import plan
from coursekit.scratch._arrays import Floats

DEGREES = (5, 20, 99, 300, 1000)
_POINTS, _NOISE = 100, 0.3


class Degrees(NamedTuple):
    """Root mean squared test errors of fits to 100 noisy points, and the largest miss of one, (S, T)."""

    seeds: tuple[int, ...]
    degrees: tuple[int, ...]
    test: Floats
    miss: Floats


def interpolation_error(degree: int) -> float:
    r"""Return the largest error on [-1, 1] of the polynomial through :math:`|x|^3` at Chebyshev nodes.

    Args:
        degree: of the polynomial, 1 or more.

    Raises:
        TypeError: if the degree is no int.
        ValueError: if it is below 1.

    Source:
        Trefethen 2013, chapters 2 and 4: interpolation at Chebyshev nodes is stable at any degree.

    Example:
        >>> interpolation_error(1000) < 1e-8
        True
    """
    check_positive_int(degree, "degree")
    fitted = chebyshev.Chebyshev.interpolate(lambda t: np.abs(t) ** 3, degree)
    grid = np.linspace(-1, 1, 1999)
    return float(np.abs(fitted(grid) - np.abs(grid) ** 3).max())


def _features(x: Floats, degree: int) -> Floats:
    """Return Legendre polynomials of unit mean square."""
    scaled: Floats = legendre.legvander(x, degree) * np.sqrt(2 * np.arange(degree + 1) + 1)
    return scaled


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> Degrees:
    """Fit sin 3x at 100 random inputs under noise by minimum-norm least squares in Legendre polynomials.

    Args:
        seeds: one data set each.
        fast: two seeds.

    Raises:
        ValueError: there is no seed.
    """
    used, _ = plan(seeds, 1, fast)
    grid = np.linspace(-1, 1, 2001)
    test, miss = [], []
    for seed in used:
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, _POINTS)
        d = np.sin(3 * x) + _NOISE * rng.standard_normal(_POINTS)
        fits = [np.linalg.lstsq(_features(x, n), d, rcond=1e-14)[0] for n in DEGREES]
        test.append([
            float(np.sqrt(((_features(grid, n) @ c - np.sin(3 * grid)) ** 2).mean()))
            for n, c in zip(DEGREES, fits, strict=True)
        ])  # fmt: skip
        miss.append([
            float(np.abs(_features(x, n) @ c - d).max()) for n, c in zip(DEGREES, fits, strict=True)
        ])  # fmt: skip
    return Degrees(used, DEGREES, np.array(test), np.array(miss))
