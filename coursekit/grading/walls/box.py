"""One student's code behind the walls, as the host sees it."""

__all__ = ["Box", "Meeting"]

import contextlib
import os
import select
import signal
import socket
import struct
from collections.abc import Callable

from coursekit._check import CourseError
from coursekit.grading.walls.groups import Group

_LARGEST, _PATIENCE, _BURIAL = 4096, 30.0, 10.0
_CREDENTIALS = struct.Struct("3i")


def _over(process: int, seconds: float) -> bool:
    """Tell whether a process has ended, after waiting for it."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    return bool(poll.poll(int(seconds * 1000)))


class Meeting:
    """The line on which a new box tells how far it is; the kernel tells which process speaks."""

    def __init__(self) -> None:
        self._ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._ours.settimeout(_PATIENCE)

    def __enter__(self) -> "Meeting":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close both ends: a box that is not done by now gives up."""
        self._ours.close()
        self.theirs.close()

    def hear(self, word: bytes) -> int:
        """Wait for a word; return the number that its speaker has here.

        Args:
            word: what must come.

        Raises:
            CourseError: if anything else comes.
        """
        try:
            text, extra, _, _ = self._ours.recvmsg(_LARGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
        except TimeoutError:
            raise CourseError(f"a box was not ready within {_PATIENCE:g} s") from None
        if text != word:
            why = text[1:].decode(errors="replace") if text[:1] == b"!" else "its process ended"
            raise CourseError(f"a box can't be walled in: {why}")
        return int(_CREDENTIALS.unpack(extra[0][2][: _CREDENTIALS.size])[0])

    def answer(self) -> None:
        """Let the speaker go on."""
        self._ours.sendall(b"go")


class Box:
    """A walled-in process and all that it starts.

    Args:
        connection: to its role.
        leash: let go of to end a box that the kernel does not end as a whole.
        group: a control group that bounds it.

    Attributes:
        connection: to its role; a socket.
        afterwards: what else is to be done when it has ended.
    """

    def __init__(
        self, connection: socket.socket, leash: socket.socket | None = None, group: Group | None = None
    ) -> None:
        self.connection, self._leash, self._group = connection, leash, group
        self._first: int | None = None
        self._student: int | None = None
        self.afterwards: Callable[[], None] | None = None

    def meet(self, meeting: Meeting) -> None:
        """Get hold of the box's first process and of the student's.

        Args:
            meeting: to which both come.

        Raises:
            CourseError: if the box can't be walled in.
        """
        first = meeting.hear(b"init")
        # A handle opened before the answer is of the process that speaks: it waits for it.
        self._first = os.pidfd_open(first)
        if self._group is not None:
            self._group.add(first)
        meeting.answer()
        self._student = os.pidfd_open(meeting.hear(b"ready"))
        meeting.answer()
        meeting.hear(b"on")

    @property
    def alive(self) -> bool:
        """Whether the student's process runs; copies that it made of itself may outlive it."""
        return self._student is not None and not _over(self._student, 0)

    @property
    def ended(self) -> bool:
        """Whether nothing of the box runs any more."""
        return self._first is None or _over(self._first, 0)

    @property
    def closed(self) -> bool:
        """Whether it was killed, and nothing is held for it any more."""
        return self.connection.fileno() < 0

    def interrupt(self) -> None:
        """Stop what the student's process is at, as Ctrl-C does; one that ignores it goes on."""
        if self._student is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._student, signal.SIGINT)

    def stop(self) -> None:
        """End the student's own process, which can't refuse; copies that it made of itself go on."""
        if self._student is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._student, signal.SIGKILL)

    def kill(self) -> None:
        """End everything in the box; when this returns, nothing of it runs.

        Raises:
            CourseError: if the kernel does not end it in time.
        """
        first, student, self._first, self._student = self._first, self._student, None, None
        self.connection.close()
        if self._leash is not None:
            self._leash.close()
        try:
            if first is not None and not self._over(first):
                raise CourseError(f"a box did not end within {_BURIAL:g} s of being killed")
        finally:
            for handle in (first, student):
                if handle is not None:
                    os.close(handle)
            if self._group is not None:
                self._group.remove()
            afterwards, self.afterwards = self.afterwards, None
            if afterwards is not None:
                afterwards()

    def _over(self, first: int) -> bool:
        """End the first process, and by this all; tell whether that came to pass."""
        if self._leash is not None and _over(first, _BURIAL):
            return True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(first, signal.SIGKILL)
        return _over(first, _BURIAL)
