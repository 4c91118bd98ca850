"""Activations that change their rule at zero: step, linear, ReLU, leaky ReLU and ELU, each with its slope."""

__all__ = [
    "elu",
    "elu_slope",
    "leaky_relu",
    "leaky_relu_slope",
    "linear",
    "linear_slope",
    "relu",
    "relu_slope",
    "step",
    "step_slope",
]

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive
from coursekit.scratch._arrays import Floats, as_floats, as_number


def step(u: ArrayLike) -> Floats:
    r"""Fire above the threshold.

    .. math:: f(u) = 1 \text{ if } u > 0, \text{ else } 0

    Args:
        u: net inputs; at the threshold itself the neuron is silent, f(0) = 0.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        McCulloch and Pitts (1943), A logical calculus of the ideas immanent in nervous activity.

    Example:
        >>> step([-1.0, 0.0, 2.0])
        array([0., 0., 1.])
    """
    x = as_floats(u, "u")
    return (x > 0).astype(x.dtype)


def step_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of the step: zero wherever it exists, and zero at the jump by convention.

    .. math:: f'(u) = 0

    Nothing flows back through a step: gradient descent learns no weight below one.

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.
    """
    return np.zeros_like(as_floats(u, "u"))


def linear(u: ArrayLike) -> Floats:
    r"""Return the net input unchanged, as a new array.

    .. math:: f(u) = u

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.
    """
    return as_floats(u, "u").copy()


def linear_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of the identity.

    .. math:: f'(u) = 1

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.
    """
    return np.ones_like(as_floats(u, "u"))


def relu(u: ArrayLike) -> Floats:
    r"""Cut off what is below zero.

    .. math:: f(u) = \max(u, 0)

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Source:
        Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines, section 2.

    Example:
        >>> relu([-1.0, 0.0, 2.0])
        array([0., 0., 2.])
    """
    return np.maximum(as_floats(u, "u"), 0)


def relu_slope(u: ArrayLike) -> Floats:
    r"""Return the slope of ReLU, with 0 at the kink as every framework has it.

    .. math:: f'(u) = 1 \text{ if } u > 0, \text{ else } 0

    Args:
        u: net inputs.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers.
        ValueError: if it is empty or not finite.

    Example:
        >>> relu_slope([-1.0, 0.0, 2.0])
        array([0., 0., 1.])
    """
    return step(u)


def leaky_relu(u: ArrayLike, *, slope: float = 0.01) -> Floats:
    r"""Let a fraction of the negative net input through.

    .. math:: f(u) = u \text{ if } u > 0, \text{ else } a u

    :math:`a` is the slope below zero. max(u, a u) is the same function only for a of at most 1.

    Args:
        u: net inputs.
        slope: :math:`a`, any finite number; at 1 the unit is linear.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers, or the slope is no number.
        ValueError: if ``u`` is empty or not finite, or the slope is not finite.

    Source:
        Maas et al. (2013), Rectifier nonlinearities improve neural network acoustic models, section 2.

    Example:
        >>> leaky_relu([-2.0, 2.0], slope=1.5)
        array([-3.,  2.])
    """
    x, below = as_floats(u, "u"), as_number(slope, "slope")
    return np.where(x > 0, x, below * x)


def leaky_relu_slope(u: ArrayLike, *, slope: float = 0.01) -> Floats:
    r"""Return the slope of leaky ReLU; at the kink it is that of the negative side, as in torch.

    .. math:: f'(u) = 1 \text{ if } u > 0, \text{ else } a

    Args:
        u: net inputs.
        slope: :math:`a`, any finite number.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers, or the slope is no number.
        ValueError: if ``u`` is empty or not finite, or the slope is not finite.
    """
    x, below = as_floats(u, "u"), as_number(slope, "slope")
    return np.where(x > 0, x.dtype.type(1), x.dtype.type(below))


def elu(u: ArrayLike, *, alpha: float = 1.0) -> Floats:
    r"""Bend smoothly towards a floor below zero.

    .. math:: f(u) = u \text{ if } u > 0, \text{ else } \alpha (e^u - 1)

    :math:`-\alpha` is the floor. Only :math:`\alpha = 1` makes the slope continuous at zero.

    Args:
        u: net inputs.
        alpha: :math:`\alpha`, zero or above.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers, or alpha is no number.
        ValueError: if ``u`` is empty or not finite, or alpha is negative or not finite.

    Source:
        Clevert, Unterthiner and Hochreiter (2016), Exponential linear units, section 3.

    Example:
        >>> elu([-1000.0, 0.0, 2.0], alpha=0.5)
        array([-0.5,  0. ,  2. ])
    """
    x, depth = as_floats(u, "u"), check_positive(alpha, "alpha", zero=True)
    # np.where computes both branches: without the minimum the discarded one would overflow.
    return np.where(x > 0, x, depth * np.expm1(np.minimum(x, 0)))


def elu_slope(u: ArrayLike, *, alpha: float = 1.0) -> Floats:
    r"""Return the slope of ELU; at zero it is that of the negative side, as in torch.

    .. math:: f'(u) = 1 \text{ if } u > 0, \text{ else } \alpha e^u

    Args:
        u: net inputs.
        alpha: :math:`\alpha`, zero or above.

    Shape:
        u: any; returns the same.

    Raises:
        TypeError: if ``u`` holds anything but real numbers, or alpha is no number.
        ValueError: if ``u`` is empty or not finite, or alpha is negative or not finite.
    """
    x, depth = as_floats(u, "u"), check_positive(alpha, "alpha", zero=True)
    return np.where(x > 0, x.dtype.type(1), depth * np.exp(np.minimum(x, 0)))
