"""``coursekit report``: what a class made of an assignment, its marks for other programs, and the log."""

__all__ = ["main"]

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit._check import CourseError
from coursekit.cli.parser import OneLineParser, UsageError

if TYPE_CHECKING:
    from coursekit.grading.batch.course import Course
    from coursekit.grading.exports.finals import Final
    from coursekit.grading.record import Record

_ABOUT = (
    "Write what a class made of an assignment as one page; or its marks for Canvas or Moodle; or the log."
)


def _parser() -> OneLineParser:
    parser = OneLineParser(prog="coursekit report", description=_ABOUT)
    parser.add_argument("assignment")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="folder of the course")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the page (default: .nbgrader/reports/ASSIGNMENT.html)"
    )
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--canvas", type=Path, metavar="FILE", help="write the marks for Canvas; needs --roster"
    )
    other.add_argument("--moodle", type=Path, metavar="FILE", help="write the marks for Moodle")
    other.add_argument("--log", action="store_true", help="print the log of the grading, and verify it")
    parser.add_argument("--roster", type=Path, metavar="FILE", help="the gradebook that Canvas exported")
    parser.add_argument("--column", default="", metavar="NAME", help="of the assignment in Canvas")
    parser.add_argument(
        "--key", choices=("email", "id", "username"), default="email", help="what Moodle finds students by"
    )
    return parser


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _exported(options: Namespace, record: "Record", target: Path, entries: "Sequence[Final]") -> int:
    """Note an export in the record, and say how many have a number."""
    import getpass

    from coursekit.grading.record import Line

    waiting = sum(entry.waiting for entry in entries)
    if waiting:
        _say([f"{waiting} students have a part without points yet: their numbers are those of the rest"])
    numbers = sum(entry.score is not None for entry in entries)
    about = {
        "user": getpass.getuser(),
        "file": str(target),
        "numbers": numbers,
        "empty": len(entries) - numbers,
    }
    record.note(Line("exported", options.assignment, details=about))
    print(f"{target}: {numbers} students with a number, {len(entries) - numbers} with an empty field")
    return 0


def _canvas(options: Namespace, record: "Record", entries: "Sequence[Final]") -> int:
    from coursekit.grading.exports.canvas import fill
    from coursekit.grading.exports.sheet import parse, write_text, written

    found = fill(parse(options.roster), entries, options.assignment, options.column)
    sheet = found.sheet
    write_text(options.canvas, written(sheet.rows, sheet.comma, sheet.newline), mark=sheet.mark)
    _say(found.told)
    return _exported(options, record, options.canvas, entries)


def _moodle(options: Namespace, record: "Record", entries: "Sequence[Final]") -> int:
    from coursekit.grading.exports.moodle import table
    from coursekit.grading.exports.sheet import write_text, written

    found = table(entries, options.assignment, options.key)
    write_text(options.moodle, written(found.rows))
    _say(found.told)
    return _exported(options, record, options.moodle, entries)


def _missing(course: "Course") -> str:
    """Return the file of the gradebook if it is not there: to open it would make it."""
    start = "sqlite:///"
    path = course.db_url.removeprefix(start)
    return path if course.db_url.startswith(start) and not Path(path).is_file() else ""


def _log(options: Namespace, course: "Course", record: "Record") -> int:
    """Print the log; return 1 if it does not hold all that is in the gradebook."""
    from nbgrader.api import Gradebook

    from coursekit.grading.gradebook.states import standing
    from coursekit.grading.reporting.audit import audit, unlogged

    keys = dict[str, str]()
    if not _missing(course):
        with Gradebook(course.db_url, course.course_id) as gradebook:
            found = standing(gradebook, options.assignment)
        keys = {student: key for student, (_, _, key) in found.items() if key}
    print("\n".join(audit(record, options.assignment)))
    lost = unlogged(record, options.assignment, keys)
    _say(lost)
    return 1 if lost else 0


def _page(options: Namespace, course: "Course", record: "Record") -> int:
    from nbgrader.api import Gradebook

    from coursekit.grading.exports.sheet import write_text
    from coursekit.grading.reporting.class_page import class_page, summary
    from coursekit.grading.reporting.gather import gather

    release = course.root / str(course.config.CourseDirectory.get("release_directory", "release"))
    with Gradebook(course.db_url, course.course_id) as gradebook:
        found = gather(gradebook, record, options.assignment, release / options.assignment)
    target = options.out or course.root / ".nbgrader" / "reports" / f"{options.assignment}.html"
    write_text(target, class_page(found))
    print("\n".join(summary(found)))
    print(f"confidential, with students' names: {target}")
    return 0


def _entries(options: Namespace, course: "Course") -> "Sequence[Final]":
    from nbgrader.api import Gradebook, MissingEntry

    from coursekit.grading.exports.finals import finals

    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            gradebook.find_assignment(options.assignment)
        except MissingEntry:
            raise CourseError(f"the gradebook has no assignment {options.assignment!r}") from None
        return finals(gradebook, options.assignment)


def main(arguments: Sequence[str]) -> int:
    """Report on an assignment; return 0 if that was possible, 1 if the log has lost lines.

    Args:
        arguments: those after ``coursekit report``.

    Raises:
        UsageError: if options do not go together.
    """
    options = _parser().parse_args(arguments)
    if bool(options.canvas) != bool(options.roster):
        raise UsageError("coursekit report: --canvas FILE and --roster FILE, exported by Canvas, go together")
    from coursekit.grading.batch.course import Course
    from coursekit.grading.record import Record

    course = Course(options.course)
    record = Record(course.root)
    if options.log:
        return _log(options, course, record)
    if missing := _missing(course):
        raise CourseError(f"{missing} is missing: grade an assignment first")
    if not (options.canvas or options.moodle):
        return _page(options, course, record)
    entries = _entries(options, course)
    return (_canvas if options.canvas else _moodle)(options, record, entries)
