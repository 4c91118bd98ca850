"""Another process that answers across a line, as the process of a submission does, but without walls."""

__all__ = ["Across", "across"]

import os
import signal
import socket
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from coursekit.grading.inside.errors import SideGone
from coursekit.grading.inside.frames import Deadline, receive
from coursekit.grading.inside.peer import Peer


class Across:
    """What the other process offers: answers by name.

    Attributes:
        build: makes an answer, over there.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        self.build = build

    def answer(self) -> Any:
        """Return the answer."""
        return self.build()


def _serve(connection: socket.socket, build: Callable[[], Any]) -> None:
    warnings.simplefilter("ignore")  # here they are errors, and in a submission's process they are not
    peer = Peer(connection, judging=False)
    peer.offer(Across(build))
    torch.random.set_rng_state(torch.Generator().manual_seed(31).get_state())  # unlike the stream over here
    try:
        while True:
            _, text, tail = receive(connection)
            peer.serve(text, tail)
    except (EOFError, SideGone):
        return
    except BaseException:
        traceback.print_exc()


@contextmanager
def across(build: Callable[[], Any], seconds: float = 60) -> Iterator[Any]:
    """Yield a stand-in for an answer that lives in a process of its own.

    Args:
        build: makes the answer, over there.
        seconds: until the line is too slow.
    """
    here, there = socket.socketpair()
    process = os.fork()
    if process == 0:
        here.close()
        _serve(there, build)
        os._exit(0)
    there.close()
    peer = Peer(here, judging=True)
    peer.deadline = Deadline(time.monotonic() + seconds)
    try:
        yield peer.root.answer()
    finally:
        here.close()
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
