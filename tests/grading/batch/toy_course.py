"""A course with one small assignment, and classes that hand it in."""

__all__ = ["NAME", "RIGHT", "ToyCourse", "handed_in", "mixed_class"]

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[3]
NAME = "toy"
POINTS = {"double": 2.0, "total": 3.0, "word": 1.0, "essay": 4.0}
RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "total": "def total(x):\n    return float(np.sum(x))",
    "word": "word = 'gradient'",
    "essay": "My own words.",
}
_WRONG = {
    "double": "def double(x):\n    return x + 1",
    "total": "def total(x):\n    return 10.0",
    "word": "word = 'slope'",
}
_BLANK = {"double": "return 2 * x", "total": "return float(np.sum(x))", "word": "word = 'gradient'"}
_TESTS = {
    "double": "x = np.random.default_rng().normal(size=4)\nassert np.allclose(double(x), 2 * x)",
    "total": "### BEGIN HIDDEN TESTS\nassert abs(total(np.arange(5.0)) - 10) < 1e-9\n### END HIDDEN TESTS\n"
             "# 0.0 to 3.0: half of it is right\n1.5 if total(np.ones(3)) != 3 else 3.0",
    "word": "assert word == 'gradient'",
}  # fmt: skip


def _cell(kind: str, source: str, name: str, **metadata: Any) -> nbformat.NotebookNode:
    made = new_code_cell if kind == "code" else new_markdown_cell
    found: nbformat.NotebookNode = made(source, id=name)
    usual = {"grade_id": name, "grade": False, "solution": False, "locked": False, "task": False}
    found.metadata["nbgrader"] = {**usual, "schema_version": 3, **metadata}
    return found


def _source() -> nbformat.NotebookNode:
    """Return the instructor's notebook."""
    cells = [_cell("code", "import numpy as np", "setup", locked=True)]
    for name, answer in _BLANK.items():
        head = "word = ...\n" if name == "word" else f"def {name}(x):\n    "
        pad = "" if name == "word" else "    "
        text = f"{head}### BEGIN SOLUTION\n{pad}{answer}\n{pad}### END SOLUTION"
        cells.append(_cell("code", text, name, solution=True))
        cells.append(
            _cell("code", _TESTS[name], f"test-{name}", grade=True, locked=True, points=POINTS[name])
        )
    cells.append(
        _cell("markdown", "Your words here.", "essay", grade=True, solution=True, points=POINTS["essay"])
    )
    found: nbformat.NotebookNode = new_notebook(cells=cells)
    found.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return found


def handed_in(released: nbformat.NotebookNode, answers: Mapping[str, str]) -> str:
    """Return a submission as text.

    Args:
        released: the notebook as it was handed out.
        answers: by cell.
    """
    nb = nbformat.from_dict(json.loads(json.dumps(released)))
    for cell in nb.cells:
        if cell.id in answers:
            cell.source = answers[cell.id]
    return str(nbformat.writes(nb))


class ToyCourse:
    """A course in a folder of its own.

    Args:
        folder: empty.
        settings: lines added to its configuration.
    """

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.folder = folder
        (folder / ".nbgrader").mkdir(parents=True)
        (folder / "solutions" / NAME).mkdir(parents=True)
        nbformat.write(_source(), folder / "solutions" / NAME / f"{NAME}.ipynb")
        text = (ROOT / "nbgrader_config.py").read_text("utf-8")
        (folder / "nbgrader_config.py").write_text(f"{text}\nc.JudgedExecute.timeout = 10\n{settings}\n")
        self.run("-m", "nbgrader", "generate_assignment", NAME, "--create")

    def twin(self, folder: Path) -> "ToyCourse":
        """Return a copy of the course as it is now, in another folder."""
        shutil.copytree(self.folder, folder)
        return self.at(folder)

    def at(self, folder: Path) -> "ToyCourse":
        """Return the copy of the course that lies in another folder."""
        other = copy(self)
        other.folder = folder
        return other

    @property
    def released(self) -> nbformat.NotebookNode:
        """The notebook as it was handed out."""
        return nbformat.read(self.folder / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Python in the course's folder."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=self.folder, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run Python in the course's folder; return what it printed, and check how it ended."""
        process = self.start(*arguments)
        out, err = process.communicate()
        if process.returncode != code:
            raise AssertionError(
                f"{arguments} ended with {process.returncode}:\n{out[-2000:]}\n{err[-3000:]}"
            )
        return out + err

    def grade(self, *arguments: str, code: int = 0) -> str:
        """Run ``coursekit grade``."""
        return self.run("-m", "coursekit", "grade", NAME, *arguments, code=code)

    def hand_in(self, student: str, answers: Mapping[str, str] | str, timestamp: str = "") -> None:
        """Put a submission where it is graded: answers by cell, or the file's text."""
        folder = self.folder / ".nbgrader" / "submitted" / student / NAME
        folder.mkdir(parents=True, exist_ok=True)
        text = answers if isinstance(answers, str) else handed_in(self.released, answers)
        (folder / f"{NAME}.ipynb").write_text(text, "utf-8")
        if timestamp:
            (folder / "timestamp.txt").write_text(timestamp)

    @property
    def written(self) -> int:
        """How many verdicts the record says were written."""
        log = self.folder / ".nbgrader" / "record" / "log.jsonl"
        return log.read_text().count('"event": "written"') if log.exists() else 0

    @property
    def database(self) -> Path:
        """The gradebook's file."""
        return self.folder / ".nbgrader" / "gradebook.db"

    def marks(self) -> dict[str, dict[str, tuple[float | None, bool]]]:
        """Return by student and cell the judge's points and whether a person must look: plain SQL."""
        asked = """
            select a.student_id, b.name, g.auto_score, g.needs_manual_grade from grade g
            join submitted_notebook n on n.id = g.notebook_id
            join submitted_assignment a on a.id = n.assignment_id join base_cell b on b.id = g.cell_id
        """
        found: dict[str, dict[str, tuple[float | None, bool]]] = {}
        with sqlite3.connect(self.database) as database:
            for student, cell, score, manual in database.execute(asked):
                found.setdefault(student, {})[cell] = (score, bool(manual))
        return found

    def states(self) -> dict[str, str]:
        """Return the state of each student, read with plain SQL."""
        with sqlite3.connect(self.database) as database:
            return dict(database.execute("select student, state from coursekit_verdict"))

    def dump(self) -> list[str]:
        """Return all that the gradebook holds, in an order that does not depend on who was written first."""
        with sqlite3.connect(self.database) as database:
            return sorted(line for line in database.iterdump() if line.startswith("INSERT"))


def mixed_class(folder: Path, students: int, seed: int) -> ToyCourse:
    """Return a course in which submissions of every kind are handed in, each a different one.

    Args:
        folder: empty.
        students: how many.
        seed: of what the tests draw.
    """
    course, rng = ToyCourse(folder), random.Random(20261122)
    for at in range(students):
        answers = {name: rng.choice((RIGHT[name], _WRONG[name])) for name in _WRONG}
        answers["essay"] = f"Words of student {at}."
        course.hand_in(f"s{at:03d}", answers if at % 40 != 7 else f"broken {at}")
    (folder / ".nbgrader" / f"seed-{NAME}.json").write_text(f'{{"seed": {seed}}}')
    return course
