"""What one wrong target, or one wrong input, does to a line, and what a skewed target asks of a loss."""

__all__ = ["LOSSES", "Outliers", "Skewed", "cloud", "run", "skewed"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coursekit._check import check_positive, require
from coursekit.experiments.line_fits import fit
from coursekit.scratch._arrays import Floats

LOSSES = ("squared", "absolute", "huber")
SLOPE, INTERCEPT, NOISE = 2.0, 1.0, 0.3
_POINTS = 40


class Outliers(NamedTuple):
    """Slopes of lines fitted to points of which one is wrong; the rest lie about a line of slope 2.

    ``by_target`` are slopes under a shifted target, ``by_input`` under a shifted input, each for every loss
    (S, T): a row a seed, a column a shift. ``clean`` are the slopes without any shift (S,).
    """

    seeds: tuple[int, ...]
    shifts: Floats
    clean: dict[str, Floats]
    by_target: dict[str, Floats]
    by_input: dict[str, Floats]


class Skewed(NamedTuple):
    """The constant that each loss prefers for skewed targets, one a seed, beside the true mean and median."""

    mean: float
    median: float
    squared: tuple[float, ...]
    absolute: tuple[float, ...]


def cloud(seed: int) -> tuple[Floats, Floats]:
    """Return 40 points about the line 2 x + 1 with noise N(0, 0.09), inputs sorted in [0, 3].

    Args:
        seed: of inputs and noise.

    Example:
        >>> x, d = cloud(0)
        >>> x.shape, bool((np.diff(x) > 0).all())
        ((40,), True)
    """
    generator = np.random.default_rng(seed)
    x = np.sort(generator.uniform(0, 3, _POINTS))
    return x, SLOPE * x + INTERCEPT + NOISE * generator.standard_normal(_POINTS)


def _slopes(loss: str, seed: int, shifts: Floats, *, of_input: bool) -> list[float]:
    """Shift the last point, the one with the largest input, and fit."""
    found = []
    for shift in shifts:
        x, d = cloud(seed)
        if of_input:
            x[-1] += shift
        else:
            d[-1] -= shift
        found.append(fit(loss, x, d, delta=2 * NOISE).w)
    return found


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    largest: float = 30.0,
    fast: bool = False,
) -> Outliers:
    """Fit lines by three losses while one target falls, and while one input grows.

    Args:
        seeds: one cloud of points each.
        largest: shift, above zero.
        fast: use 4 shifts in place of 11.

    Raises:
        ValueError: there is no seed, or the largest shift is not above zero.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    shifts = np.linspace(0, check_positive(largest, "largest"), 4 if fast else 11)

    def table(loss: str, of_input: bool) -> Floats:
        return np.array([_slopes(loss, seed, shifts, of_input=of_input) for seed in seeds])

    by_target = {loss: table(loss, False) for loss in LOSSES}
    by_input = {loss: table(loss, True) for loss in LOSSES}
    clean = {loss: by_target[loss][:, 0] for loss in LOSSES}
    return Outliers(tuple(seeds), shifts, clean, by_target, by_input)


def skewed(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, draws: int = 20_000) -> Skewed:
    r"""Search the best constant for targets exp(z), z ~ N(0, 1), under the squared and the absolute loss.

    .. math:: \mathbb{E}[e^z] = e^{1/2}, \qquad \operatorname{median}(e^z) = 1

    Args:
        seeds: one sample each.
        draws: size of a sample, 2 or more.

    Raises:
        ValueError: there is no seed, or draws is below 2.

    Source:
        Moments of the log-normal distribution.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    require(draws >= 2, f"draws must be an int of at least 2; got {draws}")
    samples = [np.sort(np.exp(np.random.default_rng(seed).standard_normal(draws))) for seed in seeds]
    best = {name: tuple(_search(name, sample) for sample in samples) for name in ("squared", "absolute")}
    return Skewed(float(np.exp(0.5)), 1.0, best["squared"], best["absolute"])


def _search(name: str, sample: Floats) -> float:
    """Minimise a convex mean loss over a constant by ternary search, so that no formula is presupposed."""
    low, high = float(sample[0]), float(sample[-1])

    def cost(c: float) -> float:
        error = np.abs(sample - c)
        return float((error if name == "absolute" else error**2).mean())

    while high - low > 1e-7:
        third = (high - low) / 3
        if cost(low + third) <= cost(high - third):
            high -= third
        else:
            low += third
    return (low + high) / 2
