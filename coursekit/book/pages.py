"""The pages of the book as text: which there are, their code, their labels, their words."""

__all__ = ["Page", "equation_labels", "labels", "pages", "quiz_chapters"]

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from coursekit._check import CourseError

_CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_OPTIONS = re.compile(r"\A(?:---\n.*?\n---\n|(?::[^\n]*\n)+)", re.DOTALL)
_TARGET = re.compile(r"^\(([\w-]+)\)=\s*$", re.MULTILINE)
_DOLLAR = re.compile(r"^\$\$[ \t]*\(([\w-]+)\)[ \t]*$", re.MULTILINE)
_MATH = re.compile(r"^`{3,}\{math\}\s*\n(?::[^\n]*\n)*?:label:[ \t]*([\w-]+)", re.MULTILINE)
_QUIZ = re.compile(r"^`{3,}\{quiz\}[ \t]+(\S+)", re.MULTILINE)
_NAMED = re.compile(r"^:(?:label|name):[ \t]*([\w-]+)", re.MULTILINE)
_MYTH = re.compile(r"^`{3,}\{myth\}[ \t]+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One source page: its name in the book, its file and its text."""

    slug: str
    path: Path
    text: str

    @cached_property
    def front(self) -> dict[str, Any]:
        """The front matter; empty if there is none.

        Raises:
            CourseError: if it cannot be read.
        """
        if not self.text.startswith("---\n"):
            return {}
        head, _, _ = self.text[4:].partition("\n---")
        try:
            loaded = yaml.safe_load(head)
        except yaml.YAMLError as error:
            told = " ".join(str(error).split())
            raise CourseError(f"the front matter of {self.slug}.md must be readable YAML: {told}") from None
        return loaded if isinstance(loaded, dict) else {}

    @property
    def executable(self) -> bool:
        """Whether the page is a notebook."""
        return "kernelspec" in self.front

    @cached_property
    def cells(self) -> tuple[str, ...]:
        """The source of each code cell, without its options."""
        return tuple(_OPTIONS.sub("", body, count=1).strip("\n") for _, body in _CELL.findall(self.text))

    @property
    def title(self) -> str:
        """The first heading."""
        found = re.search(r"^# (.+)$", self.text, re.MULTILINE)
        return found.group(1).strip() if found else self.slug


def equation_labels(page: Page) -> tuple[str, ...]:
    """Return the labels of the numbered equations, in their order."""
    found = [(m.start(), m.group(1)) for pattern in (_DOLLAR, _MATH) for m in pattern.finditer(page.text)]
    return tuple(label for _, label in sorted(found))


def labels(page: Page) -> frozenset[str]:
    """Return every place on the page that a link can name."""
    found = {label for pattern in (_TARGET, _NAMED) for label in pattern.findall(page.text)}
    return frozenset(
        found | {f"myth-{name.lower()}" for name in _MYTH.findall(page.text)} | set(equation_labels(page))
    )


def quiz_chapters(page: Page) -> tuple[str, ...]:
    """Return the chapters whose questions the page asks."""
    return tuple(_QUIZ.findall(page.text))


def _files(node: Any) -> list[str]:
    """Collect the files of a table of contents, in reading order."""
    if isinstance(node, list):
        return [name for item in node for name in _files(item)]
    if not isinstance(node, dict):
        return []
    own = [node[key] for key in ("root", "file") if key in node]
    return own + [name for key in ("parts", "chapters", "sections") for name in _files(node.get(key))]


def pages(root: Path) -> tuple[Page, ...]:
    """Return the pages that the table of contents names.

    Args:
        root: the folder of ``_toc.yml``.

    Raises:
        CourseError: if the table or a page is missing or unreadable.
    """
    toc = root / "_toc.yml"
    try:
        names = _files(yaml.safe_load(toc.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CourseError(
            f"_toc.yml must be a readable table of contents: {' '.join(str(error).split())}"
        ) from None
    if not names:
        raise CourseError("_toc.yml must name at least one page, as `root:` or `file:`; it names none")
    found = []
    for name in names:
        path = root / f"{name}.md"
        try:
            found.append(Page(name, path, path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise CourseError(
                f"_toc.yml names the page {name}, which must be readable as {name}.md: {error}"
            ) from None
    return tuple(found)
