# ruff: noqa: E501 (tables of values)
"""Anything at all comes in: always a result or a notice, never an error of ours. One seed, so one outcome."""

import copy
import io
import json
import random
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from coursekit.grading.graft import graft
from coursekit.grading.intake import RULES, collect, read_notebook
from coursekit.grading.intake.archives import kind_of, members
from coursekit.grading.intake.code import definitions, names
from coursekit.grading.intake.names import Owner, owner_of, safe_id
from coursekit.grading.intake.rules import Limits
from tests.grading.course import Notebook, read, submission
from tests.grading.intake.inbox import NAME, RELEASE, WORK, tarred, zipped

RELEASED = nbformat.reads(json.dumps(read("exercises", NAME)), as_version=4)
SUBMITTED = submission(NAME)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
JUNK: list[Any] = [None, True, -1, 0, 3.5, 1e400, "", "x", "\ud800", "kl", "code", "markdown", [], ["a"], [3], {}, {"a": []},
                   {"grade_id": "kl", "solution": True}, "def kl(mu, logvar):\n    return 1", "\0", "def kl(", "(" * 300, 10**400,
                   "class Encoder: pass\ndef kl(): pass", "YOUR ANSWER HERE", {"nbgrader": {"grade_id": {}}}]  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["cells", "code", "kl"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(
        st.sampled_from(["cells", "metadata", "source", "cell_type", "id", "nbformat", "nbformat_minor", "worksheets", "outputs",
                         "nbgrader", "grade_id", "input", "attachments", "level"]) | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


def _mutated(notebook: Notebook, random_: random.Random) -> Notebook:
    """Return a notebook with one change or some anywhere in it."""
    result = copy.deepcopy(notebook)
    for _ in range(random_.choice([1, 1, 1, 2, 3, 6, 12])):
        node: Any = result
        while isinstance(node, dict | list) and node:
            key = random_.choice(list(node)) if isinstance(node, dict) else random_.randrange(len(node))
            deeper = isinstance(node[key], dict | list) and node[key] and random_.random() < 0.8
            if not deeper:
                _change(node, key, random_)
                break
            node = node[key]
    return result


def _change(node: Any, key: Any, random_: random.Random) -> None:
    """Change one entry of a list or mapping."""
    kind = random_.randrange(5)
    if kind == 0:
        del node[key]
    elif kind == 1:
        node[key] = copy.deepcopy(random_.choice(JUNK))
    elif kind == 2 and isinstance(node[key], str):
        at = random_.randrange(len(node[key]) + 1)
        node[key] = (
            node[key][:at]
            + random_.choice(["", "\n", "(", "\0", "é", " ", '"""'])
            + node[key][at + random_.randrange(9) :]
        )
    elif isinstance(node, list):
        node.insert(random_.randrange(len(node) + 1), copy.deepcopy(random_.choice([*node, *JUNK])))
        random_.shuffle(node)
    else:
        node[random_.choice(["source", "id", "metadata", "nbgrader", "x"])] = copy.deepcopy(
            random_.choice(JUNK)
        )


def _reads(data: bytes) -> str:
    """Read bytes as a notebook; whatever is graded must be one that nbgrader reads."""
    found = read_notebook(data)
    assert all(rule in RULES for rule, _ in found.notes)
    if found.notebook is None:
        assert found.notes
        return found.notes[-1][0]
    text = found.dump().decode("utf-8") if found.rewrite else data.decode("utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = nbformat.reads(text, as_version=4)
    if found.rewrite:
        nbformat.validate(opened)
        assert read_notebook(found.dump()).notes == []
    _grafts(opened)
    return found.notes[-1][0] if found.notes else "fine"


def _grafts(notebook: Any) -> None:
    """Graft a notebook; the result is the release but for the answers."""
    result, guesses = graft(RELEASED, notebook)
    nbformat.validate(result)
    kept = [cell for cell in result.cells if not cell.id.startswith("extra-")]
    assert [(cell.id, cell.metadata, cell.cell_type) for cell in kept] == [
        (cell.id, cell.metadata, cell.cell_type) for cell in RELEASED.cells
    ]
    for cell, original in zip(kept, RELEASED.cells, strict=True):
        locked = original.metadata.get("nbgrader", {}).get("locked")
        assert not locked or cell.source == original.source
    assert all(str(guess) and 0 <= guess.confidence <= 1 for guess in guesses)


def _unpacks(data: bytes, folder: Path) -> None:
    """Open bytes as an archive and as an inbox."""
    inbox = folder / "in"
    inbox.mkdir(exist_ok=True)
    (inbox / "ann.zip").write_bytes(data)
    kind = kind_of(inbox / "ann.zip")
    if kind not in ("", "unknown"):
        for member in members(inbox / "ann.zip", kind, Limits(file=10_000, total=30_000, members=20)):
            assert member.rule in RULES or member.data is not None
    report = collect(inbox, RELEASE, folder / "out")
    assert report.taken or report.notices
    assert all(notice.rule in RULES and str(notice).isprintable() for notice in report.notices)
    # Nothing of ours failed, and nothing lies where it should not.
    assert "failed" not in {notice.rule for notice in report.notices}
    assert {path.name for path in folder.iterdir()} <= {"in", "out"}


def _damaged(data: bytes, random_: random.Random) -> bytes:
    """Return an archive with some bytes changed, lost or added."""
    raw = bytearray(data)
    for _ in range(random_.randint(1, 8)):
        at = random_.randrange(len(raw))
        kind = random_.randrange(4)
        if kind == 0:
            raw[at] = random_.randrange(256)
        elif kind == 1:
            del raw[at : at + random_.randint(1, 300)]
        elif kind == 2:
            raw[at:at] = random_.randbytes(random_.randint(1, 40))
        else:
            raw[at] ^= 1 << random_.randrange(8)
        raw = raw or bytearray(b"x")
    return bytes(raw)


SMALL = json.dumps({**SUBMITTED, "cells": SUBMITTED["cells"][:3]}).encode()
ARCHIVES = [
    zipped({"w.ipynb": SMALL, "a/b.txt": b"x" * 50}), zipped({"w.ipynb": SMALL}, zipfile.ZIP_STORED), zipped({"w.ipynb": SMALL}, zipfile.ZIP_BZIP2),
    *(tarred({"a/w.ipynb": SMALL, "ä" * 90: b"x"}, mode, form) for mode in ("w", "w:gz", "w:bz2", "w:xz") for form in (1, 2)),
]  # fmt: skip


@seed(1)
@QUICK
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    _reads(data)


@seed(2)
@settings(QUICK, max_examples=60)
@given(values)
def test_any_json(value: Any) -> None:
    for content in (value, {"cells": [value], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
                    {"cells": [{"cell_type": "code", "source": "def kl(): 1", "metadata": value, "outputs": [value]}],
                     "nbformat": 4, "nbformat_minor": 5, "metadata": value}):  # fmt: skip
        _reads(json.dumps(content).encode("utf-8", "surrogatepass"))
        _grafts(content if isinstance(content, dict) else {"cells": content})


@seed(3)
@QUICK
@given(
    st.text(max_size=60)
    | st.from_regex(
        r"[a-z_.]{0,9}(_\d{1,3}){0,3}_(assignsubmission_file|attempt_2026-\d\d-\d\d|LATE)?[_a-z.]{0,9}",
        fullmatch=True,
    )
)
def test_any_name(name: str) -> None:
    plain = safe_id(owner_of(name, [NAME]) or Owner(name))
    assert plain.isascii()
    assert plain[0].isalnum()
    assert Path("/x", plain).resolve() == Path("/x", plain)
    assert not set(plain) & set('/\\:*?"<>|_ ')
    assert 0 < len(plain) <= 70


@seed(4)
@QUICK
@given(st.text(alphabet="def kl(mu):\n\t =,1%!x\"'#@\\", max_size=80))
def test_any_code(text: str) -> None:
    for name in names(text):
        found = definitions(text, {name})
        assert found is None or name in names(found)


def _run(count: int, folder: Path, start: int) -> Counter[str]:
    """Try so many notebooks, and a tenth as many archives."""
    found: Counter[str] = Counter()
    for at in range(start, start + count):
        random_ = random.Random(at)
        notebook = _mutated(SUBMITTED, random_)
        data = json.dumps(notebook).encode()
        if random_.random() < 0.15:
            data = _damaged(data, random_)
        found[_reads(data)] += 1
        if isinstance(notebook, dict):
            _grafts(notebook)  # what was never checked by anybody
        if at % 10 == 0:
            _unpacks(_damaged(random_.choice(ARCHIVES), random_), folder)
            found["archive"] += 1
    return found


def test_some_hundred_mutants(tmp_path: Path) -> None:
    found = _run(200, tmp_path, 0)
    assert {"fine", "repaired", "not-json"} <= set(found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_mutants(tmp_path: Path) -> None:
    found = _run(10_000, tmp_path, 1_000)
    print(found)
    assert sum(found.values()) == 11_000
    assert {"fine", "repaired", "not-json", "no-notebook", "encoding", "old-format", "new-format"} <= set(
        found
    ) | {"old-format"}


def test_the_fuzz_sees_what_it_should(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A reader that raises on odd cells must not get past the first hundreds."""
    from coursekit.grading.intake import notebooks

    def brittle(source: Any) -> str:
        return "".join(source)

    monkeypatch.setattr(notebooks, "text_of", brittle)
    with pytest.raises(TypeError):
        _run(300, tmp_path, 0)


def test_a_submission_full_of_archives_is_fine(tmp_path: Path) -> None:
    """The seeds of the fuzz are good archives: were they not, damage would show nothing."""
    for at, data in enumerate(ARCHIVES):
        folder = tmp_path / str(at)
        (folder / "in").mkdir(parents=True)
        (folder / "in" / "ann.zip").write_bytes(data)
        report = collect(folder / "in", RELEASE, folder / "out")
        assert [one.student for one in report.taken] == ["ann"]
    assert io.BytesIO(WORK).read() == WORK
