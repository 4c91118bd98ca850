"""The same torch submissions through nbgrader, otter and this project, side by side in alternating rounds.

    PYTHONPATH=. python benchmarks/grading/speed.py --environment VENV [--rounds 3] [--out results.json]

nbgrader: one ``nbgrader autograde`` with its stock configuration. otter: ``otter run``, one after the
other. Ours: one ``coursekit grade`` with all cores, walls up.
"""

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import vae
from meters import Reading, measured

ROOT = Path(__file__).parents[2]
NAME = "vae"
_COURSEKIT = "import sys; from coursekit.cli.main import main; sys.exit(main())"
_WARM = """
import contextlib, io, json, sys, time
sys.path.insert(0, {here!r})
import numpy, torch, vae
from IPython.core.interactiveshell import InteractiveShell
shell, spent = InteractiveShell.instance(), []
for turn in range(2):
    spent.clear()
    for number in {numbers!r}:
        begun, wall = time.process_time(), time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in vae.cells(vae.answers(number), tests="hidden"):
                shell.run_cell(cell["source"], store_history=False)
        spent.append((time.process_time() - begun, time.perf_counter() - wall))
print("SPENT", json.dumps([sum(one) / len(spent) for one in zip(*spent)]))
"""


def notebook(cells: list[dict[str, Any]]) -> nbformat.NotebookNode:
    """Return cells as a notebook."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    found: nbformat.NotebookNode = nbformat.from_dict(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )
    return found


def source() -> nbformat.NotebookNode:
    """Return nbgrader's source notebook, with solutions and hidden tests."""
    right = {}
    for name, task in vae.TASKS.items():
        first, body = task.right[0].split("\n", 1)  # the release keeps the line with the name
        right[name] = f"{first}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return notebook(vae.cells(right, tests="source"))


def submission(number: int, note: str = "") -> nbformat.NotebookNode:
    """Return a student's notebook; a note makes it differ from every other."""
    given = vae.answers(number % 40)
    return notebook(vae.cells({**given, "extra": f"{given['extra']}\n# {note or number}"}, tests="none"))


def in_gradebook(path: Path) -> dict[str, float]:
    """Return the points of all students."""
    base = sqlite3.connect(path)
    rows = base.execute(
        "select s.student_id, sum(coalesce(g.manual_score, g.auto_score, 0)) from grade g"
        " join submitted_notebook n on g.notebook_id = n.id"
        " join submitted_assignment s on n.assignment_id = s.id group by s.student_id"
    )
    found = dict(rows.fetchall())
    base.close()
    return found


