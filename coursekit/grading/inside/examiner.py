"""The process that runs test cells: it has the exercises and never runs a student's code."""

__all__ = ["Examiner", "main"]

import socket
import time
from dataclasses import asdict
from typing import Any

from coursekit.grading.inside.cells import Output, Shell
from coursekit.grading.inside.errors import Crossed, SideGone, TooSlow
from coursekit.grading.inside.frames import Deadline, receive
from coursekit.grading.inside.peer import Peer


class Examiner:
    """What the host may ask of it.

    Args:
        peer: the line to the host.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer, self._shell = peer, Shell()

    def draw_from(self, seed: int) -> None:
        """Draw the inputs of all checks from a seed that no submission knows.

        Args:
            seed: kept in the record, so that a regrade is the same.
        """
        from coursekit.assess import checking

        checking.draw_from(seed)

    def prepare(self, source: str) -> list[Output]:
        """Run a cell of the instructor's.

        Args:
            source: of the cell.
        """
        return self._shell.run(source)

    def test(self, source: str, names: tuple[str, ...], seconds: float) -> dict[str, Any]:
        """Run a test cell against a frozen copy of a submission, whose line comes with the request.

        What it shows comes back, and what its checks said.

        Args:
            source: of the test cell.
            names: what the cell takes from the submission; without any, no line comes.
            seconds: for all calls together.
        """
        if not names:
            return self._found(self._shell.run(source))
        _, descriptors, _, _ = socket.recv_fds(self._peer.connection, 1, 1)
        with socket.socket(fileno=descriptors[0]) as line:
            answers = Peer(line, judging=True)
            answers.deadline = Deadline(time.monotonic() + seconds)
            self._take(answers, names)
            outputs = self._shell.run(source)
        for name in names:
            self._shell.names.pop(name, None)
        return self._found(outputs)

    def _found(self, outputs: list[Output]) -> dict[str, Any]:
        """Return the outputs of a test cell with the reports of its checks, as plain data."""
        from coursekit.assess.checking import reported

        reports = [{**asdict(report), "outcome": report.outcome.value} for report in reported()]
        return {"outputs": [_told(output) for output in outputs], "reports": reports}

    def _take(self, answers: Peer, names: tuple[str, ...]) -> None:
        """Put what a submission defines, and nothing left of the last one, into the names of the test."""
        for name in names:
            self._shell.names.pop(name, None)
        for name in names:
            try:
                if answers.root.has(name) is True:
                    self._shell.names[name] = answers.root.find(name)
            except (SideGone, TooSlow):
                return
            except Crossed:  # it can't be handed over: for the test it is not there
                continue


def _told(output: Output) -> Output:
    """Return what a student may read of a test cell: its message, not its source and not its inputs."""
    if output["output_type"] == "error":
        text = output["evalue"] or "the check does not hold"
        return {**output, "evalue": text, "traceback": [f"{output['ename']}: {text}"]}
    # nbgrader takes a warning on stderr for a failed test.
    return {**output, "name": "stdout"} if output.get("name") == "stderr" else output


def main(connection: socket.socket) -> None:
    """Examine submissions.

    Args:
        connection: to the host.
    """
    peer = Peer(connection, judging=False, lean=True)
    peer.offer(Examiner(peer))
    while True:
        try:
            _, text, tail = receive(connection)
            peer.serve(text, tail)
        except (EOFError, OSError, SideGone):
            return
