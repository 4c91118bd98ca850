"""What a released notebook asks for: its tests, what they take from answers, what sets them up."""

__all__ = ["Plan", "defined", "is_test", "plan", "tag"]

import ast
import builtins
import functools
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_KNOWN = frozenset(vars(builtins)) | {"get_ipython", "display", "In", "Out", "__name__"}
_REMEMBERED = 1024  # pieces of code: those of an assignment are the same for each submission


@dataclass(frozen=True)
class Plan:
    """How a notebook is judged.

    Attributes:
        setup: the instructor's own statements, cell by cell, without those that need an answer.
        answers: names that a submission is expected to define.
        tests: for each cell that the examiner runs, by grade id, the names that it takes from a submission:
            the tests, and set-up cells that ask questions or count results.
        problems: names in test cells that neither the set-up nor an answer defines, a line each.
    """

    setup: tuple[str, ...]
    answers: frozenset[str]
    tests: dict[str, tuple[str, ...]]
    problems: tuple[str, ...]

    def examines(self, cell: Any) -> bool:
        """Tell whether the examiner runs a cell.

        Args:
            cell: of the notebook.
        """
        return cell["cell_type"] == "code" and tag(cell).get("grade_id") in self.tests


def tag(cell: Any) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell, empty if it has none.

    Args:
        cell: of a notebook.
    """
    found = cell.get("metadata", {}).get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def is_test(cell: Any) -> bool:
    """Tell whether a cell is a test that is run.

    Args:
        cell: of a released notebook.
    """
    return cell["cell_type"] == "code" and bool(tag(cell).get("grade")) and not tag(cell).get("solution")


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables(inner)


def _table(source: str) -> symtable.SymbolTable:
    """Return the names of a cell; magics and what is not Python have none."""
    code = "\n".join(map(ast.unparse, _statements(source)))
    try:
        return symtable.symtable(code, "<cell>", "exec")
    except SyntaxError:  # some is found only once names are looked at, such as a parameter that stands twice
        return symtable.symtable("", "<cell>", "exec")


@functools.lru_cache(_REMEMBERED)
def defined(source: str) -> frozenset[str]:
    """Return the names that a cell defines or imports at its top level.

    Args:
        source: of the cell.

    Example:
        >>> sorted(defined("import numpy as np\\nif np:\\n    def f(x): y = x"))
        ['f', 'np']
    """
    symbols = _table(source).get_symbols()
    return frozenset(one.get_name() for one in symbols if one.is_assigned() or one.is_imported())


@functools.lru_cache(_REMEMBERED)
def _taken(source: str) -> frozenset[str]:
    """Return the names that a piece of code takes from outside."""
    found = set[str]()
    for table in _tables(_table(source)):
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            own = symbol.is_assigned() or symbol.is_imported()
            if symbol.is_referenced() and ((top and not own) or (not top and symbol.is_global())):
                found.add(symbol.get_name())
    return frozenset(found - _KNOWN)


def _statements(source: str) -> list[ast.stmt]:
    """Return the statements of a cell; magics and a body that does not parse give none."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        return ast.parse("\n".join(lines)).body
    except SyntaxError:
        return []


def _split(source: str, answers: set[str]) -> str:
    """Return the statements of a cell that need no answer; what the others define joins the answers."""
    kept = []
    for node in _statements(source):
        written = ast.unparse(node)
        if _taken(written) & answers:
            answers |= defined(written)
        else:
            kept.append(written)
    return "\n".join(kept)


def _assessing(code: list[Any]) -> set[str]:
    """Return the names that set-up cells import from the room of exercises and questions."""
    nodes = [node for cell in code if tag(cell).get("locked") for node in _statements(cell["source"])]
    rooms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "coursekit.assess"]
    return {alias.asname or alias.name for node in rooms for alias in node.names}


def plan(released: Iterable[Any], cells: Iterable[Any] | None = None) -> Plan:
    """Return how a notebook is judged.

    Args:
        released: cells as they were handed out; they say what an answer defines.
        cells: the same with hidden tests put back; those handed out if None.
    """
    kept = [cell for cell in released if cell["cell_type"] == "code"]
    code = kept if cells is None else [cell for cell in cells if cell["cell_type"] == "code"]
    answers: set[str] = set()
    for cell in kept:
        if tag(cell).get("solution"):
            answers |= defined(cell["source"])
    assessing, setup, examined = _assessing(code), [], []
    for cell in code:
        if is_test(cell) or (tag(cell).get("locked") and _taken(cell["source"]) & assessing):
            examined.append(cell)
        elif tag(cell).get("locked"):
            setup.append(_split(cell["source"], answers))
    own = frozenset[str]().union(*map(defined, setup))
    tests: dict[str, tuple[str, ...]] = {}
    problems = []
    for cell in examined:
        name, taken = str(tag(cell).get("grade_id")), _taken(cell["source"])
        tests[name] = tuple(sorted(taken & answers))
        lost = sorted(taken - answers - own)
        problems += [f"{name}: {one} is defined by no answer and no set-up cell" for one in lost]
    return Plan(tuple(filter(None, setup)), frozenset(answers), tests, tuple(problems))
