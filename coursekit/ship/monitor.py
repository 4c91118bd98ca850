"""A monitor: the rolling quantile of the reconstruction error, and an alarm with a known false rate."""

__all__ = ["Monitor", "window_alarm_rate"]

import functools
import math
from fractions import Fraction

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, require
from coursekit.ship.drift import check_rate


def window_alarm_rate(reference_size: int, rank: int, window: int, window_rank: int) -> float:
    r"""Return how often, without drift, a window's k-th smallest number exceeds a reference's r-th smallest.

    .. math:: \Pr(Y_{(k)} > X_{(r)}) = \Pr(J < k), \qquad J \sim \mathrm{BetaBinomial}(w,\, r,\, n - r + 1)

    J counts the numbers of the window below :math:`X_{(r)}`. The rate holds for every continuous
    distribution; with ties it is an upper bound.

    Args:
        reference_size: n, numbers in the reference.
        rank: r, from 1 to n.
        window: w, numbers in the window.
        window_rank: k, from 1 to w.

    Raises:
        TypeError: an argument is no int.
        ValueError: a size is below 1, or a rank larger than its size.

    Source:
        Balakrishnan and Ng (2006), Precedence-type tests and applications.

    Example:
        >>> round(window_alarm_rate(1, 1, 1, 1), 6), round(window_alarm_rate(99, 95, 1, 1), 6)
        (0.5, 0.05)
    """
    from scipy.stats import betabinom  # type: ignore[import-untyped]

    for size, place, name in ((reference_size, rank, "rank"), (window, window_rank, "window_rank")):
        check_positive_int(size, "window" if name == "window_rank" else "reference_size")
        check_positive_int(place, name)
        require(place <= size, f"{name} must be at most {size}; got {place}")
    return float(betabinom.cdf(window_rank - 1, window, rank, reference_size - rank + 1))


@functools.cache
def _lowest_rank(size: int, window: int, window_rank: int, rate: float) -> int:
    """Return the smallest rank that holds the rate; the rate falls as the rank grows."""
    best = window_alarm_rate(size, size, window, window_rank)
    require(
        best <= rate,
        f"{size} reference scores and window {window} reach a false-alarm rate of {best:.3g} "
        f"at best, not {rate:g}: take more reference scores, a lower quantile or a higher rate",
    )
    low, high = 1, size
    while low < high:
        middle = (low + high) // 2
        held = window_alarm_rate(size, middle, window, window_rank) <= rate
        low, high = (low, middle) if held else (middle + 1, high)
    return low


class Monitor:
    r"""Watch scores as they come in; raise an alarm when a quantile of the last few is too high.

    .. math:: \text{alarm} \iff Y_{(k)} > X_{(r)}, \qquad k = \lceil q w \rceil

    :math:`X_{(r)}` is the r-th smallest of n reference scores, :math:`Y_{(k)}` the k-th smallest of the
    last w. r is the smallest rank whose false-alarm rate is at most the rate asked for. The rate is that of
    one look, on average over references; windows that overlap repeat each other's alarms, and L looks see L
    times the rate, on average.

    Args:
        reference: scores of held-out normal data, never those that the model was trained on.
        window: w, how many of the last scores count.
        quantile: q of the window, between 0 and 1: 0.5 for a shift of all, 0.9 for a shift of the worst.
        rate: the highest rate of false alarms a look, between 0 and 1.

    Shape:
        reference: (n,).

    Raises:
        TypeError: reference is no floating tensor, or an option has a wrong type.
        ValueError: reference is empty or not finite, an option is out of range, or no rank holds the rate.

    Example:
        >>> monitor = Monitor(torch.arange(200.0), window=10, quantile=0.5, rate=0.01)
        >>> monitor.observe(torch.full((12,), 190.0)).tolist().index(True)
        9
    """

    def __init__(
        self, reference: Tensor, *, window: int = 50, quantile: float = 0.9, rate: float = 0.01
    ) -> None:
        check_tensor(reference, "reference", shape=("N",), floating=True, finite=True)
        require(len(reference) > 0, "reference must hold at least one score; got none")
        self.window = check_positive_int(window, "window")
        check_rate(quantile, "quantile")
        check_rate(rate)
        # As a fraction: 0.14 * 50 is a little above 7 in floating point, and its ceiling 8.
        self.window_rank = math.ceil(Fraction(str(quantile)) * window)
        ordered = reference.detach().cpu().double().sort().values
        self.rank = _lowest_rank(len(ordered), self.window, self.window_rank, rate)
        self.threshold = float(ordered[self.rank - 1])
        self.rate = window_alarm_rate(len(ordered), self.rank, self.window, self.window_rank)
        self._last = ordered.new_empty(0)

    def observe(self, scores: Tensor) -> Tensor:
        """Take in scores in their order; tell after which of them the alarm stands.

        Args:
            scores: of samples as they arrive; none stands before the first window is full.

        Shape:
            scores: (B,); returns (B,), bool.

        Raises:
            TypeError: scores is no floating tensor.
            ValueError: it is not (B,), or a score is not finite.
        """
        check_tensor(scores, "scores", shape=("B",), floating=True, finite=True)
        stream = torch.cat([self._last, scores.detach().cpu().double()])
        self._last = stream[max(0, len(stream) - self.window) :].clone()
        alarms = torch.zeros(len(stream), dtype=torch.bool)
        if len(stream) >= self.window and len(scores):
            levels = stream.unfold(0, self.window, 1).kthvalue(self.window_rank, dim=1).values
            alarms[self.window - 1 :] = levels > self.threshold
        return alarms[len(stream) - len(scores) :]

    def level(self) -> float:
        """Return the quantile of the scores seen last.

        Raises:
            ValueError: fewer scores than a window were seen.
        """
        seen = len(self._last)
        require(seen == self.window, f"the window holds {self.window} scores; got {seen} so far")
        return float(self._last.kthvalue(self.window_rank).values)
