"""nbgrader's feedback step: points from the gradebook, the page from ``coursekit.grading.feedback.page``."""

__all__ = ["FeedbackExporter", "Grades"]

import os
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import Exporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import GetGrades
from traitlets import default

from coursekit.grading.feedback.page import Total, page
from coursekit.grading.feedback.status import status


class Grades(GetGrades):
    """``GetGrades`` that also tells what waits for a person, and does without where nothing was graded."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Write the gradebook's points and comments into the cells.

        Args:
            nb: the graded notebook, changed in place.
            resources: nbgrader's names of student, assignment and notebook.
        """
        try:
            nb, resources = super().preprocess(nb, resources)
        except MissingEntry:
            if status(nb.metadata).counts:
                raise
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._get_score(cell, resources)
        book: Gradebook = self.gradebook
        names = (self.notebook_id, self.assignment_id, self.student_id)
        grade = book.find_grade(cell.metadata["nbgrader"]["grade_id"], *names)
        cell.metadata.nbgrader["waiting"] = bool(grade.needs_manual_grade)


def _released(path: Path) -> dict[str, str]:
    """Return what a released notebook shows of its marked cells, by grade id; nothing if there is none."""
    try:
        cells = nbformat.read(path, as_version=4).cells
    except (OSError, ValueError):
        return {}
    marked = [(cell.metadata.get("nbgrader"), cell.source) for cell in cells]
    return {str(about["grade_id"]): source for about, source in marked if about and "grade_id" in about}


class FeedbackExporter(Exporter):
    """Writes a graded notebook as a page that a student may open and an instructor may trust."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of a notebook, and what nbgrader knows of it.

        Args:
            nb: the graded notebook.
            resources: nbgrader's names of student, assignment and notebook.
            **kw: passed on.
        """
        # nbconvert calls a method of the language; what a student wrote there may be no text.
        metadata = NotebookNode({key: value for key, value in nb.metadata.items() if key != "language"})
        nb = NotebookNode({**nb, "metadata": metadata})
        graded, resources = super().from_notebook_node(nb, resources, **kw)
        about = resources["nbgrader"]
        names = {key: str(about[key]) for key in ("notebook", "assignment", "student")}
        total = Total(about["score"], about["max_score"], about["late_penalty"]) if "score" in about else None
        if self.parent is not None:
            self._tidy(names)
        return page(graded, names, total, _released(self._release(names))), resources

    def _course(self) -> CourseDirectory:
        course = getattr(self.parent, "coursedir", None)
        return course if course is not None else CourseDirectory(config=self.config)

    def _release(self, names: dict[str, str]) -> Path:
        course = self._course()
        folder = Path(course.format_path(course.release_directory, ".", names["assignment"]))
        return folder / f"{names['notebook']}.ipynb"

    def _tidy(self, names: dict[str, str]) -> None:
        """Take away what nbgrader has copied beside the page: files of a stranger's, pages among them."""
        course = self._course()
        folder = Path(course.format_path(course.feedback_directory, names["student"], names["assignment"]))
        graded = Path(course.format_path(course.autograded_directory, names["student"], names["assignment"]))
        # nbgrader tells by this file of its own whether a page is older than its submission.
        kept = {Path("timestamp.txt"), *(Path(f"{path.stem}.html") for path in graded.glob("*.ipynb"))}
        for parent, _, files in os.walk(folder):
            for path in (Path(parent, file) for file in files):
                own = path.relative_to(folder)
                if own not in kept and os.path.lexists(graded / own):
                    path.unlink()
