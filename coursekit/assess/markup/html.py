"""Questions for a page: HTML with MathML, so that no script and no network is needed."""

__all__ = ["to_html"]

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from coursekit.assess.markup.document import minus, parser
from coursekit.assess.markup.latex import parse

_NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'  # HTML knows it; it would be a third of the file
_CODED = re.compile(r"&#x0*([0-9A-F]+);")
# A browser takes a minus for a sign only at the start of its row; after a bracket, a comma or another
# operator it must be told.
_SIGN = re.compile(
    r"(<mo(?: [^>]*)?>[^)\]}|‖!<]+</mo>(?:<mtext>\u00a0</mtext>|<mspace[^>]*/>)?)<mo>([−+±])</mo>"
)

# A function's name needs a little room: before an argument without brackets, and after a factor.
_FUNCTION = re.compile(
    r"(</m(?:i|n|sub|sup|subsup|frac)>)?<mi>(ln|log|exp|sin|cos|tanh)</mi>(?=(<mo[^>]*>\()?)"
)

# Brackets grow with a matrix only where a font for mathematics is installed; curved borders always do.
_MATRIX = re.compile(r"<mo[^>]*>\(</mo><mtable>(.*?)</mtable><mo[^>]*>\)</mo>")
_CURVED = "border:solid;border-width:0 .08em;border-radius:.45em/50%;padding:.1em .25em;margin:0 .1em"


def _function(found: re.Match[str]) -> str:
    """Write a function's name as an operator with its spaces."""
    before, after = ("0.17em" if room else "0" for room in (found[1], not found[3]))
    return f'{found[1] or ""}<mo form="prefix" lspace="{before}" rspace="{after}">{found[2]}</mo>'


def _character(coded: re.Match[str]) -> str:
    """Return a coded character itself, unless it is one of HTML's own."""
    char = chr(int(coded[1], 16))
    return coded[0] if char in "<>&" else char


@lru_cache(maxsize=100_000)
def _mathml(source: str, display: str) -> str:
    """Convert one formula; what the other printers do not know is refused here too."""
    parse(source)
    text = _CODED.sub(_character, str(convert(source, display=display)).replace(_NAMESPACE, ""))
    text = _SIGN.sub(r'\1<mo form="prefix">\2</mo>', _FUNCTION.sub(_function, text))
    return _MATRIX.sub(rf'<mtable style="{_CURVED}">\1</mtable>', text)


def _render(source: str, options: dict[str, Any]) -> str:
    """Write one formula of a text."""
    return _mathml(source.strip(), "block" if options["display_mode"] else "inline")


def _text(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    """Write words outside mathematics."""
    return escapeHtml(minus(tokens[at].content))


@cache
def _markdown() -> MarkdownIt:
    """Return the parser of all printers with a renderer for MathML."""
    markdown = parser(_render)
    markdown.add_render_rule("text", _text)
    return markdown


@lru_cache(maxsize=100_000)
def to_html(markdown: str, *, inline: bool = False) -> str:
    """Return a text as HTML with MathML.

    Args:
        markdown: Markdown with dollar mathematics.
        inline: whether to leave out the paragraph's tags, for a text of one line.

    Raises:
        MarkupError: if it holds mathematics that the printers do not know.

    Example:
        >>> to_html("a **b**", inline=True)
        'a <strong>b</strong>'
    """
    # Tables get heads with a scope: assistive technology then reads them with each cell.
    text = str(_markdown().renderInline(markdown) if inline else _markdown().render(markdown))
    return text.replace("<th>", '<th scope="col">').strip()
