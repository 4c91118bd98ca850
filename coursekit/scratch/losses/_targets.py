"""What the losses ask of predictions and targets, and the mean over the batch."""

__all__ = ["batch_mean", "matched", "target_rows"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_array, as_floats, as_labels


def matched(prediction: ArrayLike, name: str, d: ArrayLike) -> tuple[Floats, Floats]:
    """Return a prediction and its target, of one shape, (B,) or (B, K), and in the dtype of the prediction.

    Shape:
        prediction, d: both (B,) or both (B, K); returned as they came.

    Raises:
        TypeError: if one holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes are others.
    """
    y = as_floats(prediction, name)
    if y.ndim not in (1, 2):
        raise ValueError(f"{name} must have shape (B,) or (B, K); got {y.shape}")
    return y, as_floats(d, "d", shape=y.shape).astype(y.dtype, copy=False)


def target_rows(d: ArrayLike, like: Floats) -> Floats:
    """Return targets as rows of weights: labels become one-hot rows, rows stay.

    Shape:
        d: (B,) integer labels from 0 to K-1, or (B, K) weights; like: (B, K); returns (B, K).

    Raises:
        TypeError: if labels are no integers, or weights no real numbers.
        ValueError: if the shape is another one, a label is out of range or a weight negative.
    """
    batch, classes = like.shape
    given = as_array(d, "d")
    if given.ndim == 1:
        rows = np.zeros_like(like)
        rows[np.arange(batch), as_labels(given, "d", classes=classes, shape=(batch,))] = 1
        return rows
    if given.ndim != 2:
        raise ValueError(f"d must have shape ({batch},) or ({batch}, {classes}); got {given.shape}")
    rows = as_floats(given, "d", shape=like.shape).astype(like.dtype, copy=False)
    if rows.min() < 0:
        raise ValueError(f"d must hold weights of zero or above; got {rows.min():g}")
    return rows


def batch_mean(terms: Floats) -> float:
    """Return the loss of a batch: the sum of the terms over the outputs, the mean over the rows.

    Shape:
        terms: (B,) or (B, K).
    """
    return float(terms.sum()) / len(terms)
