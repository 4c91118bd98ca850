"""Pieces of a page that needs nothing from outside: tables, figures, lists, and their style."""

__all__ = ["details", "fold", "name_list", "page", "picture", "table", "text"]

import base64
import html
from collections.abc import Iterable, Sequence

from coursekit.plot import ThemedFigure

_SHOWN = 12  # ids in a line; more of them fold away
_STYLE = """
:root { color-scheme: light dark; --faint: light-dark(#d5d5d5, #444); --mark: light-dark(#ffe9a8, #5b4a00);
  --band: light-dark(#f4f4f4, #1d1d1d); --link: light-dark(#005a9c, #7cc0ff); }
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem;
  background: light-dark(#fff, #121212); color: light-dark(#222, #e8e8e8); }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1rem; list-style: none; padding: 0; }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--faint); padding-top: 1rem; }
.secret { border: 2px solid; padding: 0.5rem 0.8rem; font-weight: bold; }
.wide { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; min-width: 50%; }
caption { text-align: left; font-weight: bold; padding: 0.4rem 0; }
th, td { border-bottom: 1px solid var(--faint); padding: 0.3rem 0.7rem; text-align: left;
  vertical-align: top; }
thead th { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
ul.names { display: flex; flex-wrap: wrap; gap: 0 0.8rem; list-style: none; margin: 0; padding: 0; }
img { max-width: 100%; height: auto; }
summary { cursor: pointer; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0.8rem; }
.pair > div { min-width: 0; }
.pair h4 { margin: 0.4rem 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; font-size: 0.85rem; background: var(--band); padding: 0.6rem; margin: 0; }
mark { background: var(--mark); color: inherit; }
@media (max-width: 45rem) { .pair { grid-template-columns: 1fr; } }
@media print { nav { display: none; } .wide, pre { overflow: visible; } pre { white-space: pre-wrap; }
  details::details-content { content-visibility: visible; } table, .pair { break-inside: auto; }
  tr, img { break-inside: avoid; } body { max-width: none; } }
"""


def text(value: object) -> str:
    """Return a value as text that is safe on a page.

    Args:
        value: of any kind.
    """
    return html.escape(str(value), quote=True)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int]) -> str:
    """Return a table whose cells are safe already; the first column names the row.

    Args:
        caption: as text.
        head: as text.
        rows: of HTML.
        numbers: columns that hold figures.
    """

    def cell(at: int, content: str) -> str:
        kind = ' class="number"' if at in numbers else ""
        return f'<th scope="row"{kind}>{content}</th>' if at == 0 else f"<td{kind}>{content}</td>"

    top = "".join(
        f'<th scope="col"{" class=number" if at in numbers else ""}>{text(name)}</th>'
        for at, name in enumerate(head)
    )
    body = "\n".join(f"<tr>{''.join(cell(at, one) for at, one in enumerate(row))}</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>"
        "</table></div>"
    )


def fold(summary: str, content: str) -> str:
    """Return content that is folded away on a screen, and open on paper.

    Args:
        summary: as text.
        content: HTML.
    """
    return f"<details><summary>{text(summary)}</summary>{content}</details>"


def name_list(names: Sequence[str]) -> str:
    """Return ids as a list; one that is long is folded away.

    Args:
        names: as text.
    """
    told = f'<ul class="names">{"".join(f"<li>{text(name)}</li>" for name in names)}</ul>'
    return told if len(names) <= _SHOWN else fold(f"{len(names)} students", told)


def details(sections: Iterable[tuple[str, str, str]]) -> str:
    """Return sections with a list of links before them.

    Args:
        sections: of each, the anchor, the heading as text, and its HTML.
    """
    parts = list(sections)
    links = "".join(f'<li><a href="#{anchor}">{text(heading)}</a></li>' for anchor, heading, _ in parts)
    body = "\n".join(
        f'<section id="{anchor}"><h2>{text(heading)}</h2>\n{content}</section>'
        for anchor, heading, content in parts
    )
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n{body}'


def picture(figure: ThemedFigure) -> str:
    """Return a figure in both themes, within the page.

    Args:
        figure: with the words that stand for it.
    """
    light, dark = (
        f"data:image/svg+xml;base64,{base64.b64encode(data).decode('ascii')}"
        for data in (figure.light, figure.dark)
    )
    return (
        f'<picture><source srcset="{dark}" media="(prefers-color-scheme: dark)">'
        f'<img src="{light}" alt="{text(figure.alt)}"></picture>'
    )


def page(title: str, lead: str, body: str) -> str:
    """Return a whole page; it runs no script and asks no network for anything.

    Args:
        title: as text.
        lead: HTML below the title.
        body: HTML.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="robots" content="noindex"><title>{text(title)}</title><style>{_STYLE}</style></head><body><main>
<h1>{text(title)}</h1>
{lead}
{body}
</main></body></html>
"""
