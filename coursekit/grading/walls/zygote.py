"""The process that loads the libraries once, inside the outer wall, and forks one box for each request.

No test, answer or grade is ever in it.
"""

__all__ = ["main"]

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from coursekit.grading.walls.inner import fork_away, wall_in
from coursekit.grading.walls.pages import use_huge_pages
from coursekit.grading.walls.syscalls import refusals

_LARGEST = 1 << 16
_PATIENCE = 2.0  # s for threads of an import to end
_IDLE = 0.05  # s without a request


def _threads() -> int:
    """Return how many threads this process has."""
    return len(os.listdir("/proc/self/task"))


def _alone() -> bool:
    """Tell whether this process has one thread, after some patience: only then a fork is safe."""
    end = time.monotonic() + _PATIENCE
    while _threads() > 1 and time.monotonic() < end:
        time.sleep(0.01)
    return _threads() == 1


def _load(names: list[str]) -> set[int]:
    """Import what all students will import; return where it lies in huge pages."""
    gc.disable()  # modules stay: to look for garbage among them takes a fifth of the time
    for name in names:
        importlib.import_module(name)
        if name == "IPython":
            from IPython.core.history import HistoryManager

            HistoryManager.enabled = False  # it would start a thread and write a file
    return _settled(set())


def _settled(before: set[int]) -> set[int]:
    """Make what is loaded cheap to share with forks; return where it lies in huge pages."""
    gc.collect()
    gc.freeze()
    gc.enable()
    return before | use_huge_pages(before)


def _load_later(control: socket.socket, names: list[str], huge: set[int]) -> None:
    """Import what many students will import, while nobody asks for a box."""
    while names and not select.select([control], [], [], _IDLE)[0]:
        with contextlib.suppress(Exception):  # a box can do without; whoever needs it imports it
            importlib.import_module(names.pop(0))
        if not names:
            huge |= _settled(huge)


def _be_student(order: dict[str, Any], handles: list[int], report: socket.socket, rules: Any) -> None:
    """Go behind the walls, then do what the role does; this never returns."""
    connection, leash = handles[0], handles[2] if len(handles) > 2 else None
    try:
        try:
            wall_in(report, connection, leash, order, rules)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            role = importlib.import_module(f"coursekit.grading.inside.{order['role']}")
            report.sendall(b"ready")
            if report.recv(16) != b"go":
                return
            report.sendall(b"on")
        except BaseException as error:
            with contextlib.suppress(OSError):
                report.sendall(f"!{type(error).__name__}: {error}"[:2000].encode())
            return
        report.close()
        role.main(socket.socket(fileno=connection))
    except BaseException:  # what a student's process dies of is nobody's business here
        os._exit(1)
    finally:
        os._exit(0)


def _bury() -> None:
    """Collect the children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _fork(order: dict[str, Any], handles: list[int], report: socket.socket, rules: Any) -> None:
    """Fork a box if that can be done."""
    if not _alone():
        report.sendall(f"!the parent has {_threads()} threads, and forking it isn't safe".encode())
        return
    order["user"] = (os.geteuid(), os.getegid())
    try:
        first = fork_away() if order["kind"] == "nested" else os.fork()
    except OSError as error:
        report.sendall(f"!{error}".encode())
        return
    if first == 0:
        _be_student(order, handles, report, rules)


def _serve(control: socket.socket, rules: Any, later: list[str], huge: set[int]) -> None:
    """Fork for each request until the host is gone; with a request come its connection, line and leash."""
    served = False
    while True:
        if served:
            _load_later(control, later, huge)
        text, handles, _, _ = socket.recv_fds(control, _LARGEST, 3)
        _bury()
        if not text:
            return
        with socket.socket(fileno=handles[1]) as report:
            _fork(json.loads(text), handles, report, rules)
        for handle in (handles[0], *handles[2:]):
            os.close(handle)
        served = True


def main() -> None:
    """Serve the host on the socket that the first argument names, with the modules of the others loaded.

    Those after "--" are loaded when there is time.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first, later = sys.argv[2:], list[str]()
    if "--" in first:
        first, later = first[: first.index("--")], first[first.index("--") + 1 :]
    try:
        huge = _load(first)
    except Exception as error:
        control.sendall(f"!{type(error).__name__}: {error}"[:2000].encode())
        return
    rules = None
    with contextlib.suppress(ImportError):
        rules = refusals()
    control.sendall(b"ready" if _alone() else b"!the libraries left threads running, and forking isn't safe")
    _serve(control, rules, later, huge)


if __name__ == "__main__":
    main()
