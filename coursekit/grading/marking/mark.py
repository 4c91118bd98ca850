"""Grading one submission: nothing is read but what is given, and nothing is written."""

__all__ = ["Marked", "mark", "problems"]

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.nbgraderformat import MetadataValidator, SchemaTooNewError, SchemaTooOldError, ValidationError
from nbgrader.preprocessors import ClearOutput, LimitOutput

from coursekit._check import CourseError
from coursekit.grading.graft import graft, set_aside
from coursekit.grading.intake import read_notebook
from coursekit.grading.intake.notebooks import MOST_BYTES, TOO_LARGE
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Judged, Timing
from coursekit.grading.marking.judge import House, judge
from coursekit.grading.marking.stamp import stamp
from coursekit.grading.marking.task import Paper, Task
from coursekit.grading.marking.verdict import FAULTS, GRADED, NOT_GRADABLE, NOT_RUN, Mark, Sheet, Verdict


class Marked(NamedTuple):
    """A verdict with the graded notebooks, by name."""

    verdict: Verdict
    notebooks: dict[str, bytes]


class _Unreadable(Exception):
    """A file that holds no notebook."""


def _read(paper: Paper, name: str) -> dict[str, Any]:
    """Return a notebook of a submission."""
    if name not in paper.files:
        raise _Unreadable(paper.trouble.get(name, "no such notebook was handed in"))
    data = paper.files[name]
    if len(data) > MOST_BYTES:
        raise _Unreadable(TOO_LARGE)
    found = read_notebook(data)
    if found.notebook is None:
        raise _Unreadable(" ".join(found.told.split())[:200])
    return found.notebook


def _completed(nb: NotebookNode, task: Task, name: str) -> NotebookNode:
    """Put back what the gradebook knows of the cells: hidden tests, points and checksums."""
    nb, _ = ClearOutput().preprocess(nb, {})
    if task.kernels.get(name):
        nb.metadata["kernelspec"] = task.kernels[name]
    for cell in nb.cells:
        tag = cell.metadata.get("nbgrader", {})
        known = task.cells[name].get(tag.get("grade_id", ""))
        if known is None:
            continue
        tag["checksum"] = known["checksum"]
        if "points" in known:
            tag["points"] = known["points"]
        if known["locked"]:
            cell.source = known["source"]
    return nb


def _marks(nb: NotebookNode, judged: Judged) -> Iterator[tuple[str, Mark]]:
    """Yield the marks of a notebook that was run, as nbgrader reads them off its outputs."""
    for cell in nb.cells:
        if not (utils.is_grade(cell) or utils.is_task(cell)):
            continue
        name = cell.metadata.nbgrader["grade_id"]
        most = float(cell.metadata.nbgrader.get("points", 0))
        earned = utils.determine_grade(cell)[0] if utils.is_grade(cell) else None
        reports = tuple(judged.reports.get(name, ()))
        yield name, Mark(most, None if earned is None else float(earned), reports)


def _untouched(nb: NotebookNode) -> tuple[str, ...]:
    """Return the ids of answers that came back as they were handed out."""
    return tuple(
        cell.metadata.nbgrader["grade_id"]
        for cell in nb.cells
        if utils.is_solution(cell) and cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
    )


