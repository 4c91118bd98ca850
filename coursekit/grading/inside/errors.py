"""Errors that cross the wall: of the same kind as there, with the line of the student's code."""

__all__ = ["Crossed", "SideGone", "TooSlow", "described", "rebuilt"]

import builtins
from typing import Any

from coursekit._place import place


class Crossed(Exception):
    """An error of the other side.

    Attributes:
        students_line: the line of the student's code where it happened; empty if it was none of theirs.
    """

    students_line = ""

    def __str__(self) -> str:
        """Return the text as it was there; some errors would quote it."""
        return str(self.args[0]) if self.args else ""


class SideGone(Crossed):
    """The other side ended, or broke the format."""


class TooSlow(Crossed):
    """The other side did not answer in time."""


# What ends a process or a loop elsewhere is an ordinary error here.
_KEPT = tuple(
    value for value in vars(builtins).values()
    if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == "builtins"
)  # fmt: skip
_BY_NAME = {kind.__name__: kind for kind in _KEPT}


def described(error: BaseException) -> dict[str, Any]:
    """Return an error as plain data.

    Args:
        error: any, of the student's making too.
    """
    try:
        text = str(error)[:4000]
    except Exception:  # a __str__ of the student's
        text = ""
    kind = type(error)
    near = next((base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"), "Exception")
    return {"name": kind.__name__[:80], "near": near, "text": text, "place": place(error.__traceback__)}


def rebuilt(written: dict[str, Any]) -> Exception:
    """Return the error that the other side described.

    Args:
        written: from ``described``.
    """
    name = str(written["name"])[:80]
    near = _BY_NAME.get(str(written["near"]), Exception)
    line = {"students_line": str(written["place"])[:400]}
    bases = (
        (Crossed,)
        if near is Exception or issubclass(near, (UnicodeError, ExceptionGroup))
        else (Crossed, near)
    )
    error: Exception = type(name if name.isidentifier() else "Exception", bases, line)(str(written["text"]))
    return error
