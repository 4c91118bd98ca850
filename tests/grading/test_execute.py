"""Execution that goes on: each fault costs the cell it is in, and later cells see what had worked before."""

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.grading.execute import SafeExecute

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def _run(*sources: str, graded: tuple[int, ...] = (), **options: int) -> NotebookNode:
    cells = [new_code_cell(text) for text in sources]
    for at in graded:
        cells[at].metadata["nbgrader"] = {"grade": True, "solution": False, "points": 1, "grade_id": f"t{at}"}
    notebook = new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "", "language": ""}}
    )
    SafeExecute(**{"timeout": 4, **options}).preprocess(notebook, {"metadata": {}})
    nbformat.validate(notebook)
    return notebook


def _texts(notebook: NotebookNode) -> list[str]:
    """Return a line for each cell: its result or printed text, or the name of its error."""
    lines = []
    for cell in notebook.cells:
        outputs = [o.get("ename") or o.get("text") or o["data"]["text/plain"] for o in cell.outputs]
        lines.append(" ".join(outputs).strip())
    return lines


def test_dead_kernel_costs_one_cell() -> None:
    assert _texts(_run("x = 7", "import os; os._exit(0)", "x", "x + 1")) == ["", "KernelLost", "7", "8"]


def test_endless_loop_costs_one_cell() -> None:
    assert _texts(_run("x = 7", "while True: pass", "x"))[2] == "7"


def test_loop_that_swallows_interrupts_costs_one_cell() -> None:
    deaf = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    lines = _texts(_run("x = 7", deaf, "x"))
    assert "CellTimeoutError" in lines[1] or "KernelLost" in lines[1]
    assert lines[2] == "7"


def test_exit_ends_the_cell_only() -> None:
    lines = _texts(_run("x = 7", "exit()", "import sys; sys.exit()", "x"))
    assert "SystemExit" in lines[1]
    assert "SystemExit" in lines[2]
    assert lines[3] == "7"


def test_memory_hog_costs_one_cell() -> None:
    hog = "hog = []\nwhile True:\n    hog.append(bytearray(10**8))"
    lines = _texts(_run("x = 7", hog, "y = bytearray(5 * 10**8); x", memory_mb=1500, timeout=20))
    assert lines[1] in ("MemoryError", "KernelLost")
    assert lines[2] == "7"


def test_kernels_are_counted_and_what_did_not_run_did_not_pass() -> None:
    dies = "import os; os._exit(0)"
    lines = _texts(_run(dies, dies, "1", "2", max_restarts=1))
    assert lines == ["KernelLost", "KernelLost", "NotRun", "NotRun"]


def test_no_kernel_at_all_is_an_error_in_every_cell() -> None:
    notebook = new_notebook(cells=[new_code_cell("1")])
    notebook.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "", "language": ""}
    SafeExecute().preprocess(notebook, {"metadata": {}})
    assert _texts(notebook) == ["NotRun"]


def test_stderr_in_a_test_cell_costs_nothing() -> None:
    notebook = _run("import sys; print('note', file=sys.stderr); 1.0", graded=(0,))
    assert all(output.get("name") != "stderr" for output in notebook.cells[0].outputs)
