"""Learning-rate schedules: pure functions of the step, so that a resumed run needs no state of theirs."""

__all__ = ["Cosine", "LinearWarmup", "Schedule"]

import math
from collections.abc import Callable
from dataclasses import dataclass

from coursekit._check import check_positive_int, require

Schedule = Callable[[int], float]
"""Maps the number of steps taken so far to a factor on the learning rate."""


@dataclass(frozen=True)
class LinearWarmup:
    r"""Grow from :math:`1/W` to 1 in the first :math:`W` steps, then stay.

    .. math:: f(t) = \min\{1, (t + 1) / W\}

    Args:
        steps: :math:`W`, at least 1.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if it is below 1.

    Source:
        Goyal et al. (2017), Accurate, large minibatch SGD, section 2.2 (gradual warmup).

    Example:
        >>> [LinearWarmup(4)(t) for t in (0, 1, 3, 9)]
        [0.25, 0.5, 1.0, 1.0]
    """

    steps: int

    def __post_init__(self) -> None:
        """Check the argument."""
        check_positive_int(self.steps, "steps")

    def __call__(self, step: int) -> float:
        """Return the factor after ``step`` steps."""
        return min(1.0, (step + 1) / self.steps)


@dataclass(frozen=True)
class Cosine:
    r"""Fall from 1 to a floor along half a cosine, after an optional linear warmup.

    .. math:: f(t) = m + (1 - m) \tfrac12 \Bigl(1 + \cos \pi \frac{t - W}{T - W}\Bigr), \quad W \le t \le T

    Args:
        total: :math:`T`, steps from the start to the floor, above the warmup; after them the floor stays.
        warmup: :math:`W`, steps of :class:`LinearWarmup` at the start, zero or more.
        floor: :math:`m`, the last factor, in [0, 1].

    Raises:
        TypeError: if a count is no int.
        ValueError: if an argument is out of range.

    Source:
        Loshchilov and Hutter (2017), SGDR, equation 5, one cycle.

    Example:
        >>> [round(Cosine(100)(t), 3) for t in (0, 50, 100, 200)]
        [1.0, 0.5, 0.0, 0.0]
    """

    total: int
    warmup: int = 0
    floor: float = 0.0

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_positive_int(self.warmup, "warmup", minimum=0)
        check_positive_int(self.total, "total", minimum=self.warmup + 1)
        require(0 <= self.floor <= 1, f"floor must lie in [0, 1]; got {self.floor}")

    def __call__(self, step: int) -> float:
        """Return the factor after ``step`` steps."""
        if step < self.warmup:
            return LinearWarmup(self.warmup)(step)
        done = min(1.0, (step - self.warmup) / (self.total - self.warmup))
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done))
