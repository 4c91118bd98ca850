"""Code as a copier cannot easily change it: tokens without names, comments, texts, layout and print lines."""

__all__ = ["Code", "Token", "read"]

import ast
import io
import keyword
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from coursekit.grading.intake.code import LONGEST

_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
_PIECE = re.compile(r"#.*|\w+|[^\s\w]")
_NAMED = "name"
_TROUBLE = (SyntaxError, ValueError, RecursionError, MemoryError)
Node = TypeVar("Node", bound=ast.AST)


class Token(NamedTuple):
    """One token, and the index of its line in ``Code.lines``."""

    text: str
    line: int


@dataclass(frozen=True)
class Code:
    """An answer as it is compared.

    Attributes:
        lines: the code as Python reads it, to be shown.
        segments: the tokens of each function or method, and of what stands outside of them; no run of tokens
            reaches from one into another, so that their order does not matter.
    """

    lines: tuple[str, ...]
    segments: tuple[tuple[Token, ...], ...]


class _Plain(ast.NodeTransformer):
    """Takes out what changes nothing: texts, annotations, imports, lines that only print."""

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        kept: list[ast.stmt] = [self.visit(one) for one in body if not _says_nothing(one)]
        return [one for one in kept if one is not None] or [ast.Pass()]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and body:
                setattr(node, field, self._body(body))
        return _without_notes(super().generic_visit(node))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, (str, bytes)):
            return ast.Constant("")
        if isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 1e15:
            return ast.Constant(int(node.value))
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        del node
        return ast.Constant("")


def _without_notes(node: ast.AST) -> ast.AST:
    """Take the annotations of a function away."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.returns = None
    if isinstance(node, ast.arg):
        node.annotation = None
    return node


def _says_nothing(node: ast.stmt) -> bool:
    """Tell whether a statement has no say in what the code computes."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
        return True
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    shown = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
    return shown or isinstance(value, ast.Constant | ast.Name)


def _own_names(tree: ast.AST) -> set[str]:
    """Return the names that the code binds itself: those are what a copier renames."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions that stand in no other function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            yield from _functions(node)


def _tokens(text: str, own: set[str]) -> Iterator[Token]:
    """Yield the tokens of a code that ``ast.unparse`` wrote; layout is none of them."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line = token.start[0] - 1
        if token.type == tokenize.NAME:
            yield Token(_NAMED if token.string in own else token.string, line)
        elif token.type == tokenize.STRING:
            yield Token("text", line)
        elif token.type in (tokenize.NUMBER, tokenize.OP):
            yield Token(token.string, line)


def _parsed(source: str) -> Code:
    tree = ast.parse(source)
    own = _own_names(tree)
    text = ast.unparse(ast.fix_missing_locations(_Plain().visit(tree)))
    places = [(node.lineno - 1, node.end_lineno or 0) for node in _functions(ast.parse(text))]
    segments: dict[int, list[Token]] = {}
    for token in _tokens(text, own):
        inside = next((number for number, (low, high) in enumerate(places, 1) if low <= token.line < high), 0)
        segments.setdefault(inside, []).append(token)
    return Code(tuple(text.splitlines()), tuple(map(tuple, segments.values())))


def _by_pattern(source: str) -> Code:
    """Read what is no Python, token by token: every word that is not a keyword counts as a name."""
    lines = tuple(source.splitlines())
    tokens = []
    for number, line in enumerate(lines):
        for piece in _PIECE.findall(line):
            if piece[0] == "#":
                continue
            named = piece.isidentifier() and not keyword.iskeyword(piece)
            tokens.append(Token(_NAMED if named else piece, number))
    return Code(lines, (tuple(tokens),))


def read(sources: str | Iterable[str]) -> Code:
    """Return an answer as it is compared; one that is no Python is read by pattern.

    Args:
        sources: the text of a cell, or of several.

    Example:
        >>> [token.text for token in read("def f(x):  # mine\\n    return torch.exp(x) * 1e-1").segments[0]]
        ['def', 'name', '(', 'name', ')', ':', 'return', 'torch', '.', 'exp', '(', 'name', ')', '*', '0.1']
    """
    source = sources if isinstance(sources, str) else "\n".join(sources)
    source = _MAGIC.sub(r"\1pass", source[:LONGEST])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _parsed(source)
    except (*_TROUBLE, tokenize.TokenError):
        return _by_pattern(source)
