"""The process of the tests is copied for each submission: no two meet, and its draws come from the seed."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from coursekit.grading.inside.frames import Deadline
from coursekit.grading.judging.examiners import Examiners
from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Session, Timing
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.kit import packed
from coursekit.grading.walls.pool import KINDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


class Counted(Examiners):
    """Examiners that keep the boxes they were given."""

    def __init__(self, houses: Houses) -> None:
        self.boxes: list[Box] = []

        def spawn() -> Box:
            self.boxes.append(houses.examiner())
            return self.boxes[-1]

        super().__init__(spawn)


@pytest.fixture(scope="module")
def houses() -> Iterator[Houses]:
    """Put up the walls once."""
    with Houses() as found:
        yield found


@pytest.fixture
def counted(houses: Houses) -> Iterator[Counted]:
    """Count the processes of a test, and end them."""
    found = Counted(houses)
    yield found
    for box in found.boxes:
        if not box.closed:
            box.kill()


def _cells(*tests: str, setup: str = "import numpy as np") -> list[NotebookNode]:
    """Return a notebook with one answer and some tests."""
    answer = new_code_cell("answer = 7", metadata={"nbgrader": {"grade_id": "a", "solution": True}})
    graded = {"grade": True, "locked": True, "points": 1}
    examined = [
        new_code_cell(text, metadata={"nbgrader": {**graded, "grade_id": f"t{number}"}})
        for number, text in enumerate(tests)
    ]
    first = new_code_cell(setup, metadata={"nbgrader": {"grade_id": "s", "locked": True}})
    return [first, answer, *examined]


def _said(houses: Houses, examiners: Examiners, cells: list[NotebookNode], seed: int = 1) -> list[str]:
    """Judge a submission; return what its tests said."""
    session = Session(plan(cells), houses.student, examiners, Timing(cell=20, test=20, whole=60))
    session.judge(cells, seed)
    return [str(output.evalue) for cell in cells[2:] for output in cell.outputs]


def test_what_a_test_leaves_behind_meets_no_other_submission(houses: Houses, counted: Counted) -> None:
    leave = (
        "import numpy, os, tempfile\nfound = [globals().get('left', 'no'), getattr(numpy, 'left', 'no'),"
        " os.path.exists('left'), len(os.listdir(tempfile.gettempdir())), os.path.exists('kept'), answer]\n"
        "left = numpy.left = 'yes'\nos.mkdir('left')\nopen('left/a', 'w').close()\ntempfile.mkstemp()\n"
        "raise AssertionError(str(found))"
    )
    setup = "open('kept', 'w').close()"
    told = [_said(houses, counted, _cells(leave, setup=setup)) for _ in range(3)]
    assert told == [told[0]] * 3
    assert told[0][0].startswith("['no', 'no', False, ")
    assert told[0][0].endswith(", True, 7]")
    assert len(counted.boxes) == 1


def test_tests_of_one_submission_share_their_process(houses: Houses, counted: Counted) -> None:
    cells = _cells("kept = answer + 1", "raise AssertionError(str(kept))")
    assert _said(houses, counted, cells) == ["8"]


def test_draws_without_a_seed_come_from_the_secret_one(houses: Houses, counted: Counted) -> None:
    """Whatever the tests before it have drawn, and whatever the submission draws."""
    setup = "import random, numpy as np, torch\nbegun = np.random.rand()"
    draw = (
        "raise AssertionError(str([begun, random.random(), np.random.rand(), float(torch.rand(1)), answer]))"
    )
    alone = _said(houses, counted, _cells(draw, setup=setup))
    after = _said(houses, counted, _cells("drawn = np.random.rand(9), torch.rand(3)", draw, setup=setup))
    assert alone == after
    assert _said(houses, counted, _cells(draw, setup=setup)) == alone
    other = _said(houses, counted, _cells(draw, setup=setup), seed=2)
    numbers = [text.strip("[]").split(", ")[:4] for text in (alone[0], other[0])]
    assert not set(numbers[0]) & set(numbers[1])


def test_a_process_that_was_lost_costs_its_own_submission_only(houses: Houses, counted: Counted) -> None:
    assert _said(houses, counted, _cells("import os\nos._exit(answer)")) == ["the check did not finish"]
    assert [box.closed for box in counted.boxes] == [True]
    assert _said(houses, counted, _cells("raise AssertionError(str(answer))")) == ["7"]
    counted.boxes[-1].kill()  # while nobody needs it
    assert _said(houses, counted, _cells("raise AssertionError(str(answer))")) == ["7"]
    assert len(counted.boxes) == 3


def test_a_test_may_start_a_program_and_wait_for_it(houses: Houses, counted: Counted) -> None:
    end = "[sys.executable, '-c', 'raise SystemExit(3)']"
    run = f"import subprocess, sys\nended = subprocess.run({end}).returncode"
    told = _said(houses, counted, _cells(f"{run}\nraise AssertionError(str([ended, answer]))"))
    assert told == ["[3, 7]"]


def test_processes_of_another_assignment_end(counted: Counted) -> None:
    for source in ("x = 1", "x = 2"):
        counted.begin((source,), 0, Deadline()).end()
    assert [box.closed for box in counted.boxes] == [True, False]


def test_two_submissions_at_a_time_have_two_processes(counted: Counted) -> None:
    first, second = (counted.begin(("x = 1",), 0, Deadline()) for _ in range(2))
    first.give_up()
    assert second.peer.call(second.peer.root, "test", ("assert x == 1", (), 5.0), {})["outputs"] == []
    second.end()
    assert [box.closed for box in counted.boxes] == [True, False]


SEARCH = """
import glob, os
found = [os.path.join(folder, name) for folder, _, names in os.walk('/')
         if not folder.startswith(('/proc', '/sys')) for name in names
         if name in ('one_neuron.py', 'checking.py') and 'coursekit' in folder]
for way in ('root', 'cwd'):
    found += glob.glob(f'/proc/[0-9]*/{way}/package') + glob.glob(f'/proc/[0-9]*/{way}/box/*/package')
found = found or 'nothing'
"""


@pytest.mark.parametrize("kind", KINDS)
def test_the_exercises_lie_in_the_examiners_box_alone(kind: str) -> None:
    """Both are forked from one process: what the one was given, the other must not find."""
    where = "import os\nfrom coursekit.assess.workshop import one_neuron\nplace = one_neuron.__file__"
    with Houses(kind=kind) as houses:
        examination = houses.examiners.begin((where,), 0, Deadline())
        say = "assert os.path.exists(place)\nraise AssertionError(place)"
        told = examination.peer.call(examination.peer.root, "test", (say, (), 9.0), {})
        assert told["outputs"][0]["evalue"].endswith("/package/coursekit/assess/workshop/one_neuron.py")
        cells = _cells("raise AssertionError(answer)")
        cells[1].source = f"{SEARCH}answer = str(found)"
        assert _said(houses, houses.examiners, cells) == ["nothing"]
        examination.end()


def test_the_archive_of_the_package_can_only_be_read() -> None:
    with packed() as file:
        assert not file.writable()
        assert not Path(file.name).exists()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(file.fileno(), b"x")
        with tarfile.open(fileobj=file) as archive:
            names = set(archive.getnames())
    assert {"coursekit/__init__.py", "coursekit/assess/workshop/one_neuron.py"} < names
    assert not [name for name in names if "__pycache__" in name]
