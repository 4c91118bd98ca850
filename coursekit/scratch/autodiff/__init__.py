"""Automatic differentiation in reverse: a tape, its rules, and the way back."""

__all__ = [
    "Jacobian",
    "Var",
    "absolute",
    "cos",
    "exp",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "maximum",
    "relu",
    "sigmoid",
    "sin",
    "sqrt",
    "tanh",
    "vjp",
    "where",
]

# The rules enter the table when their module is loaded.
from coursekit.scratch.autodiff import rules as _rules
from coursekit.scratch.autodiff.functional import Jacobian, grad, hessian, hvp, jacobian, vjp
from coursekit.scratch.autodiff.functions import (
    absolute,
    cos,
    exp,
    log,
    log_softmax,
    logsumexp,
    matmul,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    where,
)
from coursekit.scratch.autodiff.var import Var

del _rules
