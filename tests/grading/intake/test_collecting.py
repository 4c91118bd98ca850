# ruff: noqa: E501 (tables of cases)
"""Which attempt counts, what is written and when: originals untouched, twice is once, a kill leaves no half."""

import os
import re
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from coursekit.grading.intake import RULES, Notice, Report, table
from coursekit.grading.intake.rules import Log
from tests.grading.course import ROOT
from tests.grading.intake.inbox import NAME, WORK, Inbox, entry, rules, tarred, work, zipped

STEM = f"{NAME}.ipynb"
# A notebook with nothing of the release in it: a cell of its own, and an empty one.
STRANGE = (
    b'{"cells": [{"cell_type": "raw", "source": "mine", "metadata": {}}, {"cell_type": "raw", "source": "",'
    b' "metadata": {}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
)


def _counts(report: Report) -> list[str]:
    return [one.file for one in report.taken]


def test_the_newest_attempt_by_its_stamp_counts(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    for day in ("03", "21", "20"):
        inbox.put(f"HW_ann_attempt_2026-11-{day}-10-00-00_w.ipynb", work(day))
    report = inbox.collect()
    assert [(one.student, one.stamp) for one in report.taken] == [("ann", "2026-11-21 10:00:00")]
    assert len(rules(report)["attempts"]) == 2
    assert not any(notice.human for notice in report.notices)
    assert list(inbox.files()) == [f"extracted/ann/2026-11-21-10-00-00/{STEM}"]


@pytest.mark.parametrize(
    "names",
    [("ann/w.ipynb", "ann.zip"), ("ann_2026-11-21_w.ipynb", "ann/w.ipynb"), ("ann_2026-11-21_w.ipynb", "ann_2026-11-21_x.ipynb"),
     ("ann.ipynb", "ann_w.ipynb")],
)  # fmt: skip
def test_a_tie_is_said(tmp_path: Path, names: tuple[str, str]) -> None:
    inbox = Inbox(tmp_path)
    for at, name in enumerate(names):
        inbox.put(name, zipped({STEM: work(str(at))}) if name.endswith("zip") else work(str(at)))
    report = inbox.collect()
    assert len(report.taken) == 1
    assert [notice.human for notice in rules(report)["tie"]] == [True]


def test_a_newest_attempt_that_can_not_be_read(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann_2026-11-20_w.ipynb")
    inbox.put("ann_2026-11-21_w.ipynb", b"{")
    inbox.put("ben_2026-11-21_w.ipynb", b"{")
    report = inbox.collect()
    assert _counts(report) == ["ann_2026-11-20_w.ipynb", "ben_2026-11-21_w.ipynb"]
    assert [notice.file for notice in rules(report)["older"]] == ["ann_2026-11-21_w.ipynb"]


def test_the_same_file_again_is_one(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann_2026-11-20_w.ipynb")
    inbox.put("ann_2026-11-21_w.ipynb")
    inbox.put("ann/w.ipynb")
    report = inbox.collect()
    assert _counts(report) == ["ann_2026-11-21_w.ipynb"]
    assert set(rules(report)) == {"same-file", "renamed"}


def test_of_two_notebooks_in_one_hand_in_the_closer_to_the_release_counts(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    other = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    inbox.put(
        "ann.zip", zipped({"a.ipynb": WORK, f"z/{STEM}": other, ".ipynb_checkpoints/a.ipynb": work("old")})
    )
    report = inbox.collect()
    assert _counts(report) == ["ann.zip/a.ipynb"]
    assert [notice.file for notice in rules(report)["two"]] == [f"ann.zip/z/{STEM}"]


def test_of_a_broken_and_a_whole_notebook_in_one_hand_in_the_whole_one_counts(tmp_path: Path) -> None:
    """Even where the broken one has the right name and the whole one holds nothing of the release."""
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({"a.ipynb": STRANGE, STEM: b"{"}))
    assert _counts(inbox.collect()) == ["ann.zip/a.ipynb"]


def test_of_two_in_one_hand_in_that_hold_as_much_the_newer_counts(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    new = zipfile.ZipInfo(f"a/{STEM}", (2026, 1, 2, 0, 0, 0)), work("new")
    old = zipfile.ZipInfo(f"z/{STEM}", (2026, 1, 1, 0, 0, 0)), work("old")
    inbox.put("ann.zip", zipped([new, old]))
    assert _counts(inbox.collect()) == [f"ann.zip/a/{STEM}"]


def test_archives_are_compared_by_the_time_of_what_counts_in_them(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    empty = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    old, new = (
        zipfile.ZipInfo("a.ipynb", (2020, 1, 1, 0, 0, 0)),
        zipfile.ZipInfo("b.ipynb", (2026, 1, 1, 0, 0, 0)),
    )
    inbox.put("ann.zip", zipped([(old, empty), (new, WORK)]))
    between = tarfile.TarInfo("w.ipynb")
    between.mtime = 1_700_000_000
    inbox.put("ann.tar", tarred([(between, work("2023"))]))
    report = inbox.collect()
    assert _counts(report) == ["ann.zip/b.ipynb"]
    assert [notice.file for notice in rules(report)["attempts"]] == ["ann.tar/w.ipynb"]


def test_notebooks_are_matched_to_the_release_by_what_is_in_them(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann/VAE final (2).ipynb")
    inbox.put("ben/other.ipynb", STRANGE)
    inbox.put(f"cat/{NAME} (2).ipynb", work("downloaded twice"))
    report = inbox.collect()
    assert [one.notebook for one in report.taken] == [NAME, NAME, NAME]
    assert [notice.student for notice in rules(report)["renamed"]] == ["ann", "ben"]
    assert [notice.student for notice in rules(report)["stranger"]] == ["ben"]


def test_two_released_notebooks(tmp_path: Path) -> None:
    inbox, release = Inbox(tmp_path), tmp_path / "release"
    release.mkdir()
    for name in (NAME, "sparse"):
        (release / f"{name}.ipynb").write_bytes((ROOT / "exercises" / name / f"{name}.ipynb").read_bytes())
    inbox.put("ann/one.ipynb", (release / "sparse.ipynb").read_bytes())
    inbox.put("ann/two.ipynb")
    inbox.put("ben/my sparse.ipynb", STRANGE)
    inbox.put("cat/my mini-sprint.ipynb", STRANGE)
    from coursekit.grading.intake import collect

    report = collect(inbox.folder, release, inbox.target)
    assert {(one.file, one.notebook) for one in report.taken} == {
        ("ann/one.ipynb", "sparse"),
        ("ann/two.ipynb", NAME),
        # where nothing else tells, the file's own name does
        ("ben/my sparse.ipynb", "sparse"),
        ("cat/my mini-sprint.ipynb", NAME),
    }


def test_without_a_release_the_own_name_stays(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann/..work..ipynb")
    inbox.put("ben_attempt_2026-11-21_my_work.ipynb")
    from coursekit.grading.intake import collect

    report = collect(inbox.folder, None, inbox.target)
    assert "no-release" in rules(report)
    assert set(inbox.files()) == {
        "extracted/ann/undated/work.ipynb",
        "extracted/ben/2026-11-21-00-00-00/work.ipynb",
    }


def test_links_and_special_files_in_a_folder(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(work("secret"))
    inbox.put("ann/w.ipynb", work("ann"))
    (inbox.folder / "eve.ipynb").symlink_to(secret)
    (inbox.folder / "eve").mkdir()
    (inbox.folder / "eve" / "w.ipynb").symlink_to("../ann/w.ipynb")
    (inbox.folder / "eve2").symlink_to(tmp_path)
    os.mkfifo(inbox.folder / "pipe.ipynb")
    os.link(secret, inbox.folder / "ben.ipynb")
    started = time.monotonic()
    report = inbox.collect()
    assert time.monotonic() - started < 5
    assert [one.student for one in report.taken] == ["ann", "ben"]
    found = rules(report)
    assert [notice.file for notice in found["link"]] == ["eve/w.ipynb", "eve.ipynb", "eve2"]
    assert [notice.file for notice in found["special"]] == ["pipe.ipynb"]
    assert [notice.file for notice in found["hard-link"]] == ["ben.ipynb"]


def test_a_link_in_the_place_of_the_target_is_replaced_not_followed(tmp_path: Path) -> None:
    inbox, other = Inbox(tmp_path), tmp_path / "other"
    inbox.put("ann.ipynb")
    other.write_bytes(WORK)
    place = inbox.target / "ann" / "undated" / STEM
    place.parent.mkdir(parents=True)
    place.symlink_to(other)
    inbox.collect()
    assert not place.is_symlink()
    assert other.read_bytes() == WORK


def test_folders_without_end_and_files_that_can_not_be_read(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("/".join(["ann", *"d" * 30, "w.ipynb"]))
    inbox.put("/".join(["ben", *"d" * 19, "w.ipynb"]))
    inbox.put("zoe.ipynb")
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ben", "zoe"]
    assert "folders deep" in rules(report)["failed"][0].what


def test_trouble_of_our_own_is_one_files_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit.grading.intake import collecting

    real = collecting.read_notebook

    def read(data: bytes) -> object:
        if b"boom" in data:
            raise KeyError("boom")
        return real(data)

    monkeypatch.setattr(collecting, "read_notebook", read)
    inbox = Inbox(tmp_path)
    inbox.put("ann.ipynb", work("boom"))
    inbox.put("zoe.ipynb")
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["zoe"]
    assert [notice.student for notice in rules(report)["failed"]] == ["ann"]


def _class(inbox: Inbox) -> None:
    """Fill an inbox with something of everything."""
    inbox.put(
        "submissions.zip", zipped({f"ann{at}_{at}_{at}0_w.ipynb": work(str(at)) for at in range(1, 30)})
    )
    inbox.put("ben.tar.gz", tarred({STEM: WORK}, "w:gz"))
    inbox.put("bad.zip", b"PK\x03\x04")
    inbox.put("eve.tar", tarred([entry("x.ipynb", b"2", "/etc/passwd")]))
    inbox.put("zoe/w.ipynb", WORK.decode().encode("utf-16"))


def test_twice_is_once_and_originals_stay(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    _class(inbox)
    before = inbox.state()
    first = inbox.collect()
    files = inbox.files()
    times = {path: path.stat().st_mtime_ns for path in inbox.target.rglob("*")}
    second = inbox.collect()
    assert second == first
    assert inbox.files() == files
    assert {path: path.stat().st_mtime_ns for path in inbox.target.rglob("*")} == times
    assert inbox.state() == before
    assert len(files) == 31


def test_a_kill_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Killed at many moments, then run once more: as if nothing had happened."""
    inbox = Inbox(tmp_path)
    _class(inbox)
    begun = time.monotonic()
    inbox.collect()
    needed, whole = time.monotonic() - begun, inbox.files()
    killed, ended = 0, True
    for at in range(24):
        for path in sorted(inbox.target.rglob("*.ipynb")) if ended else ():
            path.unlink()
        process = os.fork()
        if process == 0:
            inbox.collect()
            os._exit(0)
        time.sleep(needed * at / 24)  # a fast machine is killed as far into the work as a slow one
        os.kill(process, signal.SIGKILL)
        ended = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        killed += not ended
        done = {
            name: data for name, data in inbox.files().items() if name.endswith(".ipynb") and "/." not in name
        }
        assert done.items() <= whole.items()
    assert killed >= 8
    inbox.collect()
    left = {name: data for name, data in inbox.files().items() if not name.endswith(".part")}
    assert left == whole


def test_scratch_of_a_killed_run_is_cleared_that_of_a_live_one_is_not(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.ipynb")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for number in (dead.pid, os.getppid()):
        folder = inbox.target.parent / f".intake-{number}"
        folder.mkdir(parents=True)
    for name in (".intake-old", f".intake-{'9' * 30}"):  # of nobody, and of a process that can't be asked for
        (inbox.target.parent / name).mkdir()
    assert [one.student for one in inbox.collect().taken] == ["ann"]
    assert {path.name for path in inbox.target.parent.iterdir() if path.name != "extracted"} == {
        f".intake-{os.getppid()}",
        f".intake-{'9' * 30}",
    }


def test_every_rule_is_met_by_a_test_and_used_by_the_code() -> None:
    folder = ROOT / "coursekit" / "grading" / "intake"
    code = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "rules.py")
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [key for key in RULES if f'"{key}"' not in code] == []
    assert [key for key in RULES if f'"{key}"' not in tests] == []
    used = set(re.findall(r'(?:log\.add|Stop|rule=|notes\.append\(\()\(?"([a-z-]+)"', code))
    assert used <= set(RULES)


def test_a_human_is_asked_wherever_work_may_be_lost_or_counted_for_another() -> None:
    lost = {"encrypted", "unknown-archive", "bomb", "large", "total", "many", "nested", "nothing", "failed"}
    unread = {"empty", "web-page", "not-json", "no-notebook", "stand-in", "cells", "repaired", "stranger"}
    whose = {"nobody", "same-id", "other-name", "tie", "older", "two", "no-release"}
    assert {key for key, rule in RULES.items() if rule.human} == lost | unread | whose


def test_the_table_shows_every_rule_once() -> None:
    lines = table().splitlines()
    assert len(lines) == 2 + len(RULES) == len(set(lines)) or len(lines) == 2 + len(RULES)
    assert all(any(rule.what in line and rule.action in line for line in lines) for rule in RULES.values())


def test_a_notice_is_one_line_without_signs_that_steer_a_terminal() -> None:
    log = Log()
    log.add("other", "a\nb\x1b[31m\u202e.txt", "ann", "c\r\nd")
    log.add("other", "a\nb\x1b[31m\u202e.txt", "ann", "c\r\nd")
    (notice,) = log.notices
    assert isinstance(notice, Notice)
    assert str(notice).isprintable()
    assert str(notice).startswith("ann, a")
    assert str(notice).endswith("left out; not a notebook (c d)")
    log.add("other", "a.txt", "ann", "x" * 10_000)
    assert len(str(log.notices[-1])) < 250


def test_a_hand_in_full_of_cases_does_not_flood_the_report(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.zip", zipped({f"{at}.txt": b"" for at in range(100)}))
    report = inbox.collect()
    assert len(rules(report)["other"]) == 100
    lines = [line for line in report.lines() if "not a notebook" in line]
    assert len(lines) == 6
    assert lines[-1] == "ann, 95 more files: left out; not a notebook"
    inbox.put("ann.zip", zipped({f"{at}.txt": b"" for at in range(5)}))
    assert len([line for line in inbox.collect().lines() if "not a notebook" in line]) == 5


def test_lines_for_a_human_come_first(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann/notes.pdf", b"x")
    inbox.put("zoe.zip", b"Rar!")
    inbox.put("ann_2026-13-01_w.ipynb")
    report = inbox.collect()
    assert [line.endswith("[please look]") for line in report.lines()] == [True, False, False, False]
    assert "bad-stamp" in rules(report)
    assert report.without == ["zoe"]
