"""A temporary course, and submissions made from the released notebook."""

import copy
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Notebook = dict[str, Any]
Change = Callable[[Notebook], None]


def read(kind: str, assignment: str) -> Notebook:
    """Read a notebook from solutions/ or exercises/."""
    path = ROOT / kind / assignment / f"{assignment}.ipynb"
    return dict(json.loads(path.read_text("utf-8")))


def source(cell: Notebook) -> str:
    """Return a cell's text."""
    return "".join(cell["source"])


def position(notebook: Notebook, cell_id: str) -> int:
    """Return where a cell is."""
    return next(at for at, cell in enumerate(notebook["cells"]) if cell.get("id") == cell_id)


def put(cell_id: str, text: str) -> Change:
    """Write a cell."""

    def change(notebook: Notebook) -> None:
        notebook["cells"][position(notebook, cell_id)]["source"] = text

    return change


def swap(cell_id: str, old: str, new: str) -> Change:
    """Replace a piece of a cell, which must be there."""

    def change(notebook: Notebook) -> None:
        cell = notebook["cells"][position(notebook, cell_id)]
        text = source(cell)
        if old not in text:
            raise AssertionError(f"{cell_id} holds no {old!r}")
        cell["source"] = text.replace(old, new)

    return change


def delete(cell_id: str) -> Change:
    """Remove a cell."""

    def change(notebook: Notebook) -> None:
        del notebook["cells"][position(notebook, cell_id)]

    return change


def duplicate(cell_id: str) -> Change:
    """Copy a cell with its metadata, as copy and paste does."""

    def change(notebook: Notebook) -> None:
        at = position(notebook, cell_id)
        notebook["cells"].insert(at + 1, copy.deepcopy(notebook["cells"][at]) | {"id": "pasted"})

    return change


def strip(notebook: Notebook) -> None:
    """Take away all metadata and ids, as some editors do."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    notebook["nbformat_minor"] = 4


def submission(assignment: str, *changes: Change, blank: bool = False) -> Notebook:
    """Return the released notebook with the right answers in it, changed."""
    notebook, solved = read("exercises", assignment), read("solutions", assignment)
    if not blank:
        answers = {cell["id"]: source(cell) for cell in solved["cells"]}
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                lines = answers[cell["id"]].splitlines(keepends=True)
                cell["source"] = "".join(line for line in lines if "### " not in line)
    for change in changes:
        change(notebook)
    return notebook


class Course:
    """A course in a folder of its own, driven by nbgrader's own commands."""

    def __init__(self, folder: Path, assignment: str, *, timeout: int = 20) -> None:
        self.folder, self.assignment = folder, assignment
        (folder / ".nbgrader").mkdir()
        (folder / "solutions").symlink_to(ROOT / "solutions")
        settings = (ROOT / "nbgrader_config.py").read_text("utf-8")
        (folder / "nbgrader_config.py").write_text(f"{settings}\nc.JudgedExecute.timeout = {timeout}\n")
        self.inbox = folder / ".nbgrader" / "downloaded" / assignment / "archive"
        self.inbox.mkdir(parents=True)

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Start an nbgrader command."""
        line = [sys.executable, "-m", "nbgrader", command, *arguments]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            line,
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, command: str, *arguments: str) -> str:
        """Run an nbgrader command that must succeed; return what it printed."""
        process = self.start(command, *arguments)
        out, _ = process.communicate()
        if process.returncode:
            raise AssertionError(f"nbgrader {command} ended with {process.returncode}:\n{out[-3000:]}")
        return out

    def scores(self) -> dict[str, tuple[float | None, float]]:
        """Export to CSV and return score, None where there is no number, and maximum by student."""
        self.run("export", "--to", "grades.csv")
        with (self.folder / "grades.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["assignment"] == self.assignment]
        return {
            row["student_id"]: (float(row["score"]) if row["score"] else None, float(row["max_score"]))
            for row in rows
        }

    def feedback(self, student: str) -> str:
        """Return the feedback page of a student."""
        folder = self.folder / ".nbgrader" / "feedback" / student / self.assignment
        return (folder / f"{self.assignment}.html").read_text("utf-8")
