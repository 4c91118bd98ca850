"""Sphinx extension: the tables of the instructors' page, from the very data that the judge works with."""

__all__ = ["setup"]

import json
from importlib import resources
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coursekit.grading.intake.rules import table as intake_table


class _Markdown(SphinxDirective):
    """A directive without arguments that becomes a Markdown table."""

    def text(self) -> str:
        """Return the table."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Return the table's nodes."""
        found = nodes.container()
        self.state.nested_parse(StringList(self.text().splitlines(), "table"), 0, found)
        for table in found.findall(nodes.table):
            table["classes"].append("ck-table")
        return [found]


class IntakeTable(_Markdown):
    """What is done with every kind of file that comes in."""

    def text(self) -> str:
        """Return the table."""
        return intake_table()


class AttacksTable(_Markdown):
    """What hostile submissions reach with three graders."""

    def text(self) -> str:
        """Return the table."""
        file = resources.files("coursekit.grading").joinpath("measured.json")
        return attacks_table(json.loads(file.read_text("utf-8")))


def _outcomes(counts: dict[str, int]) -> str:
    """Say how often what came of a class of attacks."""
    run = counts.get("run", 0)
    kinds = sorted(counts.items(), key=lambda kind: kind[0] != "held")
    found = [f"{name} {number}" for name, number in kinds if name != "run" and number]
    return f"{', '.join(found)} of {run}" if run else "does not apply"


def attacks_table(measured: dict[str, Any]) -> str:
    """Return the measured outcomes of attacks as a Markdown table.

    Args:
        measured: the content of ``measured.json``.
    """
    graders = measured["graders"]
    rows = [f"| Attack | {' | '.join(graders)} |", "|---" * (len(graders) + 1) + "|"]
    for kind in measured["classes"]:
        cells = [_outcomes(kind["outcomes"].get(name, {})) for name in graders]
        rows.append(f"| {kind['name']} | {' | '.join(cells)} |")
    return "\n".join(rows)


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives.

    Args:
        app: Sphinx's.
    """
    app.add_directive("intake-table", IntakeTable)
    app.add_directive("attacks-table", AttacksTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
