"""Every assignment through nbgrader's own commands: right answers get all points, blank ones none."""

import csv
import json
import os
import subprocess
import sys
from itertools import product

import pytest

from coursekit.grading.judging.plan import is_test, tag
from tests.grading.course import ROOT, Course, read, submission

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ASSIGNMENTS = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
SECONDS = 60  # a cell; training takes a few on an idle machine
# All commands in one process: so the walls are put up once and not thirteen times.
PROGRAM = """
import sys
from nbgrader.apps import AutogradeApp, GenerateAssignmentApp
for name in sys.argv[1:]:
    for app, more in ((GenerateAssignmentApp, ["--create"]), (AutogradeApp, [])):
        app.clear_instance()
        command = app.instance()
        command.initialize([name, *more])
        command.start()
        app.clear_instance()
"""


def _most(assignment: str) -> float:
    """Return the points that an assignment's test cells are worth."""
    cells = read("exercises", assignment)["cells"]
    return float(sum(tag(cell)["points"] for cell in cells if is_test(cell)))


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], float]:
    """Hand in right and blank answers to everything, grade it all, and export the scores."""
    course = Course(tmp_path_factory.mktemp("course"), ASSIGNMENTS[0], timeout=SECONDS)
    for name, student in product(ASSIGNMENTS, ("right", "blank")):
        folder = course.folder / ".nbgrader" / "submitted" / student / name
        folder.mkdir(parents=True)
        text = json.dumps(submission(name, blank=student == "blank"))
        (folder / f"{name}.ipynb").write_text(text, "utf-8")
    line = [sys.executable, "-c", PROGRAM, *ASSIGNMENTS]
    settings = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = subprocess.run(line, cwd=course.folder, env=settings, text=True, capture_output=True, check=False)
    assert found.returncode == 0, (found.stdout + found.stderr)[-4000:]
    course.run("export", "--to", "grades.csv")
    with (course.folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {(row["assignment"], row["student_id"]): float(row["score"]) for row in csv.DictReader(file)}


def test_nobody_is_lost(scores: dict[tuple[str, str], float]) -> None:
    assert len(ASSIGNMENTS) == 13
    assert set(scores) == set(product(ASSIGNMENTS, ("right", "blank")))


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_right_answers_get_all_points(scores: dict[tuple[str, str], float], name: str) -> None:
    assert scores[name, "right"] == _most(name)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_blank_answers_get_none(scores: dict[tuple[str, str], float], name: str) -> None:
    assert scores[name, "blank"] == 0
