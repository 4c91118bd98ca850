"""The losses of a network from its logits, each together with its gradient by the logits."""

__all__ = ["objective"]

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_choice
from coursekit.scratch._arrays import Floats, as_array, as_floats, as_labels, check_unit

# `losses` has the same functions apart. Here a loss and its gradient share the exponentials of one step.


def _cross_entropy(u: Floats, d: ArrayLike) -> tuple[float, Floats]:
    """Return the cross-entropy of softmax(u), for labels (B,) or rows of weights (B, K)."""
    batch, classes = u.shape
    given = as_array(d, "d")
    # Methods of the ufuncs: at one sample, the wrappers around them cost as much as the work.
    shifted = u - np.maximum.reduce(u, axis=1, keepdims=True)
    y = np.exp(shifted)
    total = np.add.reduce(y, axis=1, keepdims=True)
    y /= total
    level = np.log(total)
    if given.ndim == 1:
        right = given[:, None] == np.arange(classes)  # (B, K), one true in each row
        if given.dtype.kind not in "iu" or len(given) != batch or np.count_nonzero(right) != batch:
            as_labels(given, "d", classes=classes, shape=(batch,))  # says which of these it is
        loss = float(np.add.reduce(level, axis=None) - np.add.reduce(shifted[right]))
        y -= right
    else:
        rows = as_floats(given, "d", shape=u.shape).astype(u.dtype, copy=False)
        loss = float((rows * (level - shifted)).sum())
        y *= rows.sum(axis=1, keepdims=True)  # rows need not sum to one
        y -= rows
    y /= batch
    return loss / batch, y


def _bce(u: Floats, d: ArrayLike) -> tuple[float, Floats]:
    """Return the binary cross-entropy of sigmoid(u), summed over the outputs."""
    target = check_unit(as_floats(d, "d", shape=u.shape), "d").astype(u.dtype, copy=False)
    small = np.exp(-np.abs(u))
    cost = np.where(u > 0, u * (1 - target), -u * target) + np.log1p(small)
    y = np.where(u > 0, 1, small) / (1 + small)
    return float(cost.sum()) / len(u), (y - target) / len(u)


def _squared(u: Floats, d: ArrayLike) -> tuple[float, Floats]:
    """Return half the squared error of linear outputs, summed over them."""
    error = u - as_floats(d, "d", shape=u.shape).astype(u.dtype, copy=False)
    return 0.5 * float(np.square(error).sum()) / len(u), error / len(u)


_TABLE: dict[str, Callable[[Floats, ArrayLike], tuple[float, Floats]]] = {
    "cross_entropy": _cross_entropy,
    "bce": _bce,
    "squared": _squared,
}


def objective(name: str, u: Floats, d: ArrayLike) -> tuple[float, Floats]:
    r"""Return a loss from logits and its gradient by them, which is (Y - D)/B for each of the three pairs.

    .. math:: \nabla_U J = \frac1B (Y - D), \qquad Y = \mathrm{softmax}(U),\ \sigma(U)\ \text{or}\ U

    Args:
        name: ``"cross_entropy"`` (softmax), ``"bce"`` (sigmoid) or ``"squared"`` (half, of linear outputs).
        u: logits, not checked: what overflowed gives a loss that is not finite.
        d: targets: labels or rows for the cross-entropy, rows for the others.

    Shape:
        u: (B, K). d: (B,) or (B, K). Returns a number and (B, K).

    Raises:
        TypeError: if d holds another kind of values.
        ValueError: if the loss is unknown, or d has another shape or is out of range.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, section 5.2.

    Example:
        >>> objective("squared", np.array([[3.0]]), [[1.0]])
        (2.0, array([[2.]]))
    """
    return _TABLE[check_choice(name, "loss", _TABLE)](u, d)
