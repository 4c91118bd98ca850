"""One submission: student cells first, a frozen copy at each test cell, the tests only afterwards."""

__all__ = ["Judged", "Session", "Timing"]

import ast
import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nbformat import NotebookNode

from coursekit.grading.inside.errors import Crossed, SideGone, TooSlow
from coursekit.grading.inside.frames import Deadline
from coursekit.grading.inside.peer import Peer
from coursekit.grading.judging.examiners import Examination, Examiners
from coursekit.grading.judging.outputs import failed, rebuilt
from coursekit.grading.judging.plan import Plan, tag
from coursekit.grading.walls.box import Box

Spawn = Callable[[], Box]
_LONG = "it ran past its time limit of {:g} s and was stopped; is there a loop that never ends?"
_ENDED = (
    "it ended the Python process (os._exit, a crash, or a limit on memory or time); the rest ran in a new one"
)


class Timing(NamedTuple):
    """Seconds that a submission may take.

    Attributes:
        cell: for one of its cells.
        test: for one test cell, all calls of its answers together.
        whole: for all cells, without the tests.
        grace: for ending after an interrupt.
    """

    cell: float = 120
    test: float = 120
    whole: float = 900
    grace: float = 2


@dataclass
class Judged:
    """What came of a submission.

    Attributes:
        faults: what went wrong with its cells, a line each.
        whole: whether all of it could be run.
        lost: whether a process of it ended by itself, or by somebody else's doing.
        reports: by grade id, what the checks of a test cell said.
    """

    faults: list[str] = field(default_factory=list)
    whole: bool = True
    lost: bool = False
    reports: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def _salvaged(source: str) -> str:
    """Return the definitions and imports of a cell that ended its process."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return ""
    kept = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return "\n".join(ast.unparse(node) for node in body if isinstance(node, kept))


class _Runner:
    """The process in which a submission's cells run; another one takes over when it is lost."""

    def __init__(self, spawn: Spawn, timing: Timing, most: int = 5) -> None:
        self._spawn, self._timing, self._most = spawn, timing, most
        self._box: Box | None = None
        self._peer: Any = None
        self._done: list[str] = []
        self._boxes: list[Box] = []
        self._end = time.monotonic() + timing.whole

    def close(self) -> None:
        """End all processes."""
        for box in self._boxes:
            box.kill()

    def _late(self) -> float:
        """Interrupt the cell; whoever goes on all the same is stopped."""
        self._interrupted = True
        if self._box is not None:
            self._box.interrupt()
        return self._timing.grace

    def _fresh(self) -> None:
        """Start a process and bring it to where the last one was."""
        while True:
            if len(self._boxes) >= self._most or time.monotonic() > self._end:
                raise SideGone(f"{len(self._boxes)} processes were used up")
            self._box = self._spawn()
            self._boxes.append(self._box)
            self._peer = Peer(self._box.connection, judging=True, lean=True)
            try:
                for at, source in enumerate(self._done):  # noqa: B007 - the place of the fault is needed
                    self._ask("run", source)
            except (SideGone, TooSlow):
                self._drop()
                self._done[at] = ""
                continue
            return

    def _drop(self) -> None:
        """Give the process up; its frozen copies live on in their box."""
        if self._box is not None:
            self._box.stop()
        self._box = None

    def _ask(self, method: str, *args: Any) -> Any:
        """Ask the process to do something, and interrupt it when its time is over."""
        self._interrupted = False
        moment = min(time.monotonic() + self._timing.cell, self._end)
        self._peer.deadline = Deadline(moment, self._late)
        return self._peer.call(self._peer.root, method, args, {})

    def run(self, source: str, number: int) -> tuple[list[NotebookNode], str]:
        """Run a cell; return what it shows and what was wrong with it beyond an ordinary error.

        Args:
            source: of the cell.
            number: of its execution.
        """
        if self._box is None:
            self._fresh()
        long = _LONG.format(self._timing.cell)
        try:
            shown = rebuilt(self._ask("run", source), number)
        except (SideGone, TooSlow, Crossed) as error:
            self._drop()
            self._done.append(_salvaged(source))
            slow = isinstance(error, TooSlow) or self._interrupted
            found = (
                failed("CellTimeoutError", long) if slow else failed("ProcessEnded", f"this cell: {_ENDED}")
            )
            return [found], long if slow else _ENDED
        if not self._interrupted:
            self._done.append(source)
            return shown, ""
        self._done.append(_salvaged(source))
        with contextlib.suppress(SideGone, TooSlow, Crossed):
            self._ask("run", self._done[-1])
        return [*shown, failed("CellTimeoutError", long)], long

    def freeze(self) -> socket.socket | None:
        """Return a line to a copy of the process as it is now; None if there can't be one."""
        for _ in range(2):
            if self._box is None:
                self._fresh()
            ours, theirs = socket.socketpair()
            self._peer.enclosed = theirs.fileno()
            try:
                self._ask("freeze")
            except (SideGone, TooSlow, Crossed):
                ours.close()
                self._drop()
            else:
                return ours
            finally:
                theirs.close()
        return None


