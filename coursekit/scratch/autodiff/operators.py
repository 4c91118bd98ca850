"""What makes a variable feel like an array: operators, comparisons and methods, each handed to the tape."""

__all__ = ["Operators"]

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from coursekit.scratch._arrays import Floats


def _plain(x: Any) -> Any:
    """Return the array behind a variable, anything else as it is."""
    return x.value if isinstance(x, Operators) else x


class Operators:
    """Operators that record themselves; comparisons look at the value and record nothing."""

    __slots__ = ()
    _apply: ClassVar[Callable[..., Any]]
    _value: Floats

    @property
    def value(self) -> Floats:
        """Return the array, which cannot be written to."""
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the value."""
        return self._value.shape

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.value)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __getitem__(self, index: Any) -> Any:
        return self._apply("getitem", self, index=index)

    def __neg__(self) -> Any:
        return self._apply("negative", self)

    def __add__(self, other: Any) -> Any:
        return self._apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._apply("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._apply("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._apply("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._apply("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._apply("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return self._apply("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self._apply("matmul", other, self)

    def __lt__(self, other: Any) -> Any:
        return self.value < _plain(other)

    def __le__(self, other: Any) -> Any:
        return self.value <= _plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.value > _plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.value >= _plain(other)

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
        """Return the sum over the axes, all of them if None; of shape () then, else (N, ...) without them."""
        return self._apply("sum", self, axis=axis, keepdims=keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
        """Return the mean over the axes, all of them if None, as :meth:`sum` does."""
        total = self.sum(axis, keepdims=keepdims)
        return total * (total.value.size / self.value.size)

    def max(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Any:
        """Return the largest element over the axes; elements that tie share its gradient equally."""
        return self._apply("max", self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: int) -> Any:
        """Return the same elements in another shape (N, ...); one size may be -1."""
        return self._apply("reshape", self, shape=shape)

    @property
    def T(self) -> Any:
        """Return the variable with its axes in reverse order, (D, K) for (K, D)."""
        return self._apply("transpose", self, axes=None)
