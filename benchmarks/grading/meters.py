"""Meters for a command and all that it starts: CPU by a control group, memory by sampling."""

__all__ = ["Reading", "measured"]

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.grading.processes import below

_GROUPS = Path("/sys/fs/cgroup/cpuacct")
_WAIT = "import os, sys; sys.stdin.read(1); os.execvp(sys.argv[1], sys.argv[1:])"


class Reading(NamedTuple):
    """What a command took.

    Attributes:
        wall: seconds.
        cpu: seconds of all its processes.
        memory: the largest sum of their proportional shares, in MB.
        text: what it printed.
        code: its exit code.
        first: seconds until it printed a mark; None if it did not.
    """

    wall: float
    cpu: float
    memory: float
    text: str
    code: int
    first: float | None


def _share(process: int) -> int:
    """Return the kB of a process's memory, shared pages by its share."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


class _Watch(threading.Thread):
    """Samples the memory of a process tree."""

    def __init__(self, root: int, pause: float) -> None:
        super().__init__(daemon=True)
        self._root, self._pause, self.over, self.most = root, pause, threading.Event(), 0

    def run(self) -> None:
        """Look until told to stop."""
        while not self.over.wait(self._pause):
            self.most = max(self.most, sum(map(_share, [self._root, *below(self._root)])))


def measured(
    line: Sequence[str], folder: Path, *, environment: Mapping[str, str] | None = None, mark: str = "",
    pause: float = 0.5,
) -> Reading:  # fmt: skip
    """Run a command and measure it.

    CPU time of walled-in processes does not reach their parents when a process namespace ends: a control
    group counts it (version 1, cpuacct); without one only the children's usage is read, which is too little.

    Args:
        line: the command.
        folder: where it runs.
        environment: additions to this process's.
        mark: whose first appearance in the output is timed.
        pause: seconds between two looks at the memory; 0 to look at none.
    """
    group = _GROUPS / f"grading-{os.getpid()}"
    counted = os.access(_GROUPS, os.W_OK)
    if counted:
        group.mkdir()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    settings = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-c", _WAIT, *line], cwd=folder, env=settings, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    if counted:
        (group / "cgroup.procs").write_text(str(process.pid))
    watch = _Watch(process.pid, pause) if pause else None
    if watch:
        watch.start()
    begun, first, text = time.monotonic(), None, b""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"g")
    process.stdin.close()
    while piece := os.read(process.stdout.fileno(), 65536):
        text += piece
        if first is None and mark and mark.encode() in text:
            first = time.monotonic() - begun
    code = process.wait()
    wall = time.monotonic() - begun
    if watch:
        watch.over.set()
        watch.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if counted:
        cpu = int((group / "cpuacct.usage").read_text()) / 1e9
        with suppress(OSError):
            group.rmdir()
    return Reading(wall, cpu, (watch.most if watch else 0) / 1024, text.decode(errors="replace"), code, first)
