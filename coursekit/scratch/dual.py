"""Dual numbers: derivatives carried forward beside the values, one direction a pass."""

__all__ = ["Dual", "derivative", "jacobian", "jvp"]

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike

from coursekit._check import require
from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.autodiff.functional import Jacobian

_LEVELS = itertools.count(1)


def _power_slope(a: Any, p: Any) -> Any:
    """Return p a^(p-1), and 0 for p = 0, where a^(-1) could be infinite."""
    return p * a ** (p - (_value(p) != 0))


def _larger(a: Any, b: Any) -> Any:
    """Return 1 where a is larger, 0 where b is, and a half where they tie."""
    return 0.5 * (np.sign(_value(a) - _value(b)) + 1.0)


# For each elementwise ufunc, the partial derivative with respect to each argument, as a function of all.
_PARTIALS: dict[str, tuple[Callable[..., Any], ...]] = {
    "positive": (lambda _: 1.0,),
    "negative": (lambda _: -1.0,),
    "add": (lambda _a, _b: 1.0, lambda _a, _b: 1.0),
    "subtract": (lambda _a, _b: 1.0, lambda _a, _b: -1.0),
    "multiply": (lambda _, b: b, lambda a, _: a),
    "divide": (lambda _, b: 1.0 / b, lambda a, b: -a / (b * b)),
    "power": (_power_slope, lambda a, p: a**p * np.log(a)),
    "square": (lambda x: 2.0 * x,),
    "sqrt": (lambda x: 0.5 / np.sqrt(x),),
    "exp": (np.exp,),
    "log": (lambda x: 1.0 / x,),
    "sin": (np.cos,),
    "cos": (lambda x: -np.sin(x),),
    "tanh": (lambda x: 1.0 - np.tanh(x) ** 2,),
    "absolute": (lambda x: np.sign(_value(x)),),
    "maximum": (_larger, lambda a, b: _larger(b, a)),
}
_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "sign", "isfinite")


def _value(x: Any) -> Any:
    """Return the plain number below all levels."""
    while isinstance(x, Dual):
        x = x.value
    return x


class Dual(NDArrayOperatorsMixin):
    r"""A value and its derivative along one direction, through every operation of NumPy that has a rule.

    .. math:: (a + \dot{a}\,\epsilon), \quad \epsilon^2 = 0, \qquad
              f(a + \dot{a}\,\epsilon) = f(a) + f'(a)\,\dot{a}\,\epsilon

    ``+ - * / ** @``, ``np.exp``, ``np.sin`` and their kin work; so do indexing, ``sum``, ``reshape`` and
    ``T``. Comparisons look at the value only.

    Args:
        value: :math:`a`.
        tangent: :math:`\dot{a}`.
        level: which derivative of nested ones this is; an inner one takes an outer one for a constant.

    Shape:
        value, tangent: (N, ...), the same shape.

    Raises:
        TypeError: if the value or the tangent holds no real numbers.
        ValueError: if the two differ in shape.

    Source:
        Baydin et al. (2018), Automatic differentiation in machine learning: a survey, section 3.1.1.

    Example:
        >>> x = Dual(3.0, 1.0)
        >>> x * x + np.sin(0.0 * x)
        Dual(9.0, 6.0)
    """

    __slots__ = ("level", "tangent", "value")

    def __init__(self, value: Any, tangent: Any, *, level: int = 0) -> None:
        self.value = value if isinstance(value, Dual) else as_floats(value, "value", finite=False, empty=True)
        shape = np.shape(self.value)
        if not isinstance(tangent, Dual):
            tangent = as_floats(tangent, "tangent", finite=False, empty=True)
        require(np.shape(tangent) == shape, f"tangent must have shape {shape}; got {np.shape(tangent)}")
        self.tangent, self.level = tangent, level

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the value."""
        return np.shape(self.value)

    @property
    def T(self) -> "Dual":
        """Return the dual number with its axes in reverse order, (D, K) for (K, D)."""
        return Dual(self.value.T, self.tangent.T, level=self.level)

    def sum(self, axis: int | None = None) -> "Dual":
        """Return the sum over an axis, over all if None; of shape () then, else (N, ...) without it."""
        return Dual(self.value.sum(axis), self.tangent.sum(axis), level=self.level)

    def reshape(self, *shape: int) -> "Dual":
        """Return the same elements in another shape (N, ...); one size may be -1."""
        return Dual(self.value.reshape(*shape), self.tangent.reshape(*shape), level=self.level)

    def __getitem__(self, index: Any) -> "Dual":
        return Dual(self.value[index], self.tangent[index], level=self.level)

    def __bool__(self) -> bool:
        return bool(_value(self))

    def __repr__(self) -> str:
        parts = (p if isinstance(p, Dual) else p.tolist() for p in (self.value, self.tangent))
        return "Dual({!r}, {!r})".format(*parts)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Apply the chain rule to one operation of NumPy."""
        name = ufunc.__name__
        if method == "__call__" and not options and name in _COMPARISONS:
            return ufunc(*map(_value, inputs))
        if method != "__call__" or options or (name not in _PARTIALS and name != "matmul"):
            known = ", ".join([*_PARTIALS, "matmul"])
            raise TypeError(f"numpy.{name} must have a rule to meet a Dual; known: {known}")
        level = max(x.level for x in inputs if isinstance(x, Dual))
        inner = [isinstance(x, Dual) and x.level == level for x in inputs]
        values = [x.value if own else x for x, own in zip(inputs, inner, strict=True)]
        result = ufunc(*values)
        # Zeros of the result's shape: a constant may have spread the tangent over more axes.
        tangent: Any = np.zeros(np.shape(result))
        for position, own in enumerate(inner):
            if own and name == "matmul":
                factors = [*values[:position], inputs[position].tangent, *values[position + 1 :]]
                tangent = tangent + factors[0] @ factors[1]
            elif own:
                tangent = tangent + _PARTIALS[name][position](*values) * inputs[position].tangent
        return Dual(result, tangent, level=level)


