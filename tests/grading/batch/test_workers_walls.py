"""A verdict names the walls of the machine that graded, not those of the machine that asked."""

import pytest

from coursekit.grading.batch import spread
from coursekit.grading.marking.mark import Marked
from coursekit.grading.marking.task import Paper, Task, grader
from coursekit.grading.marking.verdict import GRADED, Verdict


@pytest.mark.parametrize("kind", ["single", ""])
def test_a_worker_names_its_own_walls(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    task = Task(
        assignment="toy", released={}, cells={}, kernels={}, seed=1, cell_seconds=1.0, whole_seconds=2.0,
        lines=10, forbidden=(), unsafe=True, walls="double",
    )  # fmt: skip
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
