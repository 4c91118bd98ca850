"""The head of a chapter and its myth checks."""

__all__ = ["ChapterHead", "Myth"]

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from coursekit.book import ledger
from coursekit.book.execute import load_run
from coursekit.book.ext.nodes import block, inline, raw


class ChapterHead(SphinxDirective):
    """What the reader will be able to do, what comes before, what it costs in time; run time is measured."""

    has_content = True
    option_spec = {  # noqa: RUF012  (docutils reads this class attribute)
        "minutes": directives.positive_int,
        "before": directives.unchanged_required,
        "assignment": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the box.

        Raises:
            ExtensionError: never; a missing option is a directive error, which fails the build.
        """
        if missing := sorted({"minutes", "before"} - self.options.keys()):
            raise self.error(f"chapter-head needs the option :{missing[0]}:")
        if not self.content:
            raise self.error("chapter-head needs a list of what the reader will be able to do")
        run = load_run(Path(self.env.srcdir), self.env.docname)
        cost = f"{self.options['minutes']} minutes to read"
        cost += f"; its code takes {run.processor_seconds:.0f} seconds of one processor core" if run else ""
        box = nodes.container(classes=["ck-head"])
        box += raw('<p class="ck-head-title">After this chapter you can</p>')
        box += block(self, "\n".join(self.content))
        for term, text in (
            ("Before it", self.options["before"]),
            ("Time", cost),
            ("Graded assignment", self.options.get("assignment", "")),
        ):
            if text:
                line = nodes.paragraph(classes=["ck-head-line"])
                line += nodes.strong(text=f"{term}: ")
                line += inline(self, text)
                box += line
        return [box]


class Myth(SphinxDirective):
    """One entry of the errata beside the cell that checks it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the box with what is said and what is right.

        Raises:
            ExtensionError: never; an unknown name is a directive error, which fails the build.
        """
        name = self.arguments[0]
        rows = {row.id: row for row in ledger.load(Path(self.env.srcdir)).errata}
        if name not in rows:
            raise self.error(f"ledger/errata has no row {name}")
        box = nodes.container(classes=["ck-myth"])
        target = f"myth-{name.lower()}"
        box["ids"].append(target)
        self.env.get_domain("std").note_hyperlink_target(target, self.env.docname, target, f"myth {name}")
        for word, text in (("Commonly said:", rows[name].said), ("In fact:", rows[name].right)):
            line = nodes.paragraph()
            line += [nodes.strong(text=word), nodes.Text(" ")]
            line += inline(self, text)
            box += line
        box += block(self, "\n".join(self.content)) if self.content else []
        return [box]
