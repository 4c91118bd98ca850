"""Measures of predicted labels: rates, the confusion matrix, precision and recall."""

__all__ = ["Scores", "accuracy", "confusion", "error_rate", "precision_recall"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive_int, require
from coursekit.scratch._arrays import Floats, Ints, as_labels


class Scores(NamedTuple):
    """Precision, recall and their harmonic mean of every class, each of shape (K,); NaN where undefined."""

    precision: Floats
    recall: Floats
    f1: Floats


def _labels(prediction: ArrayLike, target: ArrayLike) -> tuple[Ints, Ints]:
    """Return both as labels of one length."""
    largest = int(np.iinfo(np.intp).max)
    d = as_labels(target, "target", classes=largest)
    y = as_labels(prediction, "prediction", classes=largest)
    require(y.shape == d.shape, f"prediction must have the shape of target, {d.shape}; got {y.shape}")
    return y, d


def error_rate(prediction: ArrayLike, target: ArrayLike) -> float:
    r"""Return the share of patterns whose label is wrong.

    .. math:: e = \frac{1}{B} \sum_{i=1}^{B} [y_i \ne d_i]

    Without the :math:`1/B` it would be a count, which can exceed 1.

    Args:
        prediction: labels :math:`y`, integers from 0.
        target: labels :math:`d`, integers from 0.

    Shape:
        prediction, target: (B,).

    Units:
        A share in [0, 1].

    Raises:
        TypeError: if a label is no integer.
        ValueError: if a label is negative, there is no pattern, or the lengths differ.

    Source:
        Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, section 7.2.

    Example:
        >>> error_rate([0, 1, 2, 0, 1], [0, 1, 1, 0, 2])
        0.4
    """
    y, d = _labels(prediction, target)
    return float(np.mean(y != d))


def accuracy(prediction: ArrayLike, target: ArrayLike) -> float:
    r"""Return the share of patterns whose label is right, :math:`1 - e`.

    Args:
        prediction: labels, integers from 0.
        target: labels, integers from 0.

    Shape:
        prediction, target: (B,).

    Units:
        A share in [0, 1].

    Raises:
        TypeError: if a label is no integer.
        ValueError: if a label is negative, there is no pattern, or the lengths differ.

    Example:
        >>> accuracy([0, 1, 2, 0, 1], [0, 1, 1, 0, 2])
        0.6
    """
    y, d = _labels(prediction, target)
    return float(np.mean(y == d))


def confusion(prediction: ArrayLike, target: ArrayLike, *, classes: int | None = None) -> Ints:
    r"""Count how often each class was given each label.

    .. math:: C_{kl} = \sum_{i=1}^{B} [d_i = k]\,[y_i = l]

    Args:
        prediction: labels :math:`y`, integers from 0.
        target: labels :math:`d`, integers from 0.
        classes: K; the largest label plus 1 if None.

    Shape:
        prediction, target: (B,); returns (K, K), a row for each true class.

    Raises:
        TypeError: if a label or ``classes`` is no integer.
        ValueError: if a label is outside 0..K-1, there is no pattern, or the lengths differ.

    Example:
        >>> confusion([0, 1, 2, 0, 1], [0, 1, 1, 0, 2]).tolist()
        [[2, 0, 0], [0, 1, 1], [0, 1, 0]]
    """
    y, d = _labels(prediction, target)
    size = int(max(y.max(), d.max())) + 1 if classes is None else check_positive_int(classes, "classes")
    as_labels(d, "target", classes=size)
    as_labels(y, "prediction", classes=size)
    return np.bincount(size * d + y, minlength=size * size).reshape(size, size)


def precision_recall(prediction: ArrayLike, target: ArrayLike, *, classes: int | None = None) -> Scores:
    r"""Return precision, recall and F1 of every class.

    .. math:: p_k = \frac{C_{kk}}{\sum_l C_{lk}}, \qquad r_k = \frac{C_{kk}}{\sum_l C_{kl}}, \qquad
              F_k = \frac{2\,C_{kk}}{\sum_l C_{lk} + \sum_l C_{kl}}

    :math:`C` is the confusion matrix. A class that is never predicted has no precision, one that never
    occurs no recall: they are NaN, not 0.

    Args:
        prediction: labels, integers from 0.
        target: labels, integers from 0.
        classes: K; the largest label plus 1 if None.

    Shape:
        prediction, target: (B,); returns three arrays (K,).

    Raises:
        TypeError: if a label or ``classes`` is no integer.
        ValueError: if a label is outside 0..K-1, there is no pattern, or the lengths differ.

    Source:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> precision_recall([0, 1, 1, 1], [0, 0, 1, 1]).recall.tolist()
        [0.5, 1.0]
    """
    table = confusion(prediction, target, classes=classes)
    hits, given, true = np.diag(table), table.sum(axis=0), table.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return Scores(hits / given, hits / true, 2 * hits / (given + true))
