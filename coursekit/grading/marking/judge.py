"""Running one notebook: behind walls, and a second time where a process was lost."""

__all__ = ["House", "judge"]

import contextlib
import tempfile

from nbformat import NotebookNode

from coursekit.grading.execute import SafeExecute
from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Judged, Session, Timing

House = Houses | None


def _once(nb: NotebookNode, released: NotebookNode, walls: Houses, timing: Timing, seed: int) -> Judged:
    session = Session(plan(released.cells, nb.cells), walls.student, walls.examiners, timing)
    return session.judge(nb.cells, seed)


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
    judged = _once(nb, released, walls, timing, seed)
    if judged.lost:  # from the beginning, and all that the cells show is put in anew
        judged = _once(nb, released, walls, timing, seed)
    return judged
