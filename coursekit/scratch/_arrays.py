"""Checks of NumPy arguments that the whole room shares, with the messages of ``coursekit._check``."""

__all__ = [
    "Floats",
    "Ints",
    "Rng",
    "as_array",
    "as_floats",
    "as_labels",
    "as_number",
    "check_dtype",
    "check_rng",
    "check_unit",
]

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from coursekit._check import _pattern, _shape_fits, describe

Floats: TypeAlias = NDArray[np.floating[Any]]
Ints: TypeAlias = NDArray[np.intp]
# A string: naming the class itself would load numpy.random with the room.
Rng: TypeAlias = "np.random.Generator"
Shape: TypeAlias = Sequence[int | str | None]


def as_array(x: object, name: str, wanted: str = "an array") -> NDArray[Any]:
    """Return anything as an array of any dtype; a ragged list is refused, in one line.

    Raises:
        TypeError: if it cannot become an array.

    Example:
        >>> as_array([1, 2], "x").shape
        (2,)
    """
    if isinstance(x, np.ndarray):
        return np.asarray(x)
    try:
        return np.asarray(x)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name} must be {wanted}; got {describe(x)}") from None


def _check_extent(array: NDArray[Any], name: str, shape: Shape | None, empty: bool) -> None:
    """Refuse a wrong shape, and an array without elements where none is of use."""
    if shape is not None and not _shape_fits(array.shape, None, None, shape):
        raise ValueError(f"{name} must have shape {_pattern(None, None, shape)}; got {array.shape}")
    if not empty and array.size == 0:
        raise ValueError(f"{name} must hold at least one element; got shape {array.shape}")


def as_floats(
    x: ArrayLike, name: str, *, shape: Shape | None = None, finite: bool = True, empty: bool = False
) -> Floats:
    """Return ``x`` as an array of floats, not copied where it is one already.

    float32 stays float32; every other real dtype, integers included, becomes float64.

    Args:
        x: an array, a number or nested lists of numbers.
        name: the argument's name, for the message.
        shape: the required shape, an int for a fixed size, a letter for a free one, such as ``("B", 10)``.
        finite: whether NaN and infinity are refused (reads every element).
        empty: whether an array without elements passes.

    Shape:
        x: as required by ``shape``; returned as it came.

    Raises:
        TypeError: if ``x`` holds anything but real numbers; booleans, objects and complex numbers are none.
        ValueError: if its shape is another one, it is empty, or an element is not finite.

    Example:
        >>> as_floats([[1, 2]], "X", shape=("B", 3))
        Traceback (most recent call last):
        ValueError: X must have shape (B, 3); got (1, 2)
    """
    array = as_array(x, name, "an array of real numbers")
    kind = array.dtype.kind
    if kind not in "fiu":
        raise TypeError(f"{name} must be an array of real numbers; got {describe(x)}{_held(x, array)}")
    _check_extent(array, name, shape, empty)
    single = kind == "f" and array.dtype.itemsize == 4
    floats: Floats = array.astype(np.float32 if single else np.float64, copy=False)
    if finite and not np.isfinite(floats).all():
        bad = int((~np.isfinite(floats)).sum())
        raise ValueError(f"{name} must be finite; got {bad} NaN or infinite of {floats.size} elements")
    return floats


def _held(x: object, array: NDArray[Any]) -> str:
    """Name the dtype that a list became: the list itself does not show it."""
    return "" if isinstance(x, np.ndarray) else f" ({array.dtype})"


def as_labels(d: ArrayLike, name: str, *, classes: int, shape: Shape = ("B",), empty: bool = False) -> Ints:
    """Return ``d`` as an array of class labels, counted from zero.

    Args:
        d: an array or a list of integers.
        name: the argument's name, for the message.
        classes: how many classes there are, K.
        shape: the required shape, as for :func:`as_floats`.
        empty: whether an array without elements passes.

    Shape:
        d: (B,) unless ``shape`` says otherwise; returned as it came.

    Raises:
        TypeError: if ``d`` holds anything but integers.
        ValueError: if its shape is another one, it is empty, or a label is outside 0..K-1.

    Example:
        >>> as_labels([0, 2], "d", classes=2)
        Traceback (most recent call last):
        ValueError: d must hold labels from 0 to 1; got 2
    """
    array = as_array(d, name, "an array of integer labels")
    if array.dtype.kind not in "iu" and not (empty and array.size == 0 and array.dtype.kind == "f"):
        raise TypeError(f"{name} must be an array of integer labels; got {describe(d)}{_held(d, array)}")
    _check_extent(array, name, shape, empty)
    wrong = (array < 0) | (array >= classes)
    if wrong.any():
        raise ValueError(f"{name} must hold labels from 0 to {classes - 1}; got {array[wrong].flat[0]}")
    return array.astype(np.intp, copy=False)


def as_number(value: object, name: str) -> float:
    """Return ``value`` as a float if it is a finite real number of either sign.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is NaN or infinite.

    Example:
        >>> as_number(-2, "slope")
        -2.0
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a finite number; got {describe(value)}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number; got {value}")
    return float(value)


def check_unit(x: Floats, name: str) -> Floats:
    """Return ``x`` if every element lies in [0, 1].

    Shape:
        x: any, as :func:`as_floats` returned it.

    Raises:
        ValueError: if an element lies outside.

    Example:
        >>> check_unit(np.array([0.5, 16.0]), "p")
        Traceback (most recent call last):
        ValueError: p must lie in [0, 1]; got values from 0.5 to 16
    """
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise ValueError(f"{name} must lie in [0, 1]; got values from {x.min():g} to {x.max():g}")
    return x


def check_rng(generator: object, name: str = "generator") -> Rng:
    """Return ``generator`` if it is a ``numpy.random.Generator``.

    Raises:
        TypeError: if it is anything else.

    Example:
        >>> check_rng(0)
        Traceback (most recent call last):
        TypeError: generator must be a numpy.random.Generator, such as numpy.random.default_rng(0); got int 0
    """
    if not isinstance(generator, np.random.Generator):
        wanted = "a numpy.random.Generator, such as numpy.random.default_rng(0)"
        raise TypeError(f"{name} must be {wanted}; got {describe(generator)}")
    return generator


def check_dtype(dtype: DTypeLike, name: str = "dtype") -> np.dtype[np.floating[Any]]:
    """Return ``dtype`` as float32 or float64.

    Raises:
        TypeError: if it is neither.

    Example:
        >>> check_dtype("float32")
        dtype('float32')
    """
    try:
        known = None if dtype is None else np.dtype(dtype)
    except TypeError:
        known = None
    if known == np.float32:
        return np.dtype(np.float32)
    if known == np.float64:
        return np.dtype(np.float64)
    raise TypeError(f"{name} must be float32 or float64; got {describe(dtype)}")
