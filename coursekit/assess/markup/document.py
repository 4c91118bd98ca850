"""Reading the questions' Markdown: CommonMark with tables and dollar mathematics."""

__all__ = ["minus", "parser", "tree"]

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

_SIGN = re.compile(r"(?<![\w)\]-])-(?=\d)")


def minus(text: str) -> str:
    """Return a text outside mathematics with the sign of its numbers as a minus, where a hyphen was typed.

    Args:
        text: plain text.

    Example:
        >>> minus("-0.5 and 3-4")
        '−0.5 and 3-4'
    """
    return _SIGN.sub("−", text)


@cache
def parser(formula: Callable[[str, dict[str, Any]], str] | None = None) -> MarkdownIt:
    """Return the parser; tags are text to it, and straight quotation marks become curly ones.

    Args:
        formula: writes a formula, if the parser is to render.
    """
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])
    return markdown.use(dollarmath_plugin, allow_labels=False, renderer=formula)


def tree(markdown: str) -> SyntaxTreeNode:
    """Return the syntax tree of a text.

    Args:
        markdown: the text.
    """
    return SyntaxTreeNode(parser().parse(markdown))
