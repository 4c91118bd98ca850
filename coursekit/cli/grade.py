"""``coursekit grade``: run, judge and mark the submissions of an assignment."""

__all__ = ["main"]

import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from coursekit._check import CourseError
from coursekit.cli.parser import OneLineParser

if TYPE_CHECKING:
    from coursekit.grading.batch.changes import Change
    from coursekit.grading.batch.engine import Engine
    from coursekit.grading.batch.summary import Summary
    from coursekit.grading.marking.verdict import Verdict

_ABOUT = "Grade the submissions of an assignment: their code behind walls, the tests elsewhere."
_MORE = """\
It goes on where it was stopped. A number that a submission has already got is changed only with --accept;
--preview shows what would change. Exit code 1: some were not run, or wait for --accept."""


def _parser() -> OneLineParser:
    parser = OneLineParser(prog="coursekit grade", description=_ABOUT, epilog=_MORE)
    parser.add_argument("assignment")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="folder of the course")
    parser.add_argument("--student", action="append", default=[], help="only this one; may be given again")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="submissions at a time; one a core if not given"
    )
    parser.add_argument("--preview", action="store_true", help="show what would change; write no marks")
    parser.add_argument("--accept", action="store_true", help="change numbers that submissions have got")
    parser.add_argument("--unsafe", action="store_true", help="go on without walls; only for code you trust")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of Dask's distributed scheduler")
    for name, text in (
        ("ca", "certificate of the authority"),
        ("cert", "own certificate"),
        ("key", "own key"),
    ):
        parser.add_argument(f"--tls-{name}", metavar="FILE", help=f"{text}, for a tls:// scheduler")
    return parser


class _Bar:
    """Progress on a terminal, with an estimate, and a line for whatever is not as it should be."""

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self, number: int, known: int) -> None:
        """Hear how many there are.

        Args:
            number: of submissions.
            known: of them were graded before.
        """
        from tqdm import tqdm

        if known:
            print(f"{known} of {number} submissions were graded before", file=sys.stderr)
        often = 0.5 if sys.stderr.isatty() else 10  # seconds; in a file each word is a line
        self._bar = tqdm(total=number, unit="submission", desc="grading", smoothing=0.05, mininterval=often)

    def done(self, verdict: "Verdict", changed: "Change") -> None:
        """Hear of a submission.

        Args:
            verdict: what grading it came to.
            changed: what that changes.
        """
        reason = [verdict.reason] if verdict.reason else []
        for line in (*reason, *verdict.faults, *verdict.guesses):
            self._bar.write(f"{verdict.student}: {line}", file=sys.stderr)
        if changed.asks:
            self._bar.write(f"kept back: {changed}", file=sys.stderr)
        self._bar.update()

    def close(self) -> None:
        """End the line."""
        if self._bar is not None:
            self._bar.close()


def _engine(options: Any, walls: str) -> "Engine":
    """Return what grades."""
    from coursekit.grading.batch.engine import Local, cores

    if options.scheduler:
        from coursekit.grading.batch.spread import Spread, tls

        return Spread(options.scheduler, tls(options.tls_ca, options.tls_cert, options.tls_key))
    # Kernels without walls share a folder.
    return Local((options.workers or cores()) if walls else 1, walled=bool(walls))


def _show(summary: "Summary", *, preview: bool) -> int:
    """Print what came of it; return the exit code."""
    for line in summary.lines():
        print(line)
    if preview:
        for change in (*summary.changed, *summary.kept_back):
            print(f"would change: {change}")
        print("nothing was written: this was a preview")
        return 0
    if summary.kept_back:
        print(f"{len(summary.kept_back)} numbers would change and were kept back: --accept writes them")
    return 0 if summary.whole else 1


class _Idle(ModuleType):
    """A module that nothing is asked of."""

    def __getattr__(self, name: str) -> None:
        """Return nothing for whatever is imported from it."""


def _travel_light() -> None:
    """Leave out what loading nbgrader takes two seconds for, and grading never calls."""
    gc.disable()  # until all is loaded: modules stay
    # jsonschema would build a grammar of web addresses; no notebook asks for it.
    sys.modules.setdefault("rfc3987_syntax", cast(ModuleType, None))
    # nbgrader imports its parts of the notebook server with itself.
    for part in ("assignment_list", "course_list", "formgrader", "validate_assignment"):
        name = f"nbgrader.server_extensions.{part}"
        sys.modules.setdefault(name, _Idle(name))


def _begun(options: Any) -> str:
    """Return the kind of walls that stands here, and begin to put them up."""
    from coursekit.grading.batch.walls import standing_walls
    from coursekit.grading.judging.standing import begin

    walls = standing_walls(options.course / ".nbgrader" / "record", unsafe=options.unsafe)
    if walls:
        begin(walls)  # while nbgrader is loaded, which takes as long
    else:
        print("coursekit: grading WITHOUT walls, as you asked; the record keeps that", file=sys.stderr)
    return walls


def main(arguments: Sequence[str]) -> int:
    """Grade an assignment; return 0 if everybody has a verdict, else 1.

    Args:
        arguments: those after ``coursekit grade``.

    Raises:
        CourseError: if there is no course, or something that grading needs is missing.
    """
    options = _parser().parse_args(arguments)
    if not (options.course / "nbgrader_config.py").is_file():
        raise CourseError(
            f"--course must be a folder with nbgrader_config.py; got {options.course.resolve()}"
        )
    if options.workers is not None and options.workers < 1:
        raise CourseError(f"--workers must be at least 1; got {options.workers}")
    _travel_light()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a stop takes the walls down
    walls = "" if options.scheduler else _begun(options)  # a scheduler's workers have walls of their own
    from coursekit.grading.batch.course import Course
    from coursekit.grading.batch.run import Options, run

    gc.freeze()
    gc.enable()
    asked = Options(tuple(options.student), options.preview, options.accept, options.unsafe)
    bar = _Bar()
    try:
        with _engine(options, walls) as engine:
            course = Course(options.course)
            engine.prepare(*course.limits())
            summary = run(course, options.assignment, engine, asked, bar, walls)
    finally:
        bar.close()
    return _show(summary, preview=options.preview)
