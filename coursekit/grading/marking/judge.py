"""Running one notebook: behind walls, and a second time where a process was lost."""

__all__ = ["House", "close", "house", "judge"]

import atexit
import contextlib
import tempfile
import threading
from collections.abc import Iterable
from copy import deepcopy

from nbformat import NotebookNode

from coursekit.grading.execute import SafeExecute
from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Judged, Session, Timing
from coursekit.grading.walls.limits import Limits

House = Houses | None
_standing: dict[tuple[int, tuple[str, ...]], Houses] = {}
_building = threading.Lock()


def house(seconds: float, forbidden: Iterable[str] = ()) -> Houses:
    """Return this process's walls, put up when they are first asked for and taken down at its end.

    Args:
        seconds: of processor time for a submission.
        forbidden: modules that it does without.
    """
    key = (round(seconds), tuple(forbidden))
    with _building:
        if key not in _standing:
            if not _standing:
                atexit.register(close)
            _standing[key] = Houses(Limits(cpu_seconds=key[0]), key[1]).__enter__()
        return _standing[key]


def close() -> None:
    """Take down this process's walls, with all that runs behind them."""
    with _building:
        while _standing:
            _standing.popitem()[1].close()


def _once(nb: NotebookNode, released: NotebookNode, walls: Houses, timing: Timing, seed: int) -> Judged:
    session = Session(plan(released.cells, nb.cells), walls.student, walls.examiner, timing)
    try:
        return session.judge(nb.cells, seed)
    finally:
        session.close()


def _unwalled(nb: NotebookNode, timing: Timing) -> Judged:
    """Run a notebook in a kernel, as the instructor asked for where there are no walls."""
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder, contextlib.chdir(folder):
        SafeExecute(timeout=round(timing.cell)).preprocess(nb, {})
    lost = [
        f"cell {number}: {output.ename}"
        for number, cell in enumerate((c for c in nb.cells if c.cell_type == "code"), start=1)
        for output in cell.outputs
        if output.output_type == "error" and output.ename in ("NotRun", "ProcessEnded", "CellTimeoutError")
    ]
    return Judged(faults=lost, whole=not lost)


def judge(nb: NotebookNode, released: NotebookNode, walls: House, timing: Timing, seed: int) -> Judged:
    """Run and judge a notebook.

    A process that ends may be the submission's doing, or that of a machine short of memory: only what
    happens twice is held against the submission.

    Args:
        nb: the release with the student's answers in it and the tests in their places, changed in place.
        released: the notebook as it was handed out.
        walls: None to run without any.
        timing: what it may take.
        seed: that all inputs are drawn from.
    """
    if walls is None:
        return _unwalled(nb, timing)
    before = deepcopy(nb.cells)
    judged = _once(nb, released, walls, timing, seed)
    if judged.lost:
        nb.cells = before
        judged = _once(nb, released, walls, timing, seed)
    return judged
