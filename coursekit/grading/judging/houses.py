"""Two places behind walls: one for submissions, without any answer, and one for the tests."""

__all__ = ["Houses"]

from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from types import TracebackType

from coursekit.grading.judging.examiners import Examiners
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits
from coursekit.grading.walls.pool import Walled

_STUB = "coursekit/assess/__init__.py"
_LIBRARIES = ("numpy", "torch", "IPython", "coursekit.grading.inside.warm")
_LATER = ("coursekit.plot",)


class Houses:
    """The processes that submissions and tests are forked from; use it in a ``with`` statement.

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
        stub = resources.files("coursekit.grading.inside").joinpath("later.py").read_text("utf-8")
        loaded = [name for name in (*_LIBRARIES, "--", *_LATER) if name.split(".")[0] not in forbidden]
        kit = Kit(extra={_STUB: stub}, forbidden=forbidden)
        self._students = Walled(limits, kit, preload=loaded, kind=kind)
        exercises = (*_LIBRARIES, "--", "coursekit.assess.registry")
        self._examiners = Walled(kit=Kit(files=("./",)), preload=exercises, kind=kind)
        self.examiners = Examiners(lambda: self._examiners.spawn("examiner"))

    def __enter__(self) -> "Houses":
        """Load the libraries, in both places at once."""
        places = self._students, self._examiners
        with ThreadPoolExecutor(len(places)) as pool:
            begun = [pool.submit(place.__enter__) for place in places]
        try:
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
        self._examiners.close()

    def student(self) -> Box:
        """Return a process for a submission."""
        return self._students.spawn("student")
