"""The generated reference tables: equations, claims, errata, coverage, status."""

__all__ = ["TABLES"]

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from coursekit.book import ledger
from coursekit.book.ext.nodes import inline, raw, table


class _Table(SphinxDirective):
    """A directive without arguments that becomes tables."""

    @property
    def _root(self) -> Path:
        return Path(self.env.srcdir)

    def _ledger(self) -> ledger.Ledger:
        return ledger.load(self._root)

    def _status(self) -> dict[str, Any]:
        path = self._root / "_build" / "status.json"
        if not path.is_file():
            raise self.error("_build/status.json is missing: build the book with `make book`")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _heading(self, text: str) -> nodes.Node:
        return nodes.rubric(text=text)


class EquationLedger(_Table):
    """Numbered equation, function, test."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows = [
            (f"{{eq}}`{row.label}`", row.states, f"`{row.symbol}`", f"`{row.test}`")
            for row in self._ledger().equations
        ]
        return [table(self, ("equation", "says", "computed by", "tested by"), rows)]


class ClaimsTable(_Table):
    """Every claim with what was measured."""

    def run(self) -> list[nodes.Node]:
        """Return one table a page."""
        found: list[nodes.Node] = []
        for slug, run in self._status()["runs"].items():
            rows = [
                (
                    f"`{c['name']}`",
                    _plain(c["statement"]),
                    c["measured"],
                    c["required"],
                    c["seeds"].removeprefix("seeds "),
                )
                for c in run["claims"]
            ]
            name = slug if slug.startswith("/") else f"/chapters/{slug}"
            line = nodes.paragraph()
            line += inline(self, f"{{doc}}`{name}`, run on {run['date']}")
            found += [line, table(self, ("name", "statement", "measured", "required", "seeds"), rows)]
        return found


class ErrataTable(_Table):
    """What is said, what is right, what tests it."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows = [(row.id, row.said, row.right, f"`{row.test}`") for row in self._ledger().errata]
        return [table(self, ("id", "commonly said", "in fact", "tested by"), rows)]


class CoverageTable(_Table):
    """Item of the inventory, place, symbol, test."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows = []
        for row in ledger.covered(self._ledger()):
            label = row.anchor.partition("#")[2]
            place = f"[{label}](#{label})"
            rows.append((row.id, row.title, place, f"`{row.symbol}`", f"`{row.test}`"))
        return [table(self, ("item", "what", "taught at", "computed by", "tested by"), rows)]


class GradersTable(_Table):
    """What each grader did with answers of known worth."""

    def run(self) -> list[nodes.Node]:
        """Return the table of counts and that of the changes that pass, with reasons."""
        found = self._status()["exercises"]
        counts = [
            (f"`{e['id']}`", f"{e['points']:g}", str(e["alternates"]), f"{e['killed']} of {e['mutants']}",
             f"{e['caught']} of {e['changes'] - len(e['survivors'])}" if e["changes"] else "no code",
             _count(len(e["survivors"])))
            for e in found
        ]  # fmt: skip
        head = ("exercise", "points", "right answers", "mistakes named", "changes caught", "harmless changes")
        # The changed lines are lines of a solution: the page gives the reasons, the status file the lines.
        harmless = [(f"`{e['id']}`", reason) for e in found for _, reason in e["survivors"]]
        return [
            table(self, head, counts),
            self._heading("Changes that are right answers all the same"),
            table(self, ("exercise", "why it passes"), harmless),
        ]


class StatusTable(_Table):
    """Pages and versions of the last build."""

    def run(self) -> list[nodes.Node]:
        """Return the tables."""
        state = self._status()
        pages = [
            (page["slug"], f"{page['seconds']:.1f}" if page["cells"] else "", _count(page["cells"]),
             _count(len(page["claims"])), _count(len(page["equations"])), _count(len(page["questions"])))
            for page in state["pages"]
        ]  # fmt: skip
        return [
            self._heading("Pages"),
            table(self, ("page", "seconds", "cells", "claims", "equations", "questions"), pages),
            self._heading("Versions"),
            table(self, ("package", "version"), list(state["versions"].items())),
            raw("<p>The same for machines: <code>_build/status.json</code>.</p>"),
        ]


def _plain(text: str) -> str:
    """Keep a statement from being read as mark-up."""
    return text.replace("`", "'").replace("*", "\\*").replace("_", "\\_").replace("$", "\\$")


def _count(number: int) -> str:
    """Print a count, nothing for none."""
    return str(number) if number else ""


TABLES: dict[str, type[_Table]] = {
    "equation-ledger": EquationLedger,
    "claims-table": ClaimsTable,
    "errata-table": ErrataTable,
    "coverage-table": CoverageTable,
    "graders-table": GradersTable,
    "status-table": StatusTable,
}
