"""``coursekit exam``: papers, key and marking sheet for a class."""

__all__ = ["main"]

import sys
from collections.abc import Sequence
from pathlib import Path

from coursekit.cli.parser import OneLineParser, UsageError


def _parser() -> OneLineParser:
    """Describe the command line."""
    parser = OneLineParser(prog="coursekit exam", description="Papers, key and marking sheet for a class.")
    parser.add_argument("--lectures", default="1-11", help="numbers and ranges, such as 1-11 or 1,3,5-7")
    parser.add_argument("--seed", type=int, help="chooses questions and numbers")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--students", type=int, help="how many papers")
    who.add_argument("--roster", type=Path, help="a CSV file with the columns id and name")
    parser.add_argument("--questions", type=int, help="how many questions a paper (default: one a lecture)")
    parser.add_argument("--title", default="Neural networks: exam")
    parser.add_argument("--date", default="")
    parser.add_argument("--again", type=Path, help="an exam.json: write the same exam once more")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--force", action="store_true", help="replace an exam that lies there")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run ``coursekit exam``.

    Args:
        arguments: those after ``coursekit exam``.

    Raises:
        UsageError: if neither a seed with a class nor an earlier exam is named.
    """
    from coursekit import exam

    options = _parser().parse_args(arguments)
    if options.again:
        found = exam.again(options.again)
    elif options.seed is None or (options.students is None and options.roster is None):
        raise UsageError("coursekit exam needs --seed with --students or --roster, or --again exam.json")
    else:
        sitting = exam.roster(options.roster) if options.roster else exam.numbered(options.students)
        found = exam.plan(
            exam.lectures(options.lectures), sitting, seed=options.seed, count=options.questions,
            title=options.title, date=options.date,
        )  # fmt: skip
    exam.write(found, options.out, force=options.force, say=lambda line: print(line, file=sys.stderr))
    print(f"{len(found.students)} papers of {len(found.templates)} questions: {options.out / 'papers.pdf'}")
    return 0
