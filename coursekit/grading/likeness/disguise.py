"""What a copier does to an answer so that it looks like another one: each way on its own, and all at once."""

__all__ = ["DISGUISES", "disguised"]

import ast
import builtins
import io
import tokenize
from collections.abc import Callable, Sequence

_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr)
_KNOWN = frozenset(vars(builtins))


def _bound(tree: ast.AST) -> list[str]:
    """Return the names that an answer binds, in the order of their first sight; attributes are left alone."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            found[node.arg] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
            found[node.name] = None
    return [name for name in found if name not in _KNOWN and name != "self"]


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._names.get(node.arg, node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        value = self.visit(node.value)
        return ast.keyword(node.arg if node.arg is None else self._names.get(node.arg, node.arg), value)


def renamed(text: str) -> str:
    """Give every variable, parameter and function another name.

    Args:
        text: the answer.
    """
    tree = ast.parse(text)
    names = {name: f"thing_{number}" for number, name in enumerate(_bound(tree))}
    return ast.unparse(ast.fix_missing_locations(_Renamed(names).visit(tree)))


def reordered(text: str) -> str:
    """Write functions, and the methods of each class, in the opposite order.

    Args:
        text: the answer.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            at = [n for n, one in enumerate(node.body) if isinstance(one, ast.FunctionDef)]
            turned = [node.body[n] for n in reversed(at)]
            for place, one in zip(at, turned, strict=True):
                node.body[place] = one
    return ast.unparse(tree)


def talkative(text: str) -> str:
    """Add a comment to every line, and to every function a text and lines that print.

    Args:
        text: the answer.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            told = ast.parse("'my own work'\nprint('here')").body
            node.body = [
                *told,
                *node.body[:-1],
                *ast.parse("print('nearly there', 1, 2)").body,
                node.body[-1],
            ]
    lines = ast.unparse(ast.fix_missing_locations(tree)).splitlines()
    return "\n".join(f"{line}  # step {number}" for number, line in enumerate(lines))


def reformatted(text: str) -> str:
    """Indent by two, start a new line in every bracket, and put brackets around every returned value.

    Args:
        text: the answer.
    """
    lines = []
    for line in ast.unparse(ast.parse(text)).splitlines():
        bare = line.lstrip()
        if bare.startswith("return "):
            bare = f"return ({bare.removeprefix('return ')})"
        lines.append(" " * ((len(line) - len(line.lstrip())) // 2) + bare)
    whole = "\n".join(lines) + "\n"
    tokens = list(tokenize.generate_tokens(io.StringIO(whole).readline))
    breaks = [token.end for token in tokens if token.type == tokenize.OP and token.string in "([{"]
    rows = whole.splitlines()
    for row, column in sorted(breaks, reverse=True):
        rows[row - 1] = f"{rows[row - 1][:column]}\n      {rows[row - 1][column:]}"
    return "\n".join(rows)


def respelled(text: str) -> str:
    """Write every number in another way.

    Args:
        text: the answer.
    """
    tokens = tokenize.generate_tokens(io.StringIO(ast.unparse(ast.parse(text))).readline)
    rows = []
    for token in tokens:
        word = token.string
        if token.type == tokenize.NUMBER:
            value = ast.literal_eval(word)
            word = (
                hex(value)
                if isinstance(value, int)
                else f"{value:.17e}"
                if isinstance(value, float)
                else word
            )
        rows.append((token.type, word))
    return tokenize.untokenize(rows)


def _names(node: ast.stmt, kind: type[ast.expr_context]) -> set[str]:
    found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, kind)}
    roots = (one for one in ast.walk(node) if isinstance(one, ast.Attribute | ast.Subscript))
    for one in roots:
        if isinstance(one.ctx, kind):
            found |= {part.id for part in ast.walk(one.value) if isinstance(part, ast.Name)}
    return found


def _independent(first: ast.stmt, second: ast.stmt) -> bool:
    """Tell whether neither of two plain assignments reads or writes what the other writes."""
    if not (isinstance(first, ast.Assign) and isinstance(second, ast.Assign)):
        return False
    written, other = _names(first, ast.Store), _names(second, ast.Store)
    return not (written & (other | _names(second, ast.Load)) or other & _names(first, ast.Load))


def swapped(text: str) -> str:
    """Swap neighbouring assignments that do not depend on each other.

    Args:
        text: the answer.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        at = 0
        while isinstance(body, list) and at + 1 < len(body):
            if _independent(body[at], body[at + 1]):
                body[at], body[at + 1] = body[at + 1], body[at]
                at += 1
            at += 1
    return ast.unparse(tree)


DISGUISES: dict[str, tuple[Callable[[str], str], ...]] = {
    "names changed": (renamed,),
    "functions in another order": (reordered,),
    "comments and print lines added": (talkative,),
    "laid out in another way": (reformatted,),
    "numbers spelled in another way": (respelled,),
    "independent lines swapped": (swapped,),
    "all of these": (swapped, renamed, reordered, respelled, reformatted),
}


def disguised(text: str, ways: Sequence[Callable[[str], str]]) -> str:
    """Return an answer after several changes.

    Args:
        text: the answer.
        ways: some of ``DISGUISES``.
    """
    for way in ways:
        text = way(text)
    return text
