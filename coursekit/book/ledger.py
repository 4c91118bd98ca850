"""The ledgers as data: equations, errata, coverage; checked against the book, the package and the tests."""

__all__ = ["Coverage", "Equation", "Erratum", "Ledger", "covered", "load", "problems"]

import ast
import importlib
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from coursekit._check import CourseError
from coursekit.book.pages import Page, equation_labels, labels


@dataclass(frozen=True)
class Equation:
    """A numbered equation: what it says, the function that computes it, the test that checks the function."""

    label: str
    states: str
    symbol: str
    test: str


@dataclass(frozen=True)
class Erratum:
    """What is commonly said and wrong, what is right, and the test that would have caught it."""

    id: str
    said: str
    right: str
    test: str


@dataclass(frozen=True)
class Coverage:
    """Where an item of the inventory is taught (page#label), computed (symbol) and tested."""

    id: str
    title: str
    anchor: str
    symbol: str
    test: str


Row = TypeVar("Row", Equation, Erratum, Coverage)


@dataclass(frozen=True)
class Ledger:
    """All rows of the three ledgers, and the ids of the inventory that need a home."""

    equations: tuple[Equation, ...]
    errata: tuple[Erratum, ...]
    coverage: tuple[Coverage, ...]
    items: tuple[str, ...] = ()


def _row(kind: type[Row], data: Any, where: str) -> Row:
    """Turn one mapping into a row, or name the file, the item and the field that is wrong."""
    names = [field.name for field in fields(kind)]
    if not isinstance(data, dict):
        raise CourseError(f"{where} must be a mapping with {', '.join(names)}; got {data!r}")
    where = f"{where} ({data.get(names[0], 'without ' + names[0])})"
    for name in names:
        if not isinstance(data.get(name), str) or not data[name].strip():
            raise CourseError(f"{where} field {name!r} must be a non-empty text; got {data.get(name)!r}")
    if extra := sorted(set(data) - set(names)):
        raise CourseError(f"{where} has the unknown field {extra[0]!r}; known are {', '.join(names)}")
    return kind(**{name: " ".join(data[name].split()) for name in names})


def _parse(path: Path, name: str) -> Any:
    """Read one YAML file, or say in one line why that fails."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CourseError(f"{name} must be readable YAML: {' '.join(str(error).split())}") from None


def _read(folder: Path, kind: type[Row]) -> tuple[Row, ...]:
    """Read one ledger: a folder with a file for each chapter."""
    found: list[Row] = []
    for path in sorted(folder.glob("*.yml")):
        name = f"{folder.name}/{path.name}"
        rows = _parse(path, name)
        if not isinstance(rows, list):
            raise CourseError(f"{name} must be a YAML list of rows; got {type(rows).__name__}")
        found += [_row(kind, data, f"{name} row {n}") for n, data in enumerate(rows, start=1)]
    key = fields(kind)[0].name
    keys = [getattr(row, key) for row in found]
    if twice := sorted({name for name in keys if keys.count(name) > 1}):
        raise CourseError(f"ledger/{folder.name} must name each {key} once; {twice[0]} stands twice")
    return tuple(found)


def _items(root: Path) -> tuple[str, ...]:
    """Read the ids that must have a home: for each source a list of ids, a span written ``A-1..6``."""
    path = root / "ledger" / "inventory.yml"
    sections = _parse(path, path.name) if path.is_file() else {}
    if not isinstance(sections, dict) or not all(isinstance(ids, list) for ids in sections.values()):
        raise CourseError(f"{path.name} must be a mapping from sections to lists of ids")
    found: list[str] = []
    for entry in (str(entry) for ids in sections.values() for entry in ids):
        stem, span, last = entry.partition("..")
        head, first = stem.rstrip("0123456789"), stem[len(stem.rstrip("0123456789")) :]
        if span and not (first and last.isdigit() and int(first) < int(last)):
            raise CourseError(f"{path.name} must write a span as A-1..6; got {entry}")
        width = len(first) if first.startswith("0") else 0
        numbers = range(int(first), int(last) + 1) if span else ()
        found += [f"{head}{n:0{width}d}" for n in numbers] if span else [entry]
    return tuple(found)


def _stamp(root: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, time and size of every file of the ledgers: equal as long as none is edited."""
    found = ((path, path.stat()) for path in sorted((root / "ledger").rglob("*.yml")) if path.is_file())
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)


