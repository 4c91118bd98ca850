"""Cross-entropy of logits against labels or rows of weights."""

__all__ = ["cross_entropy", "cross_entropy_gradient"]

from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.activations.softmax import log_softmax, softmax
from coursekit.scratch.losses._targets import batch_mean, target_rows


def cross_entropy(u: ArrayLike, d: ArrayLike) -> float:
    r"""Return the cross-entropy of logits, by way of their log-softmax.

    .. math:: J = -\frac1B \sum_{i=1}^{B} \sum_{k=1}^{K} d_{ik} \log p_{ik}, \qquad
              p_{ik} = \frac{e^{u_{ik}}}{\sum_j e^{u_{ij}}}

    Args:
        u: logits.
        d: class labels counted from 0, or rows of weights of zero or above, which need not sum to one.

    Shape:
        u: (B, K). d: (B,) of integers, or (B, K).

    Units:
        Nats; mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers, or labels are no integers.
        ValueError: if the shapes do not match, a label is outside 0..K-1, a weight negative, or anything
            empty or not finite.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, equation 4.108.

    Example:
        >>> cross_entropy([[0.0, 40.0]], [0])
        40.0
    """
    logits = as_floats(u, "u", shape=("B", "K"))
    rows = target_rows(d, logits)
    return batch_mean(-rows * log_softmax(logits))


def cross_entropy_gradient(u: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of the cross-entropy with respect to the logits.

    .. math:: \frac{\partial J}{\partial u_{ik}} = \frac1B \left(p_{ik} \sum_j d_{ij} - d_{ik}\right)

    The sum is 1 for one-hot rows and for distributions; only then is this p - d.

    Args:
        u: logits.
        d: class labels counted from 0, or rows of weights of zero or above.

    Shape:
        u: (B, K). d: (B,) of integers, or (B, K). Returns (B, K).

    Raises:
        TypeError: if an argument holds anything but real numbers, or labels are no integers.
        ValueError: if the shapes do not match, a label is outside 0..K-1, a weight negative, or anything
            empty or not finite.

    Example:
        >>> cross_entropy_gradient([[0.0, 0.0]], [1])
        array([[ 0.5, -0.5]])
    """
    logits = as_floats(u, "u", shape=("B", "K"))
    rows = target_rows(d, logits)
    mass = rows.sum(axis=1, keepdims=True)  # 1 for probabilities
    result: Floats = (softmax(logits) * mass - rows) / len(logits)
    return result
