"""The element-wise activations by name, each beside its slope."""

__all__ = ["Activation", "activation", "names"]

from collections.abc import Callable
from typing import NamedTuple

from coursekit._check import check_choice
from coursekit.scratch._arrays import Floats
from coursekit.scratch.activations import gated, piecewise, smooth


class Activation(NamedTuple):
    """A name, the function of the net input, and its derivative with respect to the net input."""

    name: str
    function: Callable[..., Floats]
    slope: Callable[..., Floats]


_TABLE = {
    entry.name: entry
    for entry in (
        Activation("step", piecewise.step, piecewise.step_slope),
        Activation("linear", piecewise.linear, piecewise.linear_slope),
        Activation("relu", piecewise.relu, piecewise.relu_slope),
        Activation("leaky_relu", piecewise.leaky_relu, piecewise.leaky_relu_slope),
        Activation("elu", piecewise.elu, piecewise.elu_slope),
        Activation("sigmoid", smooth.sigmoid, smooth.sigmoid_slope),
        Activation("tanh", smooth.tanh, smooth.tanh_slope),
        Activation("softplus", smooth.softplus, smooth.softplus_slope),
        Activation("gelu", gated.gelu, gated.gelu_slope),
        Activation("gelu_tanh", gated.gelu_tanh, gated.gelu_tanh_slope),
        Activation("silu", gated.silu, gated.silu_slope),
        Activation("mish", gated.mish, gated.mish_slope),
    )
}


def names() -> tuple[str, ...]:
    """Return the names of the element-wise activations.

    Example:
        >>> names()[:5]
        ('step', 'linear', 'relu', 'leaky_relu', 'elu')
    """
    return tuple(_TABLE)


def activation(name: str) -> Activation:
    """Return the activation of that name, with the default parameters.

    Args:
        name: one of :func:`names`. Softmax is none of them: it mixes the net inputs of a row. PReLU is none:
            its slope is a parameter.

    Raises:
        ValueError: if the name is unknown.

    Example:
        >>> activation("relu").slope([-1.0, 2.0])
        array([0., 1.])
    """
    return _TABLE[check_choice(name, "activation", _TABLE)]
