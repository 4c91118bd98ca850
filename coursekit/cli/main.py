"""From the command line to the subcommand's function, and from its errors to one line and an exit code."""

__all__ = ["COMMANDS", "main"]

import importlib
import sys
from collections.abc import Sequence

from coursekit import __version__
from coursekit._check import CourseError, closest
from coursekit.cli.parser import UsageError

# name -> ("module:function", help). The function takes the arguments after the name and returns an exit code.
# Modules are imported when their command runs, so that `coursekit --help` stays quick.
COMMANDS: dict[str, tuple[str, str]] = {
    "book": ("coursekit.cli.book:main", "check, build and serve the book"),
    "data": ("coursekit.cli.data:main", "list, check and fetch data sets"),
    "doctor": ("coursekit.cli.doctor:main", "say which walls for students' code this machine has"),
    "exam": ("coursekit.cli.exam:main", "print an exam: papers, key, marking sheet"),
    "grade": ("coursekit.cli.grade:main", "run and judge the submissions of an assignment"),
    "items": ("coursekit.cli.items:main", "say how a class did on every question and exercise"),
    "practice": ("coursekit.cli.practice:main", "answer questions, and again in time those you missed"),
    "quiz": ("coursekit.cli.quiz:main", "write a chapter's micro-quiz as an assignment"),
    "report": ("coursekit.cli.report:main", "report on a class; marks for Canvas and Moodle"),
    "variant": ("coursekit.cli.variant:main", "write a graded twin of an assignment"),
}

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def _help() -> str:
    """Return the list of commands."""
    lines = [f"  coursekit {name:12s}{text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(["usage: coursekit COMMAND ...", "", *lines, "", "coursekit COMMAND --help says more."])


def _run(arguments: Sequence[str]) -> int:
    """Find and call the subcommand."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return DONE if arguments else MISUSED
    if arguments[0] == "--version":
        print(f"coursekit {__version__}")
        return DONE
    name = arguments[0]
    if name not in COMMANDS:
        hint = closest(name, COMMANDS)
        raise UsageError(f"command must be one of {', '.join(COMMANDS)}; got {name!r}{hint}")
    module, function = COMMANDS[name][0].split(":")
    return int(getattr(importlib.import_module(module), function)(list(arguments[1:])) or DONE)


def _explain(error: Exception) -> str:
    """Put an error into one line."""
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}"
    if isinstance(error, ModuleNotFoundError):
        return f"this command needs the package {error.name!r}, which is not installed: run `make book` once"
    return " ".join(str(error).split()) or type(error).__name__


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code: 0 done, 1 failed, 2 misused, 130 interrupted.

    Args:
        argv: the arguments without the program's name; those of the process if None.
    """
    try:
        return _run(sys.argv[1:] if argv is None else list(argv))
    except SystemExit as stop:
        # argparse leaves this way after --help.
        return stop.code if isinstance(stop.code, int) else FAILED if stop.code else DONE
    except KeyboardInterrupt:
        print("coursekit: interrupted", file=sys.stderr)
        return INTERRUPTED
    except (CourseError, OSError, ValueError, TypeError, ModuleNotFoundError) as error:
        print(f"coursekit: {_explain(error)}", file=sys.stderr)
        return MISUSED if isinstance(error, UsageError) else FAILED
