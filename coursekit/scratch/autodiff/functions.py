"""Functions of variables; on plain arrays and numbers the same names give plain results."""

__all__ = [
    "absolute",
    "cos",
    "exp",
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
    "where",
]

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch.autodiff.var import Operand, apply


def exp(x: Operand) -> Any:
    """Return the exponential of x, elementwise, x of any shape (N, ...)."""
    return apply("exp", x)


def log(x: Operand) -> Any:
    """Return the natural logarithm of x, elementwise, x of any shape (N, ...)."""
    return apply("log", x)


def sin(x: Operand) -> Any:
    """Return the sine of x, elementwise, x of any shape (N, ...)."""
    return apply("sin", x)


def cos(x: Operand) -> Any:
    """Return the cosine of x, elementwise, x of any shape (N, ...)."""
    return apply("cos", x)


def tanh(x: Operand) -> Any:
    """Return the hyperbolic tangent of x, elementwise, x of any shape (N, ...)."""
    return apply("tanh", x)


def sqrt(x: Operand) -> Any:
    """Return the square root of x, elementwise, x of any shape (N, ...)."""
    return apply("sqrt", x)


def absolute(x: Operand) -> Any:
    """Return the absolute value of x; its gradient at 0 is 0, elementwise, x of any shape (N, ...)."""
    return apply("absolute", x)


def sigmoid(x: Operand) -> Any:
    r"""Return the logistic function of x, elementwise, without overflow.

    .. math:: y = \frac{1}{1 + e^{-x}}, \qquad y' = y (1 - y)

    Args:
        x: any values.

    Shape:
        x: (N, ...); returned.

    Example:
        >>> float(sigmoid(-800.0)), float(sigmoid(0.0))
        (0.0, 0.5)
    """
    return apply("sigmoid", x)


def relu(x: Operand) -> Any:
    """Return the larger of x and 0, elementwise, x of any shape (N, ...); the slope at 0 is 0."""
    return apply("relu", x)


def maximum(a: Operand, b: Operand) -> Any:
    """Return the larger of two, elementwise, of shapes (N, ...) that broadcast; a tie shares its gradient."""
    return apply("maximum", a, b)


def where(mask: ArrayLike, a: Operand, b: Operand) -> Any:
    """Return a where the mask is true and b elsewhere; mask, a and b of shapes that broadcast to (N, D)."""
    return apply("where", a, b, mask=np.asarray(mask, dtype=bool))


def matmul(a: Operand, b: Operand) -> Any:
    r"""Return the matrix product, as ``a @ b`` does.

    .. math:: Y = A B, \qquad \bar{A} = \bar{Y} B^\top, \quad \bar{B} = A^\top \bar{Y}

    Args:
        a: left factor, of one or two axes; a vector is a row.
        b: right factor, of one or two axes; a vector is a column.

    Shape:
        a: (B, D) or (D,); b: (D, K) or (D,); returns (B, K) without the axes that a vector lacks.

    Raises:
        ValueError: if a factor has another number of axes, or the inner sizes differ.

    Source:
        Giles (2008), Collected matrix derivative results for forward and reverse mode AD, section 2.2.2.

    Example:
        >>> matmul([[1.0, 2.0]], [3.0, 4.0])
        array([11.])
    """
    return apply("matmul", a, b)


def logsumexp(x: Operand, *, axis: int | tuple[int, ...] | None = -1, keepdims: bool = False) -> Any:
    r"""Return the logarithm of the sum of exponentials, with the largest one taken out first.

    .. math:: y = m + \log \sum_k e^{x_k - m}, \quad m = \max_k x_k, \qquad
              \frac{\partial y}{\partial x_k} = e^{x_k - y}

    Args:
        x: finite values.
        axis: the axes summed over; all if None.
        keepdims: whether they stay, with size 1.

    Shape:
        x: (N, ...); returned without the axes.

    Example:
        >>> round(float(logsumexp([1000.0, 1000.0])), 4)
        1000.6931
    """
    return apply("logsumexp", x, axis=axis, keepdims=keepdims)


def log_softmax(x: Operand, *, axis: int = -1) -> Any:
    r"""Return the logarithms of the softmax, exact where a probability itself would round to 0.

    .. math:: y_k = x_k - \log \sum_j e^{x_j}

    Args:
        x: logits, finite.
        axis: the classes lie along it.

    Shape:
        x: (..., K); returned.

    Example:
        >>> float(log_softmax([0.0, 40.0])[0])
        -40.0
    """
    return x - logsumexp(x, axis=axis, keepdims=True)
