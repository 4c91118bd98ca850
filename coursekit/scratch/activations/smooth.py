"""The smooth activations sigmoid, tanh and softplus, with slopes that keep their digits far out."""

__all__ = ["sigmoid", "sigmoid_slope", "softplus", "softplus_slope", "tanh", "tanh_slope"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats


def sigmoid(u: ArrayLike) -> Floats:
    r"""Squash the net input into (0, 1), without overflow at any finite value.

    .. math:: \sigma(u) = \frac{1}{1 + e^{-u}} = \frac{e^u}{1 + e^u}

    The first form serves u of zero or above, the second u below: the exponential never exceeds 1.

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> sigmoid([-1000.0, 0.0, 1000.0])
        array([0. , 0.5, 1. ])
    """
    x = as_floats(u, "u")
    small = np.exp(-np.abs(x))
    result: Floats = np.where(x >= 0, 1, small) / (1 + small)
    return result


def sigmoid_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of the sigmoid, at most 1/4.

    .. math:: \sigma'(u) = \sigma(u) (1 - \sigma(u)) = \frac{e^{-|u|}}{(1 + e^{-|u|})^2}

    The last form is computed: 1 - s loses every digit once s rounds to 1, near u = 37.

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> sigmoid_slope([0.0, -1000.0])
        array([0.25, 0.  ])
    """
    small = np.exp(-np.abs(as_floats(u, "u")))
    result: Floats = small / (1 + small) ** 2
    return result


def tanh(u: ArrayLike) -> Floats:
    r"""Squash the net input into (-1, 1).

    .. math:: \tanh(u) = \frac{e^u - e^{-u}}{e^u + e^{-u}} = 2 \sigma(2u) - 1

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> tanh([-1000.0, 0.0, 1000.0])
        array([-1.,  0.,  1.])
    """
    result: Floats = np.tanh(as_floats(u, "u"))
    return result


def tanh_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of tanh, at most 1.

    .. math:: \tanh'(u) = 1 - \tanh^2(u) = \frac{4 e^{-2|u|}}{(1 + e^{-2|u|})^2}

    The last form is computed, for the reason given at :func:`sigmoid_slope`.

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> tanh_slope([0.0, 1000.0])
        array([1., 0.])
    """
    # exp(-|u|) is squared instead of doubling u, which could overflow.
    small = np.exp(-np.abs(as_floats(u, "u"))) ** 2
    result: Floats = 4 * small / (1 + small) ** 2
    return result


def softplus(u: ArrayLike) -> Floats:
    r"""Smooth the corner of ReLU.

    .. math:: \operatorname{softplus}(u) = \log(1 + e^u) = \max(u, 0) + \log(1 + e^{-|u|})

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        Dugas et al. (2001), Incorporating second-order functional knowledge, section 2.

    Example:
        >>> softplus([-1000.0, 1000.0])
        array([   0., 1000.])
    """
    x = as_floats(u, "u")
    result: Floats = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return result


def softplus_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of softplus, which is the sigmoid.

    .. math:: \operatorname{softplus}'(u) = \sigma(u)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.
    """
    return sigmoid(u)
