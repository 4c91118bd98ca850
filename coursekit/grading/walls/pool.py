"""The host's side of the walls: one process that forks behind them, and boxes with a student's code each."""

__all__ = ["KINDS", "Walled", "chosen"]

import contextlib
import functools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import coursekit
from coursekit._check import CourseError, check_choice, require
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.groups import Groups
from coursekit.grading.walls.house import House
from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits
from coursekit.grading.walls.outer import Outer

PRELOAD = ("numpy", "torch", "IPython")
_PREFIX, _DAY = "coursekit-walls-", 86400.0
KINDS = ("nested", "single", "bare")
_IDLE = {"coursekit/grading/inside/idle.py": "def main(connection):\n    connection.recv(1)\n"}


class Walled:
    """A place to run code of strangers; use it in a ``with`` statement.

    Args:
        limits: what each box may use.
        kit: what it finds of this package.
        preload: modules that are loaded once and then shared by all boxes; those after "--" when nobody
            has asked for a box for a while, so that the first ones need not wait for them.
        kind: "nested": bubblewrap around one process, and namespaces around each box that it forks; "single":
            bubblewrap around each box, where namespaces can't be nested; "bare": Landlock, seccomp and limits
            alone, where there are none. The first that works here if None.
        hidden: folders that must not be seen, if the system's or the interpreter's hold them.
        without: walls left out, for tests of the others: "limits" (which are "rlimits" and "groups"),
            "landlock", "seccomp".

    Raises:
        CourseError: if the walls can't be put up here.
        ValueError: if the kind is none of these.
    """

    def __init__(
        self, limits: Limits | None = None, kit: Kit | None = None, preload: Sequence[str] = PRELOAD, *,
        kind: str | None = None, hidden: Iterable[Path] = (), without: Collection[str] = (),
    ) -> None:  # fmt: skip
        self.limits, self.kit, self.preload = limits or Limits(), kit or Kit(), tuple(preload)
        self.kind = chosen()[0] if kind is None else check_choice(kind, "kind", KINDS)
        self._without = tuple(without)
        self._lock = threading.Lock()
        self._standing: House | None = None
        self._boxes: list[Box] = []
        self._groups = None if {"limits", "groups"} & set(without) else Groups(self.limits)
        program = shutil.which("bwrap")
        if program is None and self.kind != "bare":
            raise CourseError("bubblewrap is not installed")
        _sweep()
        self._scratch = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        self._scratch.chmod(0o755)
        own = Path(coursekit.__file__).resolve().parent
        copied, masks = self._scratch / "kit", self._scratch / "masks"
        self._outer = Outer(program or "", copied, masks, self.kit.forbidden, (own, Path.cwd(), *hidden))
        self.kit.write(copied)
        self._outer.write_masks()

    def __enter__(self) -> "Walled":
        """Load the libraries."""
        try:
            with self._lock:
                self._house()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything behind the walls."""
        self.close()

    def close(self) -> None:
        """End everything behind the walls and remove what was laid out for them."""
        with self._lock:
            for box in self._boxes:
                box.kill()
            if self._standing is not None:
                self._standing.close()
            self._boxes, self._standing = [], None
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _house(self) -> House:
        """Return a house that stands, a new one where the last has fallen, and all its boxes with it."""
        self._boxes = [box for box in self._boxes if not box.closed]
        if self._standing is None or not self._standing.stands():
            require(self._scratch.is_dir(), "walls that were taken down can't be used again: make new ones")
            if self._standing is not None:
                self._standing.close()
            self._standing = House(self.kind, self._outer, self._scratch, self.preload, self.limits)
        return self._standing

    def _fork(self, order: Mapping[str, Any]) -> Box:
        """Fork a box; in a house of its own where it must have one."""
        house, group = self._house(), None if self._groups is None else self._groups.new()
        if self.kind == "single":
            self._standing = None  # used up
        try:
            box = house.spawn(order, group)
        except CourseError:
            if self.kind == "single" or house.stands(0.2):
                raise
            box = self._house().spawn(order, None if self._groups is None else self._groups.new())
        if self.kind == "single":
            box.afterwards = house.close
        return box

    def spawn(self, role: str, limits: Limits | None = None) -> Box:
        """Put a new process behind the walls and run a role of the kit in it.

        Args:
            role: a module of ``coursekit.grading.inside``; its ``main`` is given the other end
                of the connection.
            limits: what it may use, if not what the others may.

        Raises:
            CourseError: if the walls can't be put up.
            ValueError: if the role is no name of a module.
        """
        require(role.isidentifier(), f"role must be the name of a module; got {role!r}")
        order = {"role": role, "limits": asdict(limits or self.limits), "without": self._without}
        with self._lock:
            box = self._fork(order)
            self._boxes.append(box)
        return box


def _sweep() -> None:
    """Remove the folders of this user's runs that were cut off a day ago or earlier."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        number = left.name.removeprefix(_PREFIX).split("-")[0]
        with contextlib.suppress(OSError):
            old = left.stat().st_uid == os.geteuid() and left.stat().st_mtime < time.time() - _DAY
            if old and not Path("/proc", number).exists():
                shutil.rmtree(left, ignore_errors=True)


@functools.cache
def chosen() -> tuple[str, str]:
    """Return the first kind of walls that works on this machine, and why those before it do not.

    Raises:
        CourseError: if none does.
    """
    reasons = list[str]()
    for kind in KINDS:
        try:
            with Walled(Limits(), Kit(files=(), extra=_IDLE), preload=(), kind=kind) as walls:
                walls.spawn("idle").kill()
        except (CourseError, OSError) as error:
            reasons.append(str(error))
        else:
            return kind, "; ".join(dict.fromkeys(reasons))
    raise CourseError(f"no walls can be put up on this machine: {'; '.join(dict.fromkeys(reasons))}")
