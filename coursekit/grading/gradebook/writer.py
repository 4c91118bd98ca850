"""The one writer of a gradebook: a verdict goes in whole, in one transaction, or not at all."""

__all__ = ["Writer"]

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from types import TracebackType
from typing import Any, NamedTuple

from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from coursekit._check import CourseError
from coursekit.grading.gradebook.states import make_table, put_state, standing
from coursekit.grading.marking.verdict import Sheet, Verdict


class _Known(NamedTuple):
    """A notebook of the assignment as the gradebook holds it: the ids of its cells."""

    name: str
    graded: tuple[str, ...]
    commented: tuple[str, ...]


def _id(*parts: str) -> str:
    """Return an id that depends on its parts alone: the same class gives the same gradebook."""
    return sha256("\x00".join(parts).encode()).hexdigest()[:32]


class Writer:
    """Puts verdicts into nbgrader's gradebook; use it in a ``with`` statement.

    Args:
        db_url: of the gradebook.
        course_id: nbgrader's name of the course.
        assignment: its name.
        late: what takes points off a late submission; nbgrader's own, which takes none, if None.

    Raises:
        CourseError: if the gradebook can't be opened or does not know the assignment.
    """

    def __init__(
        self, db_url: str, course_id: str, assignment: str, late: LateSubmissionPlugin | None = None
    ) -> None:
        self._name, self._late = assignment, late or LateSubmissionPlugin()
        try:
            self._gradebook = Gradebook(db_url, course_id)
            self._assignment: Assignment = self._gradebook.find_assignment(assignment)
        except MissingEntry:
            raise CourseError(
                f"the gradebook has no assignment {assignment!r}: run `nbgrader generate_assignment` first"
            ) from None
        except SQLAlchemyError as error:
            raise CourseError(f"the gradebook can't be opened: {error.args[0]}") from error
        self._db = self._gradebook.db
        # Read once: each commit makes the session forget what it knows, and read all of it anew.
        self._number: str = self._assignment.id
        self._known, self._cells = dict[str, _Known](), dict[str, str]()
        for notebook in self._assignment.notebooks:
            graded = [*notebook.grade_cells, *notebook.task_cells]
            commented = [*notebook.solution_cells, *notebook.task_cells]
            ids = (tuple(cell.id for cell in cells) for cells in (graded, commented))
            self._known[notebook.id] = _Known(notebook.name, *ids)
            self._cells |= {cell.id: cell.name for cell in (*graded, *commented)}
        make_table(self._gradebook)

    def __enter__(self) -> "Writer":
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the gradebook."""
        self._gradebook.close()

    @property
    def notebooks(self) -> list[Notebook]:
        """The notebooks of the assignment, as the gradebook knows them."""
        return list(self._assignment.notebooks)

    def standing(self) -> dict[str, tuple[str, str, str]]:
        """Return state, reason and verdict's key of each student who has one."""
        return standing(self._gradebook, self._name)

    def points(self, student: str) -> dict[tuple[str, str], float | None]:
        """Return what the judge gave a student so far, by notebook and grade id.

        Args:
            student: whose points.
        """
        try:
            submission = self._gradebook.find_submission(self._name, student)
        except MissingEntry:
            return {}
        return {
            (self._known[notebook.notebook_id].name, self._cells[grade.cell_id]): grade.auto_score
            for notebook in submission.notebooks
            for grade in notebook.grades
        }

    def write(self, verdict: Verdict, timestamp: datetime | None) -> None:
        """Put a verdict in the place of what the judge said before; what people gave stays.

        Args:
            verdict: of a submission of this assignment.
            timestamp: when it was handed in, in UTC; None if nobody knows.

        Raises:
            CourseError: if the gradebook does not take it; it is as it was before.
        """
        try:
            submission = self._submission(verdict.student, timestamp)
            for notebook in submission.notebooks:
                name = self._known[notebook.notebook_id].name
                self._notebook(notebook, verdict.sheets.get(name, Sheet()), counts=verdict.counts)
            self._db.flush()
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = self._penalty(submission, notebook)
            put_state(self._db, self._name, verdict.student, verdict.state, verdict.reason, verdict.key)
            self._db.commit()
        except SQLAlchemyError as error:
            self._db.rollback()
            raise CourseError(f"{verdict.student}: the gradebook took nothing: {error.args[0]}") from error
        except BaseException:
            self._db.rollback()
            raise

    def _submission(self, student: str, timestamp: datetime | None) -> SubmittedAssignment:
        """Return a student's submission, made where there is none."""
        if self._db.get(Student, student) is None:
            self._db.add(Student(id=student))
            self._db.flush()
        asked = select(SubmittedAssignment).where(
            SubmittedAssignment.assignment_id == self._number,
            SubmittedAssignment.student_id == student,
        )
        found: Any = self._db.execute(asked).scalar_one_or_none()
        if found is None:
            number = _id("submission", self._number, student)
            found = SubmittedAssignment(id=number, assignment_id=self._number, student_id=student)
            self._db.add(found)
            self._db.flush()
            for notebook, known in self._known.items():
                self._db.add_all(_rows(number, notebook, known))
            self._db.flush()
            self._db.refresh(found)
        if timestamp is not None:
            found.timestamp = timestamp
        return found

    def _notebook(self, notebook: SubmittedNotebook, sheet: Sheet, *, counts: bool) -> None:
        """Write the marks of a notebook; a person's points, comments and flags stay."""
        for grade in notebook.grades:
            mark = sheet.marks.get(self._cells[grade.cell_id])
            grade.auto_score = mark.earned if mark is not None and counts else None
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        for comment in notebook.comments:
            comment.auto_comment = "No response." if self._cells[comment.cell_id] in sheet.untouched else None

    def _penalty(self, submission: SubmittedAssignment, notebook: SubmittedNotebook) -> float | None:
        """Return what lateness costs: no less than nothing, no more than the score."""
        late = submission.total_seconds_late
        if late <= 0:
            return None
        self._db.expire(notebook, ["score"])
        score = notebook.score
        penalty = self._late.late_submission_penalty(submission.student_id, score, late)
        return None if penalty is None else min(max(penalty, 0), score)


def _rows(submission: str, notebook: str, known: _Known) -> Iterator[Any]:
    """Yield the rows of a notebook that was not graded yet."""
    number = _id("notebook", submission, notebook)
    yield SubmittedNotebook(id=number, notebook_id=notebook, assignment_id=submission)
    for cell in known.graded:
        yield Grade(id=_id("grade", number, cell), cell_id=cell, notebook_id=number)
    for cell in known.commented:
        yield Comment(id=_id("comment", number, cell), cell_id=cell, notebook_id=number)
