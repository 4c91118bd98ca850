"""Argument checks whose messages name the argument, what is required and what came."""

__all__ = [
    "CourseError",
    "check_choice",
    "check_generator",
    "check_in_unit",
    "check_positive",
    "check_positive_int",
    "check_same_length",
    "check_tensor",
    "closest",
    "describe",
    "require",
]

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# torch is imported inside the functions that meet a tensor, so that the NumPy half can use this module.

Choice = TypeVar("Choice", bound=str)


class CourseError(RuntimeError):
    """A problem outside the program (a file, the network, the disk), told in one line for its user."""


def require(condition: object, message: str) -> None:
    """Raise ``ValueError(message)`` unless the condition holds.

    Args:
        condition: what must be true.
        message: one line: what is required, what came.

    Raises:
        ValueError: if the condition is false.

    Example:
        >>> require(2 > 1, "2 must exceed 1")
    """
    if not condition:
        raise ValueError(message)


def describe(value: object) -> str:
    """Say in a few words what a value is: the shape of an array, the type and value of anything else.

    Example:
        >>> describe(3), describe("relu")
        ('int 3', "str 'relu'")
    """
    shape = None if isinstance(value, type) else getattr(value, "shape", None)
    if shape is not None:
        return f"{type(value).__name__} of shape {tuple(shape)} and {getattr(value, 'dtype', 'no dtype')}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def _pattern(ndim: int | None, last: int | None, shape: Sequence[int | str | None] | None) -> str:
    """Write the required shape the way the messages print it."""
    if shape is not None:
        parts = ["*" if size is None else str(size) for size in shape]
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
    letters = ["..."] if ndim is None else [f"n{axis}" for axis in range(1, ndim)]
    return "(" + ", ".join([*letters, "n" if last is None else str(last)]) + ")"


def _shape_fits(
    actual: tuple[int, ...], ndim: int | None, last: int | None, shape: Sequence[int | str | None] | None
) -> bool:
    """Compare a shape with the required one; a letter that stands twice must mean the same size."""
    if shape is None:
        return (ndim is None or len(actual) == ndim) and (last is None or actual[-1:] == (last,))
    if len(actual) != len(shape):
        return False
    seen: dict[str, int] = {}
    for size, wanted in zip(actual, shape, strict=True):
        if isinstance(wanted, str):
            if seen.setdefault(wanted, size) != size:
                return False
        elif wanted is not None and size != wanted:
            return False
    return True


def check_tensor(
    x: object, name: str, *, ndim: int | None = None, last: int | None = None,
    shape: Sequence[int | str | None] | None = None, floating: bool = False, finite: bool = False,
) -> "Tensor":  # fmt: skip
    """Return ``x`` if it is a tensor of the required shape and kind.

    Args:
        x: the value to check.
        name: the argument's name, for the message.
        ndim: the required number of axes.
        last: the required size of the last axis.
        shape: the required shape, an int for a fixed size, a letter for a free one, such as ``("B", 64)``;
            it replaces ``ndim`` and ``last``.
        floating: whether the dtype must be a floating one.
        finite: whether NaN and infinity are refused (reads every element).

    Shape:
        x: as required by the arguments; returned as it came.

    Raises:
        TypeError: if ``x`` is no tensor, or not floating where that is required.
        ValueError: if its shape is another one, or an element is not finite.

    Example:
        >>> import torch
        >>> check_tensor(torch.ones(3), "x", shape=("B", "D"))
        Traceback (most recent call last):
        ValueError: x must have shape (B, D); got (3,)
    """
    import torch

    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} must be a torch.Tensor; got {describe(x)}")
    actual = tuple(x.shape)
    if not _shape_fits(actual, ndim, last, shape):
        raise ValueError(f"{name} must have shape {_pattern(ndim, last, shape)}; got {actual}")
    if floating and not x.is_floating_point():
        raise TypeError(f"{name} must have a floating dtype such as torch.float32; got {x.dtype}")
    if finite and not bool(torch.isfinite(x).all()):
        bad = int((~torch.isfinite(x)).sum())
        raise ValueError(f"{name} must be finite; got {bad} NaN or infinite of {x.numel()} elements")
    return x


