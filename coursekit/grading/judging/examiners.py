"""Processes for the tests: set up once for an assignment, and copied for each submission."""

__all__ = ["Examination", "Examiners"]

import socket
import threading
from collections.abc import Callable
from typing import Any

from coursekit.grading.inside.errors import Crossed, SideGone, TooSlow
from coursekit.grading.inside.frames import Deadline
from coursekit.grading.inside.peer import Peer
from coursekit.grading.walls.box import Box

Setup = tuple[str, ...]
Key = tuple[Setup, int]


class _Prepared:
    """A process that has run the cells of the instructor's that come before the tests, and nothing else."""

    def __init__(self, box: Box, key: Key, deadline: Deadline) -> None:
        self.box, self.key = box, key
        self._peer = Peer(box.connection, judging=True, lean=True)
        self._peer.deadline = deadline
        self._peer.call(self._peer.root, "draw_from", (key[1],), {})
        for source in key[0]:
            self._peer.call(self._peer.root, "prepare", (source,), {})

    def copy(self, deadline: Deadline) -> socket.socket:
        """Return a line to a copy of the process."""
        ours, theirs = socket.socketpair()
        self._peer.deadline, self._peer.enclosed = deadline, theirs.fileno()
        try:
            self._peer.call(self._peer.root, "copy", (), {})
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return ours


class Examination:
    """The process of one submission's tests.

    Attributes:
        peer: the line to it.
    """

    def __init__(self, prepared: _Prepared, line: socket.socket, back: Callable[[_Prepared], None]) -> None:
        self._prepared, self._line, self._back = prepared, line, back
        self.peer: Any = Peer(line, judging=True, lean=True)

    def end(self) -> None:
        """End it; that which it was copied from is free for the next submission."""
        self._line.close()
        self._back(self._prepared)

    def give_up(self) -> None:
        """End it, and that which it was copied from: it may not be able to end by itself."""
        self._line.close()
        self._prepared.box.kill()


class Examiners:
    """The processes of an assignment's tests: none serves two submissions at a time, and no copy serves two.

    Args:
        spawn: makes a process behind walls.
    """

    def __init__(self, spawn: Callable[[], Box]) -> None:
        self._spawn = spawn
        self._idle: dict[Key, list[_Prepared]] = {}
        self._lock = threading.Lock()

    def begin(self, setup: Setup, seed: int, deadline: Deadline) -> Examination:
        """Return a process for the tests of a submission.

        Args:
            setup: cells of the instructor's that run before the tests.
            seed: that all inputs are drawn from.
            deadline: for the setup.

        Raises:
            SideGone: if there can't be one.
            TooSlow: if the setup takes too long.
        """
        key = setup, seed
        with self._lock:
            idle = self._idle.get(key)
            prepared = idle.pop() if idle else None
        if prepared is not None:
            try:
                return Examination(prepared, prepared.copy(deadline), self._free)
            except (SideGone, TooSlow, Crossed):  # it was lost while nobody needed it
                prepared.box.kill()
        box = self._spawn()
        try:
            prepared = _Prepared(box, key, deadline)
            return Examination(prepared, prepared.copy(deadline), self._free)
        except BaseException:
            box.kill()
            raise

    def _free(self, prepared: _Prepared) -> None:
        """Keep a process for the next submission of the same assignment; those of others end."""
        with self._lock:
            others = [one for key, idle in self._idle.items() if key != prepared.key for one in idle]
            self._idle = {prepared.key: [*self._idle.get(prepared.key, ()), prepared]}
        for other in others:
            other.box.kill()