class _Marker:
    """Grades the notebooks of one submission, one after the other."""

    def __init__(self, task: Task, walls: House) -> None:
        self._task, self._walls = task, walls
        self.sheets: dict[str, Sheet] = {}
        self.notebooks: dict[str, NotebookNode] = {}
        self.faults: list[str] = []
        self.guesses: list[str] = []
        self.reason = ""

    def aside(self, name: str, reason: str, state: str) -> None:
        """Give a notebook no number.

        Args:
            name: of the notebook.
            reason: why.
            state: "not gradable" or "not run".
        """
        released = nbformat.reads(self._task.released[name], as_version=4)
        nb = _completed(set_aside(released, reason), self._task, name)
        stamp(nb, state, reason)
        graded = {key: one for key, one in self._task.cells[name].items() if "points" in one}
        self.sheets[name] = Sheet({key: Mark(one["points"], None) for key, one in graded.items()})
        self.notebooks[name] = nb
        self.reason = self.reason or f"{name}: {reason}"

    def grade(self, name: str, submitted: dict[str, Any]) -> None:
        """Grade a notebook.

        Args:
            name: of the notebook.
            submitted: what was handed in.

        Raises:
            _Unreadable: if its cells can't be placed.
            CourseError: if it can't be run here.
        """
        task = self._task
        released = nbformat.reads(task.released[name], as_version=4)
        try:
            nb, guesses = graft(released, nbformat.from_dict(submitted))
        except Exception as error:  # a submission may break any assumption; the next one must be graded
            raise _Unreadable(f"its cells can't be placed: {type(error).__name__}") from error
        nb = _completed(nb, task, name)
        timing = Timing(task.cell_seconds, task.cell_seconds, task.whole_seconds)
        judged = judge(nb, released, self._walls, timing, task.seed)
        nb, _ = LimitOutput(max_lines=task.lines).preprocess(nb, {})
        stamp(nb, "", "", judged.faults, map(str, guesses))
        self.sheets[name] = Sheet(dict(_marks(nb, judged)), _untouched(nb))
        self.notebooks[name] = nb
        self.faults += [f"{name}: {fault}" for fault in judged.faults]
        self.guesses += [f"{name}: {guess}" for guess in guesses]

    @property
    def state(self) -> str:
        """The state of a submission whose notebooks were all run or set aside."""
        if self.reason and not any(
            mark.earned is not None for sheet in self.sheets.values() for mark in sheet.marks.values()
        ):
            return NOT_GRADABLE
        return FAULTS if self.faults or self.reason else GRADED


def problems(task: Task) -> list[str]:
    """Return why a task can't be graded, or nobody could pass some of its tests, a line each.

    Args:
        task: what submissions are graded against.
    """
    found = []
    for name, text in task.released.items():
        released = nbformat.reads(text, as_version=4)
        whole = _completed(nbformat.reads(text, as_version=4), task, name)
        try:
            MetadataValidator().validate_nb(released)  # every submission is graded with its metadata
        except (ValidationError, SchemaTooOldError, SchemaTooNewError) as error:
            found.append(f"{name}: nbgrader's metadata are broken: {str(error).splitlines()[0]}")
        found += [f"{name}, {line}" for line in plan(released.cells, whole.cells).problems]
    return found


def mark(task: Task, paper: Paper, walls: House) -> Marked:
    """Grade a submission; whatever it holds, a verdict comes of it.

    Args:
        task: what it is graded against.
        paper: what was handed in.
        walls: None to grade without any.
    """
    begun, marker, state = time.monotonic(), _Marker(task, walls), ""
    for name in task.released:
        try:
            marker.grade(name, _read(paper, name))
        except _Unreadable as error:
            marker.aside(name, str(error), NOT_GRADABLE)
        except (CourseError, OSError, ValueError, RuntimeError) as error:
            marker.aside(name, f"{type(error).__name__}: {error}", NOT_RUN)
            state = NOT_RUN
    state = state or marker.state
    if state == FAULTS and marker.reason:  # one of several notebooks has no number
        marker.faults.append(marker.reason)
        marker.reason = ""
    verdict = Verdict(
        key=task.key_of(paper), submission=paper.key, assignment=task.assignment,
        student=paper.student, state=state, reason=marker.reason, sheets=marker.sheets,
        faults=tuple(marker.faults), guesses=tuple(marker.guesses), walls=task.walls,
        seconds=round(time.monotonic() - begun, 3),
    )  # fmt: skip
    notebooks = {name: f"{nbformat.writes(nb)}\n".encode() for name, nb in marker.notebooks.items()}
    return Marked(verdict, notebooks)
