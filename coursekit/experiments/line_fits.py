"""Straight lines under three losses, exact or to rounding, with nothing to tune: squared, absolute, Huber."""

__all__ = ["Line", "fit", "least_absolute", "least_huber", "least_squares", "projection"]

from typing import NamedTuple

import numpy as np

from coursekit._check import check_choice, check_positive, require
from coursekit.scratch._arrays import Floats, as_floats

_STEPS = 200
_STILL = 1e-12


class Line(NamedTuple):
    """A line ``w x + b``."""

    w: float
    b: float


def _design(x: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Check the points and return the matrix with a column of ones, and the targets."""
    inputs, targets = as_floats(x, "x", shape=("B",)), as_floats(d, "d", shape=("B",))
    require(len(inputs) == len(targets), f"x and d must have one length; got {len(inputs)}, {len(targets)}")
    require(np.ptp(inputs) > 0, "x must hold two different values or more; a vertical line has no slope")
    return np.column_stack([inputs, np.ones_like(inputs)]), targets


def least_squares(x: Floats, d: Floats) -> Line:
    r"""Return the line with the smallest sum of squared errors.

    .. math:: \min_{w, b} \sum_i (w x_i + b - d_i)^2

    Args:
        x: inputs, two different ones at least.
        d: targets.

    Shape:
        x, d: (B,).

    Raises:
        TypeError: if x or d holds anything but real numbers.
        ValueError: if their lengths differ, or all inputs are equal.

    Source:
        Legendre 1805, the first publication of the method; here by an orthogonal factorisation.

    Example:
        >>> w, b = least_squares(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]))
        >>> round(w, 6), round(b, 6)
        (2.0, 1.0)
    """
    rows, targets = _design(x, d)
    w, b = np.linalg.lstsq(rows, targets, rcond=None)[0]
    return Line(float(w), float(b))


def least_absolute(x: Floats, d: Floats) -> Line:
    r"""Return a line with the smallest sum of absolute errors, found among the lines through two points.

    .. math:: \min_{w, b} \sum_i |w x_i + b - d_i|

    The objective is piecewise linear, so a minimum lies where two residuals vanish: all pairs are tried.

    Args:
        x: inputs, two different ones at least.
        d: targets.

    Shape:
        x, d: (B,).

    Raises:
        TypeError: if x or d holds anything but real numbers.
        ValueError: if their lengths differ, or all inputs are equal.

    Source:
        Boscovich 1757 posed the problem; the two vanishing residuals are the vertex of a linear programme.

    Example:
        >>> least_absolute(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 99.0]))
        Line(w=1.0, b=0.0)
    """
    rows, targets = _design(x, d)
    first, second = np.triu_indices(len(targets), k=1)
    apart = rows[first, 0] != rows[second, 0]
    first, second = first[apart], second[apart]
    w = (targets[second] - targets[first]) / (rows[second, 0] - rows[first, 0])
    b = targets[first] - w * rows[first, 0]
    cost = np.abs(rows[:, :1] * w + b - targets[:, None]).sum(0)
    best = int(cost.argmin())
    return Line(float(w[best]), float(b[best]))


def least_huber(x: Floats, d: Floats, *, delta: float = 1.0) -> Line:
    r"""Return the line with the smallest sum of Huber losses, by reweighted least squares.

    .. math:: \min_{w, b} \sum_i h_\delta(w x_i + b - d_i)

    :math:`h_\delta` is quadratic up to :math:`\delta` and linear beyond. Each step solves a least-squares
    problem in which an error e beyond delta has the weight delta over its size.

    Args:
        x: inputs, two different ones at least.
        d: targets.
        delta: where the parabola turns into a line, above zero.

    Shape:
        x, d: (B,).

    Units:
        delta: that of d.

    Raises:
        TypeError: if x or d holds anything but real numbers.
        ValueError: if their lengths differ, all inputs are equal, or delta is not above zero.

    Source:
        Huber 1964; the iteration is the usual one for M-estimates.

    Example:
        >>> w, b = least_huber(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]), delta=0.5)
        >>> round(w, 6), round(b, 6)
        (2.0, 1.0)
    """
    rows, targets = _design(x, d)
    delta = check_positive(delta, "delta")
    theta = np.linalg.lstsq(rows, targets, rcond=None)[0]
    for _ in range(_STEPS):
        error = np.abs(rows @ theta - targets)
        root = np.sqrt(delta / np.maximum(error, delta))
        new = np.linalg.lstsq(rows * root[:, None], targets * root, rcond=None)[0]
        moved, theta = np.abs(new - theta).max(), new
        if moved <= _STILL * (1 + np.abs(theta).max()):
            break
    return Line(float(theta[0]), float(theta[1]))


def fit(loss: str, x: Floats, d: Floats, *, delta: float = 1.0) -> Line:
    """Return the line that one of the three losses likes best.

    Args:
        loss: "squared", "absolute" or "huber".
        x: inputs, two different ones at least.
        d: targets.
        delta: of the Huber loss.

    Shape:
        x, d: (B,).

    Raises:
        ValueError: if the loss is unknown; else as the function of that loss.
    """
    check_choice(loss, "loss", ("squared", "absolute", "huber"))
    if loss == "squared":
        return least_squares(x, d)
    return least_absolute(x, d) if loss == "absolute" else least_huber(x, d, delta=delta)


def projection(X: Floats, d: Floats) -> Floats:
    r"""Return the point of the column space of X that lies nearest to d.

    .. math:: y = X (X^\top X)^{-1} X^\top d = Q Q^\top d

    :math:`Q` holds orthonormal columns that span those of X. The rest, d - y, is orthogonal to every column.

    Args:
        X: one column a feature, linearly independent.
        d: targets.

    Shape:
        X: (B, D); d: (B,); returns (B,).

    Raises:
        TypeError: if X or d holds anything but real numbers.
        ValueError: if the lengths differ, or the columns are dependent.

    Source:
        Hastie, Tibshirani & Friedman 2009, section 3.2.

    Example:
        >>> projection(np.array([[1.0], [1.0]]), np.array([0.0, 2.0])).round(6)
        array([1., 1.])
    """
    columns, targets = as_floats(X, "X", shape=("B", "D")), as_floats(d, "d", shape=("B",))
    require(len(columns) == len(targets), f"X and d must have one length; got {len(columns)}, {len(targets)}")
    rank = int(np.linalg.matrix_rank(columns))
    width = columns.shape[1]
    require(rank == width, f"X must have independent columns; got {width} of rank {rank}")
    basis = np.linalg.qr(columns)[0]
    projected: Floats = basis @ (basis.T @ targets)
    return projected
