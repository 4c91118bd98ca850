"""Turning whatever a candidate returns into plain data, never into an error of ours."""

__all__ = ["MAX_SIZE", "plain", "several", "told"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Plain

MAX_SIZE = 4_000_000


def told(value: object) -> str:
    """Say in a few words what a value is, whatever it is.

    Args:
        value: anything.
    """
    try:
        shape = getattr(value, "shape", None)
        if shape is not None:
            return f"{type(value).__name__} of shape {tuple(shape)}"
        text = " ".join(repr(value).split())
        return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
    except Exception:  # a student's __repr__ or shape may raise anything
        return type(value).__name__


def plain(value: object) -> Plain:
    """Return numbers as a float64 array and anything else as a string that describes it.

    A description can never equal an expected array, so odd answers are wrong and need no care elsewhere.

    Args:
        value: anything.

    Shape:
        value: any; an array keeps its shape.
    """
    if value is None or isinstance(value, (str, bytes)):
        return told(value)
    try:
        detached = value.detach().cpu() if hasattr(value, "detach") else value
        array = np.asarray(detached)
        if array.dtype.kind not in "bfiu" or array.size > MAX_SIZE:
            return told(value)
        return array.astype(np.float64)
    except Exception:  # whatever conversion raises, the value is no array of numbers
        return told(value)


def several(value: object, count: int) -> tuple[Any, ...]:
    """Return the entries of an answer that is a tuple or a list of so many, and walk through nothing else.

    Args:
        value: anything; a tensor of ten million numbers would take minutes to take apart.
        count: how many are asked for.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, (tuple, list)) or len(value) != count:
        raise TypeError(f"the answer must be a tuple of {count}; got {told(value)}")
    return tuple(value)
