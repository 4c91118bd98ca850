"""What stands behind walls for an assignment: processes for submissions, and others for the tests."""

__all__ = ["Houses"]

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import resources
from types import TracebackType
from typing import IO

from coursekit.grading.judging.examiners import Examiners
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.kit import Kit, packed
from coursekit.grading.walls.limits import Limits
from coursekit.grading.walls.pool import Walled

_STUB = "coursekit/assess/__init__.py"
_LOADED = ("numpy", "torch", "IPython", "coursekit.grading.inside.warm", "--", "coursekit.plot")


class Houses:
    """The processes that submissions and tests are forked from; use it in a ``with`` statement.

    One process holds the libraries for both. The exercises and the tests are never in it: they are handed to
    each examiner, in its own box. Where an assignment does without a library, its tests have a place of their
    own, as they may use it.

    Attributes:
        examiners: of the tests.

    Args:
        limits: what a submission may use.
        forbidden: top-level modules that the assignment does without, such as ``torch``.
        kind: of walls, where it is known which stand here.
    """

    def __init__(
        self, limits: Limits | None = None, forbidden: tuple[str, ...] = (), kind: str | None = None
    ) -> None:
        stub = {_STUB: resources.files("coursekit.grading.inside").joinpath("later.py").read_text("utf-8")}
        loaded = [name for name in _LOADED if name.split(".")[0] not in forbidden]
        self._students = Walled(limits, Kit(extra=stub, forbidden=forbidden), preload=loaded, kind=kind)
        self._tests = Walled(kit=Kit(extra=stub), preload=_LOADED, kind=kind) if forbidden else self._students
        self._package: IO[bytes] | None = None
        self.examiners = Examiners(self.examiner)

    def __enter__(self) -> "Houses":
        """Load the libraries, in both places at once if there are two, and pack the package meanwhile."""
        places = {self._students, self._tests}
        with ThreadPoolExecutor(len(places) + 1) as pool:
            begun = [pool.submit(place.__enter__) for place in places]
            package = pool.submit(packed)
        try:
            self._package = package.result()
            for one in begun:
                one.result()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.close()

    def close(self) -> None:
        """End everything."""
        self._students.close()
        self._tests.close()
        if self._package is not None:
            self._package.close()

    def student(self) -> Box:
        """Return a process for a submission."""
        return self._students.spawn("student")

    def examiner(self) -> Box:
        """Return a process for tests, with the whole package.

        Raises:
            ValueError: outside a ``with`` statement.
        """
        if self._package is None:
            raise ValueError("tests run only behind walls that stand: use Houses in a with statement")
        box = self._tests.spawn("examiner", Limits())
        with suppress(OSError):  # it has ended: whoever asks it something is told
            socket.send_fds(box.connection, [b"."], [self._package.fileno()])
        return box
