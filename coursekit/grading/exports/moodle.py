"""Marks for Moodle's import of grades from a CSV file.

"Map from" is one of the columns "Email address", "ID number" and "Username", "Map to" the like-named field of
Moodle; the column with the assignment's name is mapped to a grade item, and an empty field is no grade. See
https://docs.moodle.org/311/en/Grade_import, which also says that addresses are compared letter by letter.
"""

__all__ = ["KEYS", "Table", "table"]

from collections.abc import Sequence
from dataclasses import dataclass

from coursekit.grading.exports.finals import Final, number
from coursekit.grading.exports.sheet import defused, is_formula

_MOST = 100
KEYS = {"email": "Email address", "id": "ID number", "username": "Username"}


@dataclass(frozen=True)
class Table:
    """A table for Moodle.

    Attributes:
        rows: the first is the head.
        told: what an instructor should know, a line each.
    """

    rows: list[list[str]]
    told: tuple[str, ...]


def table(entries: Sequence[Final], assignment: str, key: str = "email") -> Table:
    """Return a table that Moodle takes.

    Moodle refuses a whole file for one student it does not find, so that whoever has nothing to be found by
    is left out and named.

    Args:
        entries: of the students.
        assignment: its name, which becomes a column's head.
        key: what Moodle finds students by: "email", "id" or "username"; the last two are nbgrader's id.
    """
    rows, told = [["First name", "Last name", KEYS[key], defused(assignment)]], []
    for entry in entries:
        named = entry.email.strip() if key == "email" else entry.student
        if not named:
            told.append(f"{entry.student} has no email address in the gradebook: left out")
        elif is_formula(named):
            told.append(f"{entry.student}: a spreadsheet would take {named!r} for a formula: left out")
        else:
            first, last = defused(entry.first_name), defused(entry.last_name)
            rows.append([first, last, named, number(entry.score)])
    if any(entry.score is not None and entry.score > _MOST for entry in entries):
        told.append(f"Moodle takes no number above {_MOST} unless its settings of grades allow it")
    return Table(rows, tuple(told))
