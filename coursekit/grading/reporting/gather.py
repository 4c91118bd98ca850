"""All that the report of a class is made from, read once."""

__all__ = ["Class", "gather", "standing"]

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from coursekit._check import CourseError, closest
from coursekit.assess import Mastery
from coursekit.grading.exports.finals import NOT_HANDED_IN, Final, finals
from coursekit.grading.likeness.answers import order
from coursekit.grading.likeness.duplicates import Likeness, likeness
from coursekit.grading.marking.verdict import STATES, Verdict
from coursekit.grading.record import Record
from coursekit.grading.reporting.marks import Marks, marks
from coursekit.grading.reporting.outcomes import (
    Item,
    Misconception,
    Skill,
    items,
    masters,
    misconceptions,
    skills,
)


@dataclass(frozen=True)
class Class:
    """A graded class.

    Attributes:
        assignment: its name.
        entries: one for everybody in the gradebook.
        verdicts: those that stand, by student.
        marks: of those who have a number.
        items: the graded cells.
        misconceptions: the commonest first.
        skills: what the checks ask for.
        masters: who masters the assignment.
        likeness: near-duplicates.
    """

    assignment: str
    entries: tuple[Final, ...]
    verdicts: dict[str, Verdict]
    marks: Marks
    items: tuple[Item, ...]
    misconceptions: tuple[Misconception, ...]
    skills: tuple[Skill, ...]
    masters: Mastery
    likeness: Likeness

    @property
    def states(self) -> dict[str, int]:
        """How many students are in each state, those with nobody in it too."""
        counts = Counter(entry.state for entry in self.entries)
        return {state: counts[state] for state in (*STATES, NOT_HANDED_IN)}


def standing(record: Record, assignment: str) -> dict[str, Verdict]:
    """Return for each student the verdict that was written last; one that was not run has none.

    Args:
        record: of the course.
        assignment: its name.
    """
    lines = (line for line in record.log() if line.event == "written" and line.assignment == assignment)
    keys = {line.student: line.key for line in lines}
    found = {student: record.find(key) for student, key in sorted(keys.items()) if key}
    return {student: verdict for student, verdict in found.items() if verdict is not None}


def gather(gradebook: Gradebook, record: Record, assignment: str, release: Path) -> Class:
    """Read a graded class.

    Args:
        gradebook: nbgrader's.
        record: of the course.
        assignment: its name.
        release: folder of the released assignment.

    Raises:
        CourseError: if the gradebook does not know the assignment.
    """
    try:
        most = float(gradebook.find_assignment(assignment).max_score or 0.0)
    except MissingEntry:
        known = [str(one.name) for one in gradebook.assignments]
        hint = closest(assignment, known)
        told = ", ".join(known) or "none"
        raise CourseError(f"assignment must be one of {told}; got {assignment!r}{hint}") from None
    entries = tuple(finals(gradebook, assignment))
    # The gradebook has the last word: a submission that came later and was not run has no number now.
    number = {entry.student for entry in entries if entry.score is not None}
    verdicts = {who: found for who, found in standing(record, assignment).items() if who in number}
    return Class(
        assignment, entries, verdicts, marks([e.score for e in entries if e.score is not None], most),
        tuple(items(verdicts, order(release))), tuple(misconceptions(verdicts)), tuple(skills(verdicts)),
        masters(verdicts), likeness(record, verdicts, release),
    )  # fmt: skip
