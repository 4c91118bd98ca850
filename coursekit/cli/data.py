"""``coursekit data``: what there is, whether it is whole, and fetching the full sets."""

__all__ = ["main"]

from collections.abc import Sequence

from coursekit._check import CourseError
from coursekit.cli.parser import OneLineParser


def _parser() -> OneLineParser:
    """Describe the command line."""
    parser = OneLineParser(prog="coursekit data", description="Data sets of the course.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|fetch")
    actions.add_parser("list", help="name every data set and say whether it can be read now")
    fetch = actions.add_parser("fetch", help="download a full set once, with checksums")
    fetch.add_argument("name", help="mnist or fashion_mnist")
    return parser


def _list() -> int:
    """Print one line a data set."""
    from coursekit.data import arrays, names

    for name in names():
        try:
            pixels, _ = arrays(name)
            told = f"ready, {len(pixels):,} images of {pixels.shape[1]} pixels"
        except CourseError as error:
            told = str(error)
        print(f"{name:15s}{told}")
    return 0


def _fetch(name: str) -> int:
    """Download one set and say where it lies."""
    from coursekit.data import fetch

    print(f"{name} is in {fetch(name)}, checksums right")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run ``coursekit data``.

    Args:
        arguments: those after ``coursekit data``.
    """
    options = _parser().parse_args(arguments)
    return _list() if options.action == "list" else _fetch(options.name)
