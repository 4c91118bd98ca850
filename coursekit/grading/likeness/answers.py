"""The answer cells of the notebooks of a class, and those of the release, by notebook and grade id."""

__all__ = ["Place", "answers", "order", "released", "tasks"]

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coursekit.grading.marking.verdict import Verdict
from coursekit.grading.record import Record

Place = tuple[str, str]  # notebook and grade id
_CALL = re.compile(r'\b(?:check|grade)\(\s*"([^"]+)"')
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


def released(folder: Path) -> dict[Place, str]:
    """Return the answer cells as they were handed out; none if the release is not there.

    Args:
        folder: of the released assignment.
    """
    found: dict[Place, str] = {}
    for path in sorted(folder.glob("*.ipynb")):
        try:
            found |= _answers(path.stem, path.read_bytes())
        except _TROUBLE:
            continue
    return found


def order(folder: Path) -> list[Place]:
    """Return the graded cells as the released notebooks hold them.

    Args:
        folder: of the released assignment.
    """
    found: list[Place] = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            tags = [tag for tag, _ in _cells(path.read_bytes()) if tag.get("grade")]
            found += [(path.stem, str(tag["grade_id"])) for tag in tags]
        except _TROUBLE:
            continue
    return found


def tasks(folder: Path) -> dict[Place, str]:
    """Return the exercise that each answer cell is for: the first that is checked below it.

    Args:
        folder: of the released assignment.
    """
    found: dict[Place, str] = {}
    for path in sorted(folder.glob("*.ipynb")):
        waiting: list[Place] = []
        try:
            for tag, text in _cells(path.read_bytes()):
                call = _CALL.search(text)
                if tag.get("solution"):
                    waiting.append((path.stem, str(tag["grade_id"])))
                elif call:
                    found |= dict.fromkeys(waiting, call[1])
                    waiting = []
        except _TROUBLE:
            continue
    return found
