"""The step of ``nbgrader autograde`` that runs a submission behind walls and judges it elsewhere."""

__all__ = ["JudgedExecute", "SaveMarks"]

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Bool, Float, List, Unicode

from coursekit._check import CourseError
from coursekit.grading.gradebook.states import clear, put_state, states
from coursekit.grading.judging.session import Timing
from coursekit.grading.judging.standing import WHOLE, house
from coursekit.grading.marking.judge import judge
from coursekit.grading.marking.stamp import stamp
from coursekit.grading.marking.verdict import FAULTS, GRADED, NOT_GRADABLE, NOT_RUN, WITH_NUMBER
from coursekit.grading.record.secret import secret
from coursekit.grading.walls.doctor import require_walls


class JudgedExecute(NbGraderPreprocessor):
    """In the place of ``Execute``: cells run in a walled process, tests in one that never saw them."""

    timeout = Float(120, help="Seconds for a cell, and for all calls of a test cell.").tag(config=True)
    whole = Float(WHOLE, help="Seconds for all cells of a submission.").tag(config=True)
    forbidden = List(Unicode(), help="Modules that the assignment does without.").tag(config=True)
    unsafe = Bool(False, help="Grade without walls where there are none; only code that you trust.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Run and judge a submission.

        Args:
            nb: the released notebook with the student's answers, changed in place.
            resources: nbgrader's names of student, assignment and notebook.

        Raises:
            CourseError: if there are no walls, and ``unsafe`` is not set.
        """
        names = resources["nbgrader"]
        who = f"{names['student']}, {names['notebook']}"
        walls = None
        if require_walls(self.unsafe)["kind"]:
            walls = house(self.whole, self.forbidden)
        else:
            self.log.warning("%s: graded WITHOUT walls, as you asked", who)
        course = CourseDirectory(config=self.config)
        folder = Path(course.format_path(course.release_directory, ".", names["assignment"]))
        released = nbformat.read(folder / f"{names['notebook']}.ipynb", as_version=4)
        seed = secret(Path(course.root), names["assignment"])
        with Gradebook(names["db_url"]) as gradebook:
            state, reason = states(gradebook, names["assignment"]).get(names["student"], (NOT_RUN, ""))
        if NOT_GRADABLE in (state, nb.metadata.get("coursekit", {}).get("state")):
            stamp(nb, NOT_GRADABLE, reason if state == NOT_GRADABLE else "")
            return nb, resources
        try:
            timing = Timing(self.timeout, self.timeout, self.whole)
            judged = judge(nb, released, walls, timing, seed)
        except CourseError as error:  # the next student's must still be graded
            self.log.error("%s: not run: %s", who, error)
            stamp(nb, NOT_RUN, str(error))
            return nb, resources
        stamp(nb, faults=judged.faults)
        for fault in judged.faults:
            self.log.warning("%s: %s", who, fault)
        return nb, resources


class SaveMarks(SaveAutoGrades):
    """In the place of ``SaveAutoGrades``: what was not run, or can't be graded, gets no number, not 0."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Write the points and the state of a notebook into the gradebook.

        Args:
            nb: the graded notebook.
            resources: nbgrader's names and its database.
        """
        nb, resources = super().preprocess(nb, resources)
        names, told = resources["nbgrader"], nb.metadata.get("coursekit", {})
        state = told.get("state", GRADED)
        with Gradebook(names["db_url"]) as gradebook:
            before, _ = states(gradebook, names["assignment"]).get(names["student"], (NOT_RUN, ""))
            if state == GRADED and before == FAULTS:  # of another notebook of the same submission
                state = FAULTS
            if state not in WITH_NUMBER:
                clear(gradebook, names["assignment"], names["student"], names["notebook"])
            put_state(gradebook.db, names["assignment"], names["student"], state, str(told.get("reason", "")))
            gradebook.db.commit()
        return nb, resources
