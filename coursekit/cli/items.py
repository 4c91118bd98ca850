"""The command `coursekit items`: difficulty, discrimination and misconceptions of a graded class."""

__all__ = ["main"]

from collections.abc import Sequence
from pathlib import Path

from coursekit.cli.parser import OneLineParser


def main(argv: Sequence[str]) -> int:
    """Report on the items of a graded class.

    Args:
        argv: the arguments after the command's name.
    """
    from coursekit.grading.item_report import table, write_report
    from coursekit.grading.items import items

    parser = OneLineParser(
        prog="coursekit items", description="Report on every question and exercise of a class."
    )
    parser.add_argument(
        "--db", default="sqlite:///.nbgrader/gradebook.db", help="nbgrader's gradebook (default: %(default)s)"
    )
    parser.add_argument(
        "--autograded", type=Path, default=Path(".nbgrader/autograded"), metavar="DIR",
        help="nbgrader's folder of graded work (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--assignment", metavar="NAME", help="default: all that were handed in")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the report goes")
    options = parser.parse_args(argv)
    found = items(options.db, options.autograded, options.assignment)
    written = write_report(options.out, found)
    print(table(found))
    print(f"\n{', '.join(path.name for path in written)} are in {options.out}")
    return 0
