"""The honest cache: a page runs again when, and only when, something that its code reaches has changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.book.build import _stamp
from coursekit.book.execute import CACHE, execute, load_run, stale
from coursekit.book.keys import ModuleGraph, page_key
from coursekit.book.pages import Page, pages
from tests.book.project import executable, write

ROOT = Path(__file__).parents[2]
SOURCES = {
    "__init__.py": "",
    "a/__init__.py": "from coursekit.a.deep import x",
    "a/deep.py": "x = 1",
    "a/side.py": "y = 1",
    "bank/__init__.py": "import pkgutil",
    "bank/item.py": "u = 1",
    "b.py": "def f():\n    from coursekit import c\n    return c.z",
    "c.py": "z = 1",
    "data/__init__.py": "w = 1",
    "unused.py": "v = 1",
}
PAGES = {
    "index": "# No code\n",
    "deep": executable("import coursekit.a"),
    "late": executable("from coursekit.b import f\nf()"),
    "side": executable("from coursekit.a import side"),
    "bank": executable("import coursekit.bank"),
    "data": executable("def g():\n    import coursekit.data\ng()"),
    "plain": executable("1 + 1"),
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        path = tmp_path / "coursekit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    (tmp_path / "coursekit" / "data" / "files").mkdir()
    (tmp_path / "coursekit" / "data" / "files" / "d.bin").write_bytes(b"1")
    write(tmp_path, **PAGES)
    return tmp_path


def keyed(root: Path) -> list[tuple[Page, str]]:
    graph = ModuleGraph(root)
    return [(page, page_key(page, graph)) for page in pages(root) if page.executable]


EVERY = {"deep", "late", "side", "bank", "data", "plain"}
TOUCHES = [
    ("coursekit/a/deep.py", {"deep", "side"}),  # side imports the package a, whose __init__ imports deep
    ("coursekit/a/__init__.py", {"deep", "side"}),
    ("coursekit/a/side.py", {"side"}),
    ("coursekit/c.py", {"late"}),  # imported inside a function
    ("coursekit/b.py", {"late"}),
    ("coursekit/bank/item.py", {"bank"}),  # found by its package at run time
    ("coursekit/data/files/d.bin", {"data"}),
    ("coursekit/unused.py", set()),
    ("coursekit/__init__.py", EVERY - {"plain"}),
    ("constraints.txt", EVERY),
]


@pytest.mark.parametrize(("touched", "again"), TOUCHES, ids=[name for name, _ in TOUCHES])
def test_exactly_the_pages_that_reach_a_file_get_a_new_key(book: Path, touched: str, again: set[str]) -> None:
    before = {page.slug: key for page, key in keyed(book)}
    path = book / touched
    path.write_bytes(path.read_bytes() + b"\n# touched\n")
    assert {page.slug for page, key in keyed(book) if before[page.slug] != key} == again


def test_prose_does_not_count_but_code_does(book: Path) -> None:
    before = {page.slug: key for page, key in keyed(book)}
    path = book / "plain.md"
    path.write_text(path.read_text(encoding="utf-8") + "\nMore words.\n", encoding="utf-8")
    assert {page.slug: key for page, key in keyed(book)} == before
    path.write_text(path.read_text(encoding="utf-8").replace("1 + 1", "1 + 2"), encoding="utf-8")
    assert {page.slug for page, key in keyed(book) if before[page.slug] != key} == {"plain"}


@pytest.mark.slow
def test_touching_a_module_runs_exactly_its_pages(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(book))  # the kernels import the toy package, whoever calls the tests

    def run() -> set[str]:
        todo = stale(book, keyed(book))
        execute(book, todo, jobs=1, stamp=_stamp(book), say=lambda _: None)
        return {page.slug for page, _ in todo}

    assert run() == EVERY
    assert run() == set()
    with (book / "coursekit" / "c.py").open("a", encoding="utf-8") as file:
        file.write("# touched\n")
    assert run() == {"late"}
    (book / CACHE / "global.db").write_bytes(b"damaged")
    assert run() == EVERY
    record = load_run(book, "late")
    assert record is not None
    assert (record.cells, record.claims) == (1, [])


@pytest.mark.slow
def test_the_key_of_each_page_covers_all_that_it_loads() -> None:
    graph = ModuleGraph(ROOT)
    for page in pages(ROOT):
        imports = "\n".join(cell for cell in page.cells if "import " in cell)
        if not imports:
            continue
        told = subprocess.run(
            [sys.executable, "-c", f"{imports}\nimport sys\nprint(*sys.modules)"],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        loaded = {name for name in told.stdout.split() if name.split(".")[0] == "coursekit"}
        assert loaded, page.slug
        assert loaded <= graph.reached(*page.cells), page.slug
