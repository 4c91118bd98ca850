"""Small helpers to mix parsed MyST with HTML."""

__all__ = ["block", "inline", "raw", "table"]

from collections.abc import Sequence

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


def raw(html: str) -> nodes.raw:
    """Return HTML that is written as it is.

    Args:
        html: the text.
    """
    return nodes.raw("", html, format="html")


def inline(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    """Parse one line of MyST: mathematics, roles, emphasis.

    Args:
        directive: the directive that runs.
        text: the line.
    """
    parsed, messages = directive.state.inline_text(text, directive.lineno)
    # A link must stand in a text element, and raw HTML around it is none.
    return [nodes.inline("", "", *parsed), *messages]


def block(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    """Parse MyST that may hold several paragraphs.

    Args:
        directive: the directive that runs.
        text: the source.
    """
    holder = nodes.container()
    directive.state.nested_parse(StringList(text.splitlines(), "coursekit"), directive.content_offset, holder)
    return list(holder.children)


def table(directive: SphinxDirective, head: Sequence[str], rows: Sequence[Sequence[str]]) -> nodes.Node:
    """Return a table whose cells are lines of MyST, in a box that scrolls by itself on a phone.

    Args:
        directive: the directive that runs.
        head: the column titles.
        rows: the cells.
    """
    whole = nodes.table(classes=["ck-table"])
    group = nodes.tgroup(cols=len(head))
    whole += group
    group += [nodes.colspec(colwidth=1) for _ in head]
    for kind, lines in ((nodes.thead, [head]), (nodes.tbody, rows)):
        part = kind()
        for cells in lines:
            row = nodes.row()
            for cell in cells:
                entry = nodes.entry()
                paragraph = nodes.paragraph()
                paragraph += inline(directive, cell)
                entry += paragraph
                row += entry
            part += row
        group += part
    return whole
