"""Which cells count as tests, what is read of a cell, and whose words say what an answer is to define."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from coursekit.grading.judging.outputs import rebuilt
from coursekit.grading.judging.plan import is_test, plan, tag
from tests.grading.judging.toy import released, submitted


def _cell(source: str, name: str, **metadata: object) -> NotebookNode:
    found: NotebookNode = new_code_cell(source)
    found.metadata["nbgrader"] = {"grade_id": name, **metadata}
    return found


def test_an_answer_that_a_person_grades_is_no_test() -> None:
    essay = _cell("sketch = ...", "essay", grade=True, solution=True, points=3)
    assert not is_test(essay)
    found = plan([essay, _cell("assert sketch", "check", grade=True, locked=True)])
    assert found.tests == {"check": ("sketch",)}
    assert "sketch" in found.answers


def test_magics_and_shell_lines_hide_nothing_of_a_cell() -> None:
    setup = _cell("%matplotlib inline\n!pip list\nlimit = 3", "setup", locked=True)
    check = _cell("%time\nassert limit", "check", grade=True, locked=True)
    found = plan([setup, check])
    assert found.setup == ("limit = 3",)
    assert found.problems == ()


def test_what_a_student_defines_on_top_is_no_answer_that_a_test_takes() -> None:
    """A submission that defines the test's own helpers must not be asked for them."""
    handed_in = submitted(double="def double(x):\n    return 2 * x\nnp = None")
    found = plan(released().cells, handed_in.cells)
    assert "np" not in found.answers
    assert found.tests["test-double"] == ("double",)


def test_a_tag_that_is_none_is_empty() -> None:
    assert tag({"metadata": {"nbgrader": 3}}) == tag({"metadata": {}}) == tag({}) == {}


def test_a_picture_larger_than_a_page_is_cut() -> None:
    (shown,) = rebuilt([{"output_type": "display_data", "data": {"image/png": "x" * 3_000_000}}], 1)
    assert len(shown.data["image/png"]) == 2_000_000
