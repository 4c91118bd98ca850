"""Included code, looked at before any page runs: it must be there, and fit the column."""

__all__ = ["listings"]

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from sphinx.directives.code import LiteralIncludeReader

from coursekit.book.pages import Page

WIDEST = 88  # characters that the column shows without scrolling
_INCLUDE = re.compile(r"^(`{3,})\{literalinclude\}[ \t]+(\S+)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^:([\w-]+):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_KNOWN = ("pyobject", "start-at", "start-after", "end-at", "end-before", "lines")


def _options(block: str) -> dict[str, Any]:
    """Return the options that decide which lines are shown."""
    told = dict(_OPTION.findall(block))
    options: dict[str, Any] = {name: told[name].strip("\"'") for name in _KNOWN if name in told}
    if "dedent" in told:
        options["dedent"] = int(told["dedent"] or 0)
    return options


def listings(page: Page) -> Iterator[str]:
    """Yield what is wrong with the included code of a page, one line each.

    Args:
        page: a page of the book.
    """
    for found in _INCLUDE.finditer(page.text):
        number = page.text.count("\n", 0, found.start()) + 1
        place, file = f"{page.slug}.md:{number}", found.group(2)
        # Sphinx's own reader, so that what passes here passes in the build.
        reader: Any = LiteralIncludeReader
        try:
            source = reader(
                str((page.path.parent / file).resolve()),
                _options(found.group(3)),
                SimpleNamespace(source_encoding="utf-8-sig"),
            )
            text, _ = source.read(location=None)
        except (OSError, ValueError) as error:
            yield f"{place}: the listing of {file} can't be made: {error}"
            continue
        widest = max((len(line) for line in text.splitlines()), default=0)
        if widest > WIDEST:
            yield f"{place}: the listing of {file} must have at most {WIDEST} characters a line; got {widest}"
