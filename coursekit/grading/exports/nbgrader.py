"""``nbgrader export`` with the state of each submission: a 0 and no number are told apart."""

__all__ = ["COLUMNS", "StateExport"]

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from coursekit.grading.exports.finals import Final, finals, number
from coursekit.grading.exports.sheet import defused, write_text, written

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score", "state",
)  # fmt: skip


def _row(assignment: str, due: str, most: float, entry: Final) -> list[str]:
    penalty = None if entry.raw is None else entry.penalty
    person = [entry.student, entry.last_name, entry.first_name, entry.email]
    return [
        *map(defused, [assignment, due, entry.timestamp, *person]),
        number(entry.raw), number(penalty), number(entry.score), number(most), entry.state,
    ]  # fmt: skip


class StateExport(ExportPlugin):
    """nbgrader's columns, an empty score where there is no number, and the column ``state``."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the marks.

        Args:
            gradebook: nbgrader's.
        """
        target = Path(self.to or "grades.csv")
        chosen, wanted = set(map(str, self.assignment)), set(map(str, self.student))
        rows = [list(COLUMNS)]
        for assignment in gradebook.assignments:
            if chosen and assignment.name not in chosen:
                continue
            due = str(assignment.duedate or "")
            for entry in finals(gradebook, assignment.name):
                if not wanted or entry.student in wanted:
                    rows.append(_row(assignment.name, due, float(assignment.max_score or 0.0), entry))
        write_text(target, written(rows))
        self.log.info("%d rows are in %s", len(rows) - 1, target)
