# ruff: noqa: E501 (tables of cases)
"""Notebooks of every kind: what can be graded is, the rest is named, and nothing raises."""

import codecs
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit.grading.intake import read_notebook
from tests.grading.course import Notebook, source, strip
from tests.grading.intake.inbox import NAME, WORK, Inbox, rules, work, zipped

TEXTS = [source(cell) for cell in json.loads(WORK)["cells"]]


def _old(notebook: Notebook) -> Notebook:
    """Return a notebook in format 3."""
    cells = [
        {"cell_type": cell["cell_type"], "metadata": {}}
        | ({"input": cell["source"], "outputs": [], "language": "python"} if cell["cell_type"] == "code"
           else {"source": cell["source"]})
        for cell in notebook["cells"]
    ]  # fmt: skip
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}


def _changed(change: Callable[[Notebook], object]) -> bytes:
    notebook = json.loads(WORK)
    change(notebook)
    return json.dumps(notebook).encode()


def _in_cell(**fields: Any) -> bytes:
    return _changed(lambda notebook: notebook["cells"][2].update(fields))


PLAIN = {
    "as it came": WORK,
    "without ids": _changed(strip),
    "format 4.0": _changed(lambda notebook: (strip(notebook), notebook.update(nbformat_minor=0))),
    "sources as text": _changed(lambda notebook: [cell.update(source=source(cell)) for cell in notebook["cells"]]),
    "windows line ends": WORK.replace(b"\n", b"\r\n"),
    "more metadata": _changed(lambda notebook: notebook["metadata"].update(colab={"provenance": []}, vscode=3)),
    "with outputs": _in_cell(outputs=[{"output_type": "stream", "name": "stdout", "text": ["a\n"]}]),
    "with a stamp that is no refusal": work(metadata={"coursekit": {"state": "graded"}}),
}  # fmt: skip
COPIED = {
    "encoding": [codecs.BOM_UTF8 + WORK, WORK.decode().encode("utf-16"), WORK.decode().encode("utf-16-le"),
                 WORK.decode().encode("utf-16-be"), WORK.decode().encode("utf-32"),
                 json.dumps(json.loads(WORK) | {"metadata": {"who": "Müller"}}, ensure_ascii=False).encode("latin-1")],
    "old-format": [json.dumps(_old(json.loads(WORK))).encode(),
                   json.dumps(_old(json.loads(WORK)) | {"nbformat": 2}).encode()],
    "new-format": [work(nbformat_minor=9), work(nbformat=5, nbformat_minor=0)],
    "repaired": [_in_cell(metadata=None), _in_cell(metadata=[]), _in_cell(outputs=None), _in_cell(outputs=[3]),
                 _in_cell(outputs=[{"output_type": "stream", "name": "stdout", "text": [3]}]),
                 _in_cell(outputs=[{"output_type": "stream", "text": "a"}]),
                 _in_cell(outputs=[{"output_type": "error", "ename": "E", "evalue": "", "traceback": "E"}]),
                 _in_cell(outputs=[{"output_type": "display_data", "data": {}}]),
                 # right as errors go; nbformat joins the lines of a text that no error has
                 _in_cell(outputs=[{"output_type": "error", "ename": "E", "evalue": "", "traceback": [], "text": [3]}]),
                 _in_cell(attachments={"a.png": {"image/png": 3}}),
                 _in_cell(id="not an id!"), _in_cell(id=None), _in_cell(attachments=3), work(nbformat=None),
                 work(nbformat_minor="5"), work(nbformat_minor=-1), work(metadata=None), _in_cell(id="intro"),
                 _changed(lambda notebook: notebook["cells"].append("no cell")),
                 _changed(lambda notebook: notebook["cells"].append({"cell_type": "poem", "source": "", "metadata": {}})),
                 _changed(lambda notebook: notebook["cells"].append({"cell_type": "code", "source": 3, "metadata": {}})),
                 WORK.replace(b"# ", rb"\ud83d ", 1)],
}  # fmt: skip
NONE = {
    "empty": [b"", b"  \n", codecs.BOM_UTF8, bytes(1000)],
    "cells": [json.dumps({"cells": [{}] * 3001, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()],
    "web-page": [b"<!DOCTYPE html><html><body>404</body></html>", b"\n <svg/>", codecs.BOM_UTF8 + b"<html>"],
    "not-json": [WORK[:-10], b"PK", b"\xff\xfe\x00", b"{" * 100_000, b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b"\x80\x81"],
    "no-notebook": [b"{}", b"[]", b"3", b'"text"', b"null", b'{"cells": 3}', b'{"cells": {}}', b'{"worksheets": 3}', b"NaN"],
    "stand-in": [work(metadata={"coursekit": {"state": "not gradable", "reason": reason}}) for reason in ("it is a link", 3, None)],
}  # fmt: skip


def _cases(table: dict[str, list[bytes]]) -> list[Any]:
    return [
        pytest.param(rule, data, id=f"{rule}-{at}")
        for rule, cases in table.items()
        for at, data in enumerate(cases)
    ]


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_a_notebook_as_editors_write_it_is_graded_as_it_came(data: bytes) -> None:
    read = read_notebook(data)
    assert read.notes == []
    assert not read.rewrite
    assert read.notebook is not None
    assert [cell["source"].replace("\r\n", "\n") for cell in read.notebook["cells"]] == TEXTS


@pytest.mark.parametrize(("rule", "data"), _cases(COPIED))
def test_an_odd_notebook_is_graded_from_a_clean_copy(rule: str, data: bytes) -> None:
    read = read_notebook(data)
    assert [note[0] for note in read.notes] == [rule]
    assert read.rewrite
    copy = nbformat.reads(read.dump().decode("utf-8"), as_version=4)
    nbformat.validate(copy)
    texts = [cell.source.removeprefix("\N{REPLACEMENT CHARACTER} ") for cell in copy.cells]
    assert texts[1:29] == TEXTS[1:29]
    assert read_notebook(read.dump()).notes == []


@pytest.mark.parametrize(("rule", "data"), _cases(NONE))
def test_what_is_no_notebook_is_named(rule: str, data: bytes) -> None:
    read = read_notebook(data)
    assert read.notebook is None
    assert rule in [note[0] for note in read.notes]


def test_letters_of_a_windows_code_page_are_the_letters_that_the_student_wrote() -> None:
    text = "# Größe – 3 €"
    data = json.dumps(
        {**json.loads(WORK), "cells": [{**json.loads(WORK)["cells"][2], "source": text}]}, ensure_ascii=False
    )
    read = read_notebook(data.encode("cp1252"))
    assert read.notebook is not None
    assert read.notebook["cells"][0]["source"] == text


def test_ids_that_are_made_up_are_nobody_elses() -> None:
    cells = [json.loads(WORK)["cells"][0] | {"id": name} for name in ("one", "cell-2", "one", "cell-2-")]
    read = read_notebook(json.dumps({**json.loads(WORK), "cells": cells}).encode())
    assert read.notebook is not None
    ids = [cell["id"] for cell in read.notebook["cells"]]
    assert ids[:2] == ["one", "cell-2"]
    assert len(set(ids)) == 4


def test_a_copy_keeps_of_the_metadata_what_nbgrader_could_have_written() -> None:
    tag = {"grade_id": ["kl"], "points": {"of": 3}, "solution": True}
    read = read_notebook(codecs.BOM_UTF8 + _in_cell(metadata={"nbgrader": tag, "more": 1}))
    assert read.notebook is not None
    assert read.notebook["cells"][2]["metadata"] == {"nbgrader": {"solution": True}}


def test_a_copy_keeps_the_pictures_of_a_text_that_are_pictures() -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "![](attachment:a.png)"}
    for pictures, kept in (({"a.png": {"image/png": "aGk="}}, True), ({"a.png": {"image/png": 3}}, False)):
        cells = [*json.loads(WORK)["cells"], {**cell, "attachments": pictures}]
        read = read_notebook(codecs.BOM_UTF8 + json.dumps({**json.loads(WORK), "cells": cells}).encode())
        assert read.notebook is not None
        assert read.notebook["cells"][-1].get("attachments") == (pictures if kept else None)


def test_a_reason_that_a_student_writes_is_told_in_one_short_line() -> None:
    read = read_notebook(work(metadata={"coursekit": {"state": "not gradable", "reason": "a\nb" * 5000}}))
    assert read.told.startswith("it stands in for what was handed in (a ba b")
    assert len(read.told) < 250


def test_headings_and_kinds_of_old_formats_are_kept() -> None:
    cells = [{"cell_type": "heading", "level": 2, "source": ["Title"]}, {"cell_type": "html", "source": "<b>"},
             {"cell_type": "heading", "level": 7, "source": "Seven"}, {"cell_type": "heading", "source": "None"},
             {"cell_type": "code", "input": ["a = 1\n", "b"], "language": "python"}]  # fmt: skip
    read = read_notebook(json.dumps({"nbformat": 2, "worksheets": [{"cells": cells}, 3]}).encode())
    assert read.notebook is not None
    assert read.notes == [("old-format", "format 2")]  # old formats asked for less: nothing is wrong with it
    assert [(cell["cell_type"], cell["source"]) for cell in read.notebook["cells"]] == [
        ("markdown", "## Title"), ("markdown", "<b>"), ("markdown", "# Seven"), ("markdown", "# None"), ("code", "a = 1\nb"),
    ]  # fmt: skip


@pytest.mark.parametrize(("rule", "data"), _cases(NONE) + _cases(COPIED))
def test_collecting_tells_and_goes_on(tmp_path: Path, rule: str, data: bytes) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.ipynb")
    inbox.put("ben.ipynb", data)
    inbox.put("zoe.zip", zipped({f"{NAME}.ipynb": WORK}))
    report = inbox.collect()
    # A file that is no notebook still is a hand-in: what grades it says why it can't be.
    taken = [] if data.startswith(b"PK\x03") else ["ben"]
    assert [one.student for one in report.taken] == ["ann", *taken, "zoe"]
    assert [notice.student for notice in rules(report)[rule]] == ["ben"]
    written = inbox.files()[f"extracted/ben/undated/{NAME}.ipynb"]
    assert (written == data) is (rule in NONE)
    # What can't be read is not said to be a stranger's work on top.
    assert "stranger" not in rules(report)


def test_a_notebook_of_forty_megabytes(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    large = _in_cell(outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * 40_000_000}])
    inbox.put("ann.ipynb", large)
    started = time.process_time()
    report = inbox.collect()
    assert time.process_time() - started < 10
    assert [(one.student, one.digest) for one in report.taken] != []
    assert set(rules(report)) == {"renamed"}
    assert len(inbox.files()[f"extracted/ann/undated/{NAME}.ipynb"]) == len(large)


