"""The tape: a value that remembers the operation and the arguments it came from."""

__all__ = ["PRIMITIVES", "Operand", "Primitive", "Var", "apply"]

import copy
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.autodiff.backward import pull_back
from coursekit.scratch.autodiff.operators import Operators, _plain

Operand: TypeAlias = Union["Var", ArrayLike]


class Primitive(NamedTuple):
    """An operation on arrays, and for each argument the rule that carries a gradient back to it.

    A rule is called with the gradient, the result and the arguments, all arrays or all as recorded.
    """

    evaluate: Callable[..., Any]
    rules: tuple[Callable[..., Any], ...]


PRIMITIVES: dict[str, Primitive] = {}  # filled by the module of the rules, under the names NumPy uses


def _frozen(value: Any) -> Any:
    """Return a constant that nobody can change between the forward and the backward pass."""
    if not isinstance(value, np.ndarray | list):
        return value
    array = np.array(value)
    array.flags.writeable = False
    return array


def apply(name: str, *arguments: Any, **options: Any) -> Any:
    """Evaluate a primitive; the result is a plain array unless an argument is a :class:`Var`.

    Args:
        name: a key of ``PRIMITIVES``.
        arguments: what gradients may flow to.
        options: what they may not: axes, shapes, indices, masks.

    Shape:
        arguments: as the primitive requires, each () or any (N, ...); returns the shape of its result.

    Raises:
        TypeError: if an argument beside a variable is not real, such as a complex or a dual number.

    Example:
        >>> apply("add", 1.0, Var(2.0))
        Var(3.)
    """
    primitive = PRIMITIVES[name]
    value = primitive.evaluate(*map(_plain, arguments), **options)
    if not any(isinstance(a, Var) for a in arguments):
        return value
    return Var._recorded(
        value, name, tuple(_frozen(a) for a in arguments), copy.deepcopy(options) if options else {}
    )


class Var(Operators):
    r"""An array that remembers how it was computed, so that gradients can flow back through it.

    .. math:: \bar{x} = \sum_{y \text{ made of } x} \bar{y}\, \frac{\partial y}{\partial x}, \qquad
              \bar{x} = \frac{\partial J}{\partial x}

    :math:`J` is the number that ``backward`` was called on. A variable made here is a leaf: ``backward``
    adds to its ``grad``, which is None before. Values never change; to update a weight, make a new variable.

    Args:
        value: real numbers; float32 stays, every other real dtype becomes float64. It is copied.

    Shape:
        value: any; ``grad`` has the same shape.

    Raises:
        TypeError: if the value is no array of real numbers.

    Source:
        Griewank and Walther (2008), Evaluating Derivatives, section 3.2; Baydin et al. (2018), section 3.2.

    Example:
        >>> x = Var(3.0)
        >>> (x * x + x).backward()
        >>> x.grad
        array(7.)
    """

    __slots__ = ("__weakref__", "_arguments", "_name", "_options", "_value", "grad")

    _apply = staticmethod(apply)

    def __init__(self, value: ArrayLike) -> None:
        self._value: Floats = _frozen(as_floats(value, "value", finite=False, empty=True))
        self._name = ""
        self._arguments: tuple[Any, ...] = ()
        self._options: dict[str, Any] = {}
        self.grad: Floats | None = None

    @classmethod
    def _recorded(cls, value: Any, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> "Var":
        """Return the variable that an operation made."""
        made = cls.__new__(cls)
        made._value = np.asarray(value)
        if made._value.dtype.kind != "f":
            raise TypeError(f"{name} must meet real numbers on the tape; got a result of {made._value.dtype}")
        made._value.flags.writeable = False
        made._name, made._arguments, made._options, made.grad = name, arguments, options, None
        return made

    @property
    def edges(self) -> tuple[tuple[int, "Var"], ...]:
        """Return the position and the variable for each argument that gradients flow to; a leaf has none."""
        return tuple((i, a) for i, a in enumerate(self._arguments) if isinstance(a, Var))

    def carry(self, gradient: Any, position: int, *, record: bool = False) -> Any:
        """Return the gradient with respect to one argument, from the gradient with respect to this variable.

        With ``record`` the rule runs on variables, so that its own operations are on the tape.

        Args:
            gradient: with respect to this variable.
            position: of the argument.
            record: whether the result can be differentiated again.

        Shape:
            gradient: (N, ...), that of this variable; returns that of the argument.
        """
        rule = PRIMITIVES[self._name].rules[position]
        if record:
            return rule(gradient, self, *self._arguments, **self._options)
        return rule(gradient, self._value, *map(_plain, self._arguments), **self._options)

    def backward(self, upstream: ArrayLike | None = None) -> None:
        """Add the gradient of this variable to ``grad`` of every leaf it was made of, once a call.

        Variables in between store nothing, so that calling twice gives exactly twice the gradient.

        Args:
            upstream: the gradient with respect to this variable; 1 if it is a single number.

        Shape:
            upstream: (N, ...), that of this variable.

        Raises:
            ValueError: if it is no single number and ``upstream`` is missing, or has another shape.
        """
        if upstream is None and self._value.size != 1:
            raise ValueError(
                f"backward needs upstream of shape {self.shape}, or a single number to start from"
            )
        given = np.ones(self.shape) if upstream is None else upstream
        seed = as_floats(given, "upstream", shape=self.shape, finite=False, empty=True)
        for leaf, gradient in pull_back(self, seed).items():
            # Two leaves may have received the very same array: each gets its own.
            own = np.array(gradient, dtype=leaf.value.dtype)
            leaf.grad = own if leaf.grad is None else leaf.grad + own

    def zero_grad(self) -> None:
        """Forget the gradient that earlier calls of ``backward`` left here."""
        self.grad = None

    def __repr__(self) -> str:
        return f"Var({np.array2string(self._value, separator=', ')})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Let ``np.exp(x)`` and ``array * x`` record as well."""
        if method != "__call__" or options or ufunc.__name__ not in PRIMITIVES:
            raise TypeError(
                f"numpy.{ufunc.__name__} must have a rule to meet a Var; known: {', '.join(PRIMITIVES)}"
            )
        return apply(ufunc.__name__, *inputs)
