"""Statements about activations that are often half true, measured: forms, gaps, corners and overflow."""

__all__ = ["gap", "kink", "naive_sigmoid_warns", "quick_gelu"]

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit._check import require
from coursekit.scratch.activations import sigmoid

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def gap(f: Function, g: Function, *, reach: float = 8.0, points: int = 32_001) -> float:
    r"""Return the largest distance between two functions on a grid.

    .. math:: \max_{|u| \le r} |f(u) - g(u)|

    Args:
        f: one function of an array.
        g: the other.
        reach: :math:`r`; the grid runs from minus to plus this.
        points: of the grid.

    Example:
        >>> gap(np.sin, np.sin)
        0.0
    """
    u = np.linspace(-reach, reach, points)
    return float(np.max(np.abs(f(u) - g(u))))


def quick_gelu(u: ArrayLike) -> NDArray[np.float64]:
    r"""Return the coarse stand-in for GELU, a sigmoid for the normal distribution function.

    .. math:: f(u) = u\, \sigma(1.702\, u)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Source:
        Hendrycks and Gimpel (2016), Gaussian error linear units, section 2.

    Example:
        >>> quick_gelu([0.0])
        array([0.])
    """
    x = np.asarray(u, dtype=np.float64)
    result: NDArray[np.float64] = x * sigmoid(1.702 * x)
    return result


def kink(f: Function, *, h: float = 1e-6) -> float:
    r"""Return by how much the slope jumps at zero, from one-sided differences.

    .. math:: \frac{f(h) - f(0)}{h} - \frac{f(0) - f(-h)}{h}

    Args:
        f: a function of an array.
        h: how far to look, above zero.

    Raises:
        ValueError: if ``h`` is not above zero.

    Example:
        >>> round(kink(np.abs), 6)
        2.0
    """
    require(h > 0, f"h must be above zero; got {h}")
    left, middle, right = f(np.array([-h, 0.0, h]))
    return float((right - middle) / h - (middle - left) / h)


def naive_sigmoid_warns(u: float) -> bool:
    """Tell whether 1 / (1 + exp(-u)), written as it stands in the books, overflows at u.

    Args:
        u: the net input.

    Example:
        >>> naive_sigmoid_warns(-1000.0), naive_sigmoid_warns(10.0)
        (True, False)
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        1 / (1 + np.exp(-np.float64(u)))
    return any("overflow" in str(entry.message) for entry in caught)
