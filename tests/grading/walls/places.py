"""What the tests of the walls share: a kit with a probe, a place worth attacking, plain processes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from coursekit.grading.walls import probe
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits

PROBE = {"coursekit/grading/inside/probe.py": Path(probe.__file__).read_text(encoding="utf-8")}
KIT = Kit(extra=PROBE)
SMALL = Limits(memory_mb=200, processes=40, cpu_seconds=2, file_mb=20, disk_mb=60)
LARGE = Limits(memory_mb=2000, processes=400, cpu_seconds=60, file_mb=200, disk_mb=200)


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
