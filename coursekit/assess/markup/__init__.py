"""The questions' Markdown with dollar mathematics, printed for paper, for a page and for a terminal."""

__all__ = ["MarkupError", "to_html", "to_text", "to_typst"]

from coursekit.assess.markup.html import to_html
from coursekit.assess.markup.latex import MarkupError
from coursekit.assess.markup.terminal import to_text
from coursekit.assess.markup.typst import to_typst