class Nbgrader:
    """One course, stock configuration."""

    def __init__(self, environment: Path, folder: Path, numbers: list[int]) -> None:
        self.folder, self.program = folder / "nbgrader", str(environment / "bin" / "nbgrader")
        self.settings = {"PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
        (self.folder / "source" / NAME).mkdir(parents=True)
        settings = "c = get_config()\nc.CourseDirectory.course_id = 'v'\n"
        (self.folder / "nbgrader_config.py").write_text(settings)
        nbformat.write(source(), self.folder / "source" / NAME / f"{NAME}.ipynb")
        made = measured([self.program, "generate_assignment", NAME], self.folder, environment=self.settings)
        if made.code:
            raise SystemExit(made.text[-2000:])
        self.numbers = numbers

    def run(self, numbers: list[int]) -> Reading:
        """Grade some of the students anew."""
        for name in ("submitted", "autograded"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for number in numbers:
            target = self.folder / "submitted" / vae.students()[number] / NAME
            target.mkdir(parents=True)
            nbformat.write(submission(number), target / f"{NAME}.ipynb")
        return measured([self.program, "autograde", NAME], self.folder, environment=self.settings)

    def points(self, numbers: list[int]) -> list[float]:
        """Return what they got."""
        found = in_gradebook(self.folder / "gradebook.db")
        return [found.get(vae.students()[number], -1) for number in numbers]


class Otter:
    """Without containers, one submission after the other."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.folder, self.program = folder / "otter", str(environment / "bin" / "otter")
        self.settings = {"PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
        (self.folder / "tests").mkdir(parents=True)
        for name, task in vae.TASKS.items():
            body = "".join(f"    {line}\n" for line in task.test.splitlines())
            (self.folder / "tests" / f"{name}.py").write_text(
                f"from otter.test_files import test_case\n\nOK_FORMAT = False\nname = {name!r}\n"
                f"points = {task.points}\n\n\n@test_case(points={task.points}, hidden=True)\n"
                f"def test_{name}(env):\n    import torch\n    from torch.nn import functional as F\n"
                f"    {name} = env[{name!r}]\n{body}"
            )
        line = [self.program, "generate", "-t", "tests", "-o", "autograder.zip"]
        line += ["--no-requirements", "--no-environment"]
        made = measured(line, self.folder, environment=self.settings)
        if made.code:
            raise SystemExit(made.text[-2000:])

    def run(self, numbers: list[int]) -> list[Reading]:
        """Grade some of the students."""
        found = []
        for number in numbers:
            out = self.folder / vae.students()[number]
            out.mkdir(exist_ok=True)
            graded = submission(number)
            for cell in graded.cells:
                name = cell.id.removeprefix("test-")
                if cell.id == "setup":
                    cell.source = f"import otter\ngrader = otter.Notebook()\n{cell.source}"
                elif cell.id != name:
                    cell.source = f"grader.check({name!r})"
            nbformat.write(graded, out / f"{NAME}.ipynb")
            line = [self.program, "run", "-a", str(self.folder / "autograder.zip"), "-o", str(out)]
            line += ["--no-logo", f"{NAME}.ipynb"]
            found.append(measured(line, out, environment=self.settings))
        return found

    def points(self, numbers: list[int]) -> list[float]:
        """Return what they got."""
        found = []
        for number in numbers:
            told = json.loads((self.folder / vae.students()[number] / "results.json").read_text("utf-8"))
            found.append(sum(one.get("score") or 0 for one in told["tests"]))
        return found


class Ours:
    """A course with this repository's own configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ours"
        (self.folder / "solutions" / NAME).mkdir(parents=True)
        (self.folder / ".nbgrader").mkdir()
        shutil.copy(ROOT / "nbgrader_config.py", self.folder)
        nbformat.write(source(), self.folder / "solutions" / NAME / f"{NAME}.ipynb")
        line = [sys.executable, "-m", "nbgrader", "generate_assignment", NAME]
        made = measured(line, self.folder, environment={"PYTHONPATH": str(ROOT)})
        if made.code:
            raise SystemExit(made.text[-2000:])

    def clear(self) -> None:
        """Forget all that was graded, but not which walls stand: they are tried once after each boot."""
        course = self.folder / ".nbgrader"
        made = [course / name for name in ("submitted", "autograded", "feedback")]
        for path in (*made, *course.glob("record/*")):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "walls.json":
                path.unlink(missing_ok=True)

    def run(self, numbers: list[int], workers: int | None = None, *, note: str = "") -> Reading:
        """Grade some of the students anew."""
        self.clear()
        for number in numbers:
            target = self.folder / ".nbgrader" / "submitted" / f"student{number:04d}" / NAME
            target.mkdir(parents=True)
            nbformat.write(submission(number, f"{note}{number}"), target / f"{NAME}.ipynb")
        line = [sys.executable, "-c", _COURSEKIT, "grade", NAME, "--course", str(self.folder), "--accept"]
        line += ["--workers", str(workers)] if workers else []
        return measured(line, self.folder, environment={"PYTHONPATH": str(ROOT)}, mark="1/")

    def points(self, numbers: list[int]) -> list[float]:
        """Return what they got."""
        found = in_gradebook(self.folder / ".nbgrader" / "gradebook.db")
        return [found.get(f"student{number:04d}", -1) for number in numbers]


def plain(numbers: list[int]) -> list[float]:
    """Return CPU and wall seconds of the same cells and tests in one warm process, for each submission."""
    line = [sys.executable, "-c", _WARM.format(here=str(Path(__file__).parent), numbers=numbers)]
    found: list[float] = json.loads(measured(line, ROOT).text.split("SPENT", 1)[1].splitlines()[0])
    return found


def main() -> None:
    """Print and keep the table."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--environment", type=Path, default=Path(__file__).parents[1] / ".venv-grading")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nbgrader", type=int, default=40, help="of the 40 submissions, how many a round")
    parser.add_argument("--otter", type=int, default=40)
    parser.add_argument("--ours", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results.json"))
    options = parser.parse_args()
    found: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M UTC}", "cores": os.cpu_count()}
    found["rounds"] = []
    with tempfile.TemporaryDirectory(prefix="coursekit-speed-") as name:
        folder = Path(name)
        peers = options.environment.absolute()
        nbgrader, otter, ours = Nbgrader(peers, folder, []), Otter(peers, folder), Ours(folder)
        for turn in range(options.rounds):

            def some(count: int, turn: int = turn) -> list[int]:
                return [(turn * count + place) % 40 for place in range(count)]

            row: dict[str, Any] = {"load": os.getloadavg()[0]}

            def time_ours(row: dict[str, Any] = row) -> None:
                took = ours.run(some(options.ours))
                row["ours"] = [{**took._asdict(), "text": "", "count": options.ours}]
                deserved = [vae.deserved(n) for n in some(options.ours)]
                row["ours right"] = deserved == ours.points(some(options.ours))
                first = ours.run(some(1))  # the start, and one submission
                row["ours"].append({**first._asdict(), "text": "", "count": 1})

            def time_nbgrader(row: dict[str, Any] = row) -> None:
                took = nbgrader.run(some(options.nbgrader))
                points = [vae.deserved(n) for n in some(options.nbgrader)]
                row["nbgrader right"] = points == nbgrader.points(some(options.nbgrader))
                idle = nbgrader.run([])
                row["nbgrader"] = [
                    {**took._asdict(), "text": "", "count": options.nbgrader},
                    {**idle._asdict(), "text": "", "count": 0},
                ]

            def time_otter(row: dict[str, Any] = row) -> None:
                took = otter.run(some(options.otter))
                row["otter"] = [{**one._asdict(), "text": "", "count": 1} for one in took]
                row["otter right"] = [vae.deserved(n) for n in some(options.otter)] == otter.points(
                    some(options.otter)
                )

            order = [time_ours, time_nbgrader, time_otter]
            for step in order if turn % 2 == 0 else order[::-1]:
                step()
            row["plain"] = plain(some(options.ours))
            found["rounds"].append(row)
            options.out.write_text(json.dumps(found, indent=1))
            print(json.dumps(row)[:3000], flush=True)


if __name__ == "__main__":
    main()
