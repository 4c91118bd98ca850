"""The derivative rules, written with primitives themselves so that a gradient can be differentiated again."""

__all__ = ["RULES"]

from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit._check import require
from coursekit.scratch.autodiff.functions import cos, exp, log, sin, where
from coursekit.scratch.autodiff.operators import _plain
from coursekit.scratch.autodiff.var import PRIMITIVES, Primitive, apply

Axes = int | tuple[int, ...] | None


# Shapes: spreading an array over a larger shape and summing it back are each other's derivative.


def _fit(g: Any, x: Any) -> Any:
    """Sum a gradient over the axes along which an argument was spread."""
    return g if np.shape(g) == np.shape(x) else apply("sum_to", g, shape=np.shape(x))


def _sum_to(g: NDArray[Any], shape: tuple[int, ...]) -> Any:
    """Sum an array down to a shape that broadcasts to its own."""
    extra = np.ndim(g) - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1)
    return np.sum(g, axis=axes).reshape(shape)


def _kept(shape: tuple[int, ...], axis: Axes) -> tuple[int, ...]:
    """Return a shape with 1 for the axes that a reduction removes."""
    gone = range(len(shape)) if axis is None else np.atleast_1d(axis) % max(len(shape), 1)
    return tuple(1 if i in gone else n for i, n in enumerate(shape))


def _spread(g: Any, x: Any, axis: Axes) -> Any:
    """Undo the shape of a reduction: one copy of the gradient for every element that was reduced."""
    return apply("broadcast_to", _reshape(g, _kept(np.shape(x), axis)), shape=np.shape(x))


def _reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """Reshape an array or a variable."""
    return apply("reshape", x, shape=shape)


def _turned(x: Any, axes: tuple[int, ...] | None = None) -> Any:
    """Transpose an array or a variable."""
    return apply("transpose", x, axes=axes)


def _scatter(g: NDArray[Any], index: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Add each element of ``g`` to where an index took it from; one taken twice receives both."""
    full = np.zeros(shape, dtype=np.asarray(g).dtype)
    np.add.at(full, index, g)
    return full


# Values and helpers of single rules


def _matmul(a: Any, b: Any) -> Any:
    """Multiply arrays of one or two axes."""
    sizes = np.shape(a), np.shape(b)
    require(all(len(s) in (1, 2) for s in sizes), f"matmul must have one or two axes a side; got {sizes}")
    fits = sizes[0][-1] == sizes[1][0]
    require(fits, f"matmul must have shapes (..., n) and (n, ...); got {sizes[0]} and {sizes[1]}")
    return np.matmul(a, b)


def _sheets(g: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return gradient and factors of a product with two axes each: a row left, a column right."""
    rows, columns = np.shape(a)[:-1] or (1,), np.shape(b)[1:] or (1,)
    return (
        _reshape(g, rows + columns),
        _reshape(a, rows + np.shape(a)[-1:]),
        _reshape(b, np.shape(b)[:1] + columns),
    )


def _matmul_left(g: Any, _: Any, a: Any, b: Any) -> Any:
    """Carry a gradient to the left factor."""
    g, _, b = _sheets(g, a, b)
    return _reshape(apply("matmul", g, _turned(b)), np.shape(a))


def _matmul_right(g: Any, _: Any, a: Any, b: Any) -> Any:
    """Carry a gradient to the right factor."""
    shape = np.shape(b)
    g, a, _ = _sheets(g, a, b)
    return _reshape(apply("matmul", _turned(a), g), shape)


def _power_base(g: Any, _: Any, a: Any, p: Any) -> Any:
    """Carry a gradient to the base; exponent 0 gives 0 where a ** -1 would be infinite."""
    return _fit(g * p * a ** where(_plain(p) == 0, 1.0, p - 1.0), a)


def _power_exponent(g: Any, y: Any, a: Any, p: Any) -> Any:
    """Carry a gradient to the exponent; base 0 gives 0, the limit for positive exponents."""
    return _fit(g * y * log(where(_plain(a) == 0, 1.0, a)), p)


def _logsumexp(x: NDArray[Any], axis: Axes, keepdims: bool) -> Any:
    """Return log(sum(exp(x))) with the largest element taken out before the exponential."""
    top = np.max(x, axis=axis, keepdims=True)
    value = top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))
    return value if keepdims else np.squeeze(value, axis=axis)[()]


