"""Formulas as MathML: a browser sets them without a script, and no text of theirs becomes an element."""

__all__ = ["formula"]

import contextlib
import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup

_LONGEST = 4000
_ELEMENTS = (
    "math mrow mi mn mo ms mtext mspace msub msup msubsup munder mover munderover mmultiscripts mprescripts "
    "none mfrac msqrt mroot mtable mtr mtd mstyle mpadded mphantom menclose mfenced merror"
)
_ATTRIBUTES = (
    "display displaystyle scriptlevel mathvariant stretchy fence separator symmetric accent accentunder form "
    "lspace rspace minsize maxsize movablelimits largeop linethickness width height depth columnalign "
    "rowspacing columnspacing columnlines rowlines notation mathsize"
)
_KNOWN, _KEPT = frozenset(_ELEMENTS.split()), frozenset(_ATTRIBUTES.split())
_VALUE = re.compile(r"[\w .%+-]{0,40}")
# A formula that defines others can grow without end.
_DEFINES = re.compile(r"\\(?:(?:re)?newcommand|providecommand|[egx]?def|let|DeclareMathOperator)\b")


def _written(node: Element) -> str:
    """Write an element with what it may have; anything else is no formula.

    The converter leaves codes such as ``&#x02212;`` in its texts: they are read, then all is escaped.
    """
    if node.tag not in _KNOWN:
        raise ValueError(f"a formula holds known elements only; got {node.tag!r}")
    named = "".join(
        f' {name}="{value}"'
        for name, value in node.attrib.items()
        if name in _KEPT and _VALUE.fullmatch(value)
    )
    inside = "".join(_written(child) + html.escape(html.unescape(child.tail or "")) for child in node)
    return f"<{node.tag}{named}>{html.escape(html.unescape(node.text or ''))}{inside}</{node.tag}>"


@lru_cache(maxsize=2000)
def formula(source: str, *, block: bool) -> Markup:
    """Return a formula; its source in a box if it can't be read.

    Args:
        source: LaTeX without its dollars; anything at all may come.
        block: whether it stands on a line of its own.
    """
    if source.strip() and len(source) <= _LONGEST and not _DEFINES.search(source):
        # The converter meets text of any kind, and has a dozen errors of its own.
        with contextlib.suppress(Exception):
            tree = convert_to_element(source.strip(), display="block" if block else "inline")
            return Markup(_written(tree))
    sign = "$$" if block else "$"
    return Markup("<code>{}{}{}</code>").format(sign, source, sign)
