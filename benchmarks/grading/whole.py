"""This project's whole command on the toy assignment: from the file that was handed in to the gradebook."""

__all__ = ["Whole"]

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from forged import Forged, file_of, lay
from worlds import WHO, notebook

from tests.grading.judging.toy import right

ROOT = Path(__file__).parents[2]


class Whole:
    """A course with this repository's own configuration; ``coursekit grade`` for three students at a time."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="coursekit-whole-")
        self.course = Path(self._folder.name) / "course"
        (self.course / ".nbgrader").mkdir(parents=True)
        shutil.copy(ROOT / "nbgrader_config.py", self.course)
        lay(self.course / "solutions" / "toy" / "toy.ipynb", notebook(None, "source"), Path())
        if self._run("-m", "nbgrader", "generate_assignment", "toy", "--create"):
            raise SystemExit(f"the course could not be prepared in {self.course}")

    def _run(self, *arguments: str) -> int:
        """Run Python in the course."""
        line, settings = [sys.executable, *arguments], {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            line, cwd=self.course, env=settings, capture_output=True, timeout=300
        ).returncode

    def _scores(self) -> dict[str, dict[str, float]]:
        """Return the points in the gradebook by student and answer, of those who have a number."""
        with sqlite3.connect(self.course / ".nbgrader" / "gradebook.db") as base:
            rows = base.execute(
                "select s.student_id, b.name, g.auto_score from grade g join base_cell b on g.cell_id = b.id"
                " join submitted_notebook n on g.notebook_id = n.id"
                " join submitted_assignment s on n.assignment_id = s.id where g.auto_score is not null"
            ).fetchall()
        found: dict[str, dict[str, float]] = {}
        for who, cell, points in rows:
            found.setdefault(who, {})[cell.removeprefix("test-")] = points
        return found

    def run(self, name: str, forged: Forged) -> dict[str, Any]:
        """Grade a forged submission between two honest ones."""
        from attacks import outcomes

        begun = time.monotonic()
        for made in ("submitted", "autograded", "record"):
            shutil.rmtree(self.course / ".nbgrader" / made, ignore_errors=True)
        places = [self.course / ".nbgrader" / "submitted" / who / "toy" / "toy.ipynb" for who in WHO]
        lay(places[0], notebook(right(), "nbgrader"), Path())
        lay(places[2], notebook(right(), "nbgrader"), Path())
        lay(places[1], file_of(forged, notebook({**right(), **forged.answers}, "nbgrader")), places[0])
        code = self._run("-m", "coursekit", "grade", "toy", "--accept")
        found = outcomes(forged, self._scores(), [{"code": code, "alive": []}], "", alone=False)
        seconds = round(time.monotonic() - begun, 1)
        return {"name": name, "outcomes": found, "seconds": seconds, "scores": self._scores()}
