"""Code in colours, and plain text: every character of it is shown, none of it is read as HTML."""

__all__ = ["code", "plain"]

import re

from markupsafe import Markup
from nbconvert.filters.ansi import strip_ansi
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

_LONGEST = 100_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def plain(text: object) -> str:
    """Return a text without what steers a terminal, cut where nobody would read on.

    Args:
        text: anything at all; what is no text is shown as Python shows it.
    """
    words = text if isinstance(text, str) else repr(text)
    lines = strip_ansi(words[: 2 * _LONGEST]).split("\n")
    # A progress bar writes its line again and again: the last one stands.
    words = _CONTROL.sub("", "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines))
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}\n[the rest is left out]"


def code(source: str) -> Markup:
    """Return Python code in colours; the notebook's word for its language is not asked.

    Args:
        source: the code.
    """
    coloured = highlight(source[:_LONGEST], PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return Markup('<pre class="code" tabindex="0"><code>{}</code></pre>').format(Markup(coloured))