def test_a_notebook_above_the_limit_is_left_out_by_name(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.ipynb", b"{" + b" " * 50_000_000)
    report = inbox.collect()
    assert report.taken == []
    assert report.without == ["ann"]
    assert [notice.file for notice in rules(report)["large"]] == ["ann.ipynb"]


ENDINGS = [
    "w.ipynb.txt",
    "w.ipynb.json",
    "w.IPYNB",
    "w.ipynb.ipynb",
    "w.ipynb.html",
    "w.ipynb (1)",
    "w.json",
    "w.txt",
    "w",
]


@pytest.mark.parametrize("name", ENDINGS)
def test_notebooks_under_other_endings(tmp_path: Path, name: str) -> None:
    inbox = Inbox(tmp_path)
    inbox.put(f"ann_{name}")
    inbox.put("ben_notes.txt", b"no notebook")
    inbox.put("ben_table.json", b'{"cells": [1, 2]}')
    inbox.put("ben_w.py", WORK)
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann"]
    assert ("suffix" in rules(report)) is (name != "w.ipynb.ipynb")
    assert [notice.file for notice in rules(report)["other"]] == [
        "ben_notes.txt",
        "ben_table.json",
        "ben_w.py",
    ]


def test_an_archive_under_a_notebooks_ending_and_the_reverse(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("ann.ipynb", zipped({f"{NAME}.ipynb": WORK}))
    inbox.put("ben.zip", WORK)
    inbox.put("cat.zip", b"\n  " + WORK)
    inbox.put("dan_b.ipynb", zipped({f"{NAME}.ipynb": WORK}))  # the whole name of an archive is the student's
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann", "ben", "cat", "dan-b"]
    assert [notice.student for notice in rules(report)["suffix"]] == ["ben", "cat"]
