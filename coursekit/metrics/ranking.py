"""Rankings: how well a score puts the positives above the negatives, at every threshold at once."""

__all__ = ["RocCurve", "auroc", "average_precision", "roc_curve"]

from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_tensor, require


class RocCurve(NamedTuple):
    """Points of the curve, each (T,): rates of false and true alarms, and the lowest score flagged there."""

    false_rate: Tensor
    true_rate: Tensor
    thresholds: Tensor


def _checked(scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores in float64 and a mask of the positives, both on the CPU."""
    check_tensor(scores, "scores", shape=("N",), finite=True)
    check_tensor(y, "y", shape=(len(scores),))
    require(bool(((y == 0) | (y == 1)).all()), "y must hold 0 (negative) and 1 (positive) only")
    positive = y.detach().cpu() == 1
    found = int(positive.sum())
    require(
        0 < found < len(positive),
        f"y must hold positives and negatives; got {found} and {len(positive) - found}",
    )
    return scores.detach().cpu().double(), positive


def _counts(scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return each value from the highest down, with the negatives and positives scored there or above."""
    values, positive = _checked(scores, y)
    levels, place = torch.unique(values, return_inverse=True)
    # Equal scores cannot be told apart by any threshold: they are one step of the curve.
    true = torch.bincount(place[positive], minlength=len(levels)).flip(0).cumsum(0)
    false = torch.bincount(place[~positive], minlength=len(levels)).flip(0).cumsum(0)
    return levels.flip(0), false.double(), true.double()


def roc_curve(scores: Tensor, y: Tensor) -> RocCurve:
    r"""Return the rates of false and true alarms at every threshold that changes them.

    .. math:: \mathrm{FPR}(t) = \frac{\#\{i : y_i = 0,\, s_i \ge t\}}{\#\{i : y_i = 0\}}, \qquad
              \mathrm{TPR}(t) = \frac{\#\{i : y_i = 1,\, s_i \ge t\}}{\#\{i : y_i = 1\}}

    The first point is (0, 0) at an infinite threshold, the last (1, 1) at the lowest score.

    Args:
        scores: the higher, the more a sample looks positive (an anomaly).
        y: 1 for a positive, 0 for a negative.

    Shape:
        scores, y: (N,); returns three (T,), where T is one more than there are different scores.

    Raises:
        TypeError: if an argument is no tensor.
        ValueError: if the shapes differ, a score is not finite, a label is neither 0 nor 1, or one of the
            two is missing.

    Source:
        Fawcett (2006), An introduction to ROC analysis, section 5.

    Example:
        >>> curve = roc_curve(torch.tensor([0.9, 0.8, 0.8, 0.1]), torch.tensor([1, 1, 0, 0]))
        >>> curve.false_rate.tolist(), curve.true_rate.tolist()
        ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    levels, false, true = _counts(scores, y)
    zero = torch.zeros(1, dtype=torch.float64)
    return RocCurve(
        torch.cat([zero, false / false[-1]]),
        torch.cat([zero, true / true[-1]]),
        torch.cat([zero + torch.inf, levels]),
    )


def auroc(scores: Tensor, y: Tensor) -> float:
    r"""Return the area under the ROC curve: how often a positive scores above a negative, ties counted half.

    .. math:: A = \Pr(s^+ > s^-) + \tfrac12 \Pr(s^+ = s^-)

    One half is chance; far below one half says that the ranking is inverted.

    Args:
        scores: the higher, the more a sample looks positive (an anomaly).
        y: 1 for a positive, 0 for a negative.

    Shape:
        scores, y: (N,).

    Raises:
        TypeError: if an argument is no tensor.
        ValueError: as for :func:`roc_curve`.

    Source:
        Hanley and McNeil (1982), The meaning and use of the area under a ROC curve.

    Example:
        >>> auroc(torch.tensor([0.9, 0.8, 0.8, 0.1]), torch.tensor([1, 1, 0, 0]))
        0.875
    """
    curve = roc_curve(scores, y)
    return float(torch.trapezoid(curve.true_rate, curve.false_rate))


def average_precision(scores: Tensor, y: Tensor) -> float:
    r"""Return the precision at each threshold, weighted by the recall that it adds.

    .. math:: \mathrm{AP} = \sum_t (R_t - R_{t-1})\, P_t

    :math:`R_t` and :math:`P_t` are recall and precision with all scores of at least t flagged, t falling.
    Random scores reach the share of positives, not one half.

    Args:
        scores: the higher, the more a sample looks positive (an anomaly).
        y: 1 for a positive, 0 for a negative.

    Shape:
        scores, y: (N,).

    Raises:
        TypeError: if an argument is no tensor.
        ValueError: as for :func:`roc_curve`.

    Example:
        >>> average_precision(torch.tensor([0.9, 0.8, 0.7, 0.1]), torch.tensor([1, 0, 1, 0]))
        0.8333333333333333
    """
    _, false, true = _counts(scores, y)
    recall = true / true[-1]
    added = recall.diff(prepend=torch.zeros(1, dtype=torch.float64))
    return float((added * true / (true + false)).sum())
