"""Judging draws: how far off an estimate may be by chance, at a stated rate of false alarms."""

__all__ = ["FALSE_ALARM", "ks_distance", "ks_margin", "mean_margin", "std_margin"]

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

FALSE_ALARM = 1e-6


def _sigmas(looks: int, rate: float) -> float:
    """Return how many standard errors a normal estimate may be off, on either side, in all looks."""
    if looks < 1 or not 0 < rate < 1:
        raise ValueError(f"looks must be 1 or more and rate within (0, 1); got {looks} and {rate}")
    return NormalDist().inv_cdf(1 - rate / (2 * looks))


def mean_margin(std: ArrayLike, n: int, *, looks: int = 1, rate: float = FALSE_ALARM) -> NDArray[np.float64]:
    r"""Return how far the mean of n draws may be off.

    :math:`z\,\sigma / \sqrt{n}`, z the normal quantile at :math:`1 - \mathrm{rate} / (2\,\mathrm{looks})`
    (Bonferroni: all looks together raise a false alarm with probability below the rate).

    Args:
        std: standard deviation of one draw.
        n: how many draws; many, so that their mean is normal.
        looks: how many estimates are looked at.
        rate: of false alarms over all looks.

    Shape:
        std: any; the margin has the same shape.

    Raises:
        ValueError: if looks or rate are out of range.

    Example:
        >>> float(mean_margin(1.0, 10_000).round(4))
        0.0489
    """
    return _sigmas(looks, rate) * np.asarray(std, dtype=np.float64) / math.sqrt(n)


def std_margin(std: ArrayLike, n: int, *, looks: int = 1, rate: float = FALSE_ALARM) -> NDArray[np.float64]:
    r"""Return how far the standard deviation of n normal draws may be off: :math:`z\,\sigma / \sqrt{2n}`.

    Args:
        std: standard deviation of one draw.
        n: how many draws.
        looks: how many estimates are looked at.
        rate: of false alarms over all looks.

    Shape:
        std: any; the margin has the same shape.

    Raises:
        ValueError: if looks or rate are out of range.
    """
    return mean_margin(std, 2 * n, looks=looks, rate=rate)


def ks_distance(sample: ArrayLike, other: ArrayLike) -> float:
    """Return the largest difference between two samples' distribution functions (Kolmogorov and Smirnov).

    Args:
        sample: draws to judge.
        other: draws from the right distribution.

    Shape:
        sample (n,), other (m,).
    """
    a, b = (np.sort(np.asarray(values, dtype=np.float64).ravel()) for values in (sample, other))
    everywhere = np.concatenate([a, b])
    below = [np.searchsorted(values, everywhere, side="right") / len(values) for values in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def ks_margin(n: int, m: int, *, looks: int = 1, rate: float = FALSE_ALARM) -> float:
    r"""Return how far apart two samples of one distribution may be in :func:`ks_distance`.

    :math:`\sqrt{\tfrac{n+m}{nm}\,\tfrac12\ln\tfrac{2\,\mathrm{looks}}{\mathrm{rate}}}`, the first term of the
    limit distribution, which never understates the tail.

    Args:
        n: draws in one sample.
        m: draws in the other.
        looks: how many distances are looked at.
        rate: of false alarms over all looks.

    Raises:
        ValueError: if looks or rate are out of range.

    Source:
        Smirnov 1948, Table for estimating the goodness of fit of empirical distributions.
    """
    _sigmas(looks, rate)
    return math.sqrt((n + m) / (n * m) * math.log(2 * looks / rate) / 2)
