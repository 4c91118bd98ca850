"""What a class is graded against: the release, the tests that stay here, the secret seed and the limits."""

__all__ = ["Paper", "Task", "grader"]

import functools
import importlib.metadata
import json
import platform
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import coursekit

_LIBRARIES = ("numpy", "torch", "ipython", "nbgrader", "nbformat")


def _hash(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@functools.cache
def grader() -> str:
    """Return the address of what grades: this package's files and the versions of what runs a submission."""
    found = sha256(platform.python_version().encode())
    for name in _LIBRARIES:
        found.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    root = Path(coursekit.__file__).resolve().parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(root)}\n".encode())
            found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()


@dataclass(frozen=True)
class Task:
    """What every submission of an assignment is graded against; plain data, so that it can travel.

    Attributes:
        assignment: its name.
        released: the notebooks as they were handed out, by name, as text.
        cells: what the gradebook knows of each notebook's cells, by grade id: ``cell_type``, ``locked``,
            ``source``, ``checksum`` and, where it is graded, ``points``.
        kernels: each notebook's kernelspec.
        seed: that all inputs are drawn from.
        cell_seconds: for one cell, and for the calls of one test cell.
        whole_seconds: for all cells of a notebook.
        lines: of output that a cell keeps.
        forbidden: modules that the assignment does without.
        unsafe: whether to grade without walls where there are none.
        walls: the kind of walls that stand.
    """

    assignment: str
    released: dict[str, str]
    cells: dict[str, dict[str, dict[str, Any]]]
    kernels: dict[str, Any]
    seed: int
    cell_seconds: float = 120
    whole_seconds: float = 900
    lines: int = 200
    forbidden: tuple[str, ...] = ()
    unsafe: bool = False
    walls: str = ""

    @functools.cached_property
    def key(self) -> str:
        """The address of the task and of what grades it; the same behind walls of any kind."""
        return _hash([asdict(replace(self, walls="")), grader()])

    def key_of(self, paper: "Paper") -> str:
        """Return the address of the verdict on a submission.

        Args:
            paper: what was handed in.
        """
        return _hash([self.key, paper.student, paper.key])


@dataclass(frozen=True)
class Paper:
    """What a student handed in; plain data, so that it can travel.

    Attributes:
        student: whose it is.
        files: the bytes of each notebook, by name; one that was not handed in is missing.
        trouble: why one of them can't be read from the disk, by name.
    """

    student: str
    files: dict[str, bytes]
    trouble: dict[str, str]

    @functools.cached_property
    def key(self) -> str:
        """The address of its content."""
        files = {name: sha256(data).hexdigest() for name, data in self.files.items()}
        return _hash([files, self.trouble])
