"""Why a graded cell did not earn all its points, read from the autograded notebook."""

__all__ = ["ANOTHER", "CRASHED", "MISSING", "NOT_ATTEMPTED", "Cell", "cells", "reason"]

import json
import re
from pathlib import Path
from typing import NamedTuple

from coursekit.assess import Outcome, exercise, question

ANOTHER, CRASHED, NOT_ATTEMPTED = "another mistake", "crashed", "not attempted"
MISSING = "no notebook"

_CALL = re.compile(r'\b(grade|grade_answer)\(\s*"([^"]+)"([^\n]*)')
_WRONG_TYPES = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Cell(NamedTuple):
    """A test cell after grading.

    Attributes:
        kind: "grade" for an exercise, "grade_answer" for a question, empty for a test of another kind.
        item: id of the exercise or question.
        seed: of the question; None if it was drawn with none that can be read.
        variant: of the exercise.
        error: name of the exception that ended the cell; empty if none did.
        text: what the cell said.
    """

    kind: str
    item: str
    seed: int | None
    variant: int
    error: str
    text: str


def _number(name: str, arguments: str, givens: str) -> int | None:
    """Return a keyword's number: written out, or the value of a name that a given cell sets."""
    found = re.search(rf"\b{name}=(-?\w+)", arguments)
    if found is None:
        return None
    if re.fullmatch(r"-?[0-9]+", found[1]):
        return int(found[1])
    given = re.search(rf"^{re.escape(found[1])} = (-?[0-9]+)$", givens, re.MULTILINE)
    return int(given[1]) if given else None


def cells(path: Path) -> dict[str, Cell] | None:
    """Return the test cells of an autograded notebook by their grade ids; None if it cannot be read.

    Args:
        path: the notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        graded: dict[str, Cell] = {}
        givens = ""
        for cell in notebook["cells"]:
            tag, source = cell["metadata"].get("nbgrader", {}), "".join(cell["source"])
            if tag.get("locked") and not tag.get("grade"):
                givens += f"{source}\n"
            if tag.get("grade"):
                graded[str(tag["grade_id"])] = _read(source, cell.get("outputs", []), givens)
        return graded
    except _WRONG_TYPES:  # missing, damaged, or no notebook
        return None


def _read(source: str, outputs: list[dict[str, object]], givens: str) -> Cell:
    """Read one test cell."""
    call = _CALL.search(source)
    kind, item, arguments = (call[1], call[2], call[3]) if call else ("", "", "")
    errors = [o for o in outputs if o["output_type"] == "error"]
    streams = [o for o in outputs if o["output_type"] == "stream"]
    said = [str(o["evalue"]) for o in errors] + ["".join(o["text"]) for o in streams]  # type: ignore[arg-type]
    return Cell(
        kind, item, _number("seed", arguments, givens), _number("variant", arguments, givens) or 0,
        str(errors[-1]["ename"]) if errors else "", "\n".join(said),
    )  # fmt: skip


def reason(cell: Cell | None) -> str:
    """Return the misconception that a cell shows, or in which of the other ways it failed.

    Args:
        cell: of a student who did not earn all its points; None if the notebook is missing.
    """
    if cell is None:
        return MISSING
    if cell.error not in ("", "NotPassed"):
        return CRASHED
    try:
        return _slip(cell) if cell.kind == "grade_answer" else _mutant(cell)
    except ValueError:  # an id that the bank and the workshop no longer have
        return ANOTHER


def _slip(cell: Cell) -> str:
    """Return the slip whose feedback a question gave."""
    if f"{cell.item}: Not attempted yet." in cell.text:
        return NOT_ATTEMPTED
    if cell.seed is None:
        return ANOTHER
    options = question(cell.item).draw(cell.seed).options
    found = (o.slip for o in options if not o.correct and f"{cell.item}: {o.feedback} " in cell.text)
    return next(found, ANOTHER)


def _mutant(cell: Cell) -> str:
    """Return the mutant whose message an exercise gave."""
    head = re.search(rf"\b{re.escape(cell.item)}: ({'|'.join(o.value for o in Outcome)})", cell.text)
    if not cell.item or head is None:
        return ANOTHER
    if head[1] == Outcome.CRASHED.value:
        return CRASHED
    if head[1] == Outcome.NOT_ATTEMPTED.value:
        return NOT_ATTEMPTED
    # Some mistakes share a message, since the student is to do the same about them.
    told = [m.name for m in exercise(cell.item, cell.variant).mutants if m.message in cell.text]
    return " or ".join(told) or ANOTHER
