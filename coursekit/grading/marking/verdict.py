"""What grading one submission came to, as plain data that a file can hold."""

__all__ = ["FAULTS", "GRADED", "NOT_GRADABLE", "NOT_RUN", "STATES", "WITH_NUMBER", "Mark", "Sheet", "Verdict"]

import json
from dataclasses import asdict, dataclass, field
from typing import Any

GRADED = "graded"
FAULTS = "graded with faults"
NOT_GRADABLE = "not gradable"
NOT_RUN = "not run"
WITH_NUMBER = (GRADED, FAULTS)
STATES = (*WITH_NUMBER, NOT_GRADABLE, NOT_RUN)


@dataclass(frozen=True)
class Mark:
    """What a test cell, or an answer that a person reads, came to.

    Attributes:
        most: the points that it is worth.
        earned: the points that the judge gave; None where a person decides, or where there is no number.
        reports: what each ``check`` of the cell said: the fields of ``coursekit.assess.report.Report``,
            with ``outcome`` as text and ``mutant`` the name of the recognised misconception.
    """

    most: float
    earned: float | None
    reports: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One notebook of a submission.

    Attributes:
        marks: by grade id.
        untouched: grade ids of answers that came back as they were handed out.
        content: address of the graded notebook in the record.
    """

    marks: dict[str, Mark] = field(default_factory=dict)
    untouched: tuple[str, ...] = ()
    content: str = ""


@dataclass(frozen=True)
class Verdict:
    """What grading one submission came to.

    Attributes:
        key: address of all that the verdict depends on: submission, release, tests, seed, limits, grader.
        submission: address of what was handed in.
        assignment: its name.
        student: whose it is.
        state: one of ``STATES``.
        reason: why there is no number; empty if there is one.
        sheets: by notebook.
        faults: what went wrong while it ran, a line each.
        guesses: what was guessed when the answers were put into the release, a line each.
        walls: the kind of walls it ran behind; empty if there were none.
        seconds: from the first cell to the last test.
    """

    key: str
    submission: str
    assignment: str
    student: str
    state: str
    reason: str = ""
    sheets: dict[str, Sheet] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()
    walls: str = ""
    seconds: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether there is a number at all: what was not run, or can't be graded, has none, not 0."""
        return self.state in WITH_NUMBER

    @property
    def score(self) -> float | None:
        """The points that the judge gave; None where there is no number."""
        marks = [mark for sheet in self.sheets.values() for mark in sheet.marks.values()]
        return sum(mark.earned or 0.0 for mark in marks) if self.counts else None

    @property
    def most(self) -> float:
        """The points of all there is, what a person gives too."""
        return sum(mark.most for sheet in self.sheets.values() for mark in sheet.marks.values())

    def text(self) -> str:
        """Return the verdict as one line of JSON, the same for equal verdicts."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> "Verdict":
        """Return the verdict of a line that ``text`` wrote.

        Args:
            text: JSON.
        """
        found = json.loads(text)
        sheets = {}
        for name, sheet in found.pop("sheets").items():
            marks = {
                grade_id: Mark(mark["most"], mark["earned"], tuple(mark["reports"]))
                for grade_id, mark in sheet["marks"].items()
            }
            sheets[name] = Sheet(marks, tuple(sheet["untouched"]), sheet["content"])
        faults, guesses = tuple(found.pop("faults")), tuple(found.pop("guesses"))
        return cls(sheets=sheets, faults=faults, guesses=guesses, **found)
