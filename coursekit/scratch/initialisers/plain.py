"""Initialisers whose scale is given, a Gaussian and a constant, and the draws that all others use."""

__all__ = ["constant", "gaussian", "normal", "uniform"]

import numpy as np
from numpy.typing import DTypeLike

from coursekit._check import check_positive
from coursekit.scratch._arrays import Floats, Rng, as_number, check_dtype, check_rng
from coursekit.scratch.initialisers.fans import check_fans


def gaussian(shape: tuple[int, int], std: float, generator: Rng, dtype: DTypeLike) -> Floats:
    """Draw N(0, std^2); float32 is the rounded float64 draw, so that both see the same stream.

    Raises:
        TypeError: if the generator is no NumPy generator, or the dtype neither float32 nor float64.
    """
    kind = check_dtype(dtype)
    return (std * check_rng(generator).standard_normal(shape)).astype(kind)


def uniform(shape: tuple[int, int], bound: float, generator: Rng, dtype: DTypeLike) -> Floats:
    """Draw U(-bound, bound).

    Raises:
        TypeError: if the generator is no NumPy generator, or the dtype neither float32 nor float64.
    """
    kind = check_dtype(dtype)
    return check_rng(generator).uniform(-bound, bound, shape).astype(kind)


def normal(fan_in: int, fan_out: int, *, std: float, generator: Rng, dtype: DTypeLike = np.float64) -> Floats:
    r"""Draw weights from :math:`N(0, \sigma^2)`.

    Args:
        fan_in: the number of inputs, at least 1.
        fan_out: the number of units, at least 1.
        std: :math:`\sigma`, the standard deviation, above zero.
        generator: the source of randomness.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the generator no NumPy generator, or the dtype another one.
        ValueError: if a size is below 1 or the deviation not above zero.
    """
    return gaussian(check_fans(fan_in, fan_out), check_positive(std, "std"), generator, dtype)


def constant(fan_in: int, fan_out: int, value: float, *, dtype: DTypeLike = np.float64) -> Floats:
    """Fill a matrix with one value: every hidden unit then stays a copy of the others.

    Args:
        fan_in: the number of inputs, at least 1.
        fan_out: the number of units, at least 1.
        value: any finite number.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the value no number, or the dtype another one.
        ValueError: if a size is below 1 or the value not finite.

    Example:
        >>> constant(2, 1, 0.5).tolist()
        [[0.5], [0.5]]
    """
    return np.full(check_fans(fan_in, fan_out), as_number(value, "value"), check_dtype(dtype))
