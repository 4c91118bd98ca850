"""Looking over an assignment before its release: every name of a test has one owner."""

__all__ = ["complaints", "refuse"]

import builtins
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit.grading.judging.plan import defined, is_test, plan, tag
from coursekit.grading.release import ClearAnswers


def _collisions(code: Iterable[Any]) -> list[str]:
    """Return a line for each answer that is asked for under a name that means something already."""
    cells = list(code)
    owners: dict[str, str] = {}
    for cell in cells:
        if tag(cell).get("locked") and not is_test(cell):
            owners |= dict.fromkeys(defined(cell["source"]), f"set-up cell {tag(cell).get('grade_id')}")
    found = []
    for cell in (cell for cell in cells if tag(cell).get("solution")):
        for name in sorted(defined(cell["source"])):
            owner = owners.get(name) or ("Python itself" if hasattr(builtins, name) else "")
            if owner:
                asked = tag(cell).get("grade_id")
                found.append(f"{asked}: {name} is asked for, but {owner} defines it: rename one of them")
    return found


def complaints(source: NotebookNode) -> list[str]:
    """Return what must be put right before an assignment is handed out, a line each.

    Args:
        source: the notebook with solutions and hidden tests.
    """
    released, _ = ClearAnswers().preprocess(deepcopy(source), {})
    code = [cell for cell in released.cells if cell.cell_type == "code"]
    return [*plan(released.cells).problems, *_collisions(code)]


def refuse(assignment: str, student: str, notebooks: Sequence[str]) -> None:
    """Stop ``nbgrader generate_assignment`` at an assignment that has complaints, before anything is written.

    A hook of nbgrader's: what it raises is logged and forgotten, but for the end of the command.

    Args:
        assignment: its name.
        student: nbgrader's pattern of students; not used.
        notebooks: paths of its sources.

    Raises:
        SystemExit: with a line for each complaint.
    """
    del student
    found = [
        f"{assignment}/{Path(path).name}: {line}"
        for path in notebooks
        for line in complaints(nbformat.read(path, as_version=4))
    ]
    if found:
        raise SystemExit("\n".join(f"coursekit: not released: {line}" for line in found))
