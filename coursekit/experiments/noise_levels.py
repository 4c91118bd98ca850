"""What the Gaussian likelihood gains over squared error where some points are noisier than others."""

__all__ = ["NoiseLevels", "run", "weighted_slope"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coursekit.experiments.bench import plan
from coursekit.scratch._arrays import Floats, as_floats

_POINTS, _REPEATS, _SLOPE = 60, 400, 2.0


class NoiseLevels(NamedTuple):
    """Root mean squared errors of a slope over many data sets, one entry a seed, for two losses.

    ``plain`` is squared error, ``weighted`` the Gaussian likelihood that knows the noise of each point;
    ``variance`` is the maximum-likelihood variance of 60 residuals about a fitted constant, as a share of the
    true one.
    """

    seeds: tuple[int, ...]
    plain: tuple[float, ...]
    weighted: tuple[float, ...]
    variance: tuple[float, ...]


def weighted_slope(x: Floats, d: Floats, variance: Floats) -> Floats:
    r"""Return the slope through the origin that the Gaussian likelihood prefers.

    .. math:: \hat w = \frac{\sum_i x_i d_i / \sigma_i^2}{\sum_i x_i^2 / \sigma_i^2}

    Args:
        x: inputs, not all zero.
        d: targets, one row a data set.
        variance: of the noise, above zero.

    Shape:
        x, variance: (B,); d: (N, B); returns (N,).

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if shapes do not fit.

    Source:
        Setting the derivative of the likelihood by w to zero.

    Example:
        >>> weighted_slope(np.ones(2), np.array([[0.0, 2.0]]), np.array([1.0, 3.0]))
        array([0.5])
    """
    inputs = as_floats(x, "x", shape=("B",))
    weight = 1 / as_floats(variance, "variance", shape=(len(inputs),))
    slopes: Floats = as_floats(d, "d", shape=("N", len(inputs))) @ (inputs * weight) / (inputs**2 @ weight)
    return slopes


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> NoiseLevels:
    """Fit a slope to points of which half are ten times as noisy, by both losses, over many data sets.

    Args:
        seeds: 400 data sets of 60 points each.
        fast: two seeds, a quarter of the data sets.

    Raises:
        ValueError: there is no seed.
    """
    used, repeats = plan(seeds, _REPEATS, fast)
    x = np.linspace(1 / _POINTS, 1, _POINTS)
    sigma = np.where(np.arange(_POINTS) % 2, 1.0, 0.1)
    plain, weighted, variance = [], [], []
    for seed in used:
        noise = sigma * np.random.default_rng(seed).standard_normal((repeats, _POINTS))
        d = _SLOPE * x + noise
        errors = [weighted_slope(x, d, v) - _SLOPE for v in (np.ones(_POINTS), sigma**2)]
        plain.append(float(np.sqrt((errors[0] ** 2).mean())))
        weighted.append(float(np.sqrt((errors[1] ** 2).mean())))
        unit = noise / sigma
        variance.append(float(unit.var(axis=1).mean()))
    return NoiseLevels(used, tuple(plain), tuple(weighted), tuple(variance))
