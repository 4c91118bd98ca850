"""Classes: the share of right predictions, and which class is taken for which."""

__all__ = ["accuracy", "confusion_matrix"]

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, require


def _as_labels(predicted: Tensor, y: Tensor) -> Tensor:
    """Check a pair of predictions and labels, and turn scores into labels."""
    check_tensor(y, "y", shape=("N",))
    require(len(y) > 0, "y must hold at least one label; got none")
    if predicted.ndim == 2:
        check_tensor(predicted, "predicted", shape=(len(y), "K"))
        return predicted.argmax(dim=1)
    return check_tensor(predicted, "predicted", shape=(len(y),))


def accuracy(predicted: Tensor, y: Tensor) -> float:
    """Return the share of right predictions.

    Args:
        predicted: labels, or scores of which the largest counts.
        y: the true labels.

    Shape:
        predicted: (N,) or (N, K); y: (N,).

    Raises:
        TypeError: if an argument is no tensor.
        ValueError: if the shapes do not fit or there is no label.

    Example:
        >>> accuracy(torch.tensor([1, 0, 2, 2]), torch.tensor([1, 0, 1, 2]))
        0.75
    """
    return float((_as_labels(predicted, y) == y).double().mean())


def confusion_matrix(predicted: Tensor, y: Tensor, *, classes: int) -> Tensor:
    """Count how often each class, a row, was predicted as each other, a column.

    Args:
        predicted: labels, or scores of which the largest counts.
        y: the true labels.
        classes: how many there are, K.

    Shape:
        predicted: (N,) or (N, K); y: (N,). Returns (K, K), int64.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if the shapes do not fit or a label is outside 0 to K - 1.

    Example:
        >>> confusion_matrix(torch.tensor([1, 0, 1]), torch.tensor([1, 0, 0]), classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    check_positive_int(classes, "classes")
    labels = _as_labels(predicted, y)
    for name, column in (("predicted", labels), ("y", y)):
        low, high = int(column.min()), int(column.max())
        inside = low >= 0 and high < classes
        require(inside, f"{name} must hold labels from 0 to {classes - 1}; got {low} to {high}")
    cells = y.long() * classes + labels.long()
    return torch.bincount(cells, minlength=classes * classes).reshape(classes, classes)
