"""A made-up class: a gradebook, a record and a release, filled by the writer that fills the real ones."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from coursekit.grading.gradebook.writer import Writer
from coursekit.grading.marking.verdict import GRADED, Mark, Sheet, Verdict
from coursekit.grading.record import Line, Record
from tests.grading.course import ROOT, Notebook, read

ASSIGNMENT = "one-neuron"
COURSE = "neural-networks-verified"
WORTH = {
    str(cell["metadata"]["nbgrader"]["grade_id"]): float(cell["metadata"]["nbgrader"]["points"])
    for cell in read("exercises", ASSIGNMENT)["cells"]
    if cell["metadata"].get("nbgrader", {}).get("grade")
}


@dataclass
class Student:
    """What one student handed in and got.

    Attributes:
        name: the id.
        shares: of the points by grade id; those left out earn all.
        reports: of the checks, by grade id.
        state: of the verdict.
        notebook: what was handed in; None for none.
        more: further fields of the verdict.
        person: names and addresses in the gradebook.
    """

    name: str
    shares: Mapping[str, float | None] = field(default_factory=dict)
    reports: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    state: str = GRADED
    notebook: Notebook | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, str] = field(default_factory=dict)

    def verdict(self, record: Record) -> Verdict:
        """Return the verdict, its notebook kept in the record."""
        content = record.keep(json.dumps(self.notebook).encode()) if self.notebook else ""
        marks = {}
        for cell, most in WORTH.items():
            share = self.shares.get(cell, 1.0)
            marks[cell] = Mark(
                most, None if share is None else share * most, tuple(self.reports.get(cell, ()))
            )
        sheets = {ASSIGNMENT: Sheet(marks, (), content)}
        return Verdict(
            sha256(self.name.encode()).hexdigest(), "", ASSIGNMENT, self.name, self.state, sheets=sheets,
            walls="nested", **self.more,
        )  # fmt: skip


def report(
    exercise: str, outcome: str, *, mutant: str = "", message: str = "", earned: float = 0.0
) -> dict[str, Any]:
    """Return what a check said, as the record keeps it."""
    return {"exercise": exercise, "outcome": outcome, "case": "", "mutant": mutant, "points": 1.0,
            "earned": earned, "message": message}  # fmt: skip


@contextmanager
def gradebook(folder: Path) -> Iterator[Gradebook]:
    """Open the gradebook of a course; to make one, nbgrader calls a command of this environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        with Gradebook(address(folder), course_id=COURSE) as book:
            yield book


def address(folder: Path) -> str:
    """Return the gradebook's address."""
    return f"sqlite:///{folder / '.nbgrader' / 'gradebook.db'}"


def course(folder: Path) -> Path:
    """Make a course with an assignment that nobody has handed in."""
    (folder / ".nbgrader").mkdir(parents=True)
    (folder / "exercises").symlink_to(ROOT / "exercises")
    (folder / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text("utf-8"))
    with gradebook(folder) as book:
        book.add_assignment(ASSIGNMENT)
        book.add_notebook(ASSIGNMENT, ASSIGNMENT)
        for cell, most in WORTH.items():
            book.add_grade_cell(cell, ASSIGNMENT, ASSIGNMENT, max_score=most, cell_type="code")
        book.db.commit()
    return folder


def hand_in(folder: Path, students: Iterable[Student], absent: Iterable[str] = ()) -> Record:
    """Put students with their verdicts into gradebook, record and log."""
    record = Record(folder)
    found = list(students)
    with gradebook(folder) as book:
        for student in found:
            book.add_student(student.name, **student.person)
        for name in absent:
            book.add_student(name)
        book.db.commit()
    with Writer(address(folder), COURSE, ASSIGNMENT) as writer:
        writer.standing()  # makes the table of the states
        for student in found:
            verdict = student.verdict(record)
            record.put(verdict)
            writer.write(verdict, None)
            details = {"old": None, "new": verdict.score, "state": verdict.state, "unsafe": False}
            record.note(Line("written", ASSIGNMENT, student.name, verdict.key, details))
    return record
