"""Hostile submissions, each before an honest one: no undeserved point, nothing read, nobody hurt."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from coursekit.grading.judging.houses import Houses
from coursekit.grading.judging.plan import plan
from coursekit.grading.judging.session import Session, Timing
from coursekit.grading.walls.limits import Limits
from tests.grading.judging.attacks import ATTACKS
from tests.grading.judging.toy import POINTS, SECRET, graded, released, submitted
from tests.grading.processes import below

_DOOR = "coursekit-toy"  # each run has its own: two may run on one machine
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PLANTED = "planted-" + "9902"
FULL = dict.fromkeys(graded(released()), POINTS)


class Hall(NamedTuple):
    """Where submissions are judged, and the host's things that they go for."""

    session: Session
    course: Path
    port: int


def _tell(listener: socket.socket) -> None:
    """Tell whoever connects the host's secret."""
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            line.sendall(PLANTED.encode())


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Put up the walls once, beside a course folder and a service that must stay out of reach."""
    course = tmp_path_factory.mktemp("course")
    (course / "gradebook.db").write_text(PLANTED)
    (course / "secret.ipynb").write_text(f'"{PLANTED} {SECRET}"')
    os.environ["COURSEKIT_TOY"] = PLANTED
    outside, inner = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    inner.bind(f"\0{_DOOR}-{os.getpid()}")
    inner.listen()
    for listener in (outside, inner):
        threading.Thread(target=_tell, args=(listener,), daemon=True).start()
    with Houses(Limits(memory_mb=1500, disk_mb=100)) as houses:
        timing = Timing(cell=8, test=8, whole=120, grace=1)
        session = Session(plan(released().cells), houses.student, houses.examiners, timing)
        yield Hall(session, course, outside.getsockname()[1])
    outside.close()
    inner.close()
    del os.environ["COURSEKIT_TOY"]


def _shown(notebook: object) -> str:
    """Return all that the cells show."""
    return "".join(str(cell.get("outputs", "")) for cell in notebook.cells)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gains_nothing_and_hurts_nobody(hall: Hall, name: str) -> None:
    attack = ATTACKS[name]
    own = {
        key: text.replace("COURSE", repr(str(hall.course)))
        .replace("PORT", str(hall.port))
        .replace(_DOOR, f"{_DOOR}-{os.getpid()}")
        for key, text in attack.answers.items()
    }
    hall.session.judge(submitted().cells, 1)  # both processes stand
    before = set(below(os.getpid(), dead=False))
    notebook = submitted(**own)
    hall.session.judge(notebook.cells, 2)
    points = graded(notebook)
    assert {key for key in attack.lost.split() if points[key]} == set()
    spoilt = set(attack.lost.split()) | set(attack.may_lose.split())
    assert {key for key in FULL if not points[key]} <= spoilt, _shown(notebook)[-3000:]
    for secret in (PLANTED, SECRET):
        assert secret not in _shown(notebook)
    honest = submitted()
    judged = hall.session.judge(honest.cells, 3)
    assert graded(honest) == FULL, _shown(honest)[-2000:]
    assert judged.faults == []
    end = time.monotonic() + 5  # the process of the last tests ends by itself
    while len(left := set(below(os.getpid(), dead=False)) - before) > 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert len(left) <= 2  # the examiner may be a new one
    assert not Path("/tmp/coursekit-pwned").exists()


def test_without_the_judge_apart_the_attacks_do_gain() -> None:
    """The same comparison in the student's own process: so these attacks are real ones."""
    spoiled = {}
    for name in ("np.allclose replaced", "an object that agrees", "lying subclasses"):
        namespace: dict[str, object] = {}
        notebook = submitted(**ATTACKS[name].answers)
        points = 0
        for cell in notebook.cells:
            try:
                exec(cell.source, namespace)  # in a namespace of its own, and these three are harmless
                points += POINTS * bool(cell.metadata["nbgrader"]["grade"])
            except Exception:
                continue
        spoiled[name] = points
        import numpy as np

        np.allclose = _ALLCLOSE
    assert min(spoiled.values()) > 0, spoiled


_ALLCLOSE = __import__("numpy").allclose
