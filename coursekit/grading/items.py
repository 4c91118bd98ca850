"""How a class did on every question and exercise: difficulty, discrimination, misconceptions."""

__all__ = ["Item", "items"]

import math
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from coursekit._check import CourseError, closest
from coursekit.grading.item_reasons import Cell, cells, reason

_FEWEST = 3  # two students always lie on a line: their correlation says nothing
Place = tuple[str, str]  # a notebook and the grade id of one of its cells
Scores = dict[str, dict[Place, float]]


class Item(NamedTuple):
    """One graded cell and what a class made of it.

    Attributes:
        assignment: its name.
        notebook: its name.
        cell: the grade id.
        name: id of the question or exercise; the grade id if it is neither.
        points: for full marks.
        students: how many were graded.
        difficulty: the mean share of the points; NaN if nobody was graded.
        discrimination: correlation of the item's points with the points of all other items of the
            assignment; None if undefined: fewer than three students, or all the same.
        mistakes: what stood in the way and how often, the most frequent first.
    """

    assignment: str
    notebook: str
    cell: str
    name: str
    points: float
    students: int
    difficulty: float
    discrimination: float | None
    mistakes: tuple[tuple[str, int], ...]


def _public(database: str) -> str:
    """Return the address of a database without the password in it."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", database)


@contextmanager
def _opened(database: str) -> Iterator[Gradebook]:
    """Open a gradebook; one of SQLite as a copy, since nbgrader would write to the original."""
    try:
        url = make_url(database if "://" in database else f"sqlite:///{database}")
    except (ArgumentError, ValueError):
        raise CourseError(f"{_public(database)} is no URL of a database, such as sqlite:///g.db") from None
    if not url.drivername.startswith("sqlite"):
        with Gradebook(database) as book:
            yield book
        return
    original = Path(url.database or "")
    if not original.is_file():
        raise CourseError(
            f"{original} is missing: name nbgrader's gradebook with --db, or grade a class first"
        )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "gradebook.db"
        with (
            closing(sqlite3.connect(f"{original.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            tables = {name for (name,) in target.execute("SELECT name FROM sqlite_master")}
        if not {"assignment", "submitted_notebook", "grade"} <= tables:
            raise CourseError(f"{original} is no gradebook of nbgrader: it has not its tables")
        with Gradebook(f"sqlite:///{copy}") as book:
            yield book


def _wanted(book: Gradebook, assignment: str | None) -> list[str]:
    """Return the assignments to report on: the one named, else all that were handed in."""
    known = sorted(str(found.name) for found in book.assignments)
    if assignment is not None and assignment not in known:
        hint = closest(assignment, known)
        raise CourseError(f"assignment must be one of {', '.join(known) or 'none'}; got {assignment!r}{hint}")
    handed_in = [
        name for name in (known if assignment is None else [assignment]) if book.assignment_submissions(name)
    ]
    if not handed_in:
        what = f"assignment {assignment}" if assignment else "any assignment"
        raise CourseError(f"nobody handed in {what}: collect and autograde submissions first")
    return handed_in


def _score(grade: Any) -> float | None:
    """Return the points of a grade; None while a person has yet to read the answer."""
    if grade.needs_manual_grade and grade.auto_score is None and grade.manual_score is None:
        return None
    return float(grade.score)


def _read(book: Gradebook, assignment: str) -> tuple[dict[Place, float], Scores]:
    """Return the points that each cell is worth, and each student's."""
    worth: dict[Place, float] = {}
    scores: Scores = {}
    for notebook in book.find_assignment(assignment).notebooks:
        for cell in notebook.grade_cells:
            worth[notebook.name, cell.name] = float(cell.max_score)
    for submission in sorted(book.assignment_submissions(assignment), key=lambda s: str(s.student.id)):
        own = scores.setdefault(str(submission.student.id), {})
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                score = _score(grade)
                if score is not None:
                    own[notebook.name, grade.name] = score
    return {place: points for place, points in worth.items() if points > 0}, scores


def _discrimination(own: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return Pearson's correlation; None if it is undefined.

    Shape:
        own: (N,); rest: (N,).
    """
    if len(own) < _FEWEST or np.ptp(own) < 1e-9 or np.ptp(rest) < 1e-9:
        return None
    return float(np.corrcoef(own, rest)[0, 1])


def _item(
    assignment: str, place: Place, worth: dict[Place, float], scores: Scores,
    notebooks: dict[Place, dict[str, Cell] | None],
) -> Item:  # fmt: skip
    """Put one item together."""
    notebook, cell = place
    graded = {student: own for student, own in scores.items() if place in own}
    points = [own[place] for own in graded.values()]
    rest = [sum(score for at, score in own.items() if at != place and at in worth) for own in graded.values()]
    found = {student: (notebooks[student, notebook] or {}).get(cell) for student in graded}
    names = [seen.item for seen in found.values() if seen and seen.item]
    short = [student for student, own in graded.items() if own[place] < worth[place] - 1e-9]
    mistakes = Counter(reason(found[student]) for student in short)
    share = sum(points) / len(points) / worth[place] if points else math.nan
    return Item(
        assignment, notebook, cell, names[0] if names else cell, worth[place], len(points), share,
        _discrimination(points, rest), tuple(sorted(mistakes.items(), key=lambda pair: (-pair[1], pair[0]))),
    )  # fmt: skip


def items(database: str, autograded: Path, assignment: str | None = None) -> list[Item]:
    """Return every graded cell of a class with its figures.

    Args:
        database: nbgrader's gradebook: a URL such as ``sqlite:///gradebook.db``, or a file. It is only read.
        autograded: nbgrader's folder of autograded notebooks.
        assignment: its name; all that were handed in if None.

    Raises:
        CourseError: if gradebook, assignment, submissions or folder are missing, or cannot be read.
    """
    try:
        with _opened(database) as book:
            read = {name: _read(book, name) for name in _wanted(book, assignment)}
    except (SQLAlchemyError, sqlite3.Error) as error:
        told = " ".join(str(error).split())[:200]
        raise CourseError(f"{_public(database)} cannot be read as nbgrader's gradebook: {told}") from None
    if not autograded.is_dir():
        raise CourseError(f"{autograded} is missing: name nbgrader's folder of graded work with --autograded")
    found = []
    for name, (worth, scores) in read.items():
        books = dict.fromkeys(notebook for notebook, _ in worth)
        notebooks = {
            (student, book): cells(autograded / student / name / f"{book}.ipynb")
            for student in scores
            for book in books
        }
        # The gradebook promises no order: the cells come as they stand in a notebook.
        seen = {(book, cell): None for (_, book), own in notebooks.items() for cell in own or {}}
        order = [place for place in seen if place in worth] + sorted(worth.keys() - seen.keys())
        found += [_item(name, place, worth, scores, notebooks) for place in order]
    return found
