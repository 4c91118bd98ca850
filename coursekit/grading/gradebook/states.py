"""The state of each submission, in a table beside nbgrader's own: a 0 is not the same as no number."""

__all__ = ["begin", "clear", "make_table", "put_state", "standing", "states", "table"]

from typing import Any

from nbgrader.api import Grade, Gradebook, MissingEntry
from sqlalchemy import Column, Connection, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.orm import scoped_session
from sqlalchemy.schema import CreateTable

from coursekit.grading.marking.verdict import NOT_RUN, STATES

_metadata = MetaData()
table = Table(
    "coursekit_verdict",
    _metadata,
    Column("assignment", String(128), primary_key=True),
    Column("student", String(128), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("key", String(64), nullable=False),
)


def make_table(gradebook: Gradebook) -> None:
    """Make the table where there is none.

    Args:
        gradebook: nbgrader's.
    """
    gradebook.db.execute(CreateTable(table, if_not_exists=True))  # two commands may do so at once
    gradebook.db.commit()


def put_state(
    session: "scoped_session[Any] | Connection", assignment: str, student: str, state: str, reason: str = "",
    key: str = "",
) -> None:  # fmt: skip
    """Write a state in the place of the last one; the caller commits.

    Args:
        session: of the gradebook.
        assignment: its name.
        student: whose submission.
        state: one of the four.
        reason: why there is no number.
        key: of the verdict; empty where nbgrader's own command graded.

    Raises:
        ValueError: if the state is none of the four.
    """
    if state not in STATES:
        raise ValueError(f"state must be one of {', '.join(STATES)}; got {state!r}")
    mine = (table.c.assignment == assignment) & (table.c.student == student)
    session.execute(delete(table).where(mine))
    row = {"assignment": assignment, "student": student, "state": state, "reason": reason, "key": key}
    session.execute(insert(table).values(**row))


def standing(gradebook: Gradebook, assignment: str) -> dict[str, tuple[str, str, str]]:
    """Return state, reason and verdict's key of each student who has one.

    Args:
        gradebook: nbgrader's.
        assignment: its name.
    """
    make_table(gradebook)
    columns = table.c.student, table.c.state, table.c.reason, table.c.key
    rows = gradebook.db.execute(select(*columns).where(table.c.assignment == assignment)).all()
    return {student: (state, reason, key) for student, state, reason, key in rows}


def states(gradebook: Gradebook, assignment: str) -> dict[str, tuple[str, str]]:
    """Return state and reason of each student who has one; who handed nothing in has none.

    Args:
        gradebook: nbgrader's.
        assignment: its name.
    """
    return {name: found[:2] for name, found in standing(gradebook, assignment).items()}


def clear(gradebook: Gradebook, assignment: str, student: str, notebook: str | None = None) -> None:
    """Take the judge's points and comments off a submission and leave it to a person; the caller commits.

    Args:
        gradebook: nbgrader's.
        assignment: its name.
        student: whose submission.
        notebook: the only one; all of them if None.
    """
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return
    kept = [one for one in submission.notebooks if notebook in (None, one.name)]
    grades: list[Grade] = [grade for one in kept for grade in one.grades]
    for grade in grades:
        grade.auto_score, grade.needs_manual_grade = None, True
    for comment in (comment for one in kept for comment in one.comments):
        comment.auto_comment = None


def begin(
    db_url: str, assignment: str, student: str, state: str = NOT_RUN,
    reason: str = "its grading was begun and not ended",
) -> None:  # fmt: skip
    """Say that a submission has no number, and forget the points of an earlier one: grading starts now.

    Whatever ends it, no number of an earlier submission is taken for one of this.

    Args:
        db_url: of the gradebook.
        assignment: its name.
        student: whose submission.
        state: "not run" or "not gradable".
        reason: of the state.
    """
    with Gradebook(db_url) as gradebook:
        make_table(gradebook)
        clear(gradebook, assignment, student)
        put_state(gradebook.db, assignment, student, state, reason)
        gradebook.db.commit()
