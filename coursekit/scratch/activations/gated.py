"""Activations of the form u g(u), where the net input gates itself: GELU, its tanh form, SiLU and Mish."""

__all__ = [
    "gelu",
    "gelu_slope",
    "gelu_tanh",
    "gelu_tanh_slope",
    "mish",
    "mish_slope",
    "silu",
    "silu_slope",
]

import math

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.activations.smooth import sigmoid, sigmoid_slope, softplus, tanh, tanh_slope

# Beyond this every gate has reached 0 or 1 in float64, while u^3 is still far from overflow.
FAR = 100.0
CUBIC = 0.044715


def _normal_cdf(x: Floats) -> Floats:
    """Return Phi(x); the library keeps its digits in the lower tail, where 1 + erf cancels."""
    # Imported late: only GELU needs it, and it takes longer than the whole room.
    from scipy.special import ndtr  # type: ignore[import-untyped]

    result: Floats = ndtr(x)
    return result


def gelu(u: ArrayLike) -> Floats:
    r"""Weigh the net input by the probability that a standard normal variable stays below it.

    .. math:: f(u) = u\, \Phi(u), \qquad \Phi(u) = \tfrac12 \left(1 + \operatorname{erf}(u / \sqrt2)\right)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        Hendrycks and Gimpel (2016), Gaussian error linear units, section 2.

    Example:
        >>> gelu([-1000.0, 0.0, 1000.0]) + 0.0
        array([   0.,    0., 1000.])
    """
    x = as_floats(u, "u")
    return x * _normal_cdf(x)


def gelu_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of GELU.

    .. math:: f'(u) = \Phi(u) + u\, \varphi(u), \qquad \varphi(u) = e^{-u^2/2} / \sqrt{2\pi}

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> gelu_slope([0.0, 1000.0])
        array([0.5, 1. ])
    """
    x = as_floats(u, "u")
    near = np.clip(x, -FAR, FAR)
    density = np.exp(-0.5 * near**2) / math.sqrt(2 * math.pi)
    result: Floats = _normal_cdf(x) + x * density
    return result


def gelu_tanh(u: ArrayLike) -> Floats:
    r"""Approximate GELU by a tanh; the two differ by at most 4.8e-4.

    .. math:: f(u) = \tfrac12 u \left(1 + \tanh z\right), \qquad
              z = \sqrt{2/\pi}\, (u + 0.044715\, u^3)

    Computed as :math:`u\, \sigma(2z)`, the same function without the cancellation at negative u.

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        Hendrycks and Gimpel (2016), Gaussian error linear units, section 2.

    Example:
        >>> gelu_tanh([0.0, 1000.0])
        array([   0., 1000.])
    """
    x = as_floats(u, "u")
    return x * sigmoid(2 * _inner(np.clip(x, -FAR, FAR)))


def _inner(near: Floats) -> Floats:
    """Return z of :func:`gelu_tanh`."""
    result: Floats = math.sqrt(2 / math.pi) * (near + CUBIC * near**3)
    return result


def gelu_tanh_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of the tanh form, exact for that form and not for GELU.

    .. math:: f'(u) = \sigma(2z) + 2 u\, \sigma'(2z)\, z', \qquad z' = \sqrt{2/\pi}\, (1 + 0.134145\, u^2)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> gelu_tanh_slope([0.0, 1000.0])
        array([0.5, 1. ])
    """
    x = as_floats(u, "u")
    near = np.clip(x, -FAR, FAR)
    twice = 2 * _inner(near)
    change = math.sqrt(2 / math.pi) * (1 + 3 * CUBIC * near**2)
    # Where x was clipped the gate is flat, and 0 times the clipped value is the limit.
    result: Floats = sigmoid(twice) + 2 * near * sigmoid_slope(twice) * change
    return result


def silu(u: ArrayLike) -> Floats:
    r"""Weigh the net input by its own sigmoid (the function is also called Swish).

    .. math:: f(u) = u\, \sigma(u)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units for neural network function
        approximation in reinforcement learning, section 2.

    Example:
        >>> silu([0.0, 1000.0])
        array([   0., 1000.])
    """
    x = as_floats(u, "u")
    return x * sigmoid(x)


def silu_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of SiLU.

    .. math:: f'(u) = \sigma(u) + u\, \sigma'(u) = \sigma(u) \left(1 + u (1 - \sigma(u))\right)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> silu_slope([0.0, 1000.0])
        array([0.5, 1. ])
    """
    x = as_floats(u, "u")
    return sigmoid(x) + x * sigmoid_slope(x)


def mish(u: ArrayLike) -> Floats:
    r"""Weigh the net input by the tanh of its softplus.

    .. math:: f(u) = u \tanh(\operatorname{softplus}(u))

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        Misra (2020), Mish: a self regularized non-monotonic activation function, section 3.

    Example:
        >>> mish([0.0, 1000.0])
        array([   0., 1000.])
    """
    x = as_floats(u, "u")
    return x * tanh(softplus(x))


def mish_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of Mish.

    .. math:: f'(u) = \tanh s + u\, \sigma(u) \tanh'(s), \qquad s = \operatorname{softplus}(u)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> mish_slope([0.0, 1000.0]).round(6)
        array([0.6, 1. ])
    """
    x = as_floats(u, "u")
    bent = softplus(x)
    return tanh(bent) + x * sigmoid(x) * tanh_slope(bent)
