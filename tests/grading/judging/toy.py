"""A small assignment with ordinary assert cells, and submissions of it."""

__all__ = ["POINTS", "SECRET", "graded", "released", "right", "submitted"]

from collections.abc import Mapping

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from coursekit.grading.judging.plan import is_test, tag

SECRET = "hidden-" + "test-7431"  # stands in every test cell; nothing that a submission shows may hold it
POINTS = 2

_SETUP = "import numpy as np"
_STUBS = {
    "double": "def double(x):\n    raise NotImplementedError",
    "total": "def total(x):\n    raise NotImplementedError",
    "softmax": "def softmax(x):\n    raise NotImplementedError",
    "stats": "def stats(x):\n    raise NotImplementedError",
    "word": "word = ...",
}
_RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "total": "def total(x):\n    return float(np.sum(x))",
    "softmax": "def softmax(x):\n    e = np.exp(x - x.max())\n    return e / e.sum()",
    "stats": "def stats(x):\n    return {'mean': float(x.mean()), 'rows': [len(x)]}",
    "word": "word = 'gradient'",
}
_TESTS = {
    "double": f"x = np.random.default_rng().normal(size=4)  # {SECRET}\n"
              "assert np.allclose(double(x), 2 * x)\nassert double(3) == 6",
    "total": f"x = np.random.default_rng().normal(size=5)  # {SECRET}\nassert abs(total(x) - x.sum()) < 1e-9",
    "softmax": f"x = np.random.default_rng().normal(size=3)  # {SECRET}\nfound = softmax(x)\n"
               "assert found.shape == (3,)\nassert np.allclose(found, np.exp(x) / np.exp(x).sum())",
    "stats": f"x = np.random.default_rng().normal(size=6)  # {SECRET}\nfound = stats(x)\n"
             "assert found['rows'] == [6]\nassert abs(found['mean'] - x.mean()) < 1e-9",
    "word": f"assert word == 'gradient'  # {SECRET}",
}  # fmt: skip


def _cell(source: str, name: str, **metadata: object) -> NotebookNode:
    found: NotebookNode = new_code_cell(source, id=name)
    usual = {"grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    found.metadata["nbgrader"] = {**usual, "schema_version": 3, **metadata}
    return found


def released(answers: Mapping[str, str] | None = None) -> NotebookNode:
    """Return the notebook as it is handed out, or with answers in it."""
    cells = [_cell(_SETUP, "setup", locked=True)]
    for name, stub in _STUBS.items():
        cells.append(_cell((answers or {}).get(name, stub), name, solution=True))
        cells.append(_cell(_TESTS[name], f"test-{name}", grade=True, locked=True, points=POINTS))
    found: NotebookNode = new_notebook(cells=cells)
    return found


def right() -> dict[str, str]:
    """Return right answers."""
    return dict(_RIGHT)


def submitted(**changes: str) -> NotebookNode:
    """Return right answers with some of them changed, or put before (``before_total``) the right one."""
    answers = right()
    for name, text in changes.items():
        if name.startswith("before_"):
            answers[name.removeprefix("before_")] = f"{text}\n{answers[name.removeprefix('before_')]}"
        else:
            answers[name] = text
    return released(answers)


def graded(notebook: NotebookNode) -> dict[str, int]:
    """Return the points by answer: as nbgrader counts, an error is 0 and everything else full marks."""
    found = {}
    for cell in filter(is_test, notebook.cells):
        kinds = {output.output_type for output in cell.outputs}
        spoken = any(output.get("name") == "stderr" for output in cell.outputs)
        found[tag(cell)["grade_id"].removeprefix("test-")] = 0 if "error" in kinds or spoken else POINTS
    return found
