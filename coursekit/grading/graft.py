"""Putting a student's answers into the released notebook, so that every cell is there and in its place."""

__all__ = ["Graft", "Guess", "graft", "set_aside"]

from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from coursekit.grading.intake.code import names, normal
from coursekit.grading.intake.filling import Answer, fill
from coursekit.grading.intake.matching import Guess, Seen, Slot, covered, slot_of
from coursekit.grading.intake.notebooks import MOST_CELLS, plain_cells
from coursekit.grading.marking.stamp import stamp
from coursekit.grading.marking.verdict import NOT_GRADABLE

_OPEN = -1  # position of cells that come before everything
_MOST_CODE = 1_000_000  # letters that are read as Python; more are read by pattern


def _tag(cell: Any) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell, empty if it is missing or no mapping."""
    metadata = cell.get("metadata", {})
    found = metadata.get("nbgrader", {}) if isinstance(metadata, dict) else {}
    return found if isinstance(found, dict) else {}


def _is_slot(cell: Any) -> bool:
    """Tell whether a student may fill a cell: answers of every kind, and tasks whose text is not locked."""
    tag = _tag(cell)
    return bool(tag.get("solution")) or bool(tag.get("task") and not tag.get("locked"))


def _text_key(value: Any) -> str:
    """Return an id if it is text."""
    return value if isinstance(value, str) else ""


def _seen(submitted: Any, known: set[str]) -> tuple[list[Seen], list[dict[str, Any]]]:
    """Return the cells of a student's notebook as the matching wants them, and whole."""
    listed = submitted.get("cells")
    raw = [cell for cell in listed if isinstance(cell, dict)] if isinstance(listed, list) else []
    raw = raw[:MOST_CELLS]
    cells = plain_cells({"cells": raw})
    seen, read = list[Seen](), 0
    for index, (cell, original) in enumerate(zip(cells, raw, strict=True)):
        text = normal(cell["source"])
        rank = 0 if text in known and text else 2 if text.strip() else 1
        read += len(text) if rank == 2 else 0
        found = names(text, deeply=read < _MOST_CODE) if rank == 2 else {}
        ids = _text_key(_tag(cell).get("grade_id")), _text_key(original.get("id"))
        seen.append(Seen(index, cell["cell_type"], text, *ids, found, rank))
    return seen, cells


def _stands(released: NotebookNode, seen: list[Seen], slots: list[Slot]) -> dict[int, int]:
    """Return for each submitted cell that stands for a released one, no slot, the position of that one."""
    away = {slot.position for slot in slots}
    rest = {at: cell for at, cell in enumerate(released.cells) if at not in away}
    tags = {_text_key(_tag(cell).get("grade_id")): at for at, cell in rest.items()}
    ids = {_text_key(cell.get("id")): at for at, cell in rest.items()}
    texts = {normal(cell.source): at for at, cell in rest.items()}
    stands: dict[int, int] = {}
    for cell in seen:
        keys = (texts, cell.text), (tags, cell.grade_id), (ids, cell.cell_id)
        at = next((table[key] for table, key in keys if key and key in table), None)
        # A cell that defines what a slot asks for is an answer, whatever its id says.
        if (
            at is not None
            and at not in stands.values()
            and not any(covered(slot, cell.names) for slot in slots)
        ):
            stands[cell.index] = at
    return stands


def _extra(cell: dict[str, Any], number: int) -> NotebookNode:
    """Copy a cell that the student added, without any metadata."""
    return nbformat.from_dict(deepcopy(cell) | {"metadata": {}, "id": f"extra-{number}"})


def _gather(seen: list[Seen], stands: dict[int, int], answers: dict[int, Answer]) -> dict[int, list[int]]:
    """Return the indices of added cells by the position of the released cell that they follow."""
    places = stands | {index: at for at, answer in answers.items() for index in answer.cells}
    used = {answer.text for answer in answers.values()}
    extras: dict[int, list[int]] = {}
    last = _OPEN
    for cell in seen:
        if cell.index in places:
            last = places[cell.index]
        elif cell.rank == 2 and cell.text not in used:
            extras.setdefault(last, []).append(cell.index)
    return extras


