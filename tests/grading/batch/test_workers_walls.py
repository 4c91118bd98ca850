"""A verdict names the walls of the machine that graded, not those of the machine that asked."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit._check import CourseError
from coursekit.cli import grade
from coursekit.grading.batch import spread, walls
from coursekit.grading.marking.mark import Marked
from coursekit.grading.marking.task import Paper, Task, grader
from coursekit.grading.marking.verdict import GRADED, Verdict

TASK = Task(
    assignment="toy", released={}, cells={}, kernels={}, seed=1, cell_seconds=1.0, whole_seconds=2.0,
    lines=10, forbidden=(), walls="double",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["single", ""])
def test_a_worker_names_its_own_walls(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    task = replace(TASK, unsafe=True)
    given = []

    def mark(task: Task, paper: Paper, walls: object) -> Marked:
        given.append(walls)
        return Marked(Verdict("k", "s", task.assignment, paper.student, GRADED, walls=task.walls), {})

    monkeypatch.setattr(spread, "standing_walls", lambda *_, **__: kind)
    monkeypatch.setattr(spread, "house", lambda seconds, forbidden: (seconds, forbidden))
    monkeypatch.setattr(spread, "mark", mark)
    found = spread.there(task, Paper("ann", {}, {}), grader())
    assert found.verdict.walls == kind
    assert given == [(2.0, ()) if kind else None]


def test_who_asks_needs_no_walls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("")

    def none_here(*_: object, **__: object) -> str:
        raise CourseError("this machine has no walls")

    def unreachable(address: str, security: object) -> None:
        del security
        raise CourseError(f"asked {address}")

    monkeypatch.setattr(walls, "standing_walls", none_here)
    monkeypatch.setattr(spread, "Spread", unreachable)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(CourseError, match="asked tcp://there"):
        grade.main(["toy", "--course", str(tmp_path), "--scheduler", "tcp://there"])
    with pytest.raises(CourseError, match="no walls"):
        grade.main(["toy", "--course", str(tmp_path)])


def test_a_verdict_is_the_same_behind_walls_of_any_kind() -> None:
    assert replace(TASK, walls="").key == TASK.key
    assert replace(TASK, unsafe=True).key != TASK.key
