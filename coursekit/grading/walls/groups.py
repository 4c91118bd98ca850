"""Control groups: the one limit that holds for all processes of a box together, whoever runs them."""

__all__ = ["Group", "Groups"]

import contextlib
import itertools
import os
import time
from dataclasses import dataclass
from pathlib import Path

from coursekit.grading.walls.limits import Limits

_ROOT = Path("/sys/fs/cgroup")
_PATIENCE = 1.0  # s for the last process to leave
_counter = itertools.count(1)


@dataclass(frozen=True)
class Group:
    """A group with one box in it."""

    folder: Path

    def add(self, process: int) -> None:
        """Put a process in, with all that it will start; where that is refused, other limits hold.

        Args:
            process: its number.
        """
        with contextlib.suppress(OSError):
            (self.folder / "cgroup.procs").write_text(str(process), encoding="ascii")

    def remove(self) -> None:
        """Remove the group, once it is empty."""
        end = time.monotonic() + _PATIENCE
        while self.folder.exists() and time.monotonic() < end:
            try:
                self.folder.rmdir()
            except OSError:
                time.sleep(0.005)


class Groups:
    """Where groups can be made on this machine.

    Args:
        limits: what each may use.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._folder = next((folder for folder in self._candidates() if self._works(folder)), None)

    @property
    def usable(self) -> bool:
        """Whether any can be made."""
        return self._folder is not None

    @property
    def bound_memory(self) -> bool:
        """Whether they bound the memory of all processes of a box together."""
        if self._folder is None or (group := self._made(self._folder)) is None:
            return False
        with contextlib.suppress(OSError):
            bound = (group.folder / "memory.max").read_text(encoding="ascii").strip().isdigit()
            group.remove()
            return bound
        group.remove()
        return False

    def _candidates(self) -> list[Path]:
        """Return folders to try: of version 1 with processes counted, then of version 2 from here upwards."""
        found: list[Path] = []
        with contextlib.suppress(OSError):
            for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
                _, kinds, path = line.split(":", 2)
                if kinds == "pids":
                    found.append(_ROOT / "pids" / path.lstrip("/"))
                if kinds == "":
                    here = _ROOT / path.lstrip("/")
                    found += [place for place in here.parents if _ROOT in (place, *place.parents)]
        return found

    def _works(self, folder: Path) -> bool:
        """Try a folder."""
        if not os.access(folder, os.W_OK):
            return False
        group = self._made(folder)
        if group is not None:
            group.remove()
            self._sweep(folder)
        return group is not None

    @staticmethod
    def _sweep(folder: Path) -> None:
        """Remove what runs that were cut off have left."""
        for left in folder.glob("coursekit-*-*"):
            with contextlib.suppress(OSError, ValueError):
                if not Path("/proc", str(int(left.name.split("-")[1]))).exists():
                    left.rmdir()

    def _made(self, folder: Path) -> Group | None:
        """Make a group and set its limits."""
        group = folder / f"coursekit-{os.getpid()}-{next(_counter)}"
        try:
            group.mkdir()
            # One more, for the first process.
            (group / "pids.max").write_text(str(self._limits.processes + 1), encoding="ascii")
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
            return None
        with contextlib.suppress(OSError):
            total = (self._limits.memory_mb + self._limits.disk_mb) << 20
            if (group / "memory.max").exists():
                (group / "memory.max").write_text(str(total), encoding="ascii")
        return Group(group)

    def new(self) -> Group | None:
        """Make a group; None where none can be made."""
        return self._made(self._folder) if self._folder is not None else None
