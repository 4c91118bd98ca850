"""Grafting: the student's answers get into the release whatever was done to the notebook around them."""

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from traitlets.config import LoggingConfigurable

from coursekit.grading.collect import Collector, Extractor, replace_unreadable
from coursekit.grading.graft import graft
from tests.grading.course import ROOT, delete, duplicate, put, read, source, strip, submission, swap

NAME = "mini-sprint-vae"


def _nodes(notebook: dict[str, Any]) -> NotebookNode:
    return nbformat.reads(json.dumps(notebook), as_version=4)


def _grafted(notebook: dict[str, Any]) -> tuple[NotebookNode, list[str]]:
    return graft(_nodes(read("exercises", NAME)), _nodes(notebook))


def _answer(notebook: NotebookNode, name: str) -> str:
    return next(
        source(cell) for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name
    )


RIGHT = {cell["id"]: source(cell) for cell in submission(NAME)["cells"]}


def test_untouched_submission_comes_through() -> None:
    result, notes = _grafted(submission(NAME))
    assert notes == []
    assert [source(cell) for cell in result.cells] == list(RIGHT.values())


def test_all_metadata_lost() -> None:
    result, notes = _grafted(submission(NAME, strip))
    assert {name: _answer(result, name) for name in ("kl", "sample", "trained")} == {
        name: RIGHT[name] for name in ("kl", "sample", "trained")
    }
    assert len(result.cells) == len(RIGHT)
    assert len(notes) == 10


def test_deleted_cell_is_the_released_one_again() -> None:
    result, notes = _grafted(submission(NAME, delete("decoder"), delete("test-kl")))
    assert "NotImplementedError" in _answer(result, "decoder")
    assert notes == ["no cell answers decoder"]
    assert _answer(result, "test-kl") == RIGHT["test-kl"]


def test_of_two_copies_the_later_worked_on_one_counts() -> None:
    notebook = submission(NAME, duplicate("kl"))
    notebook["cells"][[c["id"] for c in notebook["cells"]].index("pasted")]["source"] = (
        "def kl(mu, logvar):\n    return 1"
    )
    result, _ = _grafted(notebook)
    assert _answer(result, "kl").endswith("return 1")
    assert len(result.cells) == len(RIGHT)


def test_an_untouched_copy_does_not_win() -> None:
    notebook = submission(NAME, duplicate("kl"))
    blank = {cell["id"]: source(cell) for cell in read("exercises", NAME)["cells"]}["kl"]
    notebook["cells"][[c["id"] for c in notebook["cells"]].index("pasted")]["source"] = blank
    result, _ = _grafted(notebook)
    assert _answer(result, "kl") == RIGHT["kl"]


def test_answer_moved_into_a_cell_of_the_students_own() -> None:
    blank = {cell["id"]: source(cell) for cell in read("exercises", NAME)["cells"]}["kl"]
    notebook = submission(NAME, put("kl", blank))
    own = {
        "cell_type": "code",
        "id": "own",
        "metadata": {},
        "source": RIGHT["kl"],
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].insert(5, own)
    result, notes = _grafted(notebook)
    assert _answer(result, "kl") == RIGHT["kl"]
    assert any("kl was found by" in note for note in notes)


def test_forged_tests_points_and_types_are_the_releases() -> None:
    notebook = submission(NAME, put("test-kl", "3.0"), put("setup", "def grade(*a, **k): return 3.0"))
    for cell in notebook["cells"]:
        tag = cell["metadata"].get("nbgrader", {})
        tag["points"] = 100
        tag["solution"] = True
    kl = next(cell for cell in notebook["cells"] if cell["id"] == "kl")
    kl["cell_type"] = "markdown"
    result, _ = _grafted(notebook)
    assert _answer(result, "test-kl") == RIGHT["test-kl"]
    assert _answer(result, "setup") == RIGHT["setup"]
    released = _nodes(read("exercises", NAME))
    assert [c.metadata for c in result.cells] == [c.metadata for c in released.cells]
    assert [c.cell_type for c in result.cells] == [c.cell_type for c in released.cells]
    assert _answer(result, "kl") == RIGHT["kl"]