def check_positive_int(n: object, name: str, *, minimum: int = 1) -> int:
    """Return ``n`` if it is an int of at least ``minimum`` (a bool is not an int here).

    Raises:
        TypeError: if ``n`` is no int.
        ValueError: if it is too small.

    Example:
        >>> check_positive_int(5, "epochs")
        5
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"{name} must be an int of at least {minimum}; got {describe(n)}")
    if n < minimum:
        raise ValueError(f"{name} must be an int of at least {minimum}; got {n}")
    return n


def check_positive(value: object, name: str, *, zero: bool = False) -> float:
    """Return ``value`` as a float if it is a finite number above zero (or zero, where allowed).

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative, NaN, infinite, or zero where zero is not allowed.

    Example:
        >>> check_positive(0.5, "lr")
        0.5
    """
    wanted = "a finite number, zero or above" if zero else "a finite number above zero"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be {wanted}; got {describe(value)}")
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} must be {wanted}; got {value}")
    return float(value)


def check_in_unit(x: object, name: str) -> "Tensor":
    """Return ``x`` if it is a floating tensor with every element in [0, 1].

    Shape:
        x: any; returned as it came.

    Raises:
        TypeError: if ``x`` is no floating tensor.
        ValueError: if an element is outside [0, 1] or NaN.

    Example:
        >>> import torch
        >>> check_in_unit(torch.tensor([0.0, 16.0]), "x")
        Traceback (most recent call last):
        ValueError: x must lie in [0, 1]; got values from 0 to 16
    """
    tensor = check_tensor(x, name, floating=True)
    if tensor.numel() == 0:
        return tensor
    low, high = (value.item() for value in tensor.detach().aminmax())
    if not (low >= 0 and high <= 1):
        raise ValueError(f"{name} must lie in [0, 1]; got values from {low:g} to {high:g}")
    return tensor


def check_choice(value: Choice, name: str, choices: Iterable[str]) -> Choice:
    """Return ``value`` if it is one of the choices; else name them, and the closest one.

    Raises:
        ValueError: if it is none of them.

    Example:
        >>> check_choice("relo", "activation", ("relu", "tanh"))
        Traceback (most recent call last):
        ValueError: activation must be one of relu, tanh; got 'relo' (did you mean 'relu'?)
    """
    known = tuple(choices)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}{closest(value, known)}")
    return value


def closest(value: object, known: Iterable[str]) -> str:
    """Return ``" (did you mean ...?)"`` for a near miss, else an empty string.

    Example:
        >>> closest("minst", ["mnist", "digits"])
        " (did you mean 'mnist'?)"
    """
    near = difflib.get_close_matches(str(value).lower(), list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def check_same_length(tensors: Sequence["Tensor"], name: str) -> int:
    """Return the first dimension that all tensors share.

    Shape:
        tensors: each (N, ...).

    Raises:
        TypeError: if ``tensors`` is no tuple or list, or an entry no tensor.
        ValueError: if there is none, one has no axis, or the first dimensions differ.

    Example:
        >>> import torch
        >>> check_same_length((torch.ones(3, 2), torch.ones(3)), "data")
        3
    """
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(f"{name} must be a tuple of tensors, such as (x,) or (x, y); got {describe(tensors)}")
    require(len(tensors) > 0, f"{name} must hold at least one tensor; got none")
    for index, tensor in enumerate(tensors):
        check_tensor(tensor, f"{name}[{index}]")
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if any(not shape for shape in shapes) or len({shape[0] for shape in shapes}) != 1:
        raise ValueError(f"{name} must hold tensors with equal first dimension; got shapes {shapes}")
    return int(shapes[0][0])


def check_generator(generator: object, name: str = "generator") -> "torch.Generator":
    """Return ``generator`` if it is a ``torch.Generator``.

    Raises:
        TypeError: if it is anything else.

    Example:
        >>> check_generator(0)
        Traceback (most recent call last):
        TypeError: generator must be a torch.Generator, such as torch.Generator().manual_seed(0); got int 0
    """
    import torch

    if not isinstance(generator, torch.Generator):
        wanted = "a torch.Generator, such as torch.Generator().manual_seed(0)"
        raise TypeError(f"{name} must be {wanted}; got {describe(generator)}")
    return generator
