"""Collecting with nbgrader: its extractor and collector over the rules of ``coursekit.grading.intake``."""

__all__ = ["Collector", "Extractor", "replace_unreadable"]

import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin

from coursekit._write import beside
from coursekit.grading.gradebook.states import begin
from coursekit.grading.graft import set_aside
from coursekit.grading.intake import collect, read_notebook
from coursekit.grading.intake.notebooks import MOST_BYTES, TOO_LARGE
from coursekit.grading.marking.verdict import NOT_GRADABLE
from coursekit.grading.settings import settings_around

_STAMP = re.compile(r"\d{4}(?:-\d\d){5}$")


def _tell(message: str) -> None:
    """Say something to the instructor without stopping."""
    print(f"coursekit: {message}", file=sys.stderr)


class Extractor(ExtractorPlugin):
    """Takes in everything of the inbox by stated rules, and prints a line for each case they decided."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Fill the folder of extracted files: ``student/time/notebook.ipynb``, one for each student and task.

        Args:
            archive_path: folder with what was handed in; nothing in it is changed.
            extracted_path: folder to fill.
        """
        course = getattr(self.parent, "coursedir", None)
        release, titles = None, []
        if course is not None:
            release = Path(course.format_path(course.release_directory, ".", course.assignment_id))
            titles = [course.assignment_id]
        report = collect(Path(archive_path), release, Path(extracted_path), titles=titles)
        for line in report.lines():
            _tell(line)
        for student in report.without:
            _tell(f"{student}: nothing to grade; neither collected nor marked")


class Collector(FileNameCollectorPlugin):
    """Tells nbgrader student, notebook and time of a file that ``Extractor`` has put in its place."""

    def collect(self, submitted_file: str) -> dict[str, Any] | None:
        """Return student, notebook and time of a file, or None to leave it out.

        Args:
            submitted_file: path of an extracted file.
        """
        path = Path(submitted_file)
        parts = path.parts[path.parts.index("extracted") + 1 :] if "extracted" in path.parts else ()
        if len(parts) != 3 or path.suffix != ".ipynb":
            return None
        info = {"student_id": parts[0], "file_id": path.stem}
        if _STAMP.match(parts[1]):
            info["timestamp"] = f"{parts[1][:10]} {parts[1][11:].replace('-', ':')}"
        return info


def _put(path: Path, data: bytes, kept: str) -> None:
    """Put other content in the place of a file; the original is kept beside it."""
    with beside(path) as file:
        file.write(data)
        file.flush()  # a full disk is met here, while the original is still in its place
        if path.is_symlink():
            path.unlink()  # what it points to is none of ours
        else:
            os.replace(path, path.with_name(f"{path.name}.{kept}"))


def _blank(released: Path, reason: str) -> bytes:
    """Return the release with the reason on top."""
    why = f"the file could not be read: {reason}"
    text: str = nbformat.writes(set_aside(nbformat.read(released, as_version=4), why))
    return f"{text}\n".encode()


def replace_unreadable(assignment: str, student: str, notebooks: list[str]) -> None:
    """Put a copy that can be graded in the place of a notebook that can't; the original is kept beside it.

    nbgrader calls this before it grades a submission. A file that holds a notebook is graded from a clean
    copy. In the place of any other comes the blank release with the reason in it: so the student gets the
    reason in the feedback, instead of no grade or that of an earlier hand-in.

    Args:
        assignment: the assignment's name.
        student: nbgrader's pattern of students; not used.
        notebooks: paths of the submission's notebooks.
    """
    del student
    whose = Path(notebooks[0]).absolute().parent if notebooks else Path().absolute()
    course = CourseDirectory(config=settings_around(whose))
    submitter = _submitter(course, assignment, whose)
    if submitter:
        begin(course.db_url, assignment, submitter)
    for path in map(Path, notebooks):
        reason, standing = _trouble(path)
        if not reason:
            continue
        _tell(f"unreadable notebook {path}: {reason}; it gets no number")
        released = Path(course.format_path(course.release_directory, ".", assignment)) / path.name
        if not standing:
            _put(path, _blank(released, reason), "unreadable")
        if submitter:
            begin(course.db_url, assignment, submitter, NOT_GRADABLE, reason)


def _trouble(path: Path) -> tuple[str, bool]:
    """Return why a file can't be graded, and whether a blank release was laid there at an earlier time.

    Without a reason it can be, and is a file that nbgrader reads.
    """
    if path.is_symlink():
        return "it is a link", False
    if path.stat().st_size > MOST_BYTES:
        return TOO_LARGE, False
    read = read_notebook(path.read_bytes())
    if read.notebook is None:
        return " ".join(read.told.split())[:200], read.ours
    if read.rewrite:
        _tell(f"{path}: {read.told}; graded from a clean copy")
        _put(path, read.dump(), "original")
    return "", False


def _submitter(course: CourseDirectory, assignment: str, folder: Path) -> str:
    """Return whose a submission's folder is; nothing if it lies outside the course."""
    pattern = Path(course.format_path(course.submitted_directory, "*", assignment)).absolute()
    return folder.parts[pattern.parts.index("*")] if folder.match(str(pattern)) else ""
