"""Which walls are up on this machine: each is tried by an attack from behind it."""

__all__ = ["REQUIRED", "Standing", "examine", "require_walls", "standing"]

import functools
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit._check import CourseError

if TYPE_CHECKING:
    from coursekit.grading.walls.pool import Walled

REQUIRED = ("files", "network", "limits")
_DAEMON = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", {mark!r}])
    os._exit(0)
os.wait()
r = True
"""


@dataclass(frozen=True)
class Standing:
    """The walls of a machine.

    Attributes:
        kind: how they are built, see ``Walled``; empty if none can be.
        walls: for each, whether it is up.
        broken: attacks that succeeded, or could not be tried.
        why: what kept better walls from being built.
        facts: what else a record of grades should say of the machine.
    """

    kind: str
    walls: Mapping[str, bool]
    broken: tuple[str, ...] = ()
    why: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def enough(self) -> bool:
        """Whether students' work can be graded: no file, no network, no more of the machine than allowed."""
        return all(self.walls.get(name, False) for name in REQUIRED)

    def record(self) -> dict[str, Any]:
        """Return all of this as plain data."""
        plain = {"kind": self.kind, "walls": dict(self.walls), "broken": list(self.broken), "why": self.why}
        return plain | dict(self.facts)


def _facts() -> dict[str, Any]:
    """Return what else a record of grades should say of the machine."""
    from coursekit.grading.walls.groups import Groups
    from coursekit.grading.walls.landlock import landlock_version
    from coursekit.grading.walls.limits import Limits
    from coursekit.grading.walls.lowered import nobody
    from coursekit.grading.walls.syscalls import refusals

    groups = Groups(Limits())
    try:
        seccomp = refusals() is not None
    except ImportError:
        seccomp = False
    return {
        "kernel": os.uname().release, "landlock": landlock_version(), "seccomp": seccomp,
        "groups": groups.usable, "sum": groups.bound_memory,
        "root": os.geteuid() == 0, "lowered": nobody() is not None,
    }  # fmt: skip


def _outlives(walled: "Walled") -> bool:
    """Tell whether a process outlives the end of its box."""
    from coursekit.grading.walls import probe
    from coursekit.grading.walls.bait import processes_with

    mark, box = f"coursekit-daemon-{os.getpid()}-{id(walled)}", walled.spawn("probe")
    try:
        begun = probe.ask(box.connection, _DAEMON.format(mark=mark)).get("value") is True
    finally:
        box.kill()
    return not begun or processes_with(mark) != []


def _try_all(walled: "Walled") -> tuple[dict[str, bool], list[str]]:
    """Attack from behind the walls; return which held and which attacks did not fail."""
    from coursekit.grading.walls import probe
    from coursekit.grading.walls.attacks import ATTACKS
    from coursekit.grading.walls.bait import attack, bait

    walls, broken = dict[str, bool](), list[str]()
    with bait() as given:
        for name, (wall, _) in ATTACKS.items():
            box = walled.spawn("probe")
            try:
                answer = probe.ask(box.connection, attack(name, given))
            except TimeoutError:
                answer = {"error": "no answer"}
            finally:
                box.kill()
            held = answer.get("value") is False or "gone" in answer
            walls[wall] = walls.get(wall, True) and held
            broken += [] if held else [name]
    walls["ending"] = not _outlives(walled)
    return walls, broken + ([] if walls["ending"] else ["outlive its box"])


def examine(kind: str | None = None) -> Standing:
    """Try every wall.

    Args:
        kind: how they are to be built; the best that works if None.
    """
    if not sys.platform.startswith("linux"):
        why = f"the walls are made of calls of the Linux kernel, and this is {platform.system()}"
        return Standing("", {}, (), why)
    from coursekit.grading.walls import probe
    from coursekit.grading.walls.kit import Kit
    from coursekit.grading.walls.limits import Limits
    from coursekit.grading.walls.pool import Walled, chosen

    limits = Limits(memory_mb=300, processes=40, cpu_seconds=1, file_mb=20, disk_mb=60)
    source = Path(probe.__file__).read_text(encoding="utf-8")
    kit = Kit(files=(), extra={"coursekit/grading/inside/probe.py": source})
    try:
        best, why = chosen() if kind is None else (kind, "")
        with Walled(limits, kit, preload=(), kind=best) as walled:
            walls, broken = _try_all(walled)
    except CourseError as error:
        return Standing("", {}, (), str(error), _facts())
    return Standing(best, walls, tuple(broken), why, _facts())


@functools.cache
def _known() -> Standing:
    """Try the walls once for this process."""
    return examine()


def standing() -> dict[str, Any]:
    """Return which walls are up, as plain data for the record of a grade; they are tried once a process."""
    return _known().record()


def require_walls(unsafe: bool = False) -> dict[str, Any]:
    """Refuse to go on below the three walls that grading needs; return which are up.

    Args:
        unsafe: whether to go on all the same.

    Raises:
        CourseError: if one of the three is down.
    """
    found = standing()
    down = [name for name in REQUIRED if not found["walls"].get(name, False)]
    if down and not unsafe:
        raise CourseError(
            f"students' code needs walls around files, network and limits; {', '.join(down)} "
            f"{'is' if len(down) == 1 else 'are'} down here: `coursekit doctor` says what to do"
        )
    return found
