"""Putting a student's answers into the released notebook, so that every cell is there and in its place."""

__all__ = ["Graft", "graft"]

import ast
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

_DEFINED = re.compile(r"^(?:def|class)\s+(\w+)|^(\w+)\s*=", re.MULTILINE)


def _tag(cell: Any) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell, empty if it is missing or no mapping."""
    metadata = cell.get("metadata", {})
    found = metadata.get("nbgrader", {}) if isinstance(metadata, dict) else {}
    return found if isinstance(found, dict) else {}


def _targets(node: ast.stmt) -> set[str]:
    """Return the names that a top-level statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return set()


def _names(source: str) -> set[str]:
    """Return the names that a cell defines; by pattern where it does not parse."""
    try:
        return {name for node in ast.parse(source).body for name in _targets(node)}
    except (SyntaxError, ValueError):
        return {name for pair in _DEFINED.findall(source) for name in pair if name}


def _score(slot: NotebookNode, cell: NotebookNode) -> int:
    """Return how well a submitted cell fits a slot; 0 is no fit."""
    same_grade_id = _tag(cell).get("grade_id") == _tag(slot).get("grade_id")
    same_id = cell.get("id") is not None and cell.get("id") == slot.get("id")
    # A pasted copy keeps the grade id and gets another cell id: both count alike, so that the later one wins.
    return (8 if same_grade_id else 4 * same_id) + 2 * bool(_names(slot.source) & _names(cell.source))


def _choose(slots: dict[int, NotebookNode], cells: list[NotebookNode], known: set[str]) -> dict[int, int]:
    """Return for each slot the index of the submitted cell that answers it.

    A cell that was worked on comes before an untouched one, then the better fit, then the later one.
    """
    chosen: dict[int, int] = {}
    for position, slot in slots.items():
        fits = [
            (cell.source.strip() != slot.source.strip(), _score(slot, cell), index)
            for index, cell in enumerate(cells)
            if index not in chosen.values() and _score(slot, cell) and cell.source.strip() not in known
        ]
        if fits:
            chosen[position] = max(fits)[2]
    return chosen


def _anchors(released: NotebookNode, cells: list[NotebookNode], chosen: dict[int, int]) -> dict[int, int]:
    """Return for each submitted cell that stands for a released one the position of that one."""
    by_id = {cell.get("id"): at for at, cell in enumerate(released.cells)}
    by_tag = {
        _tag(cell)["grade_id"]: at for at, cell in enumerate(released.cells) if "grade_id" in _tag(cell)
    }
    by_source = {cell.source.strip(): at for at, cell in enumerate(released.cells)}
    anchors = {index: position for position, index in chosen.items()}
    for index, cell in enumerate(cells):
        for key, table in (
            (_tag(cell).get("grade_id"), by_tag),
            (cell.get("id"), by_id),
            (cell.source.strip(), by_source),
        ):
            if index not in anchors and isinstance(key, str) and key in table:
                anchors[index] = table[key]
    return anchors


def _extra(cell: NotebookNode, number: int) -> NotebookNode:
    """Copy a cell that the student added, without any metadata."""
    copy = deepcopy(cell)
    copy["metadata"], copy["id"] = NotebookNode(), f"extra-{number}"
    return copy


def graft(released: NotebookNode, submitted: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Return the released notebook with the student's answers in it, and notes on what was guessed.

    Answers are found by grade id, then by cell id, then by the names they define. Cells that the student
    added stay where they were; instructor cells come from the release; copies of an answer are dropped.

    Args:
        released: the notebook as it was handed out.
        submitted: the notebook as it came back.
    """
    result, notes = deepcopy(released), []
    cells = [cell for cell in submitted.cells if isinstance(cell.get("source"), str)]
    slots = {at: cell for at, cell in enumerate(released.cells) if _tag(cell).get("solution")}
    known = {cell.source.strip() for at, cell in enumerate(released.cells) if at not in slots}
    chosen = _choose(slots, cells, known)
    anchors = _anchors(released, cells, chosen)
    extras: dict[int, list[NotebookNode]] = {}
    last = -1
    for index, cell in enumerate(cells):
        if index in anchors:
            last = max(last, anchors[index])
            at = anchors[index]
            if at not in slots and not _tag(released.cells[at]):
                result.cells[at].source = cell.source  # an open cell: the student's own words or trials
        elif cell.source.strip():
            extras.setdefault(last, []).append(_extra(cell, index))
    for position, slot in slots.items():
        name = _tag(slot).get("grade_id")
        if position not in chosen:
            notes.append(f"no cell answers {name}")
            continue
        picked = cells[chosen[position]]
        result.cells[position].source = picked.source
        if _tag(picked).get("grade_id") != name:
            notes.append(f"the answer to {name} was found by its cell id or by the names it defines")
    order = [*extras.get(-1, [])]
    for position, cell in enumerate(result.cells):
        order += [cell, *extras.get(position, [])]
    result.cells = order
    return result, notes


class Graft(NbGraderPreprocessor):
    """Sanitising step of ``nbgrader autograde``: grade the release with the student's answers in it."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Return the grafted notebook; on any trouble the submitted one, so that the batch goes on.

        Args:
            nb: the submitted notebook.
            resources: nbgrader's names of student, assignment and notebook.
        """
        names = resources["nbgrader"]
        try:
            course = CourseDirectory(config=self.config)
            folder = course.format_path(course.release_directory, ".", names["assignment"])
            released = nbformat.read(Path(folder) / f"{names['notebook']}.ipynb", as_version=4)
            nb, notes = graft(released, nb)
            for note in notes:
                self.log.warning("%s, %s: %s", names["student"], names["notebook"], note)
        except Exception as error:  # a submission may break any assumption; the next one must still be graded
            self.log.error("%s, %s: graded as it came, %s", names["student"], names["notebook"], error)
        return nb, resources
