"""Losses of predicted numbers: squared, absolute and Huber errors, and the Gaussian likelihood."""

__all__ = [
    "absolute_error",
    "absolute_error_gradient",
    "gaussian_nll",
    "gaussian_nll_gradient",
    "half_squared_error",
    "half_squared_error_gradient",
    "huber",
    "huber_gradient",
    "mse",
    "mse_gradient",
]

import math

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive
from coursekit.scratch._arrays import Floats
from coursekit.scratch.losses._targets import batch_mean, matched


def half_squared_error(y: ArrayLike, d: ArrayLike) -> float:
    r"""Return half the squared error, the loss whose gradient is the plain error.

    .. math:: J = \frac1B \sum_{i=1}^{B} \sum_{k=1}^{K} \tfrac12 (y_{ik} - d_{ik})^2

    Args:
        y: predictions.
        d: targets.

    Shape:
        y, d: both (B, K) or both (B,).

    Units:
        Squared units of the target; sum over outputs, mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes differ.

    Example:
        >>> half_squared_error([[1.0, 4.0]], [[0.0, 2.0]])
        2.5
    """
    out, target = matched(y, "y", d)
    return batch_mean(0.5 * (out - target) ** 2)


def half_squared_error_gradient(y: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of half the squared error with respect to the predictions.

    .. math:: \frac{\partial J}{\partial y_{ik}} = \frac{y_{ik} - d_{ik}}{B}

    Args:
        y: predictions.
        d: targets.

    Shape:
        y, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes differ.
    """
    out, target = matched(y, "y", d)
    return (out - target) / len(out)


def mse(y: ArrayLike, d: ArrayLike) -> float:
    r"""Return the mean squared error: summed over the outputs, averaged over the batch.

    .. math:: J = \frac1B \sum_{i=1}^{B} \sum_{k=1}^{K} (y_{ik} - d_{ik})^2

    torch divides by B K: this is K times ``torch.nn.functional.mse_loss``.

    Args:
        y: predictions.
        d: targets.

    Shape:
        y, d: both (B, K) or both (B,).

    Units:
        Squared units of the target; sum over outputs, mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes differ.

    Example:
        >>> mse([[1.0, 4.0]], [[0.0, 2.0]])
        5.0
    """
    out, target = matched(y, "y", d)
    return batch_mean((out - target) ** 2)


def mse_gradient(y: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of the mean squared error with respect to the predictions.

    .. math:: \frac{\partial J}{\partial y_{ik}} = \frac{2 (y_{ik} - d_{ik})}{B}

    Args:
        y: predictions.
        d: targets.

    Shape:
        y, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes differ.
    """
    return 2 * half_squared_error_gradient(y, d)


def absolute_error(y: ArrayLike, d: ArrayLike) -> float:
    r"""Return the absolute error; the constant that minimises it is a median, not the mean.

    .. math:: J = \frac1B \sum_{i=1}^{B} \sum_{k=1}^{K} |y_{ik} - d_{ik}|

    Args:
        y: predictions.
        d: targets.

    Shape:
        y, d: both (B, K) or both (B,).

    Units:
        Units of the target; sum over outputs, mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes differ.

    Example:
        >>> absolute_error([[1.0, 4.0]], [[0.0, 2.0]])
        3.0
    """
    out, target = matched(y, "y", d)
    return batch_mean(np.abs(out - target))


def absolute_error_gradient(y: ArrayLike, d: ArrayLike) -> Floats:
    r"""Return the gradient of the absolute error, with 0 where prediction and target agree.

    .. math:: \frac{\partial J}{\partial y_{ik}} = \frac{\operatorname{sign}(y_{ik} - d_{ik})}{B}

    Args:
        y: predictions.
        d: targets.

    Shape:
        y, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, or the shapes differ.
    """
    out, target = matched(y, "y", d)
    result: Floats = np.sign(out - target) / len(out)
    return result


def huber(y: ArrayLike, d: ArrayLike, *, delta: float = 1.0) -> float:
    r"""Square the small errors and take the large ones in proportion.

    .. math:: J = \frac1B \sum_{i,k} h(y_{ik} - d_{ik}), \qquad
              h(e) = \tfrac12 e^2 \text{ if } |e| \le \delta, \text{ else } \delta (|e| - \tfrac12 \delta)

    Args:
        y: predictions.
        d: targets.
        delta: :math:`\delta`, the error from which on the loss is straight, above zero.

    Shape:
        y, d: both (B, K) or both (B,).

    Units:
        Squared units of the target; sum over outputs, mean over the batch.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, the shapes differ, or delta is not above zero.

    Source:
        Huber (1964), Robust estimation of a location parameter.

    Example:
        >>> huber([[1.0, 4.0]], [[0.0, 2.0]])
        2.0
    """
    width = check_positive(delta, "delta")
    out, target = matched(y, "y", d)
    size = np.abs(out - target)
    near = np.minimum(size, width)
    # With e cut at delta, e (|e| - e / 2) is both rules in one.
    return batch_mean(near * (size - 0.5 * near))


def huber_gradient(y: ArrayLike, d: ArrayLike, *, delta: float = 1.0) -> Floats:
    r"""Return the gradient of the Huber loss: the error, cut at plus and minus delta.

    .. math:: \frac{\partial J}{\partial y_{ik}} = \frac1B \min(\max(y_{ik} - d_{ik}, -\delta), \delta)

    Args:
        y: predictions.
        d: targets.
        delta: :math:`\delta`, above zero.

    Shape:
        y, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, the shapes differ, or delta is not above zero.
    """
    width = check_positive(delta, "delta")
    out, target = matched(y, "y", d)
    result: Floats = np.clip(out - target, -width, width) / len(out)
    return result


def gaussian_nll(mean: ArrayLike, d: ArrayLike, *, sigma: float = 1.0) -> float:
    r"""Return -log N(d; mean, sigma^2) with its constant: a squared error, scaled and shifted.

    .. math:: J = \frac1B \sum_{i,k} \left(\frac{(m_{ik} - d_{ik})^2}{2 \sigma^2} + \log \sigma
              + \tfrac12 \log 2\pi\right)

    :math:`m` is the mean and :math:`\sigma` the standard deviation, the same for every output.

    Args:
        mean: predicted means.
        d: targets.
        sigma: :math:`\sigma`, above zero.

    Shape:
        mean, d: both (B, K) or both (B,).

    Units:
        Nats; sum over outputs, mean over the batch. A density, so it may be negative.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, the shapes differ, or sigma is not above zero.

    Source:
        Bishop (2006), Pattern Recognition and Machine Learning, equation 1.62.

    Example:
        >>> round(gaussian_nll([[0.0]], [[0.0]]), 4)
        0.9189
    """
    width = check_positive(sigma, "sigma")
    out, target = matched(mean, "mean", d)
    constant = math.log(width) + 0.5 * math.log(2 * math.pi)
    return batch_mean(0.5 * ((out - target) / width) ** 2 + constant)


def gaussian_nll_gradient(mean: ArrayLike, d: ArrayLike, *, sigma: float = 1.0) -> Floats:
    r"""Return the gradient of the Gaussian likelihood with respect to the mean.

    .. math:: \frac{\partial J}{\partial m_{ik}} = \frac{m_{ik} - d_{ik}}{B \sigma^2}

    Args:
        mean: predicted means.
        d: targets.
        sigma: :math:`\sigma`, above zero.

    Shape:
        mean, d: both (B, K) or both (B,); returns the same.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty or not finite, the shapes differ, or sigma is not above zero.
    """
    width = check_positive(sigma, "sigma")
    out, target = matched(mean, "mean", d)
    return (out - target) / width / width / len(out)
