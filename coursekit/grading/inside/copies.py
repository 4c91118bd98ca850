"""A process that serves one who asks, and goes on as two when that is what they ask."""

__all__ = ["copied", "serve"]

import contextlib
import os
import socket
from collections.abc import Callable

from coursekit.grading.inside.errors import SideGone
from coursekit.grading.inside.frames import receive
from coursekit.grading.inside.peer import Peer


def copied(connection: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    """Go on as two: the copy keeps all as it is now, serves the line that comes with the request, and ends.

    Args:
        connection: on which the request came.
        serve: what the copy does with its line.
    """
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
    with socket.socket(fileno=descriptors[0]) as line:
        if os.fork() == 0:
            # Whatever it ends of, it is not the process it came from.
            with contextlib.suppress(BaseException):
                connection.close()
                serve(line)
            os._exit(0)


def serve(peer: Peer) -> None:
    """Serve who asks until they have gone.

    Args:
        peer: the line to them.
    """
    while True:
        try:
            _, text, tail = receive(peer.connection)
            peer.serve(text, tail)
        except (EOFError, OSError, SideGone):
            return
        except KeyboardInterrupt:  # meant for a cell that had just ended
            continue
