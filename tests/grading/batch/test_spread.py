"""Grading over a scheduler: workers and the scheduler itself may die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.grading.batch.test_kill import _class, _twin, _written
from tests.grading.batch.toy_course import NAME, ToyCourse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STUDENTS = 24


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DASK_DISTRIBUTED__COMM__RETRY__COUNT": "0"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / "scheduler.json"
        file.unlink(missing_ok=True)
        told = ("--scheduler-file", str(file))
        self.scheduler = _start(
            folder,
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            *told,
        )
        for _ in range(600):
            if file.exists() and file.stat().st_size:
                break
            time.sleep(0.1)
        import json

        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.worker() for _ in range(2)]

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return _start(
            self.folder, "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard",
            "--no-nanny", "--local-directory", str(self.folder / "scratch"),
        )  # fmt: skip

    def close(self) -> None:
        """End all."""
        for process in (*self.workers, self.scheduler):
            _end(process)


@contextmanager
def _cluster(folder: Path) -> Iterator[Cluster]:
    folder.mkdir(exist_ok=True)
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.close()


def _patiently(course: ToyCourse, address: str) -> "subprocess.Popen[str]":
    """Start grading as soon as a worker has reported."""
    while True:
        process = course.start("-m", "coursekit", "grade", NAME, "--scheduler", address)
        time.sleep(3)
        if process.poll() is None:
            return process
        _, err = process.communicate()
        if "has no workers" not in err:
            raise AssertionError(err)


def test_killed_workers_and_schedulers_cost_time_only(tmp_path: Path) -> None:
    course = ToyCourse(tmp_path / "course")
    _class(course, STUDENTS)
    (course.folder / ".nbgrader" / f"seed-{NAME}.json").write_text('{"seed": 3}')
    calm = _twin(course, tmp_path / "calm")
    calm.grade()
    with _cluster(tmp_path / "cluster") as cluster:
        process = _patiently(course, cluster.address)
        while _written(course) < 4 and process.poll() is None:
            time.sleep(0.05)
        _end(cluster.workers[0])
        cluster.workers.append(cluster.worker())
        while _written(course) < 10 and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()[1]
        _end(cluster.scheduler)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "what was graded is kept: run the same command again" in err.splitlines()[-1]
    done = _written(course)
    assert 10 <= done < STUDENTS
    with _cluster(tmp_path / "cluster") as cluster:
        process = _patiently(course, cluster.address)
        _, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
    assert f"{done} of {STUDENTS} submissions were graded before" in err
    assert course.dump() == calm.dump()
