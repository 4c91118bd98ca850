"""The released notebooks: derived from the solutions, in step with them, and without anything to copy."""

import json
import shutil
from pathlib import Path

import pytest

from coursekit.assess import exercises, question
from coursekit.assess.leaks import leaks, secrets
from tests.grading.course import ROOT, Course, read, source

ASSIGNMENTS = tuple(sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir()))
GRADED = tuple(dict.fromkeys(task.id.partition("/")[0] for task in exercises()))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_exercises_are_in_step_with_solutions(tmp_path: Path, assignment: str) -> None:
    course = Course(tmp_path, assignment)
    course.run("generate_assignment", assignment, "--create")
    made = (tmp_path / "exercises" / assignment / f"{assignment}.ipynb").read_bytes()
    kept = (ROOT / "exercises" / assignment / f"{assignment}.ipynb").read_bytes()
    assert made == kept, f"run `make assignments`: exercises/{assignment} differs from its solution"


def test_released_notebooks_hold_no_solution_and_no_hidden_test() -> None:
    assert leaks(ROOT / "exercises", ROOT / "solutions") == ()


def test_leaks_are_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "solutions", tmp_path / "copy")
    found = leaks(tmp_path / "copy", ROOT / "solutions")
    assert any("region marker" in line for line in found)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "searchindex.js").write_text(
        "grade(&quot;mini-sprint-vae/kl&quot;, kl, <b>seed</b>=20479)"
    )
    assert len(leaks(tmp_path / "page", ROOT / "solutions")) == 1
    (tmp_path / "page" / "searchindex.js").write_text("h = torch.relu(self.trunk(<b>x</b>))")
    assert len(leaks(tmp_path / "page", ROOT / "solutions")) == 1
    assert len(secrets(ROOT / "solutions")) > 30


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_cell_ids_are_fixed_and_nothing_was_run(assignment: str) -> None:
    for kind in ("solutions", "exercises"):
        cells = read(kind, assignment)["cells"]
        ids = [cell["id"] for cell in cells]
        assert len(set(ids)) == len(ids)
        assert all(not cell.get("outputs") for cell in cells)


def test_every_exercise_belongs_to_an_assignment() -> None:
    assert set(GRADED) <= set(ASSIGNMENTS)
    assert {path.name for path in (ROOT / "exercises").iterdir()} == set(ASSIGNMENTS)


@pytest.mark.parametrize("assignment", GRADED)
def test_every_step_is_graded_with_its_points(assignment: str) -> None:
    worth = {}
    for cell in read("solutions", assignment)["cells"]:
        tag = cell["metadata"].get("nbgrader", {})
        if tag.get("grade"):
            name = source(cell).split('"')[1]
            worth[name] = tag["points"]
            assert "### BEGIN HIDDEN TESTS" in source(cell)
            assert f'grade("{name}"' in source(cell).split("### BEGIN HIDDEN TESTS")[1]
    assert worth == {task.id: task.points for task in exercises() if task.id.startswith(f"{assignment}/")}
    assert 10 <= sum(worth.values()) <= 25


def test_quiz_key_is_not_in_the_students_notebook() -> None:
    cells = read("exercises", "quiz-vae")["cells"]
    text = "".join(source(cell) for cell in cells)
    assert "grade_answer" not in text
    for cell in cells:
        if cell["id"].startswith("answer-"):
            assert source(cell) == f"{cell['id'].replace('-', '_')} = ..."


def test_quiz_solution_is_the_key() -> None:
    cells = {cell["id"]: source(cell) for cell in read("solutions", "quiz-vae")["cells"]}
    names: dict[str, object] = {}
    for number in range(1, 11):
        exec(cells[f"answer-{number}"], names)
        name = cells[f"question-{number}"].split('"')[1]
        drawn = question(name).draw(2024)
        assert drawn.mark(names[f"answer_{number}"]).correct
        assert name in cells[f"grade-{number}"]


@pytest.mark.parametrize("assignment", GRADED)
def test_notebooks_name_exercises_that_exist(assignment: str) -> None:
    text = json.dumps(read("exercises", assignment))
    assert all(task.id in text for task in exercises() if task.id.startswith(f"{assignment}/"))


@pytest.mark.skipif(not (ROOT / "_build" / "html").is_dir(), reason="the site is not built: run `make book`")
def test_site_and_search_index_hold_no_solution() -> None:
    assert leaks(ROOT / "_build" / "html", ROOT / "solutions") == ()
