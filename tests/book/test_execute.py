"""Runs of pages: what is recorded, what the build finds again, what a failure leaves behind."""

from pathlib import Path

import pytest

from coursekit._check import CourseError
from coursekit.book import kernel
from coursekit.book.build import _stamp
from coursekit.book.execute import CACHE, _cache, execute, load_run, stale
from coursekit.book.kernel import read_notebook, run_page
from coursekit.book.keys import ModuleGraph, page_key
from coursekit.book.pages import Page, pages
from tests.book.project import executable, write

CLAIM = 'from coursekit.book import claim, glue\nclaim("one", "One", 1, between=(1, 1))\nglue("word", "two")'


def _keyed(root: Path) -> list[tuple[Page, str]]:
    graph = ModuleGraph(root)
    return [(page, page_key(page, graph)) for page in pages(root) if page.executable]


def _run(root: Path) -> list[str]:
    said: list[str] = []
    execute(root, _keyed(root), jobs=1, stamp=_stamp(root), say=said.append)
    return said


@pytest.mark.slow
def test_record_cache_and_damage(tmp_path: Path) -> None:
    from myst_nb.core.config import NbParserConfig
    from myst_nb.core.read import create_nb_reader
    from myst_nb.sphinx_ import MdParserConfig

    (page,) = write(tmp_path, good=executable(CLAIM, "1 + 1"))
    _run(tmp_path)
    record = load_run(tmp_path, "good")
    assert record is not None
    assert (record.slug, record.cells, record.key) == ("good", 2, _keyed(tmp_path)[0][1])
    assert [claim["name"] for claim in record.claims] == ["one"]
    assert record.glued == {"one": "1", "word": "two"}
    # The build reads the page in its own way, and must find the same notebook.
    formats = {".md": ("myst_nb.core.read.read_myst_markdown_notebook", {"add_source_map": True}, False)}
    reader = create_nb_reader(
        str(page.path), MdParserConfig(), NbParserConfig(custom_formats=formats), page.text
    )
    assert reader is not None
    found = _cache(tmp_path).match_cache_notebook(reader.read(page.text))
    assert found.pk == _cache(tmp_path).match_cache_notebook(read_notebook(page)).pk
    assert stale(tmp_path, _keyed(tmp_path)) == []
    for damage in ("{", "[]", "{}", ""):
        (tmp_path / "_build" / "runs" / "good.json").write_text(damage, encoding="utf-8")
        assert load_run(tmp_path, "good") is None
        assert [page.slug for page, _ in stale(tmp_path, _keyed(tmp_path))] == ["good"]


@pytest.mark.slow
def test_failing_pages_keep_the_good_ones(tmp_path: Path) -> None:
    write(
        tmp_path,
        good=executable("1 + 1"),
        bad=executable("1 + 1", "1 / 0"),
        loud=executable("import sys\nprint('!', file=sys.stderr)"),
        alien=executable("1").replace("name: python3", "name: no-such-kernel"),
    )
    with pytest.raises(CourseError) as caught:
        _run(tmp_path)
    told = str(caught.value)
    line = 1 + pages(tmp_path)[1].text.splitlines().index("1 / 0")
    assert f"bad.md:{line}: ZeroDivisionError: division by zero" in told
    assert "the cell wrote to stderr" in told
    assert "alien.md: NoSuchKernel" in told
    assert "\n" not in told
    assert [page.slug for page, _ in stale(tmp_path, _keyed(tmp_path))] == ["bad", "loud", "alien"]
    assert len(list((tmp_path / CACHE).rglob("base.ipynb"))) == 1
    assert "ZeroDivisionError" in (tmp_path / "_build" / "reports" / "bad.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_page_keeps_to_its_budget_of_processor_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = "import time\nend = time.process_time() + 1.0\nwhile time.process_time() < end:\n    pass"
    monkeypatch.setattr(kernel, "_BUDGET_S", 0.5)
    plain, training = write(
        tmp_path, plain=executable(busy), training=executable(busy).replace("---\n", "---\ntrains: true\n", 1)
    )
    assert "plain.md: the page took" in run_page(plain).problem
    outcome = run_page(training)
    assert outcome.problem == ""
    assert 1.0 < outcome.processor_seconds < 60
    # Waiting costs the clock and not the processor.
    (idle,) = write(tmp_path, idle=executable("import time\ntime.sleep(3)"))
    monkeypatch.setattr(kernel, "_BUDGET_S", 60)
    waited = run_page(idle)
    assert waited.seconds > 3 > waited.processor_seconds


@pytest.mark.slow
def test_long_runs_are_named_while_they_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursekit.book.execute._NEWS_S", 0.3)
    write(tmp_path, slow=executable("import time\ntime.sleep(2)"))
    assert any("at work on slow" in line for line in _run(tmp_path))
