"""The log of a course in words: who graded, when, what changed, and behind which walls."""

__all__ = ["audit", "unlogged"]

from collections.abc import Iterator, Mapping
from typing import Any

from coursekit._check import CourseError
from coursekit.grading.record import Line, Record

_KNOWN = ("old", "new", "state", "score", "walls", "unsafe", "user", "cells", "seconds")
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _number(value: Any) -> str:
    return "no number" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _plain(value: Any) -> str:
    """Write a detail on one line: nothing a file holds may move a terminal's cursor."""
    return "".join(char if char.isprintable() else "?" for char in str(value))


def _details(details: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a line says beyond its event."""
    if "user" in details:
        yield f"by {details['user']}"
    if "old" in details or "new" in details:
        yield f"{_number(details.get('old'))} -> {_number(details.get('new'))}"
    elif "score" in details:
        yield _number(details["score"])
    if details.get("state"):
        yield str(details["state"])
    if details.get("seconds"):
        yield f"{details['seconds']:.1f} s"
    if details.get("cells"):
        yield "; ".join(map(str, details["cells"]))
    if details.get("walls"):
        yield f"walls: {details['walls']}"
    if details.get("unsafe"):
        yield "UNSAFE: without walls"
    yield from (f"{name}: {value}" for name, value in details.items()
                if name not in _KNOWN and value not in _EMPTY and value is not False)  # fmt: skip


def _told(line: Line) -> str:
    who = f"  {line.student}" if line.student else ""
    key = [f"verdict {line.key[:12]}"] if line.key else []
    return _plain(
        f"{line.moment}  {line.event:9}{who}  {', '.join([*_details(line.details), *key])}".rstrip()
    )


def audit(record: Record, assignment: str) -> list[str]:
    """Return the log of an assignment, a line an event, after every line of the course's log was verified.

    Args:
        record: of the course.
        assignment: its name.

    Raises:
        CourseError: if a line was changed, removed or put in.
    """
    try:
        lines = list(record.log())
    except (ValueError, TypeError) as error:  # no JSON, or not the fields of a line
        raise CourseError(
            f"the log holds a line that is none of ours: somebody changed it ({error})"
        ) from None
    told = [_told(line) for line in lines if line.assignment == assignment]
    return [
        *told,
        f"The chain of all {len(lines)} lines holds: none was changed, removed or put in before the last.",
    ]


def unlogged(record: Record, assignment: str, keys: Mapping[str, str]) -> list[str]:
    """Return a line for each student whose marks no line of the log speaks of: its last lines were cut off.

    The chain can't tell, since nothing follows the last line; the gradebook can.

    Args:
        record: of the course.
        assignment: its name.
        keys: of the verdicts that the gradebook holds, by student.
    """
    events = (line for line in record.log() if line.event == "written" and line.assignment == assignment)
    written = {(line.student, line.key) for line in events}
    return [
        f"{_plain(student)}: the marks of verdict {key[:12]} are in the gradebook, and no line says that "
        f"they were written: lines were cut off the log's end, or a command was stopped just then; "
        f"`coursekit grade {assignment}` writes the line"
        for student, key in sorted(keys.items())
        if (student, key) not in written
    ]
