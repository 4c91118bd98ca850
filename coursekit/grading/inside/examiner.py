"""The process that runs test cells: it has the exercises and never runs a student's code."""

__all__ = ["Examiner", "main"]

import os
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from coursekit.grading.inside.cells import Output, Shell
from coursekit.grading.inside.copies import copied, serve
from coursekit.grading.inside.errors import Crossed, SideGone, TooSlow
from coursekit.grading.inside.frames import Deadline
from coursekit.grading.inside.package import bring
from coursekit.grading.inside.peer import Peer
from coursekit.grading.inside.streams import begin_streams


def _files(but: Path | None) -> set[Path]:
    """Return all that lies where tests may write.

    Neither what is mounted there, such as the interpreter, is told, nor what lies in one folder.
    """
    found = set[Path]()
    for place in (".", tempfile.gettempdir()):
        for folder, folders, files in os.walk(os.path.abspath(place)):
            folders[:] = [
                name for name in folders
                if Path(folder, name) != but and not os.path.ismount(os.path.join(folder, name))
            ]  # fmt: skip
            found.update(Path(folder, name) for name in (*folders, *files))
    return found


class Examiner:
    """What the host may ask of it.

    Args:
        peer: the line to the host.
        shell: where tests run.
        seed: that inputs are drawn from.
        package: where the package lies; None if nothing is to be copied here.
    """

    def __init__(self, peer: Peer, shell: Shell, seed: int = 0, package: Path | None = None) -> None:
        self._peer, self._shell, self._seed, self._package = peer, shell, seed, package
        self._files: set[Path] | None = None

    def copy(self) -> None:
        """Go on as two: the copy serves the line that comes with the request, and is used up by it."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies that have ended leave nothing behind
        self._tidy()
        copied(self._peer.connection, partial(_serve_once, shell=self._shell, seed=self._seed))

    def _tidy(self) -> None:
        """Remove the files of earlier copies; those of the cells before the tests stay."""
        if self._files is None:
            self._files = _files(self._package)
        for path in sorted(_files(self._package) - self._files):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def draw_from(self, seed: int) -> None:
        """Draw the inputs of all tests from a seed that no submission knows.

        Args:
            seed: kept in the record, so that a regrade is the same.
        """
        from coursekit.assess import checking

        self._seed = seed
        checking.draw_from(seed)

    def prepare(self, source: str) -> list[Output]:
        """Run a cell of the instructor's.

        Args:
            source: of the cell.
        """
        begin_streams(f"{self._seed}/{source}")
        return self._shell.run(source)

    def test(self, source: str, names: tuple[str, ...], seconds: float) -> dict[str, Any]:
        """Run a test cell against a frozen copy of a submission, whose line comes with the request.

        What it shows comes back, and what its checks said.

        Args:
            source: of the test cell.
            names: what the cell takes from the submission; without any, no line comes.
            seconds: for all calls together.
        """
        begin_streams(f"{self._seed}/{source}")
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
                self._shell.names[name] = answers.call(answers.root, "find", (name,), {})
            except (SideGone, TooSlow):
                return
            except Crossed:  # it is not defined or can't be handed over: for the test it is not there
                continue


def _told(output: Output) -> Output:
    """Return what a student may read of a test cell: its message, not its source and not its inputs."""
    if output["output_type"] == "error":
        text = output["evalue"] or "the check does not hold"
        return {**output, "evalue": text, "traceback": [f"{output['ename']}: {text}"]}
    # nbgrader takes a warning on stderr for a failed test.
    return {**output, "name": "stdout"} if output.get("name") == "stderr" else output


def _serve(connection: socket.socket, shell: Shell, seed: int = 0, package: Path | None = None) -> None:
    """Serve the host until it has gone."""
    peer = Peer(connection, judging=False, lean=True)
    peer.offer(Examiner(peer, shell, seed, package))
    serve(peer)


def _serve_once(connection: socket.socket, shell: Shell, seed: int) -> None:
    """Be a copy."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a test may start programs and wait for them
    _serve(connection, shell, seed)


def main(connection: socket.socket) -> None:
    """Examine submissions.

    Args:
        connection: to the host.
    """
    _serve(connection, Shell(), package=bring(connection))
