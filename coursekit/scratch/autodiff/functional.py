"""Derivatives of functions: gradients of any order, products with the Jacobian, the Jacobian, the Hessian."""

__all__ = ["Jacobian", "grad", "hessian", "hvp", "jacobian", "vjp"]

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive_int, describe, require
from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.autodiff.backward import pull_back
from coursekit.scratch.autodiff.var import Operand, Var, apply


class Jacobian(NamedTuple):
    """The matrix of all partial derivatives, outputs before inputs, and how many passes it took."""

    matrix: Floats
    passes: int


def _inner(x: Operand) -> Var:
    """Return a fresh variable for x, still connected to x where x is one itself.

    A function may use the outer x as well: only the fresh variable counts as its argument.
    """
    return apply("multiply", x, 1.0) if isinstance(x, Var) else Var(x)


def _result(value: object) -> Var:
    """Return what a function returned, if it is on the tape."""
    if not isinstance(value, Var):
        raise TypeError(
            f"f must return a Var, made of its argument by recorded operations; got {describe(value)}"
        )
    return value


def grad(f: Callable[..., Any], *, argument: int = 0) -> Callable[..., Any]:
    r"""Return the function that computes the gradient of f, which can be differentiated again.

    .. math:: (\nabla f)_i = \frac{\partial f}{\partial x_i}

    Called with arrays it returns an array, called with a :class:`Var` it returns one: ``grad(grad(f))``.

    Args:
        f: takes :class:`Var`, returns a :class:`Var` that holds a single number.
        argument: the position of :math:`x` among its arguments; the others are handed on as they come.

    Shape:
        The returned function takes x of shape (N, ...) and returns that shape.

    Raises:
        TypeError: if ``argument`` is no int; when called: f returns no :class:`Var`.
        ValueError: if it is negative; when called: f returns more than one number.

    Source:
        Baydin et al. (2018), Automatic differentiation in machine learning: a survey, section 3.2.

    Example:
        >>> float(grad(grad(lambda x: x**3))(2.0))
        12.0
    """
    check_positive_int(argument, "argument", minimum=0)

    def gradient(*arguments: Any) -> Any:
        require(
            len(arguments) > argument,
            f"the gradient needs argument {argument}; got {len(arguments)} arguments",
        )
        outer = arguments[argument]
        x = _inner(outer)
        y = _result(f(*arguments[:argument], x, *arguments[argument + 1 :]))
        require(y.value.size == 1, f"f must return a single number; got shape {y.shape}")
        record = isinstance(outer, Var)
        found = pull_back(y, np.ones(y.shape), (x,), record=record).get(x, np.zeros(x.shape))
        if record:
            return found if isinstance(found, Var) else Var(found)
        return np.array(found, dtype=x.value.dtype)

    return gradient


def vjp(f: Callable[[Any], Any], x: ArrayLike, v: ArrayLike) -> tuple[Floats, Floats]:
    r"""Return f(x) and the product of a row vector with the Jacobian, in one backward pass.

    .. math:: v^\top J, \qquad J_{ki} = \frac{\partial y_k}{\partial x_i}

    Args:
        f: takes a :class:`Var`, returns one.
        x: where.
        v: one weight for each output.

    Shape:
        x: (N, ...); v: that of f(x); returns that of f(x) and that of x.

    Raises:
        TypeError: if f returns no :class:`Var`.
        ValueError: if v has another shape than f(x).

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, section 3.2.

    Example:
        >>> [a.tolist() for a in vjp(lambda x: x * x, [1.0, 2.0], [1.0, 10.0])]
        [[1.0, 4.0], [2.0, 40.0]]
    """
    inner = Var(x)
    y = _result(f(inner))
    seed = as_floats(v, "v", shape=y.shape, finite=False, empty=True)
    found = pull_back(y, seed, (inner,)).get(inner, np.zeros(inner.shape))
    return y.value, np.array(found, dtype=inner.value.dtype)


def _rows(y: Var, x: Var) -> Jacobian:
    """Pull every unit vector back from a recorded result: one pass for each output."""
    rows = []
    for k in range(y.value.size):
        seed = np.zeros(y.value.size)
        seed[k] = 1.0
        rows.append(pull_back(y, seed.reshape(y.shape), (x,)).get(x, np.zeros(x.shape)))
    return Jacobian(np.array(rows, dtype=x.value.dtype).reshape(y.shape + x.shape), len(rows))


def jacobian(f: Callable[[Any], Any], x: ArrayLike) -> Jacobian:
    r"""Return the Jacobian of f by one backward pass for each output.

    .. math:: J_{ki} = \frac{\partial y_k}{\partial x_i}

    Args:
        f: takes a :class:`Var`, returns one; it runs once.
        x: where.

    Shape:
        x: (N, ...); the matrix has the shape of f(x) followed by that of x.

    Raises:
        TypeError: if f returns no :class:`Var`.

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, section 3.2.

    Example:
        >>> jacobian(lambda x: x.sum(), [1.0, 2.0, 3.0])
        Jacobian(matrix=array([1., 1., 1.]), passes=1)
    """
    inner = Var(x)
    return _rows(_result(f(inner)), inner)


def hvp(f: Callable[[Any], Any], x: ArrayLike, v: ArrayLike) -> Floats:
    r"""Return the product of the Hessian with a vector, without the Hessian: two backward passes.

    .. math:: H v = \nabla \left( (\nabla f)^\top v \right)

    Args:
        f: takes a :class:`Var`, returns one that holds a single number.
        x: where.
        v: the direction.

    Shape:
        x, v: (N, ...); returns that shape.

    Raises:
        TypeError: if f returns no :class:`Var`.
        ValueError: if f returns more than one number, or v has another shape than x.

    Source:
        Pearlmutter (1994), Fast exact multiplication by the Hessian, section 3.

    Example:
        >>> hvp(lambda x: x[0] * x[1], [1.0, 2.0], [1.0, 0.0]).tolist()
        [0.0, 1.0]
    """
    inner = as_floats(x, "x", finite=False)
    direction = as_floats(v, "v", shape=inner.shape, finite=False)
    product: Floats = grad(lambda z: (grad(f)(z) * direction).sum())(inner)
    return product


def hessian(f: Callable[[Any], Any], x: ArrayLike) -> Floats:
    r"""Return all second derivatives: the Jacobian of the recorded gradient.

    .. math:: H_{ij} = \frac{\partial^2 f}{\partial x_i \, \partial x_j}

    Args:
        f: takes a :class:`Var`, returns one that holds a single number.
        x: where.

    Shape:
        x: (N, ...); returns that shape twice over.

    Raises:
        TypeError: if f returns no :class:`Var`.
        ValueError: if f returns more than one number.

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, chapter 5.

    Example:
        >>> hessian(lambda x: x[0] ** 2 * x[1], [1.0, 2.0]).tolist()
        [[4.0, 2.0], [2.0, 0.0]]
    """
    return jacobian(grad(f), x).matrix
