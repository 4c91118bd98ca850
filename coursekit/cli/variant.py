"""The command `coursekit variant`: write a graded twin of an assignment."""

__all__ = ["main"]

from collections.abc import Sequence
from pathlib import Path

from coursekit.cli.parser import OneLineParser


def main(argv: Sequence[str]) -> int:
    """Write a variant of an assignment below ``solutions``.

    Args:
        argv: the arguments after the command's name.
    """
    from coursekit.grading.variants import write_variant

    parser = OneLineParser(prog="coursekit variant", description="Write a graded twin of an assignment.")
    parser.add_argument("assignment", help="its name below solutions/, such as mini-sprint-vae")
    parser.add_argument("--seed", type=int, required=True, help="which twin, 1 or more")
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder (default: here)")
    options = parser.parse_args(argv)
    path = write_variant(options.root, options.assignment, options.seed)
    print(f"{path}: release it with `nbgrader generate_assignment {path.parent.name} --create`")
    return 0
