"""A process that goes on as two."""

__all__ = ["copied"]

import contextlib
import os
import socket
from collections.abc import Callable


def copied(connection: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    """Go on as two: the copy keeps all as it is now, serves the line that comes with the request, and ends.

    Args:
        connection: on which the request came.
        serve: what the copy does with its line.
    """
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
    with socket.socket(fileno=descriptors[0]) as line:
        if os.fork() == 0:
            with contextlib.suppress(
                BaseException
            ):  # whatever it ends of, it is not the process it came from
                connection.close()
                serve(line)
            os._exit(0)
