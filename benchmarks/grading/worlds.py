"""The toy assignment as nbgrader and otter want it, with bait around it, inside a throw-away wall."""

__all__ = ["PLANTED", "WHO", "Nbgrader", "Otter", "notebook"]

import json
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import nbformat
from enclosed import COURSE, PORT, walled
from forged import Forged, file_of, lay
from nbformat import NotebookNode

from tests.grading.judging.attacks import Attack
from tests.grading.judging.toy import POINTS, SECRET, released, right

PLANTED = "planted-" + "9902"
WHO = ("a_honest", "b_attacker", "c_honest")
_SAY = """def say(*things):
    try:
        with open('/out/said', 'a', encoding='utf-8', errors='replace') as file:
            file.write(repr(things)[:200000])
    except Exception:
        pass
"""


def _attackers(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of an attacker: what they print is also noted where the harness looks."""
    found = {**right(), **answers}
    for name, text in answers.items():
        text = text.replace("COURSE", repr(COURSE)).replace("PORT", str(PORT)).replace("print(", "say(")
        found[name] = text.replace("gradebook.db').read()", "gradebook.db', errors='replace').read()")
    return {**found, "double": _SAY + found["double"]}


def _solved(answer: str) -> str:
    """Return an answer as the instructor writes it: the release keeps its name."""
    head, _, body = answer.partition("\n")
    if body:
        return f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return f"{head.split(' = ')[0]} = ...\n### BEGIN SOLUTION\n{answer}\n### END SOLUTION"


def notebook(answers: Mapping[str, str] | None, kind: str) -> NotebookNode:
    """Return a notebook of the toy assignment.

    Args:
        answers: by name; nbgrader's source with solutions if None.
        kind: "source", "nbgrader" or "otter".
    """
    found = released(right() if answers is None else answers)
    found.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for cell in found.cells:
        name = cell.id.removeprefix("test-")
        tagged = cell.metadata["nbgrader"]
        if kind == "source" and tagged["grade"]:
            cell.source = f"# {name}\n### BEGIN HIDDEN TESTS\n{cell.source}\n### END HIDDEN TESTS"
        elif kind == "source" and tagged["solution"]:
            cell.source = _solved(cell.source)
        elif kind == "nbgrader" and tagged["grade"]:
            cell.source = f"# {name}"
        elif kind == "otter" and tagged["grade"]:
            cell.source = f"grader.check('{name}')"
        elif kind == "otter" and cell.id == "setup":
            cell.source = f"import otter\ngrader = otter.Notebook()\n{cell.source}"
    return found


def _handed_in(attack: Attack | Forged, kind: str) -> NotebookNode | bytes | str:
    """Return what an attacker hands in."""
    found = notebook(_attackers(attack.answers), kind)
    return file_of(attack, found) if isinstance(attack, Forged) else found


def _bait(folder: Path, home: Path) -> None:
    """Lay out what must not be read."""
    (folder / "secret.ipynb").write_text(json.dumps({"cells": [], "told": f"{PLANTED} {SECRET}"}))
    home.mkdir()
    (home / ".bashrc").write_text(PLANTED)


class Nbgrader:
    """nbgrader as it is: one course, one ``autograde`` for the attacker and the student after it."""

    limit = 150

    def __init__(self, environment: Path, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.program = str(environment / "bin" / "nbgrader")
        self.template = folder / "nbgrader-template"
        if not (self.template / "ready").exists():
            self._prepare()

    def _prepare(self) -> None:
        """Release the assignment and grade the first honest student."""
        shutil.rmtree(self.template, ignore_errors=True)
        course = self.template / "course"
        (course / "source" / "toy").mkdir(parents=True)
        (self.template / "out").mkdir()
        _bait(course, self.template / "home")
        (course / "nbgrader_config.py").write_text(
            "c = get_config()\nc.CourseDirectory.course_id = 'toy'\nc.ExecutePreprocessor.timeout = 10\n"
        )
        nbformat.write(notebook(None, "source"), course / "source" / "toy" / "toy.ipynb")
        for who in (WHO[0], WHO[2]):
            self._submit(course, who, notebook(right(), "nbgrader"))
        told = walled(self.environment, self.template, PLANTED, [
            ([self.program, "generate_assignment", "toy"], 300, COURSE),
            ([self.program, "autograde", "toy", "--student", WHO[0]], 300, COURSE),
        ])  # fmt: skip
        if [one["code"] for one in told] != [0, 0] or sum(self.scores(course)[WHO[0]].values()) != 5 * POINTS:
            raise SystemExit(f"nbgrader's course could not be prepared: {told}; see {self.template}/out/log")
        shutil.rmtree(self.template / "out")
        (self.template / "out").mkdir()
        (self.template / "ready").touch()

    @staticmethod
    def _submit(course: Path, who: str, found: NotebookNode | bytes | str) -> None:
        places = course / "submitted"
        lay(places / who / "toy" / "toy.ipynb", found, places / WHO[0] / "toy" / "toy.ipynb")

    @staticmethod
    def scores(course: Path) -> dict[str, dict[str, float]]:
        """Return the points in the gradebook by student and answer; those graded only."""
        found: dict[str, dict[str, float]] = {}
        base = sqlite3.connect(course / "gradebook.db")
        rows = base.execute(
            "select s.student_id, b.name, coalesce(g.manual_score, g.auto_score) from grade g"
            " join base_cell b on g.cell_id = b.id join submitted_notebook n on g.notebook_id = n.id"
            " join submitted_assignment s on n.assignment_id = s.id"
        ).fetchall()
        base.close()
        for who, cell, points in rows:
            if (course / "autograded" / who / "toy" / "toy.ipynb").exists() and points is not None:
                found.setdefault(who, {})[cell.removeprefix("test-")] = points
        return found

    def grade(
        self, world: Path, attack: Attack | Forged
    ) -> tuple[dict[str, dict[str, float]], list[dict[str, object]]]:
        """Grade an attacker and the student after it; return the points and how it ended."""
        shutil.copytree(self.template, world)
        course = world / "course"
        self._submit(course, WHO[1], _handed_in(attack, "nbgrader"))
        command = ([self.program, "autograde", "toy"], self.limit, COURSE)
        told = walled(self.environment, world, PLANTED, [command])
        return self.scores(course), told


class Otter:
    """otter as an instructor runs it without containers: ``otter run``, one submission after the other."""

    limit = 90

    def __init__(self, environment: Path, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.program = str(environment / "bin" / "otter")
        self.template = folder / "otter-template"
        if not (self.template / "ready").exists():
            self._prepare()

    def _prepare(self) -> None:
        shutil.rmtree(self.template, ignore_errors=True)
        course = self.template / "course"
        (course / "tests").mkdir(parents=True)
        (course / "source").mkdir()
        (self.template / "out").mkdir()
        _bait(course, self.template / "home")
        (course / "gradebook.db").write_text(PLANTED)
        nbformat.write(notebook(right(), "nbgrader"), course / "source" / "toy.ipynb")
        for cell in released().cells:
            if cell.metadata["nbgrader"]["grade"]:
                name = cell.id.removeprefix("test-")
                body = "".join(f"    {line}\n" for line in cell.source.splitlines())
                (course / "tests" / f"{name}.py").write_text(
                    f"from otter.test_files import test_case\n\nOK_FORMAT = False\nname = {name!r}\n"
                    f"points = {POINTS}\n\n\n@test_case(points={POINTS}, hidden=True)\n"
                    f"def test_{name}(env):\n    import numpy as np\n    {name} = env[{name!r}]\n{body}"
                )
        for who in (WHO[0], WHO[2]):
            self._submit(course, who, notebook(right(), "otter"))
        make = [
            self.program,
            "generate",
            "-t",
            "tests",
            "-o",
            "autograder.zip",
            "--no-requirements",
            "--no-environment",
        ]
        commands = [(make, 300, COURSE), self._line(WHO[0], 300)]
        told = walled(self.environment, self.template, PLANTED, commands)
        if [one["code"] for one in told] != [0, 0] or sum(self.scores(course)[WHO[0]].values()) != 5 * POINTS:
            raise SystemExit(f"otter's assignment could not be prepared: {told}; see {self.template}/out/log")
        shutil.rmtree(self.template / "out")
        (self.template / "out").mkdir()
        (self.template / "ready").touch()

    @staticmethod
    def _submit(course: Path, who: str, found: NotebookNode | bytes | str) -> None:
        lay(course / who / "toy.ipynb", found, course / WHO[0] / "toy.ipynb")

    def _line(self, who: str, limit: int) -> tuple[list[str], int, str]:
        line = [
            self.program,
            "run",
            "-a",
            f"{COURSE}/autograder.zip",
            "-o",
            f"{COURSE}/{who}",
            "--no-logo",
            "toy.ipynb",
        ]
        return line, limit, f"{COURSE}/{who}"

    @staticmethod
    def scores(course: Path) -> dict[str, dict[str, float]]:
        """Return the points in the files of results by student and answer."""
        found: dict[str, dict[str, float]] = {}
        for who in WHO:
            try:
                tests = json.loads((course / who / "results.json").read_text("utf-8"))["tests"]
            except (OSError, ValueError, KeyError):
                continue
            found[who] = {one["name"]: float(one["score"]) for one in tests if "score" in one}
        return found

    def _touched(self, world: Path) -> bool:
        """Tell whether anything that the next student's run could meet is not as the one before left it."""
        for part in ("course", "home", "upper"):
            for path in (world / part).rglob("*"):
                inner = path.relative_to(world)
                own = WHO[1] in inner.parts or path.suffix == ".pyc" or path.name.startswith("history.sqlite")
                before = self.template / inner
                if own or not path.is_file():
                    continue
                if not before.is_file() or before.read_bytes() != path.read_bytes():
                    return True
        return False

    def grade(
        self, world: Path, attack: Attack | Forged
    ) -> tuple[dict[str, dict[str, float]], list[dict[str, object]]]:
        """Grade an attacker; return the points and how it ended.

        Each student has a command of its own, so the honest one after it is graded only where the attacker's
        run left a process or changed a file; else nothing can have changed: its points are those of before.
        """
        shutil.copytree(self.template, world)
        course = world / "course"
        self._submit(course, WHO[1], _handed_in(attack, "otter"))
        told = walled(self.environment, world, PLANTED, [self._line(WHO[1], self.limit)])
        if told and (told[0].get("alive") or self._touched(world)):
            told += walled(self.environment, world, PLANTED, [self._line(WHO[2], self.limit)])[-1:]
        elif told:
            shutil.copy(self.template / "course" / WHO[0] / "results.json", course / WHO[2])
        return self.scores(course), told
