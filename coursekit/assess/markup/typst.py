"""Questions for paper: Typst markup, its mathematics converted from LaTeX."""

__all__ = ["escape", "to_typst"]

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it.tree import SyntaxTreeNode

from coursekit.assess.markup.document import minus, tree
from coursekit.assess.markup.latex import NOTHING, MarkupError, Node, parse
from coursekit.assess.markup.symbols import SPACES, SYMBOLS

# What would start markup. A full stop after digits would start a numbered list.
_ACTIVE = re.compile(r"[\\#$*_`<>@\[\]~/=+\-\"']|(?<=\d)\.(?=\s|$)")
# Escaped, these are plain characters: Typst would else read calls, fractions, indices and pairs into them.
_PLAIN = frozenset("()[]{},;/#$&\"'_^\\*:!~|")
_CALLS = {"frac": "frac", "sqrt": "sqrt", "hat": "hat", "bar": "macron", "mathbb": "bb", "mathcal": "cal"}
_LIMITS = ("max", "min")
_TEXTS = {"strong": "strong", "em": "emph"}
_WHOLE = 14  # a formula of so few characters is not broken at the end of a line
_NORM = {"lVert": "opening", "rVert": "closing"}


def escape(text: str) -> str:
    """Return a text as Typst markup that prints it as it is.

    Args:
        text: any characters.

    Example:
        >>> escape("a_1 #2")
        'a\\\\_1 \\\\#2'
    """
    return _ACTIVE.sub(lambda found: f"\\{found[0]}", text)


def _string(text: str) -> str:
    """Return a Typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _char(char: str) -> str:
    """Return one character of a formula, robbed of its meaning to Typst."""
    if char == ":":
        return '":"'
    return f"\\{char}" if char in _PLAIN else char


def _scripts(node: Node) -> str:
    """Write a base with what hangs below and above it."""
    base, below, above = node.parts
    out = _piece(base) or '""'
    for mark, hung in (("_", below), ("^", above)):
        out += f"{mark}({_piece(hung)})" if hung != NOTHING else ""
    return out


def _piece(node: Node) -> str:
    """Write one piece of a formula."""
    if node.kind == "symbol":
        side, sign = _NORM.get(node.text), _char(SYMBOLS[node.text])
        return f'class("{side}", {sign})' if side else sign
    if node.kind == "space":
        return SPACES[node.text]
    if node.kind == "word":
        # A string would get a space on either side.
        return f"upright({' '.join(node.text)})" if node.text.isalpha() else _string(node.text)
    if node.kind == "function":
        return f'op("{node.text}"{", limits: #true" * (node.text in _LIMITS)})'
    if node.kind == "call":
        return f"{_CALLS[node.text]}({', '.join(_math((part,)) for part in node.parts)})"
    if node.kind == "scripts":
        return _scripts(node)
    if node.kind == "matrix":
        rows = "; ".join(", ".join(map(_piece, row.parts)) for row in node.parts)
        # Inside a line Typst would shrink the entries.
        return f'display(mat(delim: "(", {rows}))'
    if node.kind == "fence":
        return f"lr({_math(node.parts)})"
    return _math(node.parts) if node.kind == "group" else _char(node.text)


def _math(nodes: Sequence[Node]) -> str:
    """Write a formula; spaces keep neighbours from being read as one name, number or arrow."""
    return " ".join(map(_piece, nodes))


def _table(node: SyntaxTreeNode) -> str:
    """Write a table with a head."""
    rows = [[_line(cell) for cell in row.children] for part in node.children for row in part.children]
    cells = [", ".join(f"[{cell}]" for cell in row) for row in rows]
    head, body = f"table.header({cells[0]})", ", ".join(cells[1:])
    return f"#table(columns: {len(rows[0])}, {head}, {body})"


def _line(node: SyntaxTreeNode) -> str:
    """Write what stands in a line; a semicolon ends each call, else it might take in what follows."""
    if node.type == "math_inline":
        formula = f"${_math(parse(node.content))}$"
        return f"#box({formula});" if len(node.content) <= _WHOLE else formula
    if node.type == "code_inline":
        return f"#raw({_string(node.content)});"
    if node.type in ("softbreak", "hardbreak"):
        return " " if node.type == "softbreak" else "#linebreak();"
    inside = "".join(map(_line, node.children))
    if node.type in _TEXTS:
        return f"#{_TEXTS[node.type]}[{inside}];"
    return inside if node.children else escape(minus(node.content))


def _block(node: SyntaxTreeNode) -> str:
    """Write a paragraph, table, list or formula on its own."""
    if node.type == "table":
        return _table(node)
    if node.type in ("bullet_list", "ordered_list"):
        name = "list" if node.type == "bullet_list" else "enum"
        return f"#{name}({', '.join('[' + _join(item.children) + ']' for item in node.children)})"
    if node.type == "math_block":
        return f"$ {_math(parse(node.content.strip()))} $"
    if node.type in ("paragraph", "heading"):
        return "".join(map(_line, node.children))
    if node.type in ("fence", "code_block"):
        return f"#raw(block: true, {_string(node.content.rstrip(chr(10)))})"
    raise MarkupError(f"Markdown must be paragraphs, lists, tables, code and formulas; got {node.type!r}")


def _join(nodes: Sequence[SyntaxTreeNode]) -> str:
    """Write blocks one below the other."""
    return "\n\n".join(map(_block, nodes))


@lru_cache(maxsize=100_000)
def to_typst(markdown: str) -> str:
    """Return a text as Typst markup; one paragraph stays in its line.

    Args:
        markdown: Markdown with dollar mathematics.

    Raises:
        MarkupError: if it holds mathematics or Markdown that the printers do not know.

    Example:
        >>> to_typst(r"**If** $\\sigma_{ij} = \\frac{1}{2}$")
        '#strong[If]; $σ_(i j) = frac(1, 2)$'
    """
    return _join(tree(markdown).children)
