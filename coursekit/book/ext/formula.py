"""A numbered equation repeated on another page, with its place, its test, and what is said wrongly of it."""

__all__ = ["Formula", "equation_source"]

import re
from pathlib import Path
from typing import TypeVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from coursekit.book import ledger
from coursekit.book.ext.nodes import inline, raw
from coursekit.book.pages import Page, equation_labels, pages

_DOLLAR = re.compile(
    r"^\$\$[ \t]*\n((?:(?!^\$\$).)*?)\n\$\$[ \t]*\(([\w-]+)\)[ \t]*$", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(
    r"^(`{3,})\{math\}[ \t]*\n(?::[^\n]*\n)*?:label:[ \t]*([\w-]+)\n(?::[^\n]*\n)*(.*?)^\1[ \t]*$",
    re.MULTILINE | re.DOTALL,
)

Row = TypeVar("Row", ledger.Equation, ledger.Erratum)


def equation_source(page: Page, label: str) -> str:
    """Return the LaTeX of a numbered equation as it stands on its page.

    Args:
        page: the page with the equation.
        label: of the equation.

    Raises:
        ValueError: if the page has no equation of that label, or it cannot be read.
    """
    found: dict[str, str] = {name: body for body, name in _DOLLAR.findall(page.text)}
    found |= {name: body for _, name, body in _FENCE.findall(page.text)}
    if not found.get(label, "").strip():
        raise ValueError(f"{page.slug} must have the equation {label}; got none that can be read")
    return found[label].strip()


class Formula(SphinxDirective):
    """An equation of the ledger, repeated: there is no other way onto a cheat sheet."""

    required_arguments = 1
    option_spec = {  # noqa: RUF012  (docutils reads this class attribute)
        "says": directives.unchanged_required,
        "wrong": directives.unchanged_required,
        "struck": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the box: title, formula, place and test, then what is wrong beside what is right.

        Raises:
            ExtensionError: never; an equation without a row is a directive error, which fails the build.
        """
        root, label = Path(self.env.srcdir), self.arguments[0]
        rows = ledger.load(root)
        row = self._row({equation.label: equation for equation in rows.equations}, label, "equations")
        page = next((page for page in pages(root) if label in equation_labels(page)), None)
        if page is None:
            raise self.error(f"no page of the book has the equation {label}")
        # The page that repeats an equation is read again when the equation or its row changes.
        for path in (page.path, *sorted((root / "ledger").rglob("*.yml"))):
            self.env.note_dependency(str(path))
        box = nodes.container(classes=["ck-formula"])
        title = nodes.paragraph(classes=["ck-formula-title"])
        title += inline(self, f"{self.options.get('says', row.states)} {{eq}}`{label}`")
        latex = equation_source(page, label)
        box += [title, nodes.math_block(latex, latex, nowrap=False, number=None, label=None)]
        box += self._wrong({erratum.id: erratum for erratum in rows.errata})
        tested = nodes.paragraph(classes=["ck-formula-test"])
        tested += inline(self, f"`{row.symbol}`, tested by `{row.test}`")
        box += tested
        return [box]

    def _row(self, rows: dict[str, Row], name: str, book: str) -> Row:
        """Return a row of a ledger, or stop the build."""
        if name not in rows:
            raise self.error(f"ledger/{book} has no row {name}")
        return rows[name]

    def _wrong(self, rows: dict[str, ledger.Erratum]) -> list[nodes.Node]:
        """Return the lines that are struck through, one an erratum."""
        names = self.options.get("wrong", "").replace(",", " ").split()
        struck = self.options.get("struck")
        if struck and len(names) != 1:
            raise self.error("struck needs the one erratum that says why: add the option wrong")
        found: list[nodes.Node] = []
        for name in names:
            row = self._row(rows, name, "errata")
            line = nodes.paragraph(classes=["ck-wrong"])
            line += [nodes.strong(text="not"), nodes.Text(" "), raw("<del>")]
            line += inline(self, f"${struck}$" if struck else row.said)
            line += [raw("</del>"), nodes.Text(" "), nodes.inline(text=name, classes=["ck-wrong-id"])]
            found.append(line)
        return found
