"""Grading a class: what is done is not done again, and each student is written whole or not at all."""

__all__ = ["Options", "Tell", "run"]

import fcntl
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from coursekit import __version__
from coursekit._check import CourseError, closest
from coursekit.grading.batch.changes import Change, Standing, change
from coursekit.grading.batch.course import Course
from coursekit.grading.batch.engine import Engine
from coursekit.grading.batch.summary import Summary
from coursekit.grading.gradebook.writer import Writer
from coursekit.grading.marking.mark import Marked, problems
from coursekit.grading.marking.task import Paper, Task
from coursekit.grading.marking.verdict import NOT_RUN, Verdict
from coursekit.grading.record import Line, Record


@dataclass(frozen=True)
class Options:
    """What an instructor asks for.

    Attributes:
        students: the only ones; all if empty.
        preview: to see what would change, without writing anything into the gradebook.
        accept: to let numbers change that submissions have already got.
        unsafe: to go on without walls where there are none.
    """

    students: tuple[str, ...] = ()
    preview: bool = False
    accept: bool = False
    unsafe: bool = False


class Tell(Protocol):
    """Whoever is told how far it is."""

    def begin(self, number: int, known: int) -> None:
        """Hear how many there are, and of how many the verdict is known.

        Args:
            number: of submissions.
            known: of them were graded before.
        """

    def done(self, verdict: Verdict, changed: Change) -> None:
        """Hear of a submission.

        Args:
            verdict: what grading it came to.
            changed: what that changes.
        """


@contextmanager
def _alone(course: Course, assignment: str) -> Iterator[None]:
    """Keep a second command off the same assignment."""
    folder = course.root / ".nbgrader"
    folder.mkdir(exist_ok=True)
    with (folder / f"grading-{assignment}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"{assignment!r} is being graded by another command: wait for it") from None
        yield


def _chosen(course: Course, assignment: str, asked: tuple[str, ...]) -> list[str]:
    """Return whose submissions are graded."""
    there = course.students(assignment)
    if not there:
        folder = course.submitted(assignment, "STUDENT")
        raise CourseError(f"submissions of {assignment!r} must be at {folder}; there is none")
    for name in asked:
        if name not in there:
            raise CourseError(f"{name!r} handed in no {assignment!r}{closest(name, there)}")
    return [name for name in there if not asked or name in asked]


@dataclass
class _Class:
    """The submissions of an assignment on their way into the gradebook."""

    course: Course
    record: Record
    writer: Writer
    task: Task
    options: Options
    logged: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at what is there."""
        self._states = self.writer.standing()
        self.logged = {
            line.student: line.key
            for line in self.record.log()
            if line.event == "written" and line.assignment == self.task.assignment
        }

    def before(self, student: str) -> Standing:
        """Return what the gradebook holds of a student.

        Args:
            student: whose.
        """
        state, _, key = self._states.get(student, ("", "", ""))
        known = self.record.find(key) if key else None
        return Standing(state, known.submission if known else "", self.writer.points(student))

    def kept(self, marked: Marked) -> Verdict:
        """Keep a fresh verdict and its notebooks; one that was not run is tried again another time.

        Args:
            marked: fresh from grading.
        """
        sheets = {
            name: replace(sheet, content=self.record.keep(marked.notebooks[name]))
            for name, sheet in marked.verdict.sheets.items()
        }
        verdict = replace(marked.verdict, sheets=sheets)
        if verdict.state == NOT_RUN:
            verdict = replace(verdict, key="")
        else:
            self.record.put(verdict)
        details = {"state": verdict.state, "score": verdict.score, "seconds": verdict.seconds}
        self.record.note(
            self._line("graded", verdict, **details, walls=verdict.walls, unsafe=not verdict.walls)
        )
        return verdict

    def _line(self, event: str, verdict: Verdict, **details: object) -> Line:
        return Line(event, verdict.assignment, verdict.student, verdict.key, details)

    def settled(self, verdict: Verdict) -> Change:
        """Write a verdict where it may be written; return what it changes.

        Args:
            verdict: kept in the record.
        """
        student = verdict.student
        found = change(verdict, self.before(student))
        if self.options.preview:
            return found
        details = {"old": found.old, "new": found.new, "state": found.state, "cells": list(found.cells)}
        if found.asks and not self.options.accept:
            self.record.note(self._line("kept back", verdict, **details))
            return found
        stands = bool(verdict.key) and self._states.get(student, ("", "", ""))[2] == verdict.key
        if not stands or not self.course.graded(verdict.assignment, student).is_dir():
            self._write(verdict)
        elif self.logged.get(student) == verdict.key:
            return found
        details |= {"accepted": found.asks, "unsafe": not verdict.walls}
        self.record.note(self._line("written", verdict, **details))
        return replace(found, asks=False)

    def _write(self, verdict: Verdict) -> None:
        """Put the graded notebooks in their place, and the marks into the gradebook."""
        notebooks = {name: self.record.content(one.content) for name, one in verdict.sheets.items()}
        self.course.place(verdict.assignment, verdict.student, notebooks)
        submitted = self.course.submitted(verdict.assignment, verdict.student)
        self.writer.write(verdict, self.course.timestamp(submitted))
        self._states[verdict.student] = (verdict.state, verdict.reason, verdict.key)

    def waiting(self, papers: list[str]) -> tuple[list[Verdict], list[str]]:
        """Return the verdicts that are known already, and whose submissions are left.

        Args:
            papers: students.
        """
        known, left = [], []
        for student in papers:
            verdict = self.record.find(self.task.key_of(self.paper(student)))
            if verdict is None:
                left.append(student)
            else:
                known.append(verdict)
        return known, left

    def paper(self, student: str) -> Paper:
        """Return what a student handed in.

        Args:
            student: whose.
        """
        return self.course.paper(self.task.assignment, student, list(self.task.released))


def run(course: Course, assignment: str, engine: Engine, options: Options, tell: Tell, walls: str) -> Summary:
    """Grade the submissions of an assignment and write their marks.

    Args:
        course: on the disk.
        assignment: its name.
        engine: that grades.
        options: what the instructor asks for.
        tell: told how far it is.
        walls: the kind that stands; empty if there is none, or if others than this process grade.

    Raises:
        CourseError: if there is nothing to grade, or something that it needs is missing.
    """
    record = Record(course.root)
    with (
        _alone(course, assignment),
        Writer(course.db_url, course.course_id, assignment, course.late()) as writer,
    ):
        task = course.task(assignment, writer.notebooks, unsafe=options.unsafe and not walls, walls=walls)
        if wrong := problems(task):
            raise CourseError(f"the release can't be graded, mend it: {'; '.join(wrong)}")
        group = _Class(course, record, writer, task, options)
        known, left = group.waiting(_chosen(course, assignment, options.students))
        about = {
            "user": getpass.getuser(), "process": os.getpid(), "package": __version__, "walls": walls,
            "unsafe": task.unsafe, "task": task.key, "submissions": len(known) + len(left),
            "known": len(known), "preview": options.preview, "accept": options.accept,
        }  # fmt: skip
        record.note(Line("run", assignment, details=about))
        summary = Summary(assignment)
        tell.begin(len(known) + len(left), len(known))

        def settle(verdict: Verdict) -> None:
            changed = group.settled(verdict)
            summary.add(verdict, changed)
            tell.done(verdict, changed)

        for verdict in known:
            settle(verdict)
        if left:
            for marked in engine.marked(task, (group.paper(student) for student in left)):
                settle(group.kept(marked))
        return summary
