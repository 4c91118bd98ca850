"""Looking for solutions and hidden tests where students read: released notebooks, site, search index."""

__all__ = ["leaks", "secrets"]

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

_REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.DOTALL)
_READABLE = {".ipynb", ".html", ".js", ".json", ".md", ".txt", ".py"}
_SHORTEST = 24  # shorter lines are idioms (`loss.backward()`) that any page may show


def _squeezed(text: str) -> str:
    """Drop what changes when code is printed into HTML or an index: spaces, quotes, tags, case."""
    return re.sub(r"[^a-z0-9_=.+*()-]", "", html.unescape(re.sub(r"<[^>]*>", "", text)).lower())


def secrets(solutions: Path) -> frozenset[str]:
    """Return every line that stands only in a solution or hidden test, squeezed for searching.

    Lines of prose and of given cells are no secrets, and neither are lines too short to tell anything.

    Args:
        solutions: folder with the source notebooks.
    """
    hidden: set[str] = set()
    given: list[str] = []
    for path in sorted(solutions.rglob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            hidden.update(
                _squeezed(line) for _, body in _REGION.findall(source) for line in body.splitlines()
            )
            given.append(_squeezed(_REGION.sub("", source)))
    open_text = "".join(given)
    return frozenset(line for line in hidden if len(line) >= _SHORTEST and line not in open_text)


def _texts(path: Path) -> Iterable[str]:
    """Return what can be read in a file: cells of a notebook, else the whole."""
    raw = path.read_text("utf-8", errors="replace")
    if path.suffix == ".ipynb":
        try:
            return ["".join(cell["source"]) for cell in json.loads(raw)["cells"]]
        except (ValueError, KeyError, TypeError):
            return [raw]
    return [raw]


def leaks(root: Path, solutions: Path, *, markers_only: bool = False) -> tuple[str, ...]:
    """Return a line for each place below a folder where a solution or hidden test can be read.

    Args:
        root: folder that students can read: exercises, or the built site with its search index.
        solutions: folder with the source notebooks.
        markers_only: look for the region markers only, as for pages that explain the same code.
    """
    found, wanted = [], () if markers_only else sorted(secrets(solutions))
    for path in sorted(p for p in root.rglob("*") if p.suffix in _READABLE and p.is_file()):
        for text in _texts(path):
            if "### BEGIN SOLUTION" in text or "### BEGIN HIDDEN" in text:
                found.append(f"{path}: a region marker")
            squeezed = _squeezed(text)
            found += [f"{path}: {line}" for line in wanted if line in squeezed]
    return tuple(found)
