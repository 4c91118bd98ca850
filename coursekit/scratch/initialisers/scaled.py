"""Initialisers scaled by the fans: Xavier, He and LeCun, each with its variance."""

__all__ = ["he_normal", "he_uniform", "lecun_normal", "xavier_normal", "xavier_uniform"]

import math

import numpy as np
from numpy.typing import DTypeLike

from coursekit._check import check_positive
from coursekit.scratch._arrays import Floats, Rng
from coursekit.scratch.initialisers.fans import check_fans
from coursekit.scratch.initialisers.plain import gaussian, uniform


def xavier_normal(
    fan_in: int, fan_out: int, *, gain: float = 1.0, generator: Rng, dtype: DTypeLike = np.float64
) -> Floats:
    r"""Draw Gaussian weights that keep variances level in linear layers, forward and backward.

    .. math:: w \sim N\left(0, \frac{2 g^2}{n_{in} + n_{out}}\right)

    The second argument is the variance; a sampler wants its root, the standard deviation.

    Args:
        fan_in: :math:`n_{in}`, at least 1.
        fan_out: :math:`n_{out}`, at least 1.
        gain: :math:`g`, above zero.
        generator: the source of randomness.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the generator no NumPy generator, or the dtype another one.
        ValueError: if a size is below 1 or the gain not above zero.

    Source:
        Glorot and Bengio (2010), Understanding the difficulty of training deep networks, equation 12.

    Example:
        >>> xavier_normal(3, 2, generator=np.random.default_rng(0)).shape
        (3, 2)
    """
    shape = check_fans(fan_in, fan_out)
    std = check_positive(gain, "gain") * math.sqrt(2 / sum(shape))
    return gaussian(shape, std, generator, dtype)


def xavier_uniform(
    fan_in: int, fan_out: int, *, gain: float = 1.0, generator: Rng, dtype: DTypeLike = np.float64
) -> Floats:
    r"""Draw uniform weights of the variance of :func:`xavier_normal`.

    .. math:: w \sim U(-a, a), \quad a = g \sqrt{\frac{6}{n_{in} + n_{out}}}, \quad
              \operatorname{Var} w = \frac{a^2}{3} = \frac{2 g^2}{n_{in} + n_{out}}

    Args:
        fan_in: :math:`n_{in}`, at least 1.
        fan_out: :math:`n_{out}`, at least 1.
        gain: :math:`g`, above zero.
        generator: the source of randomness.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the generator no NumPy generator, or the dtype another one.
        ValueError: if a size is below 1 or the gain not above zero.

    Source:
        Glorot and Bengio (2010), Understanding the difficulty of training deep networks, equation 16.

    Example:
        >>> bool(np.abs(xavier_uniform(3, 3, generator=np.random.default_rng(0))).max() <= 1)
        True
    """
    shape = check_fans(fan_in, fan_out)
    return uniform(shape, check_positive(gain, "gain") * math.sqrt(6 / sum(shape)), generator, dtype)


def he_normal(fan_in: int, fan_out: int, *, generator: Rng, dtype: DTypeLike = np.float64) -> Floats:
    r"""Draw Gaussian weights that keep second moments level through layers of ReLU, which halves them.

    .. math:: w \sim N\left(0, \frac{2}{n_{in}}\right)

    Args:
        fan_in: :math:`n_{in}`, at least 1.
        fan_out: the number of units, at least 1.
        generator: the source of randomness.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the generator no NumPy generator, or the dtype another one.
        ValueError: if a size is below 1.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 10.

    Example:
        >>> he_normal(3, 2, generator=np.random.default_rng(0)).shape
        (3, 2)
    """
    shape = check_fans(fan_in, fan_out)
    return gaussian(shape, math.sqrt(2 / shape[0]), generator, dtype)


def he_uniform(fan_in: int, fan_out: int, *, generator: Rng, dtype: DTypeLike = np.float64) -> Floats:
    r"""Draw uniform weights of the variance of :func:`he_normal`.

    .. math:: w \sim U(-a, a), \quad a = \sqrt{6 / n_{in}}, \quad \operatorname{Var} w = 2 / n_{in}

    Args:
        fan_in: :math:`n_{in}`, at least 1.
        fan_out: the number of units, at least 1.
        generator: the source of randomness.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the generator no NumPy generator, or the dtype another one.
        ValueError: if a size is below 1.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 10, as a uniform distribution.
    """
    shape = check_fans(fan_in, fan_out)
    return uniform(shape, math.sqrt(6 / shape[0]), generator, dtype)


def lecun_normal(fan_in: int, fan_out: int, *, generator: Rng, dtype: DTypeLike = np.float64) -> Floats:
    r"""Draw Gaussian weights that keep the variance of the net input at that of the inputs.

    .. math:: w \sim N\left(0, \frac{1}{n_{in}}\right)

    Args:
        fan_in: :math:`n_{in}`, at least 1.
        fan_out: the number of units, at least 1.
        generator: the source of randomness.
        dtype: float32 or float64.

    Shape:
        Returns (fan_in, fan_out).

    Raises:
        TypeError: if a size is no int, the generator no NumPy generator, or the dtype another one.
        ValueError: if a size is below 1.

    Source:
        LeCun et al. (1998), Efficient backprop, section 4.6.
    """
    shape = check_fans(fan_in, fan_out)
    return gaussian(shape, math.sqrt(1 / shape[0]), generator, dtype)