def load(root: Path) -> Ledger:
    """Read the ledgers of a project and the list of what it has promised to teach.

    Directives ask for them some hundred times a build, so that unchanged files are read once.

    Args:
        root: the project's folder.

    Raises:
        CourseError: if one is malformed: file, row and field.
    """
    return _load(root, _stamp(root))


@lru_cache(maxsize=1)
def _load(root: Path, stamp: tuple[tuple[str, int, int], ...]) -> Ledger:
    """Read the files that bear this stamp."""
    del stamp
    folder = root / "ledger"
    return Ledger(
        _read(folder / "equations", Equation),
        _read(folder / "errata", Erratum),
        _read(folder / "coverage", Coverage),
        _items(root),
    )


def covered(ledger: Ledger) -> tuple[Coverage, ...]:
    """Return where every item is kept: the rows of the ledger, then the questions that stand for an item.

    A question brings its own page, code and oracle, so that it needs no row.

    Args:
        ledger: the rows.
    """
    from coursekit.assess import questions

    asked = [
        Coverage(
            question.source, question.id.replace("/", ": ").replace("-", " "),
            f"chapters/{question.chapter}#{question.label}", question.build.__module__,
            "tests/assess/test_bank.py::test_the_key_agrees_with_its_oracle",
        )
        for question in questions()
        if question.source
    ]  # fmt: skip
    known = {row.id for row in ledger.coverage}
    return (*ledger.coverage, *(row for row in asked if row.id not in known))


@cache
def _symbol_exists(dotted: str) -> bool:
    """Tell whether a dotted name can be imported."""
    parts = dotted.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for name in parts[n:]:
            found = getattr(found, name, None)
        return found is not None
    return False


@cache
def _tests_of(path: Path) -> frozenset[str]:
    """Return the names of the test functions in a file, methods with their class."""
    if not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    plain = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    classes = (node for node in body if isinstance(node, ast.ClassDef))
    return frozenset(
        plain | {f"{c.name}::{f.name}" for c in classes for f in c.body if isinstance(f, ast.FunctionDef)}
    )


def _test_exists(root: Path, node: str) -> bool:
    """Tell whether a test id names a test: file::function, parameters left out."""
    path, _, name = node.partition("::")
    return name.partition("[")[0] in _tests_of(root / path)


def _astray(pages: tuple[Page, ...], places: set[str]) -> list[str]:
    """Return the questions whose wrong answers lead to a place that their page does not have."""
    from coursekit.assess import questions

    texts = {page.slug: page.text for page in pages}
    asked = [(question, f"chapters/{question.chapter}") for question in questions()]
    return [
        f"the question {question.id} leads to {question.label}, which {slug} does not have"
        for question, slug in asked
        if slug in texts
        and f"{slug}#{question.label}" not in places
        and f"```{{rules}} {question.chapter}" not in texts[slug]
    ]


def problems(root: Path, ledger: Ledger, pages: tuple[Page, ...]) -> list[str]:
    """Return every promise of the ledgers that is not kept, one line each.

    Args:
        root: the project's folder.
        ledger: its rows.
        pages: the pages of the book.
    """
    found = []
    rows = {row.label for row in ledger.equations}
    stand = [label for page in pages for label in equation_labels(page)]
    found += [f"equation {label} has no row in ledger/equations" for label in stand if label not in rows]
    found += [f"ledger/equations: no page has the equation {label}" for label in sorted(rows - set(stand))]
    places = {f"{page.slug}#{label}" for page in pages for label in labels(page)}
    found += [
        f"ledger/coverage: {row.id}: no page has the place {row.anchor}"
        for row in ledger.coverage
        if row.anchor not in places
    ]
    found += _astray(pages, places)
    homes = {row.id for row in covered(ledger)} | {row.id for row in ledger.errata}
    found += [f"ledger/inventory.yml: {item} has no home" for item in ledger.items if item not in homes]
    tested: list[tuple[str, str, str]] = [("equations", r.label, r.test) for r in ledger.equations]
    tested += [("errata", r.id, r.test) for r in ledger.errata] + [
        ("coverage", r.id, r.test) for r in ledger.coverage
    ]
    found += [
        f"ledger/{name}: {key}: no test {test}" for name, key, test in tested if not _test_exists(root, test)
    ]
    symbols = [("equations", r.label, r.symbol) for r in ledger.equations]
    symbols += [("coverage", r.id, r.symbol) for r in ledger.coverage]
    found += [
        f"ledger/{name}: {key}: no symbol {dotted}"
        for name, key, dotted in symbols
        if not _symbol_exists(dotted)
    ]
    return found