def _changed(released: NotebookNode, seen: list[Seen], stands: dict[int, int]) -> list[Guess]:
    """Return a line for each locked cell that came back with another text."""
    found = []
    for index, at in stands.items():
        tag = _tag(released.cells[at])
        if tag and seen[index].text != normal(released.cells[at].source):
            found.append(Guess(str(tag.get("grade_id", at)), "restored"))
    return found


def graft(released: NotebookNode, submitted: NotebookNode) -> tuple[NotebookNode, list[Guess]]:
    """Return the released notebook with the student's answers in it, and what was guessed.

    Answers are found by grade id, then by cell id, then by the names they define, then by the likeness of the
    text, then, where a slot asks for no names, by their place. Cells that the student added stay where they
    were; everything else, the notebook's metadata too, comes from the release.

    Args:
        released: the notebook as it was handed out.
        submitted: the notebook as it came back, in format 4; broken cells are survived.
    """
    result = deepcopy(released)
    slots = [slot_of(at, cell, _tag(cell)) for at, cell in enumerate(released.cells) if _is_slot(cell)]
    seen, cells = _seen(submitted, {normal(cell.source) for cell in released.cells})
    stands = _stands(released, seen, slots)
    answers = fill(slots, seen, stands)
    guesses = _changed(released, seen, stands)
    for index, at in stands.items():
        if not _tag(released.cells[at]) and seen[index].text.strip():
            result.cells[at].source = seen[index].text  # an open cell: the student's own words or trials
    for slot in slots:
        answer, cell = answers.get(slot.position), result.cells[slot.position]
        if answer is None:
            untouched = any(one.text == slot.text for one in seen)
            guesses += [] if untouched else [Guess(slot.grade_id, "missing")]
            continue
        parts = [cells[index]["source"].replace("\r\n", "\n") for index in answer.cells]
        cell.source = "\n".join(parts) if parts else answer.text
        guesses += [answer.guess] if answer.guess else []
        pictures = [cells[index].get("attachments", {}) for index in answer.cells]
        if slot.kind == "markdown" and any(pictures):
            cell["attachments"] = nbformat.from_dict({key: one[key] for one in pictures for key in one})
    extras = _gather(seen, stands, answers)
    order = [_extra(cells[index], index) for index in extras.get(_OPEN, [])]
    for at, cell in enumerate(result.cells):
        order += [cell, *(_extra(cells[index], index) for index in extras.get(at, []))]
    result.cells = order
    return result, guesses


def set_aside(released: NotebookNode | None, reason: str) -> NotebookNode:
    """Return what stands for a submission that can't be graded: the blank release, with the reason on top.

    Args:
        released: the notebook as it was handed out, None if there is none.
        reason: for the student and the instructor.
    """
    blank = deepcopy(released) if released is not None else nbformat.v4.new_notebook()
    note = f"**This submission was not graded** ({reason}). Your instructor has been told."
    blank.cells.insert(0, nbformat.v4.new_markdown_cell(note, id="not-gradable"))
    stamp(blank, NOT_GRADABLE, reason)
    return blank


class Graft(NbGraderPreprocessor):
    """Sanitising step of ``nbgrader autograde``: grade the release with the student's answers in it."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Return the grafted notebook; on trouble one that is not gradable and says why, never the student's.

        Args:
            nb: the submitted notebook.
            resources: nbgrader's names of student, assignment and notebook.
        """
        told = resources["nbgrader"]
        who, released = f"{told['student']}, {told['notebook']}", None
        try:
            course = CourseDirectory(config=self.config)
            folder = course.format_path(course.release_directory, ".", told["assignment"])
            released = nbformat.read(Path(folder) / f"{told['notebook']}.ipynb", as_version=4)
            nb, guesses = graft(released, nb)
        except Exception as error:  # a submission may break any assumption; the next one must still be graded
            reason = (
                "the assignment's release can't be read" if released is None else "its cells can't be placed"
            )
            self.log.error("%s: not gradable, %s: %s: %s", who, reason, type(error).__name__, error)
            return set_aside(released, reason), resources
        for guess in guesses:
            self.log.warning("%s: %s", who, guess)
        stamp(nb, guesses=map(str, guesses))
        return nb, resources
