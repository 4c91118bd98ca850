"""A course on the disk, as nbgrader's configuration describes it."""

__all__ = ["Course"]

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Notebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput
from nbgrader.utils import parse_utc

from coursekit._check import CourseError
from coursekit.grading.intake.notebooks import MOST_BYTES, TOO_LARGE
from coursekit.grading.judged import JudgedExecute
from coursekit.grading.marking.task import Paper, Task
from coursekit.grading.record.secret import secret
from coursekit.grading.settings import settings


def _bytes(path: Path) -> bytes:
    """Return a file's bytes; a link is not followed, since its target is none of the student's."""
    if path.is_symlink() or not path.is_file():
        raise OSError("it is a link" if path.is_symlink() else "it is no plain file")
    if path.stat().st_size > MOST_BYTES:
        raise OSError(TOO_LARGE)
    return path.read_bytes()


class Course:
    """A course on the disk.

    Args:
        root: its folder, which holds ``nbgrader_config.py``.

    Raises:
        CourseError: if it holds none.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.config = settings(self.root)
        self._directory = CourseDirectory(config=self.config, root=str(self.root))

    @property
    def db_url(self) -> str:
        """The address of the gradebook; a file's is made absolute."""
        url: str = self._directory.db_url
        start = "sqlite:///"
        return start + str(self.root / url.removeprefix(start)) if url.startswith(start) else url

    @property
    def course_id(self) -> str:
        """nbgrader's name of the course."""
        return str(self._directory.course_id)

    def _path(self, step: str, student: str, assignment: str) -> Path:
        folder = getattr(self._directory, f"{step}_directory")
        return self.root / str(self._directory.format_path(folder, student, assignment))

    def submitted(self, assignment: str, student: str) -> Path:
        """Return the folder of what a student handed in.

        Args:
            assignment: its name.
            student: whose.
        """
        return self._path("submitted", student, assignment)

    def graded(self, assignment: str, student: str) -> Path:
        """Return the folder of a student's graded notebooks.

        Args:
            assignment: its name.
            student: whose.
        """
        return self._path("autograded", student, assignment)

    def students(self, assignment: str) -> list[str]:
        """Return who handed something in, in order.

        Args:
            assignment: its name.
        """
        folder = self.submitted(assignment, "*")
        at = folder.parts.index("*")
        tail = Path(*folder.parts[at + 1 :])
        root = Path(*folder.parts[:at])
        if not root.is_dir():
            return []
        return sorted(one.name for one in root.iterdir() if (one / tail).is_dir() and not one.is_symlink())

    def timestamp(self, folder: Path) -> datetime | None:
        """Return when a submission was handed in, in UTC; None if nobody wrote it down.

        Args:
            folder: of the submission.
        """
        try:
            found: datetime | None = parse_utc((folder / "timestamp.txt").read_text("utf-8").strip() or None)
        except (OSError, ValueError):
            return None
        return found

    def paper(self, assignment: str, student: str, names: list[str]) -> Paper:
        """Return what a student handed in.

        Args:
            assignment: its name.
            student: whose.
            names: of the notebooks that are asked for.
        """
        files, trouble = {}, {}
        for name in names:
            path = self.submitted(assignment, student) / f"{name}.ipynb"
            if path.is_symlink() or path.exists():
                try:
                    files[name] = _bytes(path)
                except OSError as error:
                    trouble[name] = str(error)
        return Paper(student, files, trouble)

    def task(self, assignment: str, notebooks: list[Notebook], *, unsafe: bool, walls: str) -> Task:
        """Return what an assignment's submissions are graded against.

        Args:
            assignment: its name.
            notebooks: of the assignment, as the gradebook knows them.
            unsafe: whether to grade without walls where there are none.
            walls: the kind that stands.

        Raises:
            CourseError: if the release is missing.
        """
        released = {}
        for notebook in notebooks:
            path = self._path("release", ".", assignment) / f"{notebook.name}.ipynb"
            if not path.is_file():
                raise CourseError(f"the release of {assignment!r} must be at {path}; there is none")
            released[notebook.name] = path.read_text("utf-8")
        judged, limit = JudgedExecute(config=self.config), LimitOutput(config=self.config)
        return Task(
            assignment=assignment, released=released, cells={one.name: _known(one) for one in notebooks},
            kernels={one.name: json.loads(one.kernelspec or "null") for one in notebooks},
            seed=secret(self.root, assignment), cell_seconds=judged.timeout, whole_seconds=judged.whole,
            lines=limit.max_lines, forbidden=tuple(judged.forbidden), unsafe=unsafe, walls=walls,
        )  # fmt: skip

    def limits(self) -> tuple[float, tuple[str, ...]]:
        """Return the seconds of processor time for a submission, and the modules that it does without."""
        judged = JudgedExecute(config=self.config)
        return judged.whole, tuple(judged.forbidden)

    def late(self) -> LateSubmissionPlugin:
        """Return what takes points off a late submission."""
        step = AssignLatePenalties(config=self.config)
        step.init_plugin()
        return step.plugin_inst

    def place(self, assignment: str, student: str, notebooks: dict[str, bytes]) -> None:
        """Put the graded notebooks where nbgrader looks for them: the whole folder at once.

        Args:
            assignment: its name.
            student: whose.
            notebooks: by name.
        """
        folder = self.graded(assignment, student)
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for name, data in notebooks.items():
            (part / f"{name}.ipynb").write_bytes(data)
        stamp = self.submitted(assignment, student) / "timestamp.txt"
        if stamp.is_file() and not stamp.is_symlink():
            (part / stamp.name).write_bytes(stamp.read_bytes())
        for path in part.iterdir():
            path.chmod(0o444)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)


def _known(notebook: Notebook) -> dict[str, dict[str, Any]]:
    """Return what the gradebook knows of a notebook's cells."""
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    found: dict[str, dict[str, Any]] = {}
    for cell in notebook.source_cells:
        one = {key: getattr(cell, key) for key in ("cell_type", "locked", "source", "checksum")}
        found[cell.name] = one | ({"points": points[cell.name]} if cell.name in points else {})
    return found
