"""Killed at any moment, a class is graded as if nothing had happened."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.grading.batch.toy_course import NAME, RIGHT, ToyCourse, mixed_class
from tests.grading.processes import below

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
STUDENTS, KILLS, SEED = 200, 10, 20261122


def test_a_class_survives_kills(tmp_path: Path) -> None:
    course = mixed_class(tmp_path / "course", STUDENTS, seed=11)
    calm = course.twin(tmp_path / "calm")
    calm.grade()
    rng, kills, stages = random.Random(SEED), 0, set[int]()
    while kills < KILLS:
        process = course.start("-m", "coursekit", "grade", NAME, "--workers", "2")
        before = course.written
        goal = before + rng.randrange(0, max(2, 2 * STUDENTS // KILLS))
        deadline = time.monotonic() + 300
        while process.poll() is None and course.written < goal and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(rng.random() * 0.3)
        if process.poll() is not None:  # the whole class is done
            process.communicate()
            break
        victims = [process.pid] if kills % 2 else below(process.pid)[:2]
        for victim in victims:
            subprocess.run(["kill", "-9", str(victim)], check=False, stderr=subprocess.DEVNULL)
        if process.pid not in victims:  # its walls fell under it: it goes on, or ends; it must not lie
            time.sleep(rng.random())
            process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        stages.add(course.written)
    assert kills >= KILLS // 2
    assert len(stages) > 2  # it was cut off at different places
    course.grade()
    assert course.dump() == calm.dump()
    assert course.states() == calm.states()
    for student in ("s000", "s007", "s199"):
        path = f".nbgrader/autograded/{student}/{NAME}/{NAME}.ipynb"
        assert (course.folder / path).read_bytes() == (calm.folder / path).read_bytes()
    assert course.run("-c", _CHAIN).strip() == "whole"


_CHAIN = """
from pathlib import Path
from coursekit.grading.record import Record
keys = {line.student for line in Record(Path()).log() if line.event == "written"}
print("whole" if len(keys) == 200 else len(keys))
"""


def test_any_number_of_workers_gives_the_same(tmp_path: Path) -> None:
    course = mixed_class(tmp_path / "course", 12, seed=5)
    dumps = []
    for workers in (1, 2, 5):
        twin = course.twin(tmp_path / str(workers))
        twin.grade("--workers", str(workers))
        dumps.append(twin.dump())
    assert dumps[0] == dumps[1] == dumps[2]


def test_a_stop_takes_the_walls_down(tmp_path: Path) -> None:
    course = ToyCourse(tmp_path / "course")
    course.hand_in("slow", {**RIGHT, "double": "import time\ntime.sleep(600)"})
    process = course.start("-m", "coursekit", "grade", NAME)
    started = list[int]()
    for _ in range(600):
        started = below(process.pid)
        if len(started) > 4:  # the outer wall, what is forked from, and a box
            break
        time.sleep(0.1)
    time.sleep(1)
    started = below(process.pid)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.rstrip().endswith("coursekit: interrupted")
    for _ in range(100):
        left = [pid for pid in started if Path(f"/proc/{pid}").exists()]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
