"""The first process of a box: it buries the dead, and where the kernel does not, it ends the living."""

__all__ = ["keep_house", "stand_guard"]

import contextlib
import os
import select
import signal
from pathlib import Path
from typing import NoReturn

_WATCH = 0.05  # s between two looks at the disk


def _heed_nothing() -> None:
    """Ignore every signal that can be ignored."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)


def keep_house() -> NoReturn:
    """Bury the dead until nobody is left. The kernel ends the others when it ends this process."""
    _heed_nothing()
    while True:
        try:
            os.wait()
        except ChildProcessError:
            os._exit(0)
        except InterruptedError:
            continue


def _below(above: int) -> list[int]:
    """Return the numbers of all processes that descend from one."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
                children.setdefault(int(text.rsplit(")", 1)[1].split()[1]), []).append(int(entry.name))
    found, todo = list[int](), [above]
    while todo:
        mine = children.get(todo.pop(), [])
        found += mine
        todo += mine
    return found


def _signal_all(numbers: list[int], kind: signal.Signals) -> None:
    """Send a signal to processes, those gone left out."""
    for number in numbers:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(number, kind)


def _end_all() -> NoReturn:
    """End every process below this one: stopped first, so that none starts another meanwhile."""
    stopped: set[int] = set()
    while new := [number for number in _below(os.getpid()) if number not in stopped]:
        _signal_all(new, signal.SIGSTOP)
        stopped.update(new)
    while True:
        _signal_all(_below(os.getpid()), signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            os._exit(0)


def _used(folder: str) -> int:
    """Return the bytes of the files below a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(f"{place}/{name}").st_blocks * 512
    return total


def stand_guard(leash: int, folder: str, disk: int) -> NoReturn:
    """Bury the dead, and end everything when the host lets go or the disk is used up.

    Args:
        leash: a descriptor; its end means that the host has let go.
        folder: where the box writes.
        disk: bytes that it may hold.
    """
    _heed_nothing()
    poll = select.poll()
    poll.register(leash, select.POLLIN)
    while not poll.poll(_WATCH * 1000) and _used(folder) <= disk:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            os._exit(0)
    _end_all()
