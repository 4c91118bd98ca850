"""nbgrader's side of intake and graft: its collect command, its hook before grading, its first step."""

import json
import logging
import resource
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from traitlets.config import Config, LoggingConfigurable

from coursekit.grading import collect as adapters
from coursekit.grading import graft as module
from coursekit.grading.collect import Collector, Extractor, replace_unreadable
from coursekit.grading.graft import Graft, set_aside
from tests.grading.course import ROOT, delete, put, read, source, strip, submission

NAME = "mini-sprint-vae"
STUBS = {cell["id"]: source(cell) for cell in read("exercises", NAME)["cells"]}


def _nodes(notebook: dict[str, Any]) -> NotebookNode:
    return nbformat.reads(json.dumps(notebook), as_version=4)


class _Course:
    """The few things that the extractor asks the running command for."""

    release_directory, assignment_id = "exercises", NAME

    @staticmethod
    def format_path(*_: str) -> str:
        return str(ROOT / "exercises" / NAME)


class _App(LoggingConfigurable):
    coursedir = _Course


def _graft(notebook: NotebookNode, release: str = "exercises", root: Path = ROOT) -> NotebookNode:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.release_directory = release
    resources = {"nbgrader": {"student": "ann", "assignment": NAME, "notebook": NAME}}
    result, _ = Graft(config=config).preprocess(notebook, resources)
    return result


def test_guesses_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    result = _graft(_nodes(submission(NAME, delete("decoder"), strip)))
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert f"ann, {NAME}: no cell answers decoder (100% sure)" in lines
    assert f"ann, {NAME}: the answer to kl was found by its names (90% sure)" in lines
    assert len(lines) == 10
    assert len(result.cells) == len(STUBS)


def test_an_ordinary_submission_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    _graft(_nodes(submission(NAME)))
    assert caplog.records == []


@pytest.mark.parametrize("released", [True, False])
def test_trouble_never_grades_the_students_own_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, released: bool
) -> None:
    """Its tests, points and locks are the student's to change: without the release nothing counts."""
    if released:

        def broken(*_: Any) -> None:
            raise ZeroDivisionError("oh")

        monkeypatch.setattr(module, "graft", broken)
    result = _graft(
        _nodes(submission(NAME)), "exercises" if released else "nowhere", ROOT if released else tmp_path
    )
    answers = {cell.get("id"): cell.source for cell in result.cells}
    assert answers["not-gradable"].startswith("**This submission was not graded**")
    assert {name: text for name, text in answers.items() if name in STUBS} == (STUBS if released else {})
    assert result.metadata["coursekit"]["state"] == "not gradable"
    nbformat.validate(result)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert line.startswith(f"ann, {NAME}: not gradable, ")
    assert ("ZeroDivisionError: oh" in line) is released


def test_what_is_set_aside_does_not_change_the_release() -> None:
    released = _nodes(read("exercises", NAME))
    before = json.dumps(released)
    set_aside(released, "why")
    assert json.dumps(released) == before


def test_the_command_collects_by_the_rules_and_prints_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox, out = tmp_path / "in", tmp_path / "extracted"
    inbox.mkdir()
    text = json.dumps(submission(NAME))
    with zipfile.ZipFile(inbox / "ann.zip", "w") as archive:
        archive.writestr("../../climb.ipynb", text)
        archive.writestr("notes.txt", "no")
    (inbox / "bad.zip").write_bytes(b"PK broken")
    (inbox / f"{NAME}_zoe_b_attempt_2026-11-21-09-30-00_x.ipynb").write_text(text)
    (inbox / "link.ipynb").symlink_to("/etc/passwd")
    Extractor(parent=_App()).extract(str(inbox), str(out))
    files = sorted(path for path in out.rglob("*") if path.is_file())
    assert [path.relative_to(out).as_posix() for path in files] == [
        f"ann/undated/{NAME}.ipynb", f"zoe-b/2026-11-21-09-30-00/{NAME}.ipynb",
    ]  # fmt: skip
    collector = Collector(parent=_App())
    assert [collector.collect(str(path)) for path in files] == [
        {"student_id": "ann", "file_id": NAME},
        {"student_id": "zoe-b", "file_id": NAME, "timestamp": "2026-11-21 09:30:00"},
    ]
    told = capsys.readouterr().err
    assert (
        "coursekit: bad, bad.zip: left out what could not be read in full; the archive is damaged\n" in told
    )
    assert "coursekit: link.ipynb: left out, not followed; a link to another file\n" in told
    assert "coursekit: bad: nothing to grade; neither collected nor marked\n" in told


