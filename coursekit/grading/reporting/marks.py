"""The marks of a class: quartiles and a histogram of the numbers that count."""

__all__ = ["Marks", "marks"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BINS = 10


@dataclass(frozen=True)
class Marks:
    """The marks of those who have a number.

    Attributes:
        values: rising.
        most: the points of full marks.
        quartiles: a quarter, half and three quarters of the class lie at or below; None without any mark.
        edges: of the bins, one more than there are bins.
        counts: in each bin; its lower edge belongs to it, and to the last one the upper too.
    """

    values: tuple[float, ...]
    most: float
    quartiles: tuple[float, float, float] | None
    edges: tuple[float, ...]
    counts: tuple[int, ...]


def marks(values: Sequence[float], most: float) -> Marks:
    """Return quartiles and histogram of marks.

    Args:
        values: the marks.
        most: the points of full marks.

    Example:
        >>> marks([1.0, 2.0, 4.0], 4).quartiles
        (1.5, 2.0, 3.0)
    """
    ordered = tuple(sorted(map(float, values)))
    top = max([most, *ordered], default=0.0) or 1.0  # extra credit may go beyond full marks
    low = min([0.0, *ordered])
    edges = np.linspace(low, top, _BINS + 1)
    counts = np.histogram(ordered, edges)[0]
    quarters = np.quantile(ordered, (0.25, 0.5, 0.75)) if ordered else None
    told = None if quarters is None else (float(quarters[0]), float(quarters[1]), float(quarters[2]))
    return Marks(ordered, most, told, tuple(map(float, edges)), tuple(map(int, counts)))
