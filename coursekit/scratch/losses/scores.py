"""Two more strictly proper scores of predicted probabilities, as losses: Brier and spherical."""

__all__ = ["brier", "brier_gradient", "spherical", "spherical_gradient"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats, check_unit
from coursekit.scratch.losses._targets import batch_mean, target_rows


def _probabilities(p: ArrayLike) -> Floats:
    """Return rows of probabilities; their sums are not checked, so that a derivative can be taken."""
    return check_unit(as_floats(p, "p", shape=("B", "K")), "p")


def _lengths(rows: Floats) -> Floats:
    """Return the Euclidean length of each row, (B, 1); a row of zeros has no direction and is refused."""
    lengths: Floats = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    if not lengths.min() > 0:
        raise ValueError(
            f"p must have a probability above zero in each row; row {int(lengths.argmin())} has none"
        )
    return lengths


def brier(p: ArrayLike, d: ArrayLike) -> float:
    r"""Return the squared distance between the probabilities and what happened.

    .. math:: J = \frac1B \sum_{i=1}^{B} \sum_{k=1}^{K} (p_{ik} - d_{ik})^2

    Args:
        p: rows of probabilities; each entry in [0, 1], the sums are the caller's matter.
        d: class labels counted from 0, or rows of weights of zero or above.

    Shape:
        p: (B, K). d: (B,) of integers, or (B, K).

    Units:
        None; sum over classes, mean over the batch, from 0 to 2 for labels.

    Raises:
        TypeError: if an argument holds anything but real numbers, or labels are no integers.
        ValueError: if the shapes do not match, a value is out of its range, or anything empty or not finite.

    Source:
        Brier (1950), Verification of forecasts expressed in terms of probability, equation 2.

    Example:
        >>> brier([[0.5, 0.5]], [1])
        0.5
    """
    rows = _probabilities(p)
    return batch_mean((rows - target_rows(d, rows)) ** 2)


def brier_gradient(p: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of the Brier score with respect to the probabilities, each free to move.

    .. math:: \frac{\partial J}{\partial p_{ik}} = \frac{2 (p_{ik} - d_{ik})}{B}

    Args:
        p: rows of probabilities.
        d: class labels counted from 0, or rows of weights of zero or above.

    Shape:
        p: (B, K). d: (B,) of integers, or (B, K). Returns (B, K).

    Raises:
        TypeError: if an argument holds anything but real numbers, or labels are no integers.
        ValueError: if the shapes do not match, a value is out of its range, or anything empty or not finite.
    """
    rows = _probabilities(p)
    return 2 * (rows - target_rows(d, rows)) / len(rows)


def spherical(p: ArrayLike, d: ArrayLike) -> float:
    r"""Return minus the spherical score: the probability of what happened over the length of the row.

    .. math:: J = -\frac1B \sum_{i=1}^{B} \frac{\sum_k d_{ik} p_{ik}}{\sqrt{\sum_k p_{ik}^2}}

    Args:
        p: rows of probabilities, none all zero; each entry in [0, 1], the sums are the caller's matter.
        d: class labels counted from 0, or rows of weights of zero or above.

    Shape:
        p: (B, K). d: (B,) of integers, or (B, K).

    Units:
        None; mean over the batch, from -1 to 0 for labels.

    Raises:
        TypeError: if an argument holds anything but real numbers, or labels are no integers.
        ValueError: if the shapes do not match, a value is out of its range, or anything empty or not finite.

    Source:
        Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, example 2.

    Example:
        >>> round(spherical([[0.6, 0.8]], [1]), 12)
        -0.8
    """
    rows = _probabilities(p)
    return batch_mean(-target_rows(d, rows) * rows / _lengths(rows))


def spherical_gradient(p: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of minus the spherical score with respect to the probabilities.

    .. math:: \frac{\partial J}{\partial p_{ik}} = -\frac1B \left(\frac{d_{ik}}{r_i}
              - \frac{p_{ik} \sum_j d_{ij} p_{ij}}{r_i^3}\right), \qquad r_i = \sqrt{\sum_j p_{ij}^2}

    Args:
        p: rows of probabilities, none all zero.
        d: class labels counted from 0, or rows of weights of zero or above.

    Shape:
        p: (B, K). d: (B,) of integers, or (B, K). Returns (B, K).

    Raises:
        TypeError: if an argument holds anything but real numbers, or labels are no integers.
        ValueError: if the shapes do not match, a value is out of its range, or anything empty or not finite.
    """
    rows = _probabilities(p)
    target, lengths = target_rows(d, rows), _lengths(rows)
    unit = rows / lengths
    result: Floats = (unit * (target * unit).sum(axis=1, keepdims=True) - target) / lengths / len(rows)
    return result
