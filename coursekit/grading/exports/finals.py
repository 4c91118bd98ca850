"""The numbers that count, as they stand in nbgrader's gradebook, with the state of each submission."""

__all__ = ["NOT_HANDED_IN", "Final", "finals", "number"]

from dataclasses import dataclass, replace
from typing import Any

from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook

from coursekit.grading.gradebook.states import states
from coursekit.grading.marking.verdict import NOT_RUN, WITH_NUMBER

NOT_HANDED_IN = "not handed in"


@dataclass(frozen=True)
class Final:
    """What one student has in one assignment.

    Attributes:
        student: nbgrader's id.
        first_name: may be empty.
        last_name: may be empty.
        email: may be empty.
        lms_id: the id that the learning platform has for the student; may be empty.
        state: one of ``STATES``, or "not handed in".
        reason: why there is no number; may be empty.
        timestamp: when it was handed in; empty if nobody knows.
        raw: points before the penalty; None where there is no number.
        penalty: for lateness.
        waiting: whether a part of it has no points yet, since a person has to read it.
    """

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""
    state: str = NOT_HANDED_IN
    reason: str = ""
    timestamp: str = ""
    raw: float | None = None
    penalty: float = 0.0
    waiting: bool = False

    @property
    def score(self) -> float | None:
        """The number that counts; None where there is none."""
        return None if self.raw is None else max(0.0, self.raw - self.penalty)

    @property
    def name(self) -> str:
        """First and last name; the id where neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.student


def number(value: float | None) -> str:
    """Write a number for a machine, with no more digits than it has; nothing at all where there is none.

    Args:
        value: points.

    Example:
        >>> number(7.0), number(1 / 3), number(0.0), number(None)
        ('7', '0.333333', '0', '')
    """
    return "" if value is None else f"{round(value, 6):.6f}".rstrip("0").rstrip(".")


def _unread(gradebook: Gradebook, assignment: str) -> set[str]:
    """Return who has a part to which nobody, judge or person, has given points."""
    found = (
        gradebook.db.query(SubmittedAssignment.student_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .filter(Assignment.name == assignment, Grade.auto_score.is_(None), Grade.manual_score.is_(None))
    )
    return {str(student) for (student,) in found.distinct()}


def _final(student: Any, submission: Any, state: tuple[str, str] | None, *, unread: bool) -> Final:
    """Put the entry of a student together."""
    person = Final(
        str(student.id), student.first_name or "", student.last_name or "", student.email or "",
        student.lms_user_id or "",
    )  # fmt: skip
    if submission is None:
        return person if state is None else replace(person, state=state[0], reason=state[1])
    told, reason = state or (NOT_RUN, "there is no record of its grading")
    person = replace(person, state=told, reason=reason, timestamp=str(submission.timestamp or ""))
    if told not in WITH_NUMBER:
        return person
    penalty = float(submission.late_submission_penalty or 0.0)
    return replace(person, raw=float(submission.score), penalty=penalty, waiting=unread)


def finals(gradebook: Gradebook, assignment: str) -> list[Final]:
    """Return an entry for everybody in the gradebook, who handed nothing in too, in the order of the ids.

    Args:
        gradebook: nbgrader's.
        assignment: its name.
    """
    found = states(gradebook, assignment)
    submissions = {str(one.student_id): one for one in gradebook.assignment_submissions(assignment)}
    students = sorted(gradebook.students, key=lambda student: str(student.id))
    unread = _unread(gradebook, assignment)
    return [
        _final(one, submissions.get(str(one.id)), found.get(str(one.id)), unread=str(one.id) in unread)
        for one in students
    ]