class Session:
    """Judges submissions of one assignment, one after the other.

    Args:
        plan: of the released notebook.
        student: makes a process for a submission.
        examiners: the processes for the tests.
        timing: what a submission may take.
    """

    def __init__(
        self, plan: Plan, student: Spawn, examiners: Examiners, timing: Timing | None = None
    ) -> None:
        self._plan, self._student, self._examiners = plan, student, examiners
        self._timing = timing or Timing()
        self._examination: Examination | None = None

    def judge(self, cells: Sequence[NotebookNode], seed: int) -> Judged:
        """Run the code cells of a submission and put what they show into them.

        Args:
            cells: of the released notebook with the answers in it; changed in place.
            seed: that all inputs are drawn from.
        """
        judged, frozen = Judged(), []
        runner = _Runner(self._student, self._timing)
        try:
            for number, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
                cell.execution_count, cell.outputs = number, []
                if self._plan.examines(cell):
                    needed = bool(self._plan.tests[tag(cell)["grade_id"]])
                    frozen.append((cell, self._freeze(runner, judged) if needed else None))
                elif cell.source.strip():
                    self._run(runner, cell, judged)
            for (
                cell,
                line,
            ) in frozen:  # nothing of the submission's is shown any more: inputs can't be printed
                cell.outputs = self._test(cell, line, seed, judged)
        finally:
            for _, line in frozen:
                if line is not None:
                    line.close()
            runner.close()
            if self._examination is not None:
                self._examination.end()
                self._examination = None
        return judged

    def _run(self, runner: _Runner, cell: NotebookNode, judged: Judged) -> None:
        try:
            cell.outputs, fault = runner.run(cell.source, cell.execution_count)
        except SideGone as error:
            cell.outputs, fault = [failed("NotRun", f"this cell was not run: {error}")], str(error)
            judged.whole = False
        judged.lost |= fault == _ENDED or not judged.whole
        if fault:
            judged.faults.append(f"cell {cell.execution_count}: {fault}")

    def _freeze(self, runner: _Runner, judged: Judged) -> socket.socket | None:
        try:
            return runner.freeze()
        except SideGone:
            judged.whole = False
            return None

    def _examiner(self, seed: int) -> Any:
        """Return the line to the process of this submission's tests."""
        if self._examination is None:
            until = Deadline(time.monotonic() + self._timing.whole)
            self._examination = self._examiners.begin(self._plan.setup, seed, until)
        return self._examination.peer

    def _test(
        self, cell: NotebookNode, line: socket.socket | None, seed: int, judged: Judged
    ) -> list[NotebookNode]:
        name = str(tag(cell).get("grade_id"))
        names = self._plan.tests[name]
        if names and line is None:
            return [failed("NotRun", "this check did not run: no process was left for the cells before it")]
        try:
            peer = self._examiner(seed)
            peer.enclosed = line.fileno() if line is not None else None
            peer.deadline = Deadline(time.monotonic() + 3 * self._timing.test)
            found = peer.call(peer.root, "test", (cell.source, names, self._timing.test), {})
            judged.reports[name] = found["reports"]
            return rebuilt(found["outputs"], cell.execution_count)
        except (SideGone, TooSlow, Crossed) as error:
            if self._examination is not None:
                self._examination.give_up()
                self._examination = None
            judged.lost = True
            judged.faults.append(f"{name}: the check did not finish ({error})")
            return [failed("JudgeStopped", "the check did not finish")]
