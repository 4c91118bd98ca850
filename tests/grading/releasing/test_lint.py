# ruff: noqa: E501 (cells are code in strings)
"""An assignment is not handed out while a name of its tests has no owner, or two."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.grading.releasing import complaints, refuse
from tests.grading.course import ROOT, Course
from tests.grading.judging.toy import released, right

ASSIGNMENTS = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())
HOOK = "\nfrom coursekit.grading.releasing import refuse\nc.GenerateAssignment.pre_convert_hook = refuse\n"


def _solved(text: str) -> str:
    """Mark the last line of a definition, or the value of a variable, as the solution."""
    head, _, last = text.rpartition("\n")
    if not head:
        return f"{text.split(' = ')[0]} = ...\n### BEGIN SOLUTION\n{text}\n### END SOLUTION"
    return f"{head}\n    ### BEGIN SOLUTION\n{last}\n    ### END SOLUTION"


def _source() -> NotebookNode:
    """Return the toy assignment as its author writes it."""
    return released({name: _solved(text) for name, text in right().items()})


def _with(name: str, text: str, **marks: object) -> NotebookNode:
    """Return the toy assignment with another cell behind its set-up."""
    notebook, cell = _source(), new_code_cell(text, id=name)
    usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.metadata["nbgrader"] = {**usual, "grade_id": name, **marks}
    notebook.cells.insert(1, cell)
    return notebook


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_no_assignment_of_ours_has_a_complaint(name: str) -> None:
    assert complaints(nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)) == []


def test_a_sound_notebook_has_no_complaint_and_is_not_changed() -> None:
    sound = _source()
    before = json.dumps(sound)
    assert complaints(sound) == complaints(new_notebook()) == []
    assert json.dumps(sound) == before


def test_an_answer_without_a_marked_solution_would_lose_its_name() -> None:
    """nbgrader then replaces the whole cell, and the tests ask for a name that nobody is told of."""
    notebook = _source()
    notebook.cells[1].source = right()["double"]
    assert complaints(notebook) == ["test-double: double is defined by no answer and no set-up cell"]


def test_a_name_that_only_the_solution_defines_is_nobodys() -> None:
    solved = "### BEGIN SOLUTION\ndef helper(x): return x\n### END SOLUTION"
    solved = f"def mine(x):\n    return x\n{solved}"
    notebook = _with("mine", solved, solution=True)
    notebook.cells.append(_with("check", "assert helper(3) == 3", grade=True, locked=True, points=1).cells[1])
    assert complaints(notebook) == ["check: helper is defined by no answer and no set-up cell"]


def test_hidden_tests_are_looked_at() -> None:
    hidden = "assert double(1) == 2\n### BEGIN HIDDEN TESTS\nassert forgotten(double)\n### END HIDDEN TESTS"
    (line,) = complaints(_with("more", hidden, grade=True, locked=True, points=1))
    assert line == "more: forgotten is defined by no answer and no set-up cell"


@pytest.mark.parametrize(
    ("text", "marks", "wanted"),
    [
        ("def total(x): return 1", {"locked": True}, "total: total is asked for, but set-up cell new defines it"),
        ("from math import exp as softmax", {"locked": True},
         "softmax: softmax is asked for, but set-up cell new defines it"),
        ("%matplotlib inline\nword, other = 1, 2", {"locked": True},
         "word: word is asked for, but set-up cell new defines it"),
        (_solved("def sum(x):\n    return x"), {"solution": True},
         "new: sum is asked for, but Python itself defines it"),
        (_solved("np = 3"), {"solution": True}, "new: np is asked for, but set-up cell setup defines it"),
    ],
)  # fmt: skip
def test_a_name_with_two_owners_is_a_complaint(text: str, marks: dict[str, bool], wanted: str) -> None:
    (line,) = complaints(_with("new", text, **marks))
    assert line == f"{wanted}: rename one of them"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("def own(total): return total", {"locked": True}),  # a parameter is no name of the notebook
        ("total = 3", {}),  # an open cell is the student's own
        ("assert total(np.ones(2)) == 2\nword = 1", {"locked": True, "grade": True, "points": 1}),
        (
            "def sum_of(x):\n    list = [x]\n    ### BEGIN SOLUTION\n    return 3\n    ### END SOLUTION",
            {"solution": True},
        ),
        ("word = = 1", {"locked": True}),
    ],
)
def test_other_uses_of_a_name_are_none(text: str, marks: dict[str, bool]) -> None:
    assert complaints(_with("new", text, **marks)) == []


def test_the_hook_ends_the_command_with_a_line_for_each_complaint(tmp_path: Path) -> None:
    path = tmp_path / "toy.ipynb"
    nbformat.write(_source(), path)
    refuse("toy", "*", [str(path)])
    both = _solved("def abs(x):\n    return x") + "\n" + _solved("def softmax(x):\n    return x")
    notebook = _with("new", both, solution=True)
    notebook.cells.insert(1, _with("own", "softmax = double = None", locked=True).cells[1])
    nbformat.write(notebook, path)
    with pytest.raises(SystemExit) as stopped:
        refuse("toy", "*", [str(path)])
    lines = str(stopped.value).split("\n")
    assert len(lines) == 4
    assert all(line.startswith("coursekit: not released: toy/toy.ipynb: ") for line in lines)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_nbgrader_stops_with_the_line_and_writes_no_release(tmp_path: Path) -> None:
    course = Course(tmp_path, "toy")
    (tmp_path / "solutions").unlink()
    (tmp_path / "solutions" / "toy").mkdir(parents=True)
    settings = tmp_path / "nbgrader_config.py"
    settings.write_text(settings.read_text("utf-8") + HOOK, "utf-8")
    source = tmp_path / "solutions" / "toy" / "toy.ipynb"
    hidden = "assert double(1) == 2 and forgotten"
    nbformat.write(_with("more", hidden, grade=True, locked=True, points=1), source)
    command = course.start("generate_assignment", "toy", "--create")
    told = command.communicate()[0].splitlines()
    line = (
        "coursekit: not released: toy/toy.ipynb: more: forgotten is defined by no answer and no set-up cell"
    )
    assert command.returncode == 1
    assert told[-1] == line
    assert not any("Traceback" in one for one in told)
    assert list((tmp_path / "exercises").rglob("*.ipynb")) == []
    nbformat.write(_source(), source)
    course.run("generate_assignment", "toy", "--create", "--force")
    assert (tmp_path / "exercises" / "toy" / "toy.ipynb").is_file()
