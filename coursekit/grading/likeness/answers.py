"""The answer cells of the notebooks of a class, and those of the release, by notebook and grade id."""

__all__ = ["Place", "answers", "order", "released", "tasks"]

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from coursekit.assess.checking import CALL
from coursekit.grading.marking.verdict import Verdict
from coursekit.grading.record import Record

Place = tuple[str, str]  # notebook and grade id
Found = TypeVar("Found")
_TROUBLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


def _cells(data: bytes) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield nbgrader's metadata and the text of each code cell."""
    for cell in json.loads(data)["cells"]:
        if cell["cell_type"] == "code":
            yield cell.get("metadata", {}).get("nbgrader", {}), "".join(cell["source"])


def _answers(name: str, data: bytes) -> dict[Place, str]:
    return {(name, str(tag["grade_id"])): text for tag, text in _cells(data) if tag.get("solution")}


def answers(record: Record, verdicts: Mapping[str, Verdict]) -> dict[Place, dict[str, str]]:
    """Return for each answer cell what each student wrote; a notebook that can't be read is left out.

    Args:
        record: of the course.
        verdicts: by student.
    """
    found: dict[Place, dict[str, str]] = {}
    for student, verdict in verdicts.items():
        for name, sheet in verdict.sheets.items():
            if not sheet.content:
                continue
            try:
                own = _answers(name, record.content(sheet.content))
            except _TROUBLE:
                continue
            for place, text in own.items():
                found.setdefault(place, {})[student] = text
    return found


def _each(folder: Path, read: Callable[[str, bytes], Iterable[Found]]) -> Iterator[Found]:
    """Yield what is read of the released notebooks, in their order; what can't be read is left out."""
    for path in sorted(folder.glob("*.ipynb")):
        try:
            yield from read(path.stem, path.read_bytes())
        except _TROUBLE:
            continue


def released(folder: Path) -> dict[Place, str]:
    """Return the answer cells as they were handed out; none if the release is not there.

    Args:
        folder: of the released assignment.
    """
    return dict(_each(folder, lambda name, data: _answers(name, data).items()))


def order(folder: Path) -> list[Place]:
    """Return the graded cells as the released notebooks hold them.

    Args:
        folder: of the released assignment.
    """
    return list(_each(folder, _graded))


def _graded(name: str, data: bytes) -> list[Place]:
    return [(name, str(tag["grade_id"])) for tag, _ in _cells(data) if tag.get("grade")]


def tasks(folder: Path) -> dict[Place, str]:
    """Return the exercise that each answer cell is for: the first that is checked below it.

    Args:
        folder: of the released assignment.
    """
    return dict(_each(folder, _checked))


def _checked(name: str, data: bytes) -> Iterator[tuple[Place, str]]:
    waiting: list[Place] = []
    for tag, text in _cells(data):
        call = CALL.search(text)
        if tag.get("solution"):
            waiting.append((name, str(tag["grade_id"])))
        elif call:
            yield from [(place, call[1]) for place in waiting]
            waiting = []
