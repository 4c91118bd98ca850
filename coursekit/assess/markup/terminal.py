"""Questions for a terminal: Unicode mathematics, matrices as ``[1 2; 3 4]``, tables with aligned columns."""

__all__ = ["to_text"]

from collections.abc import Sequence
from functools import lru_cache

from markdown_it.tree import SyntaxTreeNode

from coursekit.assess.markup.document import tree
from coursekit.assess.markup.latex import MarkupError, Node, parse
from coursekit.assess.markup.symbols import SYMBOLS

_RAISED = str.maketrans("0123456789+-=()nixTt⊤′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣᵀᵗᵀ′")
_LOWERED = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_DOUBLE = str.maketrans("EKNPQRZ", "𝔼𝕂ℕℙℚℝℤ")
_SPACED = {*"=<>≤≥≠≈→←∈∣∥∼·×⊙±∘", "+", "-"}
_SOLID = {"number", "letter", "symbol", "word", "scripts", "function"}


def _script(node: Node, table: dict[int, int], mark: str) -> str:
    """Write an index or exponent with small characters where Unicode has them all."""
    text = _math((node,)).replace(" ", "")
    if not text:
        return ""
    if all(ord(char) in table for char in text):
        return text.translate(table)
    return f"{mark}{text}" if node.kind in _SOLID and node.kind != "scripts" else f"{mark}({text})"


def _bound(node: Node) -> str:
    """Write a part of a fraction or root, in parentheses if it is more than one thing."""
    text = _math((node,))
    return text if node.kind in _SOLID else f"({text})"


def _call(node: Node) -> str:
    """Write a macro with arguments."""
    first = node.parts[0]
    if node.text == "frac":
        return f"{_bound(first)}/{_bound(node.parts[1])}"
    if node.text == "sqrt":
        return f"√{_bound(first)}"
    if node.text == "mathbb":
        return _math((first,)).translate(_DOUBLE)
    return _math((first,)) + {"hat": "\u0302", "bar": "\u0304", "mathcal": ""}[node.text]


def _piece(node: Node) -> str:
    """Write one piece of a formula."""
    if node.kind == "symbol":
        return "·" if node.text == "cdot" else SYMBOLS[node.text]
    if node.kind == "space":
        return " "
    if node.kind == "call":
        return _call(node)
    if node.kind == "scripts":
        base, below, above = node.parts
        return _math((base,)) + _script(below, _LOWERED, "_") + _script(above, _RAISED, "^")
    if node.kind == "matrix":
        return "[" + "; ".join(" ".join(map(_piece, row.parts)) for row in node.parts) + "]"
    if node.kind in ("group", "fence"):
        return _math(node.parts)
    return node.text


def _math(nodes: Sequence[Node]) -> str:
    """Write a formula, with spaces around relations and operators that stand between two things."""
    out = ""
    for at, node in enumerate(nodes):
        text = _piece(node)
        before = out.rstrip()
        unary = text in ("-", "+", "±") and (not before or before[-1] in "([{,;|∣=<>≤≥≈→←∈∥∼·×+-/")
        if text in _SPACED and not unary:
            out = f"{before} {text} " if before else f"{text} "
        elif node.kind == "function":
            out += (" " if before and out == before and before[-1].isalnum() else "") + text
            follower = nodes[at + 1] if at + 1 < len(nodes) else None
            out += "" if follower is None or follower.text in ("(", ")", "[", ",") else " "
        else:
            out += text + (" " if text == "," and at + 1 < len(nodes) else "")
    return " ".join(out.split())


def _table(node: SyntaxTreeNode) -> str:
    """Write a table with aligned columns and a rule below its head."""
    rows = [[_inline(cell) for cell in row.children] for part in node.children for row in part.children]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _inline(node: SyntaxTreeNode) -> str:
    """Write what stands in a line."""
    if node.type == "math_inline":
        return _math(parse(node.content)).strip()
    if node.type in ("softbreak", "hardbreak"):
        return " " if node.type == "softbreak" else "\n"
    return node.content if not node.children else "".join(map(_inline, node.children))


def _block(node: SyntaxTreeNode) -> str:
    """Write a paragraph, table, list or formula on its own."""
    if node.type == "table":
        return _table(node)
    if node.type in ("bullet_list", "ordered_list"):
        marks = ("-" if node.type == "bullet_list" else f"{n}." for n in range(1, len(node.children) + 1))
        items = ("\n".join(map(_block, item.children)) for item in node.children)
        return "\n".join(f"{mark} {item}" for mark, item in zip(marks, items, strict=True))
    if node.type == "math_block":
        return "    " + _math(parse(node.content.strip())).strip()
    if node.type in ("paragraph", "heading"):
        return "".join(map(_inline, node.children))
    if node.type in ("fence", "code_block"):
        return node.content.rstrip("\n")
    raise MarkupError(f"Markdown must be paragraphs, lists, tables, code and formulas; got {node.type!r}")


@lru_cache(maxsize=20_000)
def to_text(markdown: str) -> str:
    """Return a text for a terminal: no marks, Unicode mathematics, paragraphs with an empty line between.

    Args:
        markdown: Markdown with dollar mathematics.

    Raises:
        MarkupError: if it holds mathematics or Markdown that the printers do not know.

    Example:
        >>> to_text("**If** $W = \\\\begin{pmatrix}1 & 2 \\\\\\\\ 3 & 4\\\\end{pmatrix}$ and $x^2 = y_1$")
        'If W = [1 2; 3 4] and x² = y₁'
    """
    return "\n\n".join(map(_block, tree(markdown).children))
