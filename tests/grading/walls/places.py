"""What the tests of the walls share: a kit with a probe, daemons, hosts that end, plain processes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from coursekit.grading.walls import probe
from coursekit.grading.walls.bait import processes_with
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits

PROBE = {"coursekit/grading/inside/probe.py": Path(probe.__file__).read_text(encoding="utf-8")}
KIT = Kit(extra=PROBE)
SMALL = Limits(memory_mb=200, processes=40, cpu_seconds=2, file_mb=20, disk_mb=60)
LARGE = Limits(memory_mb=2000, processes=400, cpu_seconds=60, file_mb=200, disk_mb=200)
# Leaves two processes, in a session of their own each, with a mark in their command lines.
DAEMON = """
import os, subprocess, sys, time
line = [sys.executable, "-c", "import time; time.sleep(300)", "{mark}"]
child = subprocess.Popen(line, start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, line)
    os._exit(0)
time.sleep(0.3)
r = True
"""


def run(box: Box, code: str, seconds: float = 60.0) -> Any:
    """Run code in a box; return its ``r``."""
    answer = probe.ask(box.connection, code, seconds)
    assert "value" in answer, answer.get("error", "the process has ended")
    return answer["value"]


def plainly(code: str) -> Any:
    """Run code in a process of its own without any wall; return its ``r``."""
    line = f"{code}\nimport json\nprint(json.dumps(r))"
    done = subprocess.run(
        [sys.executable, "-c", line], capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(done.stdout)


def mark_of_its_own() -> str:
    """Return a mark that stands in no other command line."""
    return f"mark-{os.getpid()}-{time.monotonic_ns()}"


def left_by_a_killed_host(folder: Path, kind: str | None = None) -> list[int]:
    """Leave daemons behind walls and kill the process that put these up; return what lives on for long.

    Args:
        folder: for what it leaves when it is killed.
        kind: of the walls; those that stand here if None.
    """
    mark = mark_of_its_own()
    code = f"""
import time
from coursekit.grading.walls.pool import Walled
from tests.grading.walls.places import DAEMON, KIT, run
walls = Walled(kit=KIT, preload=(), kind={kind!r}).__enter__()
run(walls.spawn("probe"), DAEMON.format(mark="{mark}"))
print("up", flush=True)
time.sleep(60)
"""
    host = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3],
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    assert host.stdout is not None
    assert host.stdout.readline() == b"up\n"
    assert len(processes_with(mark)) >= 2
    host.kill()
    host.wait()
    host.stdout.close()
    end = time.monotonic() + 20
    while (left := processes_with(mark)) and time.monotonic() < end:
        time.sleep(0.02)
    return left
