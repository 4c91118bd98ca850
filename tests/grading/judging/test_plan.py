"""Which cell runs where, and what a test may take from a submission."""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from coursekit.grading.judging.outputs import rebuilt
from coursekit.grading.judging.plan import is_test, plan, tag
from tests.grading.judging.toy import released

ROOT = Path(__file__).parents[3]
ASSIGNMENTS = sorted(path.parent.name for path in ROOT.glob("exercises/*/*.ipynb"))


def _cell(source: str, name: str = "", **metadata: object) -> NotebookNode:
    found: NotebookNode = new_code_cell(source)
    if name:
        found.metadata["nbgrader"] = {"grade_id": name, **metadata}
    return found


def test_names_come_from_answers_and_everything_else_from_the_instructor() -> None:
    found = plan(released().cells)
    assert found.answers == {"double", "total", "softmax", "stats", "word"}
    assert found.tests["test-double"] == ("double",)
    assert found.tests["test-stats"] == ("stats",)
    assert found.setup == ("import numpy as np",)
    assert found.problems == ()


def test_what_needs_an_answer_is_itself_taken_from_the_submission() -> None:
    cells = [
        _cell("%matplotlib inline\nimport numpy as np\nlimit = 3", "setup", locked=True),
        _cell("def fit(x):\n    raise NotImplementedError", "fit", solution=True),
        _cell(
            "w = fit(np.ones(limit))\nscale = limit + 1\nfor i in range(3):\n    v = w", "use", locked=True
        ),
        _cell("def near(a, b):\n    return abs(a - b) < tolerance\ntolerance = 1", "help", locked=True),
        _cell(
            "mine = [near(fit(k), w) for k in range(scale)]\nassert all(mine) and v",
            "test",
            grade=True,
            locked=True,
        ),
        _cell("assert helper(3) and nothing", "bad", grade=True, locked=True),
        _cell("helper = 1"),
    ]
    found = plan(cells)
    assert found.answers == {"fit", "w", "i", "v"}
    assert found.tests["test"] == ("fit", "v", "w")
    assert "scale = limit + 1" in found.setup
    assert found.tests["bad"] == ()
    assert [problem.split(" is ")[0] for problem in found.problems] == ["bad: helper", "bad: nothing"]


def test_a_name_counts_in_any_block_of_the_top_level_and_only_there() -> None:
    cells = [
        _cell("try:\n    import json as reader\nexcept ImportError:\n    pass", "setup", locked=True),
        _cell("if True:\n    def fit(x):\n        inner = x\n        return inner", "fit", solution=True),
        _cell("def twice(x, x): pass", "odd", solution=True),
        _cell("assert fit(reader) == reader", "test", grade=True, locked=True),
    ]
    found = plan(cells)
    assert found.answers == {"fit"}
    assert found.tests["test"] == ("fit",)
    assert found.problems == ()


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_test_of_ours_takes_something_and_can_be_judged(name: str) -> None:
    released, source = (
        nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)
        for folder in ("exercises", "solutions")
    )
    found = plan(released.cells, source.cells)
    assert found.problems == ()
    tests = {tag(cell)["grade_id"] for cell in source.cells if is_test(cell)}
    assert tests <= set(found.tests)
    assert all(found.tests[test] for test in tests)


def test_cells_that_ask_questions_are_shown_by_the_examiner() -> None:
    cells = [
        _cell("from coursekit.assess import mastery, question\nSEED = 3", "setup", locked=True),
        _cell("question('a/b').draw(SEED)", "ask", locked=True),
        _cell("answer = ...", "answer", solution=True),
        _cell(
            "right = {'a/b': question('a/b').draw(SEED).mark(answer).correct}\nprint(mastery(right))",
            "sum",
            locked=True,
        ),
        _cell("print(answer)"),
    ]
    found = plan(cells)
    assert found.tests == {"ask": (), "sum": ("answer",)}
    assert [found.examines(cell) for cell in cells] == [False, True, False, True, False]
    assert found.setup == ("from coursekit.assess import mastery, question\nSEED = 3",)


def test_outputs_are_built_anew_whatever_is_sent() -> None:
    sent = [
        {"output_type": "stream", "name": "odd", "text": "x" * 10**6, "more": 1},
        {"output_type": "error", "ename": 3, "evalue": None, "traceback": ["line"] * 500},
        {"output_type": "display_data", "data": {"application/javascript": "alert(1)", "text/plain": 5}},
        {"output_type": "execute_result", "data": {"text/html": "<b>"}, "metadata": {"x": 1}},
        {"output_type": "update_display_data"}, {"output_type": "stream"}, {"output_type": "error"},
        {"output_type": "display_data", "data": 7}, "text", None, 3,
    ]  # fmt: skip
    stream, error, shown, result = rebuilt(sent, 4)
    assert (stream.name, len(stream.text), "more" in stream) == ("stdout", 200_000, False)
    assert (error.ename, error.evalue, len(error.traceback)) == ("3", "None", 40)
    assert shown.data == {"text/plain": "5"}
    assert (result.execution_count, result.metadata) == (4, {})
    for odd in (None, 3, {"output_type": "stream", "text": "x"}):
        assert rebuilt(odd, 1) == []
