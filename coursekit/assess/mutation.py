"""Automatic changes of a reference: operators, constants, reductions, signs, names, missing statements."""

__all__ = ["Change", "changes"]

import ast
import copy
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
_NAMES = {
    "sum": "mean", "mean": "sum", "randn": "rand", "randn_like": "rand_like", "randperm": "arange",
}  # fmt: skip
_WORDS = {"sum": "mean", "mean": "sum"}
_TRANSPARENT = {
    "exp", "log", "sqrt", "relu", "sigmoid", "tanh", "mean", "detach", "eval", "item", "float", "no_grad",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One change of a reference.

    Attributes:
        name: the changed line before and after; unique within a reference.
        build: makes the changed candidate.
    """

    name: str
    build: Callable[[], Any]


def _constants(node: ast.Constant) -> Iterator[ast.expr]:
    """Other numbers, the other truth value, the other reduction."""
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield ast.Constant(value + 1)
        if value:
            yield ast.Constant(type(value)(0))
    elif isinstance(value, str) and value in _WORDS:
        yield ast.Constant(_WORDS[value])


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    """Another function, arguments swapped, a keyword left out, the call left out, the gradient cut."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in _NAMES and isinstance(function, ast.Attribute):
        other = ast.Attribute(function.value, _NAMES[name], function.ctx)
        yield ast.Call(other, node.args, node.keywords)
    if len(node.args) >= 2 and not any(isinstance(entry, ast.Starred) for entry in node.args[:2]):
        yield ast.Call(function, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    for at in range(len(node.keywords)):
        yield ast.Call(function, node.args, node.keywords[:at] + node.keywords[at + 1 :])
    if name in _TRANSPARENT and len(node.args) == 1:
        yield node.args[0]
    if name in _TRANSPARENT and not node.args and isinstance(function, ast.Attribute):
        yield function.value


def _expressions(node: ast.AST, parameters: list[str]) -> Iterator[ast.expr]:
    """Other expressions for one."""
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) >= 2:
        yield ast.Tuple([node.elts[1], node.elts[0], *node.elts[2:]], node.ctx)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in parameters:
        others = parameters[parameters.index(node.id) + 1 :] + parameters[: parameters.index(node.id)]
        yield from (ast.Name(other, node.ctx) for other in others[:1])


def _statements(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Other statements for one: left out, its block alone, its value negated or cut from the graph."""
    if isinstance(node, (ast.Expr, ast.AugAssign)):
        yield [ast.Pass()]
    elif isinstance(node, ast.With):
        yield node.body
    elif isinstance(node, ast.Return) and node.value is not None:
        values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
        for at in range(len(values)):
            for make in (_negated, _detached):
                changed = copy.deepcopy(node)
                if isinstance(changed.value, ast.Dict):
                    changed.value.values[at] = make(changed.value.values[at])
                elif changed.value is not None:
                    changed.value = make(changed.value)
                yield [changed]


def _negated(value: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.USub(), value)


def _detached(value: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(value, "detach", ast.Load()), [], [])


def _bodies(tree: ast.Module, part: str) -> Iterator[ast.FunctionDef]:
    """Return the functions that the student writes, without names that Python itself looks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and part in ("", node.name):
            yield node


def _changed(tree: ast.Module, part: str) -> Iterator[ast.Module]:
    """Return every tree with one change inside a body; signatures, annotations and docstrings stay."""
    for number, function in enumerate(_bodies(tree, part)):
        parameters = [argument.arg for argument in function.args.args if argument.arg != "self"]
        for at, statement in enumerate(function.body):
            for place, node in enumerate(ast.walk(statement)):
                if isinstance(node, ast.stmt):
                    options: Iterator[Any] = _statements(node)
                else:
                    options = _expressions(node, parameters)
                for new in options:
                    copied = copy.deepcopy(tree)
                    body = list(_bodies(copied, part))[number].body
                    old = list(ast.walk(body[at]))[place]
                    _Replace(old, copy.deepcopy(new)).visit(copied)
                    yield ast.fix_missing_locations(copied)


class _Replace(ast.NodeTransformer):
    """Put one node, or several statements, in the place of a node."""

    def __init__(self, old: ast.AST, new: Any) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else super().generic_visit(node)


def _difference(before: str, after: str) -> str:
    """Name a change by its line."""
    old, new = before.splitlines(), after.splitlines()
    gone = next(
        (line.strip() for line, other in zip(old, new, strict=False) if line != other), old[-1].strip()
    )
    come = next((other.strip() for line, other in zip(old, new, strict=False) if line != other), "(nothing)")
    return f"{gone}  ->  {come}"


def changes(reference: Any, part: str = "") -> Iterator[Change]:
    """Return every single change of a function or class, each compiled among the names of its own module.

    Args:
        reference: a function or class whose source can be read.
        part: the one method to change; all of it if empty.
    """
    source = textwrap.dedent(inspect.getsource(reference))
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
    before, seen = ast.unparse(tree), set[str]()
    surroundings = vars(sys.modules[reference.__module__])
    for changed in _changed(tree, part):
        after = ast.unparse(changed)
        if after == before or after in seen:
            continue
        seen.add(after)

        def build(code: str = after) -> Any:
            names = dict(surroundings)
            exec(compile(code, "<change>", "exec"), names)
            return names[reference.__name__]

        yield Change(_difference(before, after), build)
