"""The known answers to an exercise, right and wrong, as text: answers that nobody copied from another."""

__all__ = ["known"]

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from coursekit.assess import Exercise
from coursekit.grading.intake.code import definitions


@cache
def _module(path: str) -> tuple[str, ast.Module]:
    text = Path(path).read_text("utf-8")
    return text, ast.parse(text)


def _lambda(candidate: FunctionType) -> str | None:
    """Return a lambda as a function of its own; None if its line holds several that could be meant."""
    code = candidate.__code__
    names = list(code.co_varnames[: code.co_argcount])
    _, tree = _module(code.co_filename)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
        and node.lineno == code.co_firstlineno
        and [one.arg for one in node.args.args] == names
    ]
    if len(found) != 1:
        return None
    made = ast.FunctionDef("answer", found[0].args, [ast.Return(found[0].body)], [])
    return ast.unparse(ast.fix_missing_locations(made))


def _source(candidate: Any) -> str | None:
    """Return the text of an answer with what it needs from its module; None if it has none of its own."""
    if isinstance(candidate, FunctionType) and candidate.__name__ == "<lambda>":
        return _lambda(candidate)
    if not isinstance(candidate, FunctionType | type):
        return None
    if "<locals>" in candidate.__qualname__:
        return textwrap.dedent(inspect.getsource(candidate))
    path = inspect.getsourcefile(candidate)
    return definitions(_module(path)[0], {candidate.__name__}) if path else None


def known(task: Exercise) -> Iterator[tuple[str, str]]:
    """Yield the known answers that have a text of their own, each with its name.

    Args:
        task: the exercise.
    """
    makers = [("reference", task.reference)]
    makers += [(f"alternate: {one.name}", one.build) for one in task.alternates]
    makers += [(f"mutant: {one.name}", one.build) for one in task.mutants]
    seen = set()
    for name, make in makers:
        try:
            text = _source(make())
        except (OSError, TypeError):
            text = None
        if text and text not in seen:
            seen.add(text)
            yield name, text
