"""A submission that goes wrong costs what is wrong: the rest is run, salvaged and judged."""

from collections.abc import Iterator

import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Judged, Session, Timing
from tests.grading.judging.toy import POINTS, graded, released, submitted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
FULL = dict.fromkeys(graded(released()), POINTS)


@pytest.fixture(scope="module")
def houses() -> Iterator[Houses]:
    """Put up the walls once."""
    with Houses() as found:
        yield found


def _judge(houses: Houses, notebook: NotebookNode, seed: int = 0, **timing: float) -> Judged:
    session = Session(
        plan(released().cells, notebook.cells), houses.student, houses.examiners, Timing(**timing)
    )
    return session.judge(notebook.cells, seed)


def _outputs(houses: Houses, *sources: str, **timing: float) -> list[list[NotebookNode]]:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    session = Session(plan(notebook.cells), houses.student, houses.examiners, Timing(**timing))
    session.judge(notebook.cells, 0)
    return [cell.outputs for cell in notebook.cells]


def test_right_answers_get_full_marks_and_blank_ones_nothing(houses: Houses) -> None:
    honest, blank = submitted(), released()
    assert _judge(houses, honest).faults == []
    assert graded(honest) == FULL
    _judge(houses, blank)
    assert graded(blank) == dict.fromkeys(FULL, 0)


def test_each_wrong_answer_costs_its_own_points(houses: Houses) -> None:
    wrong = submitted(double="def double(x):\n    return x + x + 1e-3", word="word = 'Gradient'")
    _judge(houses, wrong)
    assert graded(wrong) == {**FULL, "double": 0, "word": 0}


def test_a_message_holds_neither_the_test_nor_its_inputs(houses: Houses) -> None:
    wrong = submitted(total="def total(x):\n    return 0.0")
    _judge(houses, wrong)
    test = next(cell for cell in wrong.cells if cell.id == "test-total")
    assert [(o.ename, o.evalue, o.traceback) for o in test.outputs] == [
        ("AssertionError", "the check does not hold", ["AssertionError: the check does not hold"])
    ]


def test_of_a_long_chain_of_calls_the_ends_are_told(houses: Houses) -> None:
    deep = "def deep(n):\n    return deep(n - 1) if n else 1 / 0\n"
    [[long], [endless]] = _outputs(houses, f"{deep}deep(400)", "def on(): return on()\non()")
    trace = "\n".join(long.traceback)
    assert long.ename == "ZeroDivisionError"
    assert "deep(400)" in trace  # where it began; forty lines would hold its end alone
    assert trace.count("deep(n - 1) if n") < 25
    assert endless.ename == "RecursionError"


def test_a_name_keeps_the_value_that_it_had_at_its_test(houses: Houses) -> None:
    again = submitted(
        stats="double = None\n" + submitted().cells[7].source, word="double, word = 0, 'gradient'"
    )
    _judge(houses, again)
    assert graded(again) == FULL


def test_no_state_crosses_from_one_submission_to_the_next(houses: Houses) -> None:
    """The second one defines nothing, and gets nothing of what the first one did."""
    session = Session(plan(released().cells), houses.student, houses.examiners, Timing())
    spoil = "import numpy, os\nnumpy.kept = __builtins__.kept = 5\nos.environ['KEPT'] = str(open('k', 'w'))"
    session.judge(submitted(before_double=spoil).cells, 0)
    kept = (
        "hasattr(numpy, 'kept')", "hasattr(builtins, 'kept')", "'KEPT' in os.environ",
        "os.path.exists('k')", "'total' in globals()",
    )  # fmt: skip
    second = released({"double": f"import numpy, os, builtins\nprint('found', {', '.join(kept)})"})
    session.judge(second.cells, 0)
    assert graded(second) == dict.fromkeys(FULL, 0)
    assert second.cells[1].outputs[0].text == "found False False False False False\n"


def test_a_submission_finds_nothing_of_what_was_run_to_load_the_libraries(houses: Houses) -> None:
    look = "import sys\n[n for n in vars() if n[0] != '_'], [n for n in vars(sys) if n[:5] == 'last_'], _"
    (shown,) = _outputs(houses, look)
    assert shown[0].data["text/plain"] == "(['get_ipython', 'exit', 'quit', 'open', 'sys'], [], '')"


# Without the first words: Python's and NumPy's never differ there.
_TELL = """
import random, numpy, torch
numbers = lambda: [*numpy.random.get_state()[1][1:5], *random.getstate()[1][1:5], torch.initial_seed()]
"""


def test_random_streams_of_one_submission_reach_no_other_and_not_the_host(houses: Houses) -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].tolist()
    mark = """
state = numpy.random.get_state()
numpy.random.set_state((state[0], numpy.arange(624) + 77, 0, 0, 0.0))
random.seed(4242)
torch.manual_seed(4242)
print(*numbers())
"""
    told = []
    for source in (mark, "print(*numbers())", "print(*numbers())"):
        shown = _outputs(houses, _TELL, source, "print(len('one more crossing'))")
        told.append(shown[1][0]["text"].split())
    assert told[0][:2] == ["78", "79"]
    for other in (1, 2):
        assert not set(told[0]) & set(told[other])
    assert not set(told[1]) & set(told[2])  # and no two begin at the same place
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == before


