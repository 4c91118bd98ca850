"""What a cell defines and what its definitions need, read from its text; nothing is run."""

__all__ = ["LONGEST", "definitions", "names", "normal", "parses"]

import ast
import re
import warnings
from collections.abc import Iterator

_DEFINED = re.compile(
    r"^(?:async\s+)?(def|class)\s+(\w+)|^(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*=(?!=)", re.MULTILINE
)
# A longer cell is read by pattern: the syntax tree of 40 MB would fill the memory.
LONGEST = 100_000
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def normal(text: str) -> str:
    """Return a text without what editors change on their own: line ends, and space at the end of lines.

    Args:
        text: of a cell.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _tree(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, None if it has none; IPython's own commands count as ``pass``."""
    if len(source) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(_MAGIC.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parses(source: str) -> bool:
    """Tell whether a cell is Python.

    Args:
        source: its text.
    """
    return _tree(source) is not None


def _targets(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the names that a statement binds, each with its kind: def, value or import."""
    if isinstance(node, _Definition):
        yield node.name, "def"
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name).split(".")[0], "import"
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        function = isinstance(node.value, ast.Lambda)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id, "def" if function else "value"
    elif isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.Try):
        for field in ("body", "orelse", "finalbody"):
            for inner in getattr(node, field, []):
                yield from _targets(inner)


def names(source: str, *, deeply: bool = True) -> dict[str, str]:
    """Return the names that a cell defines and their kinds; by pattern where it is not Python.

    Args:
        source: the cell's text.
        deeply: False to read it by pattern in any case.

    Example:
        >>> names("def f(x): return x\\nmodel, history = f(1), []")
        {'f': 'def', 'model': 'value', 'history': 'value'}
    """
    tree = _tree(source) if deeply else None
    if tree is None:
        found = _DEFINED.findall(source)
        pairs = [(one.strip(), "def" if name else "value") for _, name, value in found
                 for one in (name or value).split(",")]  # fmt: skip
        return dict(pairs)
    try:
        pairs = [pair for node in tree.body for pair in _targets(node)]
    except RecursionError:
        return {}
    return {name: kind for name, kind in pairs if kind != "import"}


def definitions(source: str, wanted: set[str]) -> str | None:
    """Return the functions and classes of these names with all that they need from the same cell.

    What they need are other definitions, imports and plain assignments at the cell's top level. None if the
    cell defines one of the names in another way.

    Args:
        source: the cell's text.
        wanted: the names.

    Example:
        >>> print(definitions("import math\\ndef f(x): return math.exp(x)\\ndef g(x): return 2", {"f"}))
        import math
        def f(x): return math.exp(x)
    """
    tree = _tree(source)
    if tree is None:
        return None
    makers: dict[str, list[int]] = {}
    for at, node in enumerate(tree.body):
        for name, _ in _targets(node):
            makers.setdefault(name, []).append(at)
    plain = (*_Definition.__args__, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    todo, kept = sorted(wanted), set[int]()
    while todo:
        name = todo.pop()
        for at in makers.get(name, []):
            node = tree.body[at]
            if at in kept:
                continue
            if not isinstance(node, plain) or (name in wanted and not _is_definition(node)):
                return None
            kept.add(at)
            todo += [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    if not wanted <= set(makers):
        return None
    lines = _MAGIC.sub(r"\1pass", source).splitlines()
    return "\n".join(
        "\n".join(lines[_start(tree.body[at]) : tree.body[at].end_lineno]) for at in sorted(kept)
    )


def _is_definition(node: ast.stmt) -> bool:
    """Tell whether a statement defines a function or a class."""
    return isinstance(node, _Definition) or any(kind == "def" for _, kind in _targets(node))


def _start(node: ast.stmt) -> int:
    """Return the index of a statement's first line, decorators counted."""
    first = [int(decorator.lineno) for decorator in getattr(node, "decorator_list", [])]
    return min([int(node.lineno), *first]) - 1
