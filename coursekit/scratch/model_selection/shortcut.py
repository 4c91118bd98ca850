"""Leave-one-out of linear regression from a single fit."""

__all__ = ["Press", "press"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive, require
from coursekit.scratch._arrays import Floats, as_floats


class Press(NamedTuple):
    """Each pattern's leave-one-out residual and its leverage, both (B,), and the sum of squared residuals."""

    residuals: Floats
    leverages: Floats
    total: float


def _basis(x: Floats, ridge: float, bias: bool) -> Floats:
    """Return Q of shape (B, D) with H = Q Q^T, without forming X^T X."""
    penalty = np.sqrt(ridge) * np.eye(x.shape[1])
    if bias:
        x = np.column_stack([x, np.ones(len(x))])
        penalty = np.column_stack([penalty, np.zeros(len(penalty))])
    # Rows of the root of the penalty act as further patterns with target 0.
    stacked = np.vstack([x, penalty]) if ridge else x
    rank = int(np.linalg.matrix_rank(stacked))
    require(
        rank == x.shape[1], f"X must have {x.shape[1]} independent columns, the bias included; got {rank}"
    )
    basis: Floats = np.linalg.qr(stacked)[0][: len(x)]
    return basis


def press(X: ArrayLike, d: ArrayLike, *, ridge: float = 0.0, bias: bool = True) -> Press:
    r"""Return the residuals that B separate fits, each without one pattern, would leave.

    .. math:: d_i - \hat{y}_{-i} = \frac{e_i}{1 - h_{ii}}, \qquad
              H = X (X^\top X + \lambda I)^{-1} X^\top, \qquad e = d - H d

    :math:`\hat{y}_{-i}` is the prediction for pattern i of the fit without it. The penalty :math:`\lambda`
    spares the bias, and is the same in all fits.

    Args:
        X: patterns, finite.
        d: targets, finite.
        ridge: :math:`\lambda`, zero or above: the loss is the sum of squares plus :math:`\lambda |w|^2`.
        bias: whether the model has one.

    Shape:
        X: (B, D); d: (B,); returns residuals (B,) and leverages (B,).

    Raises:
        TypeError: if X or d holds no real numbers, or ``ridge`` is no number.
        ValueError: if a shape is wrong, ``ridge`` negative, the solution not unique, or no longer unique
            without some pattern.

    Source:
        Allen (1974), The relationship between variable selection and data augmentation, section 3.

    Example:
        >>> round(press([[0.0], [1.0], [2.0]], [0.0, 1.0, 3.0]).total, 4)
        2.25
    """
    x = as_floats(X, "X", shape=("B", "D"))
    target = as_floats(d, "d", shape=(x.shape[0],))
    q = _basis(x, check_positive(ridge, "ridge", zero=True), bias)
    leverages = np.sum(q * q, axis=1)
    alone = np.flatnonzero(1.0 - leverages < 1e-12)
    require(
        alone.size == 0, f"X must determine the fit without any one pattern; got pattern {alone[:1]} alone"
    )
    residuals = (target - q @ (q.T @ target)) / (1.0 - leverages)
    return Press(residuals, leverages, float(residuals @ residuals))