def _shares(y: Any, x: Any, axis: Axes) -> Any:
    """Return 1 for the largest element, divided among those that tie."""
    hit = np.asarray(_plain(x)) == np.reshape(_plain(y), _kept(np.shape(x), axis))
    return hit / np.sum(hit, axis=axis, keepdims=True)


def _half(a: Any, b: Any) -> Any:
    """Return 1 where a is larger, 0 where b is, and a half where they tie."""
    return 0.5 * (np.sign(_plain(a) - _plain(b)) + 1.0)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return the permutation that undoes another."""
    return None if axes is None else tuple(int(i) for i in np.argsort(axes))


RULES = {
    "add": Primitive(np.add, (lambda g, _y, a, _b: _fit(g, a), lambda g, _y, _a, b: _fit(g, b))),
    "subtract": Primitive(np.subtract, (lambda g, _y, a, _b: _fit(g, a), lambda g, _y, _a, b: _fit(-g, b))),
    "multiply": Primitive(
        np.multiply,
        (lambda g, _y, a, b: _fit(g * b, a), lambda g, _y, a, b: _fit(g * a, b)),
    ),
    "divide": Primitive(
        np.divide,
        (lambda g, _y, a, b: _fit(g / b, a), lambda g, y, _a, b: _fit(-g * y / b, b)),
    ),
    "power": Primitive(np.power, (_power_base, _power_exponent)),
    "matmul": Primitive(_matmul, (_matmul_left, _matmul_right)),
    "negative": Primitive(np.negative, (lambda g, _y, _x: -g,)),
    "exp": Primitive(np.exp, (lambda g, y, _x: g * y,)),
    "log": Primitive(np.log, (lambda g, _y, x: g / x,)),
    "sin": Primitive(np.sin, (lambda g, _y, x: g * cos(x),)),
    "cos": Primitive(np.cos, (lambda g, _y, x: -g * sin(x),)),
    "tanh": Primitive(np.tanh, (lambda g, y, _x: g * (1.0 - y * y),)),
    "sqrt": Primitive(np.sqrt, (lambda g, y, _x: g / (2.0 * y),)),
    "absolute": Primitive(np.absolute, (lambda g, _y, x: g * np.sign(_plain(x)),)),
    "sigmoid": Primitive(lambda x: np.exp(-np.logaddexp(0.0, -x)), (lambda g, y, _x: g * y * (1.0 - y),)),
    "relu": Primitive(lambda x: np.maximum(x, 0.0), (lambda g, _y, x: g * (_plain(x) > 0),)),
    "maximum": Primitive(
        np.maximum,
        (lambda g, _y, a, b: _fit(g * _half(a, b), a), lambda g, _y, a, b: _fit(g * _half(b, a), b)),
    ),
    "where": Primitive(
        lambda a, b, mask: np.where(mask, a, b),
        (lambda g, _y, a, _b, mask: _fit(g * mask, a), lambda g, _y, _a, b, mask: _fit(g * ~mask, b)),
    ),
    "sum": Primitive(np.sum, (lambda g, _y, x, axis, **_: _spread(g, x, axis),)),
    "max": Primitive(np.max, (lambda g, y, x, axis, **_: _spread(g, x, axis) * _shares(y, x, axis),)),
    "logsumexp": Primitive(
        _logsumexp, (lambda g, y, x, axis, **_: _spread(g, x, axis) * exp(x - _spread(y, x, axis)),)
    ),
    "reshape": Primitive(
        lambda x, shape: np.reshape(x, shape), (lambda g, _y, x, **_: _reshape(g, np.shape(x)),)
    ),
    "transpose": Primitive(np.transpose, (lambda g, _y, _x, axes: _turned(g, _inverse(axes)),)),
    "getitem": Primitive(
        lambda x, index: x[index],
        (lambda g, _y, x, index: apply("scatter", g, index=index, shape=np.shape(x)),),
    ),
    "scatter": Primitive(_scatter, (lambda g, _y, _x, index, **_: apply("getitem", g, index=index),)),
    "broadcast_to": Primitive(np.broadcast_to, (lambda g, _y, x, **_: _fit(g, x),)),
    "sum_to": Primitive(_sum_to, (lambda g, _y, x, **_: apply("broadcast_to", g, shape=np.shape(x)),)),
}
PRIMITIVES.update(RULES)
