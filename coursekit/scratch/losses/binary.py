"""Binary cross-entropy, from probabilities and from logits."""

__all__ = ["bce", "bce_gradient", "bce_with_logits", "bce_with_logits_gradient"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, check_unit
from coursekit.scratch.activations.smooth import sigmoid
from coursekit.scratch.losses._targets import batch_mean, matched


def bce(p: ArrayLike, d: ArrayLike) -> float:
    r"""Return the binary cross-entropy of probabilities.

    .. math:: J = -\frac1B \sum_{i,k} \left(d_{ik} \log p_{ik} + (1 - d_{ik}) \log(1 - p_{ik})\right)

    Nothing is clipped: a probability of 0 for what happened costs infinity. A term with weight 0 is 0.

    Args:
        p: predicted probabilities of class 1, in [0, 1].
        d: targets in [0, 1].

    Shape:
        p, d: both (B, K) or both (B,).

    Units:
        Nats; sum over outputs, mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or outside [0, 1], or the shapes differ.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, equation 4.90.

    Example:
        >>> round(bce([1.0, 0.5], [1, 0]), 4)
        0.3466
    """
    out, target = matched(p, "p", d)
    check_unit(out, "p")
    check_unit(target, "d")
    with np.errstate(divide="ignore"):
        hit, miss = np.log(out), np.log1p(-out)
    return batch_mean(-_weighted(target, hit) - _weighted(1 - target, miss))


def _weighted(weight: Floats, value: Floats) -> Floats:
    """Return weight times value, with 0 times infinity being 0."""
    return np.multiply(weight, value, out=np.zeros_like(value), where=weight != 0)


def bce_gradient(p: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of the binary cross-entropy with respect to the probabilities.

    .. math:: \frac{\partial J}{\partial p_{ik}} =
              \frac1B \left(-\frac{d_{ik}}{p_{ik}} + \frac{1 - d_{ik}}{1 - p_{ik}}\right)

    At the ends it is one-sided: infinite where the loss is, and minus or plus 1/B for a perfect prediction.

    Args:
        p: predicted probabilities of class 1, in [0, 1].
        d: targets in [0, 1].

    Shape:
        p, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or outside [0, 1], or the shapes differ.
    """
    out, target = matched(p, "p", d)
    check_unit(out, "p")
    check_unit(target, "d")
    with np.errstate(divide="ignore", over="ignore"):
        hit, miss = 1 / out, 1 / (1 - out)
    return (_weighted(1 - target, miss) - _weighted(target, hit)) / len(out)


def bce_with_logits(u: ArrayLike, d: ArrayLike) -> float:
    r"""Return the binary cross-entropy of logits, exact at any size of the logit.

    .. math:: J = \frac1B \sum_{i,k} \left(\max(u_{ik}, 0) - u_{ik} d_{ik} + \log(1 + e^{-|u_{ik}|})\right)

    Args:
        u: logits.
        d: targets in [0, 1].

    Shape:
        u, d: both (B, K) or both (B,).

    Units:
        Nats; sum over outputs, mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, a target lies outside [0, 1], or the shapes differ.

    Example:
        >>> bce_with_logits([1000.0, -1000.0], [1, 1])
        500.0
    """
    out, target = matched(u, "u", d)
    check_unit(target, "d")
    # u (1 - d) and -u d: a difference of two large numbers would lose the digits of a small loss.
    cost = np.where(out > 0, out * (1 - target), -out * target)
    return batch_mean(cost + np.log1p(np.exp(-np.abs(out))))


def bce_with_logits_gradient(u: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of the binary cross-entropy with respect to the logits.

    .. math:: \frac{\partial J}{\partial u_{ik}} = \frac{\sigma(u_{ik}) - d_{ik}}{B}

    Args:
        u: logits.
        d: targets in [0, 1].

    Shape:
        u, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, a target lies outside [0, 1], or the shapes differ.

    Example:
        >>> bce_with_logits_gradient([0.0, 1000.0], [1, 0])
        array([-0.25,  0.5 ])
    """
    out, target = matched(u, "u", d)
    check_unit(target, "d")
    return (sigmoid(out) - target) / len(out)
