"""The command `coursekit quiz`: write the micro-quiz of a chapter as an assignment."""

__all__ = ["main"]

from collections.abc import Sequence
from pathlib import Path

from coursekit.cli.parser import OneLineParser


def _wanted(text: str) -> int | list[str]:
    """Read a number of questions, or their ids with commas between them."""
    parts = [part.strip() for part in text.split(",")]
    # int() takes digits of any script and underscores; isdecimal alone would let "²" through.
    return int(text) if text.isascii() and text.lstrip("-").isdecimal() else parts


def main(argv: Sequence[str]) -> int:
    """Write a quiz below ``solutions``.

    Args:
        argv: the arguments after the command's name.
    """
    from coursekit.grading.quizzes import write_quiz

    parser = OneLineParser(
        prog="coursekit quiz", description="Write a chapter's micro-quiz as an assignment."
    )
    parser.add_argument("chapter", help="such as exam/lecture-03")
    parser.add_argument("--seed", type=int, required=True, help="draws the numbers")
    parser.add_argument(
        "--questions", type=_wanted, metavar="K", help="how many, or ids such as vae/trick,vae/reduction"
    )
    parser.add_argument(
        "--name", default="", help="of the assignment (default: quiz- and the chapter's last part)"
    )
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder (default: here)")
    parser.add_argument("--force", action="store_true", help="replace a notebook that is there")
    options = parser.parse_args(argv)
    path = write_quiz(
        options.root, options.chapter, seed=options.seed, wanted=options.questions,
        name=options.name, force=options.force,
    )  # fmt: skip
    print(f"{path}: release it with `nbgrader generate_assignment {path.parent.name} --create`")
    return 0