def jvp(f: Callable[[Any], Any], x: Any, v: Any) -> tuple[Any, Any]:
    r"""Return f(x) and the product of the Jacobian with a vector, in one forward pass.

    .. math:: J v, \qquad J_{ki} = \frac{\partial y_k}{\partial x_i}

    Args:
        f: made of NumPy's ufuncs, operators and the methods of :class:`Dual`.
        x: where; a :class:`Dual` inside another derivative.
        v: the direction.

    Shape:
        x, v: (N, ...), the same shape; returns twice the shape of f(x).

    Raises:
        TypeError: if x or v holds no real numbers, or f uses an operation without a rule.
        ValueError: if v has another shape than x.

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, section 3.1.

    Example:
        >>> y, slope = jvp(lambda x: x[0] * np.sin(x[1]), [2.0, 0.0], [0.0, 1.0])
        >>> float(y), float(slope)
        (0.0, 2.0)
    """
    level = next(_LEVELS)
    y = f(Dual(x, v, level=level))
    if isinstance(y, Dual) and y.level == level:
        return y.value, y.tangent
    return y, np.zeros(np.shape(y))


def derivative(f: Callable[[Any], Any], x: Any) -> Any:
    r"""Return the derivative of a function of one number; of each element, if f works elementwise.

    .. math:: f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}

    No step h is taken: the result is exact to rounding. Derivatives of derivatives nest.

    Args:
        f: made of NumPy's ufuncs and operators.
        x: where; a :class:`Dual` inside another derivative.

    Shape:
        x: () or, for an elementwise f, (N, ...); returns the shape of f(x).

    Raises:
        TypeError: if x holds no real numbers, or f uses an operation without a rule.

    Source:
        Baydin et al. (2018), Automatic differentiation in machine learning: a survey, section 3.1.1.

    Example:
        >>> float(derivative(lambda x: derivative(lambda z: z**3, x), 2.0))
        12.0
    """
    return jvp(f, x, np.ones(np.shape(x)))[1]


def jacobian(f: Callable[[Any], Any], x: ArrayLike) -> Jacobian:
    r"""Return the Jacobian of f by one forward pass for each input.

    .. math:: J_{ki} = \frac{\partial y_k}{\partial x_i}

    Backward passes go by outputs instead: :func:`coursekit.scratch.autodiff.jacobian`.

    Args:
        f: made of NumPy's ufuncs, operators and the methods of :class:`Dual`; it runs once for each input.
        x: where.

    Shape:
        x: (N, ...); the matrix has the shape of f(x) followed by that of x.

    Raises:
        TypeError: if x holds no real numbers, or f uses an operation without a rule.

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, section 3.1.

    Example:
        >>> jacobian(lambda x: x.sum(), [1.0, 2.0, 3.0])
        Jacobian(matrix=array([1., 1., 1.]), passes=3)
    """
    at: Floats = as_floats(x, "x", finite=False)
    columns = [jvp(f, at, unit.reshape(at.shape))[1] for unit in np.eye(at.size)]
    matrix = np.stack(columns, axis=-1)
    return Jacobian(matrix.reshape(matrix.shape[:-1] + at.shape), len(columns))
