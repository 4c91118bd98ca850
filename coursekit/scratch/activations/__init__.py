"""Activation functions and their slopes, element by element; softmax and its Jacobian, row by row."""

__all__ = [
    "Activation",
    "activation",
    "elu",
    "elu_slope",
    "gelu",
    "gelu_slope",
    "gelu_tanh",
    "gelu_tanh_slope",
    "leaky_relu",
    "leaky_relu_slope",
    "linear",
    "linear_slope",
    "log_softmax",
    "mish",
    "mish_slope",
    "names",
    "prelu",
    "prelu_gradients",
    "prelu_slope",
    "relu",
    "relu_slope",
    "sigmoid",
    "sigmoid_slope",
    "silu",
    "silu_slope",
    "softmax",
    "softmax_jacobian",
    "softmax_vjp",
    "softplus",
    "softplus_slope",
    "step",
    "step_slope",
    "tanh",
    "tanh_slope",
]

from coursekit.scratch.activations.gated import (
    gelu,
    gelu_slope,
    gelu_tanh,
    gelu_tanh_slope,
    mish,
    mish_slope,
    silu,
    silu_slope,
)
from coursekit.scratch.activations.parametric import prelu, prelu_gradients, prelu_slope
from coursekit.scratch.activations.piecewise import (
    elu,
    elu_slope,
    leaky_relu,
    leaky_relu_slope,
    linear,
    linear_slope,
    relu,
    relu_slope,
    step,
    step_slope,
)
from coursekit.scratch.activations.smooth import (
    sigmoid,
    sigmoid_slope,
    softplus,
    softplus_slope,
    tanh,
    tanh_slope,
)
from coursekit.scratch.activations.softmax import log_softmax, softmax, softmax_jacobian, softmax_vjp
from coursekit.scratch.activations.table import Activation, activation, names
