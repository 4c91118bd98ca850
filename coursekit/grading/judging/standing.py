"""This process's walls: put up once, used by all its submissions, taken down at its end."""

__all__ = ["WHOLE", "begin", "close", "house", "only"]

import atexit
import threading
from collections.abc import Iterable
from contextlib import suppress

from coursekit._check import CourseError
from coursekit.grading.judging.houses import Houses
from coursekit.grading.walls.limits import Limits

WHOLE = 900.0  # s of processor time for a submission, where a course says nothing else
Key = tuple[int, tuple[str, ...]]
_standing: dict[Key, Houses] = {}
_building = threading.Lock()


def house(seconds: float, forbidden: Iterable[str] = (), kind: str | None = None) -> Houses:
    """Return this process's walls, put up when they are first asked for and taken down at its end.

    Args:
        seconds: of processor time for a submission.
        forbidden: modules that it does without.
        kind: which walls stand here, if that is known; else it is tried out.

    Raises:
        CourseError: if they can't be put up.
    """
    key = round(seconds), tuple(forbidden)
    with _building:
        if key not in _standing:
            if not _standing:
                atexit.register(close)
            _standing[key] = Houses(Limits(cpu_seconds=key[0]), key[1], kind).__enter__()
        return _standing[key]


def only(seconds: float, forbidden: Iterable[str] = ()) -> Houses:
    """Return this process's walls, as ``house`` does, and take down all others.

    Args:
        seconds: of processor time for a submission.
        forbidden: modules that it does without.

    Raises:
        CourseError: if they can't be put up.
    """
    key = round(seconds), tuple(forbidden)
    with _building:
        for other in _standing.keys() - {key}:
            _standing.pop(other).close()
    return house(seconds, forbidden)


def begin(kind: str) -> None:
    """Begin to put up walls with the usual limits, while the caller makes other things ready.

    What goes wrong is told to whoever asks for them.

    Args:
        kind: that which stands here.
    """

    def build() -> None:
        with suppress(CourseError, OSError):
            house(WHOLE, kind=kind)

    threading.Thread(target=build, name="walls", daemon=True).start()


def close() -> None:
    """Take down this process's walls, with all that runs behind them."""
    with _building:
        while _standing:
            _standing.popitem()[1].close()
