"""Submissions whose file is forged, broken or none at all; the answers in it may be right or wrong."""

__all__ = ["FORGED", "Forged", "file_of", "lay"]

import json
import os
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

_ALL = "double total softmax stats word"
_DOUBLE = {"double": "def double(x):\n    return 0 * x"}
_WRONG = {  # and nothing else: only the file is forged
    **_DOUBLE, "total": "def total(x):\n    return 0.0", "softmax": "def softmax(x):\n    return x",
    "stats": "def stats(x):\n    return {}", "word": "word = 'slope'",
}  # fmt: skip


class Forged(NamedTuple):
    """One submission; the first three as in the attack suite.

    Attributes:
        answers: the cells that differ from the right ones.
        lost: answers that are wrong in truth, and must get nothing.
        may_lose: answers that are right, but which the attack itself may have spoilt.
        change: what is done to the notebook; it returns the file's content, or "link".
    """

    answers: dict[str, str]
    lost: str
    may_lose: str
    change: Callable[[NotebookNode], bytes | str]


def _tests(found: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in found.cells if cell.id.startswith("test-")]


def _told(found: NotebookNode) -> bytes:
    return json.dumps(found).encode()


def _points(found: NotebookNode) -> bytes:
    for cell in _tests(found):
        cell.metadata["nbgrader"] |= {"points": 20, "locked": False}
    return _told(found)


def _weak(found: NotebookNode) -> bytes:
    for cell in _tests(found):
        cell.source = "assert True"
    return _told(found)


def _retyped(found: NotebookNode) -> bytes:
    for cell in _tests(found):
        cell.metadata["nbgrader"] |= {"grade": False, "solution": True, "locked": False}
    return _told(found)


def _deleted(found: NotebookNode) -> bytes:
    gone = {cell.id for cell in _tests(found)}
    found.cells = [cell for cell in found.cells if cell.id not in gone]
    return _told(found)


def _stripped(found: NotebookNode) -> bytes:
    found.nbformat_minor = 4
    for cell in found.cells:
        cell.metadata = {}
        del cell["id"]
    return _told(found)


def _twice(name: str) -> Callable[[NotebookNode], bytes]:
    def change(found: NotebookNode) -> bytes:
        at = next(at for at, cell in enumerate(found.cells) if cell.id == name)
        copy = deepcopy(found.cells[at])
        copy.id = f"{name}-2"
        found.cells.insert(at, copy)
        return _told(found)

    return change


def _kernel(found: NotebookNode) -> bytes:
    found.metadata["kernelspec"] = {"name": "none", "display_name": "None", "language": "none"}
    return _told(found)


FORGED = {
    "points and locks forged": Forged(_DOUBLE, "double", "", _points),
    "tests weakened": Forged(_WRONG, _ALL, "", _weak),
    "test cells marked as answers": Forged({}, "", "", _retyped),
    "test cells deleted": Forged({}, "", "", _deleted),
    "all metadata lost": Forged({}, "", "", _stripped),
    "a test cell twice": Forged({}, "", "", _twice("test-total")),
    "an answer twice": Forged({}, "", "", _twice("total")),
    "another kernel": Forged({}, "", "", _kernel),
    "garbage in the file": Forged({}, _ALL, "", lambda _: b"no notebook"),
    "an empty file": Forged({}, _ALL, "", lambda _: b""),
    "a link to another's work": Forged({}, _ALL, "", lambda _: "link"),
}


def file_of(forged: Forged, found: NotebookNode) -> bytes | str:
    """Return what is handed in: a file's content, or "link".

    Args:
        forged: the submission.
        found: its notebook before it is forged.
    """
    return forged.change(deepcopy(found))


def lay(path: Path, what: NotebookNode | bytes | str, honest: Path) -> None:
    """Put a submission in its place.

    Args:
        path: of the notebook.
        what: a notebook, a file's content, or "link".
        honest: the work of another student, which a link points to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(what, bytes):
        path.write_bytes(what)
    elif isinstance(what, str):
        path.symlink_to(os.path.relpath(honest, path.parent))
    else:
        nbformat.write(what, path)
