"""Grading over a scheduler: workers and the scheduler itself may die."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from distributed import Client

from tests.grading.batch.toy_course import NAME, ToyCourse, mixed_class

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
    """A scheduler and its workers, each a process of its own.

    Args:
        folder: for their files.
        guard: arguments for TLS; none if empty.
    """

    def __init__(self, folder: Path, guard: tuple[str, ...] = ()) -> None:
        self.folder, self._guard = folder, guard
        file = folder / "scheduler.json"
        file.unlink(missing_ok=True)
        protocol = ("--protocol", "tls") if guard else ()
        self.scheduler = _start(
            folder, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(file), *protocol, *guard,
        )  # fmt: skip
        for _ in range(600):
            if file.exists() and file.stat().st_size:
                break
            time.sleep(0.1)
        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.worker() for _ in range(2)]

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return _start(
            self.folder, "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard",
            "--no-nanny", "--local-directory", str(self.folder / "scratch"), *self._guard,
        )  # fmt: skip

    def close(self) -> None:
        """End all."""
        for process in (*self.workers, self.scheduler):
            _end(process)


@contextmanager
def _cluster(folder: Path, guard: tuple[str, ...] = ()) -> Iterator[Cluster]:
    folder.mkdir(exist_ok=True)
    cluster = Cluster(folder, guard)
    try:
        yield cluster
    finally:
        cluster.close()


def _patiently(course: ToyCourse, address: str, *more: str) -> "subprocess.Popen[str]":
    """Start grading as soon as a worker has reported."""
    while True:
        process = course.start("-m", "coursekit", "grade", NAME, "--scheduler", address, *more)
        time.sleep(3)
        if process.poll() is None:
            return process
        _, err = process.communicate()
        if "has no workers" not in err:
            raise AssertionError(err)


def test_killed_workers_and_schedulers_cost_time_only(tmp_path: Path) -> None:
    course = mixed_class(tmp_path / "course", STUDENTS, seed=3)
    calm = course.twin(tmp_path / "calm")
    calm.grade()
    with _cluster(tmp_path / "cluster") as cluster:
        process = _patiently(course, cluster.address)
        while course.written < 4 and process.poll() is None:
            time.sleep(0.05)
        first = list(cluster.workers)
        for worker in first:  # all that were there at the start, as soon as one is there that was not
            worker.send_signal(signal.SIGSTOP)
        cluster.workers.append(cluster.worker())
        with Client(cluster.address) as client:
            client.wait_for_workers(len(cluster.workers), timeout=60)
        for worker in first:
            _end(worker)
        while course.written < 10 and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()[1]
        _end(cluster.scheduler)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "what was graded is kept: run the same command again" in err.splitlines()[-1]
    done = course.written
    assert 10 <= done < STUDENTS
    with _cluster(tmp_path / "cluster") as cluster:
        process = _patiently(course, cluster.address)
        _, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
    assert f"{done} of {STUDENTS} submissions were graded before" in err
    assert course.dump() == calm.dump()


def _certificates(folder: Path) -> dict[str, str]:
    """Make an authority and a certificate that it signs; return the files."""
    folder.mkdir()
    files = {name: str(folder / f"{name}.pem") for name in ("ca", "ca-key", "cert", "key", "request")}
    new = ("openssl", "req", "-newkey", "rsa:2048", "-nodes")
    for line in (
        (*new, "-x509", "-subj", "/CN=authority", "-keyout", files["ca-key"], "-out", files["ca"]),
        (*new, "-subj", "/CN=grader", "-keyout", files["key"], "-out", files["request"]),
        ("openssl", "x509", "-req", "-in", files["request"], "-CA", files["ca"], "-CAkey", files["ca-key"],
         "-CAcreateserial", "-days", "2", "-out", files["cert"]),
    ):  # fmt: skip
        subprocess.run(line, check=True, capture_output=True)
    return files


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_with_tls_only_who_has_a_certificate_of_ours_is_served(tmp_path: Path) -> None:
    course = mixed_class(tmp_path / "course", 3, seed=3)
    calm = course.twin(tmp_path / "calm")
    calm.grade()
    ours, theirs = (_certificates(tmp_path / name) for name in ("ours", "theirs"))
    guard = ("--tls-ca-file", ours["ca"], "--tls-cert", ours["cert"], "--tls-key", ours["key"])
    with _cluster(tmp_path / "cluster", guard) as cluster:
        assert cluster.address.startswith("tls://")
        mine = ("--tls-ca", ours["ca"], "--tls-cert", ours["cert"], "--tls-key", ours["key"])
        strange = ("--tls-ca", ours["ca"], "--tls-cert", theirs["cert"], "--tls-key", theirs["key"])
        plain = cluster.address.replace("tls://", "tcp://")
        for address, more in ((cluster.address, strange), (plain, ())):
            told = course.grade("--scheduler", address, *more, code=1)
            assert f"no scheduler answers at {address}" in told
            assert told.count("\n") == 1
        assert course.written == 0
        process = _patiently(course, cluster.address, *mine)
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    assert course.dump() == calm.dump()
