"""A linear neuron on both sides of its largest stable learning rate, beside least squares."""

__all__ = ["RateResult", "line_data", "run"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_positive_int, require
from coursekit.scratch.neuron import batch_step, stable_learning_rate

Array = NDArray[np.float64]
ROWS, NOISE = 40, 0.2


class RateResult(NamedTuple):
    """The limit a seed, (S,), and the cost above its minimum after each step, (R, S, T + 1).

    R counts the rates, given as shares of the limit; ``distance`` (R, S) is how far w and b end from least
    squares, over how far they started.
    """

    seeds: tuple[int, ...]
    shares: tuple[float, ...]
    limit: Array
    excess: Array
    distance: Array


def line_data(seed: int, *, rows: int = ROWS, features: int = 2) -> tuple[Array, Array]:
    """Draw patterns with unequal spread around a centre off the origin, and noisy linear targets.

    Args:
        seed: of the draw.
        rows: B, at least 1.
        features: D, at least 1.

    Shape:
        Returns X (B, D) and d (B,).

    Example:
        >>> line_data(0)[0].shape
        (40, 2)
    """
    rng = np.random.default_rng(seed)
    spread = 2.0 ** -np.arange(features)
    X = 0.5 + spread * rng.standard_normal((rows, features))
    d = X @ rng.uniform(-2, 2, features) + 0.5 + NOISE * rng.standard_normal(rows)
    return X, d


def _path(X: Array, d: Array, rate: float, steps: int) -> Array:
    """Return (w, b) after each step on all patterns, (T + 1, D + 1), from zero."""
    path: list[NDArray[Any]] = [np.zeros(X.shape[1] + 1)]
    for _ in range(steps):
        path.append(np.append(*batch_step(path[-1][:-1], float(path[-1][-1]), X, d, learning_rate=rate)))
    return np.array(path)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, shares: Sequence[float] = (0.1, 0.5, 0.99, 1.01),
    steps: int = 1000, fast: bool = False,
) -> RateResult:  # fmt: skip
    """Descend from zero weights on all patterns at several shares of the limit.

    Args:
        seeds: one data set each.
        shares: of the largest stable rate, each above zero.
        steps: 1 or more.
        fast: use two seeds.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    check_positive_int(steps, "steps")
    seeds = tuple(seeds[:2] if fast else seeds)
    limit = np.zeros(len(seeds))
    excess, distance = np.zeros((len(shares), len(seeds), steps + 1)), np.zeros((len(shares), len(seeds)))
    for s, seed in enumerate(seeds):
        X, d = line_data(seed)
        widened = np.column_stack([X, np.ones(len(X))])
        best = np.linalg.lstsq(widened, d, rcond=None)[0]
        limit[s] = stable_learning_rate(X)
        for r, share in enumerate(shares):
            gaps = _path(X, d, share * float(limit[s]), steps) - best  # (T + 1, D + 1)
            # The cost is a parabola: above its minimum it is half the mean square of what the gap changes.
            excess[r, s] = np.mean((gaps @ widened.T) ** 2, axis=1) / 2
            distance[r, s] = np.linalg.norm(gaps[-1]) / np.linalg.norm(gaps[0])
    return RateResult(seeds, tuple(shares), limit, excess, distance)
