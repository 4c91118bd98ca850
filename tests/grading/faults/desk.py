# ruff: noqa: E501 (submissions are code in strings)
"""Submissions with one fault each, and a desk where they are judged."""

__all__ = ["Case", "Desk", "Victim", "after", "before", "desk", "inside", "more", "said", "usual"]

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode

from coursekit.grading.graft import graft
from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import is_test, plan, tag
from coursekit.grading.judging.session import Judged, Session, Timing
from coursekit.grading.walls.limits import Limits
from tests.grading.course import Change, Notebook, position, read, source, submission

LONG, ENDED = "ran past its time limit", "ended the Python process"
_THREADS = """import threading, time
for late in (True, True, False):
    threading.Thread(target=time.sleep, args=(600,), daemon=late).start()"""
_HOG = "hog = []\nwhile True:\n    hog.append(bytearray(50_000_000))"


class Case(NamedTuple):
    """A submission and what it deserves.

    Attributes:
        changes: to the notebook with the right answers in it.
        lost: questions that are lost as a whole.
        kept: points of questions that are lost in part.
        faults: a piece of each line that the judge must report, in order.
        shows: a piece of what some cell must show.
        blank: whether the changes are to the notebook as it was handed out.
    """

    changes: tuple[Change, ...] = ()
    lost: str = ""
    kept: Mapping[str, float] = MappingProxyType({})
    faults: tuple[str, ...] = ()
    shows: str = ""
    blank: bool = False


class Victim(NamedTuple):
    """A function that a fault is put into, and the questions that depend on it."""

    cell: str
    lost: str


def before(cell_id: str, text: str) -> Change:
    """Write statements above an answer, into its cell."""

    def change(notebook: Notebook) -> None:
        cell = notebook["cells"][position(notebook, cell_id)]
        cell["source"] = f"{text}\n{source(cell)}"

    return change


def after(cell_id: str, text: str) -> Change:
    """Put a cell of the student's own behind another."""

    def change(notebook: Notebook) -> None:
        own = {"cell_type": "code", "id": f"own-{cell_id}", "metadata": {}, "source": text, "outputs": [],
               "execution_count": None}  # fmt: skip
        notebook["cells"].insert(position(notebook, cell_id) + 1, own)

    return change


def inside(cell_id: str, text: str) -> Change:
    """Write statements into the first function of a cell, above the others."""

    def change(notebook: Notebook) -> None:
        cell = notebook["cells"][position(notebook, cell_id)]
        head, body = source(cell).split(":\n", 1)
        lines = "".join(f"    {line}\n" for line in text.split("\n"))
        cell["source"] = f"{head}:\n{lines}{body}"

    return change


def usual(one: Victim, two: Victim) -> dict[str, Case]:
    """Return the faults that are the same in every assignment; two functions take them in turn."""
    return {
        "right": Case(),
        "syntax error": Case((before(one.cell, "retrun ="),), one.lost, shows="SyntaxError"),
        "loop in a cell": Case((before(two.cell, "while True: pass"),), faults=(LONG,), shows="never ends"),
        "loop in a function": Case((inside(one.cell, "while True: pass"),), one.lost),
        "loop that swallows the interrupt": Case(
            (before(one.cell, "try:\n    while True: pass\nexcept KeyboardInterrupt: pass"),), faults=(LONG,)
        ),
        "sys.exit": Case((before(two.cell, "import sys\nsys.exit()"),), two.lost, shows="SystemExit"),
        "os._exit": Case((before(one.cell, "import os\nos._exit(0)"),), faults=(ENDED,)),
        "SIGKILL": Case((inside(two.cell, "import os\nos.kill(os.getpid(), 9)"),), two.lost),
        "exception in a cell": Case((before(one.cell, "1 / 0"),), one.lost, shows="ZeroDivisionError"),
        "note on stderr": Case(
            (
                before(one.cell, "import sys\nprint('a note', file=sys.stderr)"),
                inside(two.cell, "import sys, warnings\nprint('b', file=sys.stderr)\nwarnings.warn('c')"),
            ),
            shows="a note",
        ),
        "input": Case((before(two.cell, "name = input('name? ')"),), two.lost),
        "slow but allowed": Case(
            (before(one.cell, "import time\ntime.sleep(2)"), inside(two.cell, "import time\ntime.sleep(0.05)"))
        ),
        "3 MB of output": Case(
            (before(one.cell, "print('x' * 3_000_000)"), inside(two.cell, "print('y' * 300_000)")),
            shows="\n[more than 100,000 characters",
        ),
        "non-ASCII": Case(
            (before(one.cell, "größe, Δ, 变量 = 'Größe', '😀', 3  # ñ\nprint(größe, Δ, 变量)"),
             inside(two.cell, "'Ünïcödé: 😀'\nµ = 1")),
            shows="Größe 😀 3",
        ),
        "memory eaten up": Case((before(two.cell, _HOG),), two.lost, shows="MemoryError"),
        "recursion": Case((inside(one.cell, "def again(): return again()\nagain()"),), one.lost),
        "threads left running": Case((before(one.cell, _THREADS),)),
        "prints in a function": Case((inside(one.cell, "print('here')"), inside(two.cell, "print('there')"))),
    }  # fmt: skip


