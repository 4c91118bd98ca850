"""Graded twins: a variant of an assignment with other sizes, data and numbers, graded by the same graders."""

__all__ = ["variant", "write_variant"]

import importlib
import json
import re
from pathlib import Path
from typing import Any

import nbformat

from coursekit._check import CourseError
from coursekit._write import write_whole
from coursekit.assess import Question, question
from coursekit.assess.checking import CALL
from coursekit.grading.quizzes import quiz

Notebook = dict[str, Any]
_GRADED = re.compile(rf"{CALL.pattern}, \w+")
_DRAWN = re.compile(r'question\("([^"]+)"\)\.draw\(SEED\)')
_FIRST_SEED, _MOST_SEEDS = 100_000, 50_000  # far from the seeds that pages and notebooks use
_MOST = 10_000


def _read(root: Path, assignment: str) -> Notebook:
    """Read the source notebook of an assignment."""
    path = root / "solutions" / assignment / f"{assignment}.ipynb"
    try:
        found: Notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(p.parent.name for p in (root / "solutions").glob("*/*.ipynb"))) or "none"
        raise CourseError(f"{path} is missing: the assignments here are {known}") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is no notebook: {' '.join(str(error).split())}") from None
    return found


def _rewritten(notebook: Notebook, assignment: str, number: int) -> Notebook:
    """Exchange the texts that the assignment's exercises name, and grade with the variant's checks."""
    module = importlib.import_module(f"coursekit.assess.workshop.{assignment.replace('-', '_')}")
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    for old, new in module.rewrites(number):
        if not any(old in source for source in sources):
            raise CourseError(
                f"{assignment}: the notebook no longer says {old!r}, which a variant must change"
            )
        sources = [source.replace(old, new) for source in sources]
    for cell, source in zip(notebook["cells"], sources, strict=True):
        if cell["cell_type"] == "code":
            source = _GRADED.sub(rf"\g<0>, variant={number}", source)
        cell["source"] = source.splitlines(keepends=True)
    return notebook


def _nth(template: Question, number: int, seed: int) -> int:
    """Return the seed of a variant's question: the n-th whose answer none before it has, nor the original.

    Questions of words have few different answers, and so have some of numbers: there the seeds are as many,
    and variants with numbers far apart may share an answer.
    """
    seen, fresh = {template.draw(seed).key.text}, 0
    for candidate in range(_FIRST_SEED, _FIRST_SEED + _MOST_SEEDS):
        text = template.draw(candidate).key.text
        if text not in seen:
            seen.add(text)
            fresh += 1
        elif candidate - _FIRST_SEED < 40 * (fresh + 5):
            continue
        else:  # no new answer for long: go round again
            return _FIRST_SEED + number
        if fresh == number:
            return candidate
    return _FIRST_SEED + number


def _redrawn(root: Path, notebook: Notebook, number: int) -> Notebook:
    """Draw the questions of a quiz again, each with a seed of its own."""
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    asked = [question(name) for name in dict.fromkeys(_DRAWN.findall(text))]
    found = re.search(r"^SEED = (\d+)$", text, re.MULTILINE)
    old = int(found[1]) if found else 0
    seeds = {template.id: _nth(template, number, old) for template in asked}
    made = quiz(root, asked[0].chapter, seeds=seeds)
    made.cells[0].source = made.cells[0].source.replace("\n", f" (variant {number})\n", 1)
    return dict(json.loads(nbformat.writes(made)))


def variant(root: Path, assignment: str, number: int) -> Notebook:
    """Return the source notebook of a variant.

    Args:
        root: the project's folder.
        assignment: its name below ``solutions``.
        number: which variant, 1 or more.

    Raises:
        ValueError: if the number is out of range.
        CourseError: if there is no such assignment, or its notebook does not fit its exercises.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _MOST:
        raise ValueError(f"variant must be a number from 1 to {_MOST}; got {number!r}")
    notebook = _read(root, assignment)
    if any(_DRAWN.search("".join(cell["source"])) for cell in notebook.get("cells", [])):
        return _redrawn(root, notebook, number)
    return _rewritten(notebook, assignment, number)


def write_variant(root: Path, assignment: str, number: int) -> Path:
    """Write a variant below ``solutions``, whole or not at all, and return its path.

    Args:
        root: the project's folder.
        assignment: its name below ``solutions``.
        number: which variant, 1 or more.

    Raises:
        ValueError: if the number is out of range.
        CourseError: if the assignment cannot be varied.
    """
    name = f"{assignment}-{number}"
    text = json.dumps(variant(root, assignment, number), indent=1, ensure_ascii=False) + "\n"
    path = root / "solutions" / name / f"{name}.ipynb"
    write_whole(path, text)
    return path
