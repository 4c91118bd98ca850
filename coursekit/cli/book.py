"""``coursekit book``: check, build and serve the book."""

__all__ = ["main"]

from collections.abc import Sequence
from pathlib import Path

from coursekit._check import CourseError
from coursekit.cli.parser import OneLineParser


def _parser() -> OneLineParser:
    """Describe the command line."""
    parser = OneLineParser(prog="coursekit book", description="The book: its checks, its pages, its site.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|build|serve")
    actions.add_parser("check", help="hold the sources against ledgers and lint, without running a page")
    build = actions.add_parser("build", help="run stale pages and build the site")
    build.add_argument("--jobs", type=int, default=2, help="pages run at a time (default 2)")
    serve = actions.add_parser("serve", help="serve the built site on this machine")
    serve.add_argument("--port", type=int, default=8000)
    return parser


def _root() -> Path:
    """Return the project's folder: the working directory, if the book lies there."""
    root = Path.cwd()
    if not (root / "_toc.yml").is_file():
        raise CourseError(
            f"the working directory must be the course's folder, with _toc.yml in it; it is {root}"
        )
    return root


def main(arguments: Sequence[str]) -> int:
    """Run ``coursekit book``.

    Args:
        arguments: those after ``coursekit book``.

    Raises:
        CourseError: if this is not the course's folder, or the action fails.
    """
    options = _parser().parse_args(arguments)
    if options.action == "serve":
        from coursekit.book.serve import serve

        serve(_root(), port=options.port)
    elif options.action == "build":
        from coursekit.book.build import build
        from coursekit.book.lock import alone

        root = _root()
        with alone(root):
            build(root, jobs=max(1, options.jobs))
    else:
        from coursekit.book.build import check

        found, _ = check(_root())
        print(f"{len(found)} pages hold to the rules")
    return 0
