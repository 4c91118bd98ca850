"""Reading frames from the other side: in time, and none larger than allowed."""

__all__ = ["Deadline", "receive"]

import math
import socket
import time
from collections.abc import Callable

from coursekit.grading.inside.wire import HEAD, LARGEST, LONGEST_TEXT, WireError


class Deadline:
    """A moment after which nobody waits any longer, put off once if somebody has an idea what to do.

    Attributes:
        moment: of the monotonic clock; never if infinite.
        late: called when the moment has come; returns the seconds of grace that it asks for.
    """

    def __init__(self, moment: float = math.inf, late: Callable[[], float] | None = None) -> None:
        self.moment, self.late = moment, late

    def left(self) -> float | None:
        """Return the seconds that are left, None for ever.

        Raises:
            TimeoutError: if there are none.
        """
        left = self.moment - time.monotonic()
        if left <= 0 and self.late is not None:
            late, self.late = self.late, None
            left = late()
            self.moment = time.monotonic() + left
        if left <= 0:
            raise TimeoutError("no answer in time")
        return None if left == math.inf else left


def _exactly(connection: socket.socket, count: int, deadline: Deadline) -> bytes:
    """Read so many bytes before the deadline, however slowly the other side goes on writing."""
    found = bytearray()
    while len(found) < count:
        connection.settimeout(deadline.left())
        try:
            piece = connection.recv(min(1 << 20, count - len(found)))
        except TimeoutError:
            continue
        if not piece:
            raise EOFError("the other side has gone")
        found += piece
    return bytes(found)


def receive(connection: socket.socket, deadline: Deadline | None = None) -> tuple[bool, bytes, bytes]:
    """Read one frame: whether it is an answer, its JSON and its raw numbers.

    Args:
        connection: to the other side.
        deadline: for the whole frame; none if None.

    Raises:
        TimeoutError: past the deadline.
        EOFError: if the other side has gone.
        WireError: if the frame is larger than allowed.
    """
    deadline = deadline or Deadline()
    answer, text, tail = HEAD.unpack(_exactly(connection, HEAD.size, deadline))
    if text > LONGEST_TEXT or tail > LARGEST:
        raise WireError(f"a message must hold at most {LARGEST >> 20} MiB; got {(text + tail) >> 20} MiB")
    return bool(answer), _exactly(connection, text, deadline), _exactly(connection, tail, deadline)
