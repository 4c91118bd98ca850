"""Marks for Canvas: one column of a gradebook that Canvas exported is filled, the rest stays as it was.

Canvas finds a student by ``ID``, then by ``SIS User ID`` and ``SIS Login ID``, and an assignment by the
number in brackets at the end of its title; the row "Points Possible" is no student's. So its importer
says, read in November 2026: https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb.
"""

__all__ = ["Filled", "fill"]

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from coursekit._check import CourseError, closest
from coursekit.grading.exports.finals import Final, number
from coursekit.grading.exports.sheet import Sheet, defused

_KEYS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
_TITLE = re.compile(r"^(.*?)\s*\(\d+\)$")
_EXCUSED = "EX"


@dataclass(frozen=True)
class Filled:
    """A gradebook for Canvas.

    Attributes:
        sheet: the table.
        column: the head of the column that was filled.
        told: what an instructor should know, a line each.
    """

    sheet: Sheet
    column: str
    told: tuple[str, ...]


def _column(head: Sequence[str], assignment: str, wanted: str) -> int:
    """Return the position of the column to fill.

    Raises:
        CourseError: if there is none, or more than one.
    """
    if not (len(head) > 3 and "Student" in head[0] and "ID" in head and "Section" in head):
        raise CourseError(
            "the roster must be a gradebook that Canvas exported, with the columns Student, ID and Section; "
            f"got {', '.join(head[:6])}"
        )
    asked = wanted or assignment
    titles = [match[1] if (match := _TITLE.match(name)) else name for name in head]
    found = [at for at, name in enumerate(head) if name == asked]
    found = found or [at for at, name in enumerate(titles) if name.casefold() == asked.casefold()]
    if len(found) == 1:
        return found[0]
    own = [name for name, title in zip(head, titles, strict=True) if name != title]
    hint = closest(asked, own) or (f"; there are {', '.join(own)}" if own else "")
    raise CourseError(f"--column must name one assignment of the roster; {len(found)} match {asked!r}{hint}")


def _names(entry: Final) -> Iterator[tuple[str, str]]:
    """Yield the columns in which a student may be found, the surest first."""
    if entry.lms_id:
        yield "ID", entry.lms_id
    for key in ("SIS Login ID", "SIS User ID", "Integration ID", "ID"):
        yield key, entry.student
    if entry.email:
        yield "SIS Login ID", entry.email


def _places(sheet: Sheet) -> dict[tuple[str, str], list[int]]:
    """Return the rows in which each id stands."""
    found: dict[tuple[str, str], list[int]] = {}
    head = sheet.rows[0]
    for row, fields in enumerate(sheet.rows[1:], start=1):
        if fields and "Points Possible" not in fields[0]:
            for key in _KEYS:
                if key in head and head.index(key) < len(fields) and fields[head.index(key)].strip():
                    found.setdefault((key, fields[head.index(key)].strip().casefold()), []).append(row)
    return found


def _matched(sheet: Sheet, entries: Iterable[Final]) -> tuple[dict[int, Final], list[str]]:
    """Return whose row each is, and a line for whoever has none."""
    places, found, told = _places(sheet), dict[int, Final](), []
    for entry in entries:
        rows = next((at for key, name in _names(entry) if (at := places.get((key, name.casefold())))), [])
        if len(rows) != 1:
            told.append(f"{entry.student} has {'several rows' if rows else 'no row'} in the roster: left out")
        elif rows[0] in found:
            told.append(f"{entry.student} and {found[rows[0]].student} are the same row of the roster")
            raise CourseError(told[-1])
        else:
            found[rows[0]] = entry
    return found, told


def fill(roster: Sheet, entries: Iterable[Final], assignment: str, column: str = "") -> Filled:
    """Return a gradebook of Canvas with one column filled.

    A student of ours without a number gets an empty field: on import Canvas then shows the loss of a number
    that it has, for an instructor to confirm. Somebody who is excused stays so. Rows of others stay as they
    are. A field that a spreadsheet would take for a formula gets an apostrophe; Canvas goes by the ids.

    Args:
        roster: that Canvas exported.
        entries: of the students.
        assignment: its name here.
        column: its name in Canvas, with or without the number in brackets; the same if empty.

    Raises:
        CourseError: if this is no such gradebook, or the column can't be told.
    """
    head = roster.rows[0]
    at = _column(head, assignment, column)
    own, told = _matched(roster, entries)
    rows = [head]
    for row, fields in enumerate(roster.rows[1:], start=1):
        made = [*fields, *[""] * (len(head) - len(fields))] if row in own else list(fields)
        if row in own and made[at].strip().upper() == _EXCUSED:
            told.append(f"{own[row].student} is excused in Canvas: left so")
        elif row in own:
            made[at] = number(own[row].score)
        rows.append([defused(field) for field in made])
    return Filled(Sheet(rows, roster.comma, roster.newline, roster.mark), head[at], tuple(told))
