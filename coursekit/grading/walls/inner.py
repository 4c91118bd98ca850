"""The inner wall: what a process does to itself, once forked, before it meets a student's code."""

__all__ = ["BOX", "fork_away", "wall_in"]

import json
import os
import resource
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from coursekit.grading.walls import kernel
from coursekit.grading.walls.guard import keep_house, stand_guard
from coursekit.grading.walls.kernel import Namespace
from coursekit.grading.walls.landlock import landlock_version, lock_land
from coursekit.grading.walls.limits import Limits, apply_limits
from coursekit.grading.walls.syscalls import refuse_calls

BOX = "/box"
_STUDENT = 1000
_ALL = (
    Namespace.USER | Namespace.MOUNT | Namespace.IPC | Namespace.HOST_NAME
    | Namespace.PROCESS | Namespace.NETWORK | Namespace.CGROUP
)  # fmt: skip
_NO_SUID, _NO_DEVICES, _NO_PROGRAMS, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx")
_WRITABLE = (BOX, "/tmp", "/dev/shm", "/dev/pts")


def _tell(report: socket.socket, word: bytes) -> None:
    """Tell the host how far this process is; it learns the process's number with it, and answers."""
    report.sendall(word)
    if report.recv(16) != b"go":
        os._exit(1)


def _write_maps(inside: int, user: int, group: int) -> None:
    """Write which identities a new user namespace has."""
    maps = {"setgroups": "deny", "uid_map": f"{inside} {user} 1", "gid_map": f"{inside} {group} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as handle:
            handle.write(text)


def _own_files(limits: Limits, kept: Sequence[str]) -> None:
    """Give this process a disk in memory as /box, /tmp and /dev/shm, its own /proc and its own terminals.

    What is kept lies below /tmp and is to be found there still: an environment can lie anywhere.
    """
    plain = _NO_SUID | _NO_DEVICES
    kernel.mount(None, "/", None, _RECURSIVE | _PRIVATE)
    kernel.mount("proc", "/proc", "proc", plain | _NO_PROGRAMS)
    own = "newinstance,ptmxmode=0666,mode=0620"
    kernel.mount("devpts", "/dev/pts", "devpts", _NO_SUID | _NO_PROGRAMS, own)
    kernel.mount("box", BOX, "tmpfs", plain, f"size={limits.disk_mb}m,nr_inodes=100k,mode=0755")
    for name, target in (("tmp", "/tmp"), ("shm", "/dev/shm"), ("work", BOX)):
        os.mkdir(f"{BOX}/{name}", 0o700)
        for path in kept if name == "tmp" else ():
            os.makedirs(BOX + path, exist_ok=True)
            kernel.mount(path, BOX + path, None, _BIND | _RECURSIVE)
        kernel.mount(f"{BOX}/{name}", target, None, _BIND | _RECURSIVE)


def _close_all_but(*kept: int) -> None:
    """Close every file this process was born with; the standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    last = 2
    for number in sorted(kept):
        os.closerange(last + 1, number)
        last = number
    os.closerange(last + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _be_new() -> None:
    """Forget what all forks of one process would share: random numbers and the place of temporary files."""
    tempfile.tempdir = None
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed()
    if "torch" in sys.modules:  # of the processor alone: the seeds of others are set when they are first used
        sys.modules["torch"].default_generator.seed()


def _openings(order: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[str]]:
    """Return what may be read, and of what only the names: everything that bubblewrap has left."""
    if "openings" not in order:
        return ("/",), ()
    with open(order["openings"], encoding="utf-8") as handle:
        read, browse = json.load(handle)
    return read, browse


def _bind(order: Mapping[str, Any], limits: Limits, rules: Any) -> None:
    """Put on this process all the walls that it puts on itself."""
    left_out = order.get("without", ())
    if not {"limits", "rlimits"} & set(left_out):
        apply_limits(limits, order.get("others", 0))
    kernel.drop_capabilities()
    kernel.forbid_new_privileges()
    kernel.hide_memory()
    if "landlock" not in left_out and landlock_version():
        read, browse = _openings(order)
        lock_land(read=read, write=order.get("write", _WRITABLE), devices=_DEVICES, browse=browse)
    if "seccomp" not in left_out and rules is not None:
        refuse_calls(rules)


def _found_world(report: socket.socket, limits: Limits, kept: Sequence[str], user: int, group: int) -> None:
    """Furnish the new namespaces that this process is the first in."""
    _write_maps(0, user, group)
    _tell(report, b"init")
    _own_files(limits, kept)
    kernel.set_host_name("box")
    kernel.unshare(Namespace.USER)  # the mounts belong to the namespace that is left: none can be changed
    _write_maps(_STUDENT, 0, 0)


def fork_away() -> int:
    """Fork the first process of a new box; return 0 there, and its number to its parent.

    Raises:
        OSError: if the kernel refuses namespaces.
    """
    return kernel.fork_into(_ALL)


def _move_in(box: str) -> None:
    """Make a folder the only one that this process writes to, where it has no file system of its own."""
    os.environ.update(HOME=box, TMPDIR=box, IPYTHONDIR=f"{box}/.ipython", MPLCONFIGDIR=f"{box}/.matplotlib")


def wall_in(
    report: socket.socket, connection: int, leash: int | None, order: Mapping[str, Any], rules: Any
) -> None:
    """Furnish the box and fork once more; return only in that last process, behind all the walls.

    Args:
        report: to the host, which learns from it the numbers of the processes.
        connection: the descriptor of the one connection that stays open.
        leash: one that the host lets go of to end a box that has no process namespace of its own.
        order: limits, user, kind of wall, and what is left out.
        rules: of seccomp; None where it is not to be had.

    Raises:
        OSError: if a wall can't be put up.
    """
    limits, nested = Limits(**order["limits"]), order["kind"] == "nested"
    os.setsid()
    _close_all_but(report.fileno(), connection, *([] if leash is None else [leash]))
    if nested:
        _found_world(report, limits, order.get("kept", ()), *order["user"])
    else:
        kernel.inherit_orphans()
        _tell(report, b"init")
        if leash is not None:
            _move_in(order["box"])
    os.chdir(order["box"])
    if os.fork():
        report.close()
        os.close(connection)
        kernel.drop_capabilities()
        kernel.hide_memory()
        if leash is None:
            keep_house()
        stand_guard(leash, order["box"], limits.disk_mb << 20)
    if leash is not None:
        os.close(leash)
    _bind(order, limits, rules)
    _be_new()