def test_added_cells_stay_where_they_were_without_metadata() -> None:
    notebook = submission(NAME)
    helper = {
        "cell_type": "code", "id": "x", "metadata": {"nbgrader": {"grade": True, "points": 9}},
        "source": "HELP = 1", "outputs": [], "execution_count": None,
    }  # fmt: skip
    notebook["cells"].insert(3, helper)
    result, _ = _grafted(notebook)
    assert source(result.cells[3]) == "HELP = 1"
    assert result.cells[3].metadata == {}


def test_open_cells_keep_the_students_words() -> None:
    result, _ = _grafted(submission(NAME, put("check-kl", "mine = 2")))
    assert "mine = 2" in [source(cell) for cell in result.cells]


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], {"grade_id": ["list"]}, {"grade_id": None, "solution": "yes"}]
)
def test_odd_metadata_is_survived(junk: Any) -> None:
    notebook = submission(NAME, swap("kl", "return", "retrun"))
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = junk
    result, _ = _grafted(notebook)
    assert "retrun" in _answer(result, "kl")


def test_extractor_takes_notebooks_only_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    with zipfile.ZipFile(inbox / "ann.zip", "w") as archive:
        archive.writestr("../../climb.ipynb", "{}")
        archive.writestr("notes.txt", "no")
        archive.writestr("__MACOSX/._climb.ipynb", "no")
    with tarfile.open(inbox / "ben.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("link.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        plain = tarfile.TarInfo("deep/work.ipynb")
        plain.size = 2
        tar.addfile(plain, io.BytesIO(b"{}"))
    (inbox / "bad.zip").write_bytes(b"PK broken")
    (inbox / "zoe_2026-11-21_x.ipynb").write_text("{}")
    (inbox / "link.ipynb").symlink_to("/etc/passwd")
    Extractor().extract(str(inbox), str(out))
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()) == [
        "ann/climb.ipynb", "ben/work.ipynb", "zoe_2026-11-21_x.ipynb",
    ]  # fmt: skip
    assert "bad.zip: left out" in capsys.readouterr().err


class _Course:
    """The few things that the collector asks the running command for."""

    release_directory, assignment_id = "exercises", NAME

    @staticmethod
    def format_path(*_: str) -> str:
        return str(ROOT / "exercises" / NAME)


class _App(LoggingConfigurable):
    coursedir = _Course


@pytest.mark.parametrize(
    ("file", "student", "time"),
    [
        (
            "mini-sprint-vae_ann_attempt_2026-11-21-10-00-00_mini-sprint-vae.ipynb",
            "ann",
            "2026-11-21 10:00:00",
        ),
        ("ann_2026-11-21_final.ipynb", "ann", "2026-11-21 00:00:00"),
        ("b-17/VAE (2).ipynb", "b-17", None),
        ("zoe_2026-11-21-09-30-00_x/solution.ipynb", "zoe", "2026-11-21 09:30:00"),
        ("müller/mini-sprint-vae.ipynb", "m-ller", None),
        ("ann_2026-99-99_final.ipynb", "ann", None),
    ],
)
def test_collector_maps_any_name(tmp_path: Path, file: str, student: str, time: str | None) -> None:
    collector = Collector(parent=_App())
    path = tmp_path / "extracted" / file
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    found = collector.collect(str(path)) or {}
    assert found["student_id"] == student
    assert found["file_id"] == NAME
    assert found.get("timestamp") == time


def test_collector_leaves_other_files_out(tmp_path: Path) -> None:
    assert Collector().collect(str(tmp_path / "notes.txt")) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', "\x00\x01"])
def test_unreadable_notebook_becomes_a_blank_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "release" / NAME).mkdir(parents=True)
    (tmp_path / "release" / NAME / f"{NAME}.ipynb").write_text(
        (ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text()
    )
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(content)
    replace_unreadable(NAME, "*", [str(path)])
    assert "could not be read" in nbformat.read(path, as_version=4).cells[0].source
    assert path.with_name(f"{NAME}.ipynb.unreadable").read_text() == content
    assert "unreadable notebook" in capsys.readouterr().err
    before = path.read_bytes()
    replace_unreadable(NAME, "*", [str(path)])
    assert path.read_bytes() == before
