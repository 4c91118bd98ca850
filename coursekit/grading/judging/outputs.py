"""Outputs of another process, rebuilt field by field: nothing it sends is put into a notebook as it came."""

__all__ = ["failed", "rebuilt"]

from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

_KINDS = ("text/plain", "text/markdown", "text/latex", "text/html", "image/png")
_MOST, _LONGEST, _LARGEST = 200, 200_000, 2_000_000


def failed(name: str, message: str) -> NotebookNode:
    """Return an error output.

    Args:
        name: of the error.
        message: what to read.
    """
    found: NotebookNode = new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
    return found


def _one(output: dict[str, Any], number: int) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        found = new_output("stream", name=name, text=str(output["text"])[:_LONGEST])
    elif kind == "error":
        trace = [str(line)[:2000] for line in list(output["traceback"])[-40:]]
        name, text = str(output["ename"])[:200], str(output["evalue"])[:2000]
        found = new_output("error", ename=name, evalue=text, traceback=trace)
    elif kind in ("display_data", "execute_result"):
        data = {key: str(output["data"][key])[:_LARGEST] for key in _KINDS if key in output["data"]}
        extra = {"execution_count": number} if kind == "execute_result" else {}
        found = new_output(kind, data=data, **extra)
    else:
        return None
    return found


def rebuilt(outputs: object, number: int) -> list[NotebookNode]:
    """Return what a cell showed as outputs of a notebook.

    Args:
        outputs: what the other process says that it showed; anything at all may come.
        number: of the cell's execution.
    """
    found: list[NotebookNode] = []
    for output in list(outputs)[:_MOST] if isinstance(outputs, Iterable) else ():
        try:
            one = _one(output, number)
        except (KeyError, TypeError, AttributeError, ValueError):
            continue
        if one is not None:
            found.append(one)
    return found