def more(one: Victim, two: Victim) -> dict[str, Case]:
    """Return faults that one assignment is enough for."""
    deaf = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    return {
        "loop that swallows everything": Case((before(two.cell, deaf),), faults=(LONG,)),
        "sys.exit in a function": Case((inside(one.cell, "import sys\nsys.exit(0)"),), one.lost),
        "os._exit in a function": Case((inside(two.cell, "import os\nos._exit(0)"),), two.lost),
        "SIGKILL in a cell": Case((before(one.cell, "import os\nos.kill(os.getpid(), 9)"),), faults=(ENDED,)),
        "exception in a cell of its own": Case((after(one.cell, "{}['k']"),), shows="KeyError"),
        "input in a function": Case((inside(one.cell, "input()"),), one.lost),
        "memory eaten up in a function": Case((inside(one.cell, _HOG),), one.lost),
        "recursion in a cell": Case(
            (after(two.cell, "def again(): return again()\nagain()"),), shows="RecursionError"
        ),
    }


class Desk:
    """Judges submissions of one assignment as `nbgrader autograde` does, without nbgrader.

    Args:
        houses: the walls.
        assignment: its name.
    """

    def __init__(self, houses: Houses, assignment: str) -> None:
        self.assignment = assignment
        self.released = nbformat.reads(json.dumps(read("exercises", assignment)), as_version=4)
        full = nbformat.reads(json.dumps(read("solutions", assignment)), as_version=4)
        self._tests = {cell.id: cell.source for cell in full.cells if is_test(cell)}
        asked = plan(self.released.cells, full.cells)
        # A busy machine must not cost anybody points, and who loops must not be waited for.
        self.patient, self.brisk = (
            Session(asked, houses.student, houses.examiners, Timing(cell=cell, test=test, whole=300, grace=1))
            for cell, test in ((60, 60), (12, 30))
        )

    def judge(
        self, notebook: Notebook, *, loops: bool = False
    ) -> tuple[dict[str, float], Judged, NotebookNode]:
        """Return the points by question, what the judge says, and the notebook that it filled.

        Args:
            notebook: a submission.
            loops: whether some of it never ends.
        """
        nodes = nbformat.reads(json.dumps(notebook), as_version=4)
        grafted, _ = graft(self.released, nodes)
        for cell in grafted.cells:
            cell.source = self._tests.get(cell.get("id"), cell.source)  # as nbgrader puts hidden tests back
        judged = (self.brisk if loops else self.patient).judge(grafted.cells, 1)
        return self.points(grafted), judged, grafted

    @staticmethod
    def points(notebook: NotebookNode) -> dict[str, float]:
        """Return the points as nbgrader counts them: an error is 0, a number is itself, the rest is full marks."""
        found = {}
        for cell in filter(is_test, notebook.cells):
            points = float(tag(cell)["points"])
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    points = float(output.data["text/plain"])
            spoilt = any(o.output_type == "error" or o.get("name") == "stderr" for o in cell.outputs)
            found[tag(cell)["grade_id"].removeprefix("test-")] = 0.0 if spoilt else points
        return found

    def full(self) -> dict[str, float]:
        """Return what there is to earn by question."""
        return {tag(cell)["grade_id"].removeprefix("test-"): float(tag(cell)["points"])
                for cell in self.released.cells if is_test(cell)}  # fmt: skip

    def deserved(self, case: Case) -> dict[str, float]:
        """Return what a submission deserves by question."""
        return self.full() | dict.fromkeys(case.lost.split(), 0.0) | dict(case.kept)

    def made(self, case: Case) -> Notebook:
        """Return a submission."""
        return submission(self.assignment, *case.changes, blank=case.blank)


@contextmanager
def desk(assignment: str) -> Iterator[Desk]:
    """Put up the walls for one assignment.

    Args:
        assignment: its name.
    """
    with Houses(Limits(memory_mb=1500)) as houses:
        yield Desk(houses, assignment)


def said(notebook: NotebookNode) -> str:
    """Return all that the cells show, as one text."""
    parts: list[Any] = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(f"{one.get('text', '')}{one.get('ename', '')}: {one.get('evalue', '')}" for one in parts)