def test_an_order_of_submissions_changes_no_grade_and_no_message(houses: Houses) -> None:
    made = {
        "right": submitted, "wrong": lambda: submitted(total="def total(x):\n    return 1 / 0"),
        "dead": lambda: submitted(before_softmax="import os\nos._exit(0)"), "blank": released,
    }  # fmt: skip
    results = []
    for order in (list(made), list(made)[::-1]):
        found = {}
        for name in order:
            notebook = made[name]()
            faults = _judge(houses, notebook, seed=5).faults
            found[name] = (graded(notebook), faults, [cell.outputs for cell in notebook.cells])
        results.append(found)
    assert results[0] == results[1]


def test_inputs_come_from_the_seed_and_from_nothing_else(houses: Houses) -> None:
    def seen(seed: int) -> str:
        cells = [
            new_code_cell("from coursekit.assess import grade"),
            new_code_cell("def output(x, w, b):\n    raise ValueError(repr(x))"),
            new_code_cell("grade('one-neuron/output', output)"),
        ]
        for cell, name, more in zip(
            cells, ("s", "a", "t"), ({}, {"solution": True}, {"grade": True}), strict=True
        ):
            cell.metadata["nbgrader"] = {"grade_id": name, "locked": name != "a", **more}
        session = Session(plan(cells), houses.student, houses.examiners)
        session.judge(cells, seed)
        return str(cells[2].outputs[0].evalue)

    first = seen(1)
    assert "array" in first
    assert seen(1) == first
    assert seen(2) != first


def test_a_dead_process_costs_its_cell_and_its_definitions_are_salvaged(houses: Houses) -> None:
    source = "import os\ndef total(x):\n    return float(np.sum(x))\nos._exit(0)"
    dead = submitted(total=source)
    judged = _judge(houses, dead)
    assert graded(dead) == FULL
    assert len(judged.faults) == 1
    assert "ended the Python process" in judged.faults[0]
    assert dead.cells[3].outputs[0].ename == "ProcessEnded"


@pytest.mark.parametrize(
    "loop",
    ["while True: pass", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"],
)
def test_a_cell_that_never_ends_is_stopped_and_its_definitions_are_there(houses: Houses, loop: str) -> None:
    slow = submitted(before_total=loop)
    judged = _judge(houses, slow, cell=2, grace=1)
    assert graded(slow) == FULL
    assert "never ends" in judged.faults[0]
    assert slow.cells[3].outputs[-1].ename == "CellTimeoutError"


def test_a_cell_that_is_stopped_keeps_what_it_had_made(houses: Houses) -> None:
    """The process is interrupted first, and ended only if it goes on all the same."""
    found = _outputs(houses, "made = [1]\nwhile True: pass", "made.append(2)\nprint(made)", cell=2, grace=20)
    assert found[0][-1]["ename"] == "CellTimeoutError"
    assert found[1][0]["text"] == "[1, 2]\n"


def test_an_answer_that_never_ends_costs_its_test(houses: Houses) -> None:
    slow = submitted(total="def total(x):\n    while True: pass")
    _judge(houses, slow, test=2)
    assert graded(slow) == {**FULL, "total": 0}


def test_who_uses_up_all_processes_is_not_run_to_the_end(houses: Houses) -> None:
    dead = "import os\nos._exit(0)"
    worst = submitted(
        **dict.fromkeys(
            ("before_double", "before_total", "before_softmax", "before_stats", "before_word"), dead
        )
    )
    for cell in worst.cells[1::2]:
        cell.source = cell.source.replace("os._exit(0)", "os._exit(0)\n" * 2)
    judged = _judge(houses, worst)
    assert not judged.whole
    assert graded(worst)["double"] == POINTS
    assert graded(worst)["word"] == 0


def test_cells_show_what_a_notebook_shows(houses: Houses) -> None:
    found = _outputs(
        houses, "%matplotlib inline\nimport sys",
        "print('one')\nprint('two', file=sys.stderr)\n3", "4;",
        "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])", "1 / 0",
        "from IPython.display import *\ndisplay(HTML('<b>x</b>'), Javascript('alert(1)'))",
        "!echo shell", "exit()", "print('after')",
    )  # fmt: skip
    assert [(o.get("name"), o.get("text")) for o in found[1][:2]] == [
        ("stdout", "one\n"),
        ("stderr", "two\n"),
    ]
    assert found[1][2].data["text/plain"] == "3"
    assert found[2] == []
    assert "image/png" in found[3][0].data
    assert found[4][0].ename == "ZeroDivisionError"
    assert [sorted(o.data) for o in found[5]] == [["text/html", "text/plain"], ["text/plain"]]
    assert found[6][0].text.split() == ["shell"]
    assert found[7][0].ename == "SystemExit"
    assert found[8][0].text == "after\n"


def test_a_check_in_a_cell_says_that_it_comes_later(houses: Houses) -> None:
    names = ("check", "grade", "grade_answer", "hint", "mastery", "question")
    found = _outputs(houses, *(f"from coursekit.assess import {name}\n{name}('x', 1)" for name in names))
    told = {"text/plain": "checked after all cells have run"}
    assert [[output.get("data", output) for output in cell] for cell in found] == [[told]] * 6


def test_output_without_end_is_cut(houses: Houses) -> None:
    found = _outputs(houses, "for _ in range(1000): print('x' * 10_000)", "print('after')")
    assert sum(len(o.text) for o in found[0]) < 101_000
    assert "left out" in found[0][-1].text
    assert found[1][0].text == "after\n"


def test_values_are_compared_here_and_equal_those_of_a_plain_run(houses: Houses) -> None:
    """The same cells, in one process and without walls, get the same points."""
    namespace: dict[str, object] = {"np": np}
    notebook = submitted()
    for cell in notebook.cells:
        exec(cell.source, namespace)
    _judge(houses, notebook)
    assert graded(notebook) == FULL
