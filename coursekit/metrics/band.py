"""One number of several seeds: its mean and the band it lies in."""

__all__ = ["Band", "mean_and_band"]

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coursekit._check import check_tensor, require


@dataclass(frozen=True)
class Band:
    """One number of several seeds.

    Attributes:
        mean: over the seeds.
        low: of the lowest seed.
        high: of the highest seed.
        sd: the unbiased standard deviation over the seeds; zero for a single one.
        seeds: how many there are.
    """

    mean: float
    low: float
    high: float
    sd: float
    seeds: int

    def __str__(self) -> str:
        """Return the mean and the band in words.

        Example:
            >>> str(mean_and_band([19.21, 19.25, 19.32]))
            '19.26 (19.21 to 19.32, 3 seeds)'
        """
        return f"{self.mean:.4g} ({self.low:.4g} to {self.high:.4g}, {self.seeds} seeds)"


def mean_and_band(values: Tensor | Sequence[float]) -> Band:
    """Return mean, lowest, highest and standard deviation of one number a seed.

    Args:
        values: one a seed.

    Shape:
        values: (S,), S at least 1.

    Raises:
        ValueError: if there is none, they are not 1-D, or one is not finite.

    Example:
        >>> mean_and_band([1.0, 2.0, 3.0])
        Band(mean=2.0, low=1.0, high=3.0, sd=1.0, seeds=3)
    """
    column = torch.as_tensor(values, dtype=torch.float64)
    check_tensor(column, "values", shape=("S",), finite=True)
    require(len(column) > 0, "values must hold at least one number; got none")
    sd = float(column.std()) if len(column) > 1 else 0.0
    return Band(float(column.mean()), float(column.min()), float(column.max()), sd, len(column))
