"""Every attack fails behind the walls, and succeeds where its wall is left out."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from coursekit.grading.walls.attacks import ATTACKS
from coursekit.grading.walls.bait import attack, bait
from coursekit.grading.walls.pool import Walled
from tests.grading.walls.places import KIT, LARGE, plainly, run

# These are held by more than one wall.
TWICE = {"trace its parent"}
# These need rights that an ordinary user hasn't, with or without walls.
FOR_ROOT = {"read the passwords", "mount a file system", "become another user"}
OUTWARDS = ("files", "network", "sockets")
PLAIN = [name for name, (wall, _) in ATTACKS.items() if wall in OUTWARDS or name in TWICE]


@pytest.fixture(scope="module")
def given() -> Iterator[dict[str, Any]]:
    with bait() as known:
        yield known


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_fails_behind_the_walls(name: str, walled: Walled, given: dict[str, Any]) -> None:
    box = walled.spawn("probe")
    try:
        assert run(box, attack(name, given)) is False
    finally:
        box.kill()


@pytest.mark.parametrize("name", PLAIN)
def test_attack_succeeds_in_a_plain_process(name: str, given: dict[str, Any]) -> None:
    if name in FOR_ROOT and os.geteuid() != 0:
        pytest.skip("only root can do this without walls")
    if name == "write into the environment" and not os.access(given["packages"], os.W_OK):
        pytest.skip("this user can't write there without walls")
    assert plainly(attack(name, given)) is True


def test_attacks_on_limits_succeed_without_limits(given: dict[str, Any]) -> None:
    """The process is the same but for its limits; the disk's is of the file system, and larger here."""
    with Walled(LARGE, KIT, preload=(), without=("limits",)) as walls:
        for name in [name for name, (wall, _) in ATTACKS.items() if wall == "limits"]:
            box = walls.spawn("probe")
            assert (name, run(box, attack(name, given))) == (name, True)
            box.kill()


def test_attacks_on_the_kernel_succeed_without_seccomp(given: dict[str, Any]) -> None:
    with Walled(LARGE, KIT, preload=(), without=("seccomp",)) as walls:
        box = walls.spawn("probe")
        for name in [name for name, (wall, _) in ATTACKS.items() if wall == "calls" and name not in TWICE]:
            assert (name, run(box, attack(name, given))) == (name, True)
        box.kill()


def test_signals_pass_without_landlock(given: dict[str, Any]) -> None:
    with Walled(LARGE, KIT, preload=(), without=("landlock",)) as walls:
        box = walls.spawn("probe")
        assert run(box, attack("signal the box's first process", given)) is True
        box.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can do this without walls")
@pytest.mark.parametrize("name", [name for name, (wall, _) in ATTACKS.items() if wall == "privileges"])
def test_privileges_are_there_without_walls(name: str, given: dict[str, Any]) -> None:
    # In a mount table of its own, so that nothing is mounted where others see it.
    alone = "call('unshare', 0x20000) and call('mount', None, b'/', None, 0x44000, None)\n"
    assert plainly(attack(name, given).replace("r = attempt", f"{alone}r = attempt")) is True
