"""``coursekit doctor``: which walls for students' code this machine has, and what to do about the others."""

__all__ = ["main"]

import json
from collections.abc import Sequence

from coursekit.cli.parser import OneLineParser


def main(arguments: Sequence[str]) -> int:
    """Try the walls; return 0 if files, network and limits are up, else 1.

    Args:
        arguments: those after ``coursekit doctor``.
    """
    parser = OneLineParser(prog="coursekit doctor", description="Which walls for students' code are up here.")
    parser.add_argument(
        "--kind", choices=("nested", "single", "bare"), help="try these walls, not the best ones"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    options = parser.parse_args(arguments)
    from coursekit.grading.walls.advice import told
    from coursekit.grading.walls.doctor import examine

    found = examine(options.kind)
    if options.json:
        print(json.dumps(found.record()))
    else:
        print(told(found))
    return 0 if found.enough else 1