def test_without_a_course_the_extractor_still_extracts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann_work.ipynb").write_text(json.dumps(submission(NAME)))
    Extractor().extract(str(tmp_path / "in"), str(tmp_path / "out"))
    assert (tmp_path / "out" / "ann" / "undated" / "work.ipynb").is_file()


@pytest.mark.parametrize(
    "file", ["notes.txt", "extracted/a.ipynb", "extracted/a/b/c/d.ipynb", "extracted/a/b/c.txt"]
)
def test_collector_leaves_other_files_out(tmp_path: Path, file: str) -> None:
    assert Collector().collect(str(tmp_path / file)) is None


def _submitted(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> Path:
    """Lay out a release and a submission; return the submission's path."""
    (folder / "release" / NAME).mkdir(parents=True)
    shutil.copy(ROOT / "exercises" / NAME / f"{NAME}.ipynb", folder / "release" / NAME)
    monkeypatch.chdir(folder)
    path = folder / f"{NAME}.ipynb"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": 3}', b"\x00\x01", b"<html>"])
def test_unreadable_notebook_becomes_a_blank_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = _submitted(tmp_path, monkeypatch, content)
    replace_unreadable(NAME, "*", [str(path)])
    blank = nbformat.read(path, as_version=4)
    assert "could not be read" in blank.cells[0].source
    assert blank.metadata["coursekit"]["state"] == "not gradable"
    assert path.with_name(f"{NAME}.ipynb.unreadable").read_bytes() == content
    assert "unreadable notebook" in capsys.readouterr().err
    before = path.read_bytes()
    replace_unreadable(NAME, "*", [str(path)])
    assert path.read_bytes() == before
    assert path.with_name(f"{NAME}.ipynb.unreadable").read_bytes() == content


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_a_notebook_that_only_we_can_read_becomes_a_clean_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    notebook = submission(NAME, put("kl", "def kl(mu, logvar):\n    return 'ü'"))
    content = json.dumps(notebook, ensure_ascii=False).encode(encoding)
    path = _submitted(tmp_path, monkeypatch, content)
    replace_unreadable(NAME, "*", [str(path)])
    assert "return 'ü'" in next(
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.id == "kl"
    )
    original = path.with_name(f"{NAME}.ipynb.original")
    assert (path if encoding == "utf-8" else original).read_bytes() == content
    assert original.exists() is (encoding != "utf-8")


def test_a_full_disk_leaves_the_original_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(b"{")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            adapters._put(path, b"ten bytes.", "unreadable")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"{"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_and_a_giant_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _submitted(tmp_path, monkeypatch, b"")
    secret = tmp_path / "secret"
    secret.write_text(json.dumps(submission(NAME)))
    path.unlink()
    path.symlink_to(secret)
    replace_unreadable(NAME, "*", [str(path)])
    assert not path.is_symlink()
    assert "it is a link" in path.read_text()
    assert secret.read_text() == json.dumps(submission(NAME))
    monkeypatch.setattr(adapters, "MOST_BYTES", 1000)
    path.write_text(json.dumps(submission(NAME)))
    replace_unreadable(NAME, "*", [str(path)])
    assert "larger than" in path.read_text()
