"""The doctor: what it finds is what is so, and what it says can be acted upon."""

import json
import platform
import shutil
import sys
from dataclasses import replace
from functools import partialmethod

import pytest

from coursekit._check import CourseError
from coursekit.cli import main
from coursekit.grading.walls import advice, doctor
from coursekit.grading.walls.doctor import Standing, examine, require_walls, standing

NAMES = ("files", "network", "limits", "sockets", "calls", "signals", "privileges", "ending")
UP = dict.fromkeys(NAMES, True)
FACTS = dict.fromkeys(("seccomp", "groups", "sum"), True) | {"landlock": 7, "root": False, "lowered": False}
GOOD = Standing("nested", UP, (), "", FACTS)


@pytest.fixture(scope="module")
def here() -> Standing:
    return examine()


def test_walls_are_up_here(here: Standing) -> None:
    assert here.kind == "nested"
    assert here.walls == UP
    assert here.broken == ()
    assert here.enough


def test_a_wall_that_is_left_out_is_found_down(monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit.grading.walls.pool import Walled

    build = Walled.__init__
    monkeypatch.setattr(Walled, "__init__", partialmethod(build, without=("seccomp",)))
    found = examine("bare")
    assert not found.walls["calls"]
    assert "make namespaces" in found.broken
    assert found.walls["files"]


def test_exit_code_and_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _: GOOD)
    assert main(["doctor"]) == 0
    assert "files, network, limits are up" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["walls"] == UP
    down = replace(GOOD, walls=UP | {"network": False}, broken=("reach a port of this machine",))
    monkeypatch.setattr(doctor, "examine", lambda _: down)
    assert main(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "network     DOWN" in text
    assert "An attack succeeded: to reach a port of this machine." in text


def test_grading_needs_three_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_known", lambda: GOOD)
    assert require_walls() == standing() == GOOD.record()
    lesser = replace(GOOD, walls=UP | {"calls": False, "sockets": False})
    monkeypatch.setattr(doctor, "_known", lambda: lesser)
    assert require_walls()["walls"]["calls"] is False
    for name in doctor.REQUIRED:
        down = replace(GOOD, walls=UP | {name: False})
        monkeypatch.setattr(doctor, "_known", lambda down=down: down)
        with pytest.raises(CourseError, match=f"; {name} is down here: `coursekit doctor`"):
            require_walls()
        assert require_walls(unsafe=True)["walls"][name] is False
    monkeypatch.setattr(doctor, "_known", lambda: Standing("", {}))
    with pytest.raises(CourseError, match="files, network, limits are down"):
        require_walls()


@pytest.mark.parametrize(
    ("facts", "why", "program", "wanted"),
    [
        ({}, "bubblewrap is not installed", None, "apt install bubblewrap"),
        ({}, "setting up uid map", "/usr/bin/bwrap", "can't make its namespaces"),
        ({"seccomp": False}, "", "/usr/bin/bwrap", "install pyseccomp"),
        ({"landlock": 0}, "", "/usr/bin/bwrap", "Linux 5.13"),
        ({"root": True, "groups": False}, "", "/usr/bin/bwrap", "as an ordinary user"),
    ],
)
def test_advice(
    facts: dict[str, object], why: str, program: str | None, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: program)
    monkeypatch.setattr(advice, "_settings", list)
    found = replace(GOOD, kind="bare" if why else "nested", why=why, facts=FACTS | facts)
    assert [wanted in line for line in advice.advice(found)] == [True]
    assert advice.advice(GOOD) == []


def test_settings_that_stand_in_the_way_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice.Path, "read_text", lambda *_, **__: "1\n")
    assert len(advice._settings()) == 1
    assert "AppArmor" in advice._settings()[0]
    monkeypatch.setattr(advice.Path, "read_text", lambda *_, **__: "0\n")
    assert len(advice._settings()) == 2


@pytest.mark.parametrize(("system", "wanted"), [("Darwin", "virtual machine"), ("Windows", "WSL 2")])
def test_other_systems_are_told_another_way(
    system: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system.lower())
    monkeypatch.setattr(platform, "system", lambda: system)
    found = examine()
    assert not found.enough
    text = advice.told(found)
    assert wanted in text
    assert f"this is {system}" in text
