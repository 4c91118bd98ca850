"""The command: one line for each thing that can be wrong, and a status file of the promised shape."""

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest

import coursekit.book.status as state
from coursekit._check import CourseError
from coursekit.assess import questions
from coursekit.book import ledger
from coursekit.book.build import _claims_are_unique
from coursekit.book.execute import Run
from coursekit.book.lock import alone
from coursekit.book.pages import pages
from coursekit.book.serve import serve
from coursekit.cli import main
from tests.book.project import write

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


def _run(slug: str, *names: str) -> Run:
    claims = [
        {"name": name, "statement": "s", "measured": "1", "required": "1", "seeds": ""} for name in names
    ]
    return Run(slug, "k", "2026-01-01", "c", "l", 1.5, 1.2, 3, claims, {}, "3.11", "2.6")


def test_claim_names_are_unique_in_the_book() -> None:
    _claims_are_unique({"a": _run("a", "x", "y"), "b": _run("b", "z")})
    with pytest.raises(CourseError, match="claim names must be unique in the book; 'x' stands twice"):
        _claims_are_unique({"a": _run("a", "x"), "b": _run("b", "x")})


@pytest.mark.timeout(60)  # a server that starts after all would wait for ever
def test_busy_port_and_unbuilt_site_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="holds no built site: run `make book` first"):
        serve(tmp_path, port=8000)
    (tmp_path / "_build" / "html").mkdir(parents=True)
    (tmp_path / "_build" / "html" / "index.html").write_text("", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(CourseError, match=f"port {port} must be free"):
            serve(tmp_path, port=port)
    with pytest.raises(ValueError, match="port must be between 1 and 65535; got 0"):
        serve(tmp_path, port=0)


def _fails(capsys: Capture, *line: str) -> str:
    assert main(["book", *line]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


def test_mistakes_of_the_command_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "must be the course's folder, with _toc.yml in it" in _fails(capsys, "check")
    for toc in ("[", "a: [1\n b", ""):
        (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
        assert "_toc.yml must" in _fails(capsys, "check")
    write(tmp_path, page="---\na: [\n---\n# T\n")
    assert "the front matter of page.md must be readable YAML" in _fails(capsys, "check")
    assert not (tmp_path / "_build").exists()


def test_two_builds_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    write(tmp_path, page="# T\n")
    monkeypatch.chdir(tmp_path)
    with alone(tmp_path):
        assert "another build (process" in _fails(capsys, "build")
    with pytest.raises(KeyError), alone(tmp_path):
        raise KeyError
    with alone(tmp_path):
        pass  # released, although the build before it failed


def test_status_has_the_promised_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    graded: list[dict[str, Any]] = [{"id": "e", "alternates": 2, "mutants": 3, "killed": 3}]
    monkeypatch.setattr(state, "calibration", lambda _: graded)
    found, rows = pages(ROOT), ledger.load(ROOT)
    slug = next(page.slug for page in found if page.executable)
    told = state.status(ROOT, found, {slug: _run(slug, "x")}, rows)
    assert {"pages", "exercises", "coverage", "questions", "versions"} <= set(told)
    assert len(told["pages"]) == len(found)
    for row in told["pages"]:
        assert set(row) >= {"slug", "seconds", "cells", "claims", "equations", "questions"}
    (ran,) = [row for row in told["pages"] if row["slug"] == slug.removeprefix("chapters/")]
    assert (ran["seconds"], ran["cells"], ran["claims"]) == (1.5, 3, ["x"])
    assert ran["equations"]
    assert set(ran["questions"]) <= set(told["questions"])
    assert len(ran["questions"]) >= 10
    assert told["exercises"] == graded
    asked = {question.source for question in questions() if question.source}
    assert set(told["coverage"]) == {row.id for row in rows.coverage} | asked
    anchors = {place[0] for place in told["coverage"].values()}
    assert all(len(place) == 3 and all(place) for place in told["coverage"].values())
    assert all("#" in anchor and not anchor.startswith("chapters/") for anchor in anchors)
    assert "000-VAE-3" in told["coverage"]
    assert {"python", "torch"} <= set(told["versions"])
    assert dataclasses.asdict(_run(slug, "x")) in told["runs"].values()
