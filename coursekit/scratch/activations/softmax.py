"""Softmax: probabilities from logits, their logarithms, the Jacobian and the product with it."""

__all__ = ["log_softmax", "softmax", "softmax_jacobian", "softmax_vjp"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import describe
from coursekit.scratch._arrays import Floats, as_floats


def _along(u: ArrayLike, axis: int) -> Floats:
    """Return the logits if they have the axis."""
    x = as_floats(u, "u")
    if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
        raise TypeError(f"axis must be an int; got {describe(axis)}")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be an axis of u, which has {x.ndim}; got {axis}")
    return x


def softmax(u: ArrayLike, *, axis: int = -1) -> Floats:
    r"""Turn logits into probabilities.

    .. math:: y_k = \frac{e^{u_k - m}}{\sum_j e^{u_j - m}}, \qquad m = \max_j u_j

    The shift by the maximum cancels in the ratio and keeps the exponentials at 1 or below.

    Args:
        u: logits.
        axis: the axis of the classes, along which the result sums to one.

    Shape:
        u: (..., K) for the default axis; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers, or the axis is no int.
        ValueError: if ``u`` is empty, not finite or without that axis.

    Source:
        Bridle (1990), Probabilistic interpretation of feedforward classification network outputs.

    Example:
        >>> softmax([1000.0, 1000.0])
        array([0.5, 0.5])
    """
    x = _along(u, axis)
    part = np.exp(x - x.max(axis=axis, keepdims=True))
    result: Floats = part / part.sum(axis=axis, keepdims=True)
    return result


def log_softmax(u: ArrayLike, *, axis: int = -1) -> Floats:
    r"""Return the logarithms of the softmax without forming the softmax.

    .. math:: \log y_k = (u_k - m) - \log \sum_j e^{u_j - m}, \qquad m = \max_j u_j

    A probability of e^-1000 is zero in floating point; its logarithm, -1000, is not lost here.

    Args:
        u: logits.
        axis: the axis of the classes.

    Shape:
        u: (..., K) for the default axis; returns the same.

    Units:
        Nats, zero or below.

    Raises:
        TypeError: if ``u`` holds anything but real numbers, or the axis is no int.
        ValueError: if ``u`` is empty, not finite or without that axis.

    Example:
        >>> log_softmax([0.0, 1000.0])
        array([-1000.,     0.])
    """
    x = _along(u, axis)
    shifted = x - x.max(axis=axis, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return result


def softmax_jacobian(u: ArrayLike) -> Floats:
    r"""Return how every probability answers to every logit: a full matrix, not a diagonal.

    .. math:: \frac{\partial y_i}{\partial u_j} = y_i (\delta_{ij} - y_j)

    :math:`\delta_{ij}` is 1 for i = j, else 0.

    Args:
        u: the logits of one pattern.

    Shape:
        u: (K,); returns (K, K), symmetric, with rows that sum to zero.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty, not finite or not of one axis.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, equation 4.106.

    Example:
        >>> softmax_jacobian([0.0, 0.0])
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
    """
    y = softmax(as_floats(u, "u", shape=("K",)))
    return np.diag(y) - np.outer(y, y)


def softmax_vjp(y: ArrayLike, upstream: ArrayLike) -> Floats:
    r"""Return the upstream gradient times the Jacobian of softmax, row by row, in O(K) each.

    .. math:: (J^T g)_j = y_j \left(g_j - \sum_i g_i y_i\right)

    Args:
        y: the output of softmax over the last axis.
        upstream: :math:`g`, the gradient of the loss with respect to y.

    Shape:
        y, upstream: (..., K); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the two differ in shape.

    Example:
        >>> softmax_vjp([0.5, 0.5], [1.0, 0.0])
        array([ 0.25, -0.25])
    """
    out = as_floats(y, "y")
    if out.ndim == 0:
        raise ValueError("y must have shape (..., K); got ()")
    back = as_floats(upstream, "upstream", shape=out.shape).astype(out.dtype, copy=False)
    result: Floats = out * (back - (back * out).sum(axis=-1, keepdims=True))
    return result
