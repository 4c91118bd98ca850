"""The process of a submission: it runs cells, freezes copies of itself, and serves what they define."""

__all__ = ["Notebook", "main"]

import resource
import socket
from functools import partial
from typing import Any

from coursekit.grading.inside.cells import Output, Shell
from coursekit.grading.inside.copies import copied, serve
from coursekit.grading.inside.peer import Peer


class Notebook:
    """What the judge may ask of a submission.

    Args:
        peer: the line to the judge.
        shell: where cells run.
    """

    def __init__(self, peer: Peer, shell: Shell) -> None:
        self._peer, self._shell = peer, shell

    def run(self, source: str) -> list[Output]:
        """Run a cell.

        Args:
            source: of the cell.
        """
        return self._shell.run(source)

    def find(self, name: str) -> Any:
        """Return what a name stands for.

        Args:
            name: of an answer.

        Raises:
            KeyError: if it is not defined.
        """
        return self._shell.names[name]

    def freeze(self) -> None:
        """Go on as two: the copy keeps all as it is now and serves the line that comes with the request."""
        copied(self._peer.connection, partial(_serve_frozen, shell=self._shell))


def _serve(connection: socket.socket, shell: Shell, *, lean: bool) -> None:
    """Serve the judge until it has gone."""
    peer = Peer(connection, judging=False, lean=lean)
    peer.offer(Notebook(peer, shell))
    serve(peer)


def _serve_frozen(connection: socket.socket, shell: Shell) -> None:
    """Be a copy; it gets the memory that was kept back, since the cells may have eaten all the rest."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    _serve(connection, shell, lean=False)


def main(connection: socket.socket) -> None:
    """Run a submission.

    Args:
        connection: to the judge.
    """
    _serve(connection, Shell(), lean=True)
