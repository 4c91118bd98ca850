"""The walls that stand in where namespaces can't be nested, or bubblewrap is missing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit._check import CourseError
from coursekit.grading.walls import probe
from coursekit.grading.walls.attacks import ATTACKS
from coursekit.grading.walls.bait import attack, bait, processes_with
from coursekit.grading.walls.box import Box
from coursekit.grading.walls.house import House
from coursekit.grading.walls.kit import Kit
from coursekit.grading.walls.limits import Limits
from coursekit.grading.walls.pool import Walled, chosen
from tests.grading.walls.places import (
    DAEMON,
    KIT,
    LARGE,
    PROBE,
    SMALL,
    left_by_a_killed_host,
    mark_of_its_own,
    run,
)
from tests.grading.walls.test_work import TRAINING

# Landlock knows no sockets that have a name in a folder.
OPEN = {"single": set(), "bare": {"reach a socket in a folder of this machine"}}


@pytest.fixture(scope="module", params=["single", "bare"])
def other(request: pytest.FixtureRequest) -> Iterator[Walled]:
    with Walled(SMALL, KIT, preload=(), kind=request.param) as walls:
        yield walls


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_fails(name: str, other: Walled) -> None:
    box = other.spawn("probe")
    with bait() as given:
        answer = probe.ask(box.connection, attack(name, given))
    box.kill()
    # A box that fills its disk may be ended as a whole.
    held = answer.get("value") is False or "gone" in answer
    assert held is (name not in OPEN[other.kind]), answer


def test_kill_leaves_no_process(other: Walled) -> None:
    mark, box = mark_of_its_own(), other.spawn("probe")
    assert run(box, DAEMON.format(mark=mark))
    assert len(processes_with(mark)) == 2
    box.kill()
    assert processes_with(mark) == []


def test_files_do_not_stay(other: Walled) -> None:
    box = other.spawn("probe")
    place = run(box, "import os\nopen('note', 'w').close()\nr = os.getcwd()")
    box.kill()
    again = other.spawn("probe")
    assert run(again, f"import os\nr = [os.listdir('.'), os.path.exists('{place}/note')]") == [[], False]
    again.kill()
    assert not Path(place, "note").exists()


def test_boxes_can_t_disturb_each_other(other: Walled) -> None:
    one, two = other.spawn("probe"), other.spawn("probe")
    number = run(one, "import os\nr = os.getpid()")
    code = f"""
import os
r = []
for number in {{{number}, {number} - 1, os.getppid()}} - {{os.getpid()}}:
    for path in (f"/proc/{{number}}/environ", f"/proc/{{number}}/mem"):
        try:
            open(path, "rb").read(1)
            r.append(path)
        except OSError:
            pass
    try:
        os.kill(number, 9)
        r.append(number)
    except OSError:
        pass
"""
    assert run(two, code) == []
    assert run(one, "r = 1") == 1
    one.kill()
    two.kill()


@pytest.mark.parametrize("kind", ["single", "bare"])
def test_training_with_workers(kind: str) -> None:
    with Walled(Limits(), Kit(files=(), extra=PROBE), kind=kind) as walls:
        box = walls.spawn("probe")
        losses = run(box, TRAINING.format(workers=2))
        box.kill()
    assert losses[-1] < losses[0] / 10


@pytest.mark.parametrize("kind", ["single", "bare"])
def test_everything_ends_with_the_host(kind: str, tmp_path: Path) -> None:
    assert left_by_a_killed_host(tmp_path, kind) == []


def test_landlock_is_what_closes_files_where_nothing_else_does() -> None:
    with bait() as given, Walled(LARGE, KIT, preload=(), kind="bare", without=("landlock",)) as walls:
        box = walls.spawn("probe")
        for name in ("read a file of this machine", "list the course's folder", "read the package's answers"):
            assert (name, run(box, attack(name, given))) == (name, True)
        assert run(box, attack("reach a port of this machine", given)) is False  # seccomp
        box.kill()


def test_the_guard_heeds_no_signal() -> None:
    """Landlock keeps signals from it; where the kernel's is older, those that can be ignored are."""
    mark = mark_of_its_own()
    with Walled(LARGE, KIT, preload=(), kind="bare", without=("landlock",)) as walls:
        box = walls.spawn("probe")
        code = "import signal\nfor number in (1, 2, 3, 10, 12, 14, 15):\n    os.kill(os.getppid(), number)\n"
        assert run(box, DAEMON.format(mark=mark) + code)
        assert len(processes_with(mark)) == 2
        box.kill()
    assert processes_with(mark) == []


def test_network_is_closed_twice_and_open_without_both() -> None:
    name = "reach a port of this machine"
    for left_out, open_ in ((("seccomp",), False), (("landlock", "seccomp"), True)):
        with bait() as given, Walled(LARGE, KIT, preload=(), kind="bare", without=left_out) as walls:
            box = walls.spawn("probe")
            assert run(box, attack(name, given)) is open_
            box.kill()


def test_disk_is_filled_where_it_is_larger() -> None:
    with bait() as given, Walled(LARGE, KIT, preload=(), kind="bare") as walls:
        box = walls.spawn("probe")
        assert run(box, attack("fill the disk", given)) is True
        box.kill()


@pytest.mark.skipif(not os.access("/sys/fs/cgroup/pids", os.W_OK), reason="no control group can be made here")
def test_processes_are_bounded_twice_and_without_end_without_both() -> None:
    name = "start processes without end"
    for left_out, open_ in ((("rlimits",), False), (("groups",), False), (("limits",), True)):
        with bait() as given, Walled(SMALL, KIT, preload=(), without=left_out) as walls:
            box = walls.spawn("probe")
            assert run(box, attack(name, given)) is open_
            box.kill()


def test_the_best_walls_that_work_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen.__wrapped__() == ("nested", "")
    spawn = House.spawn

    def without_nesting(house: House, *arguments: object) -> Box:
        if house.kind == "nested":
            raise CourseError("unshare: no")
        return spawn(house, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(House, "spawn", without_nesting)
    assert chosen.__wrapped__() == ("single", "unshare: no")
    monkeypatch.setenv("PATH", "/nowhere")
    assert chosen.__wrapped__() == ("bare", "bubblewrap is not installed")


def test_a_kind_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"kind must be one of nested, single, bare; got 'bar' .did you"):
        Walled(kind="bar")
