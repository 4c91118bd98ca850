"""Reading the part of LaTeX's mathematics that questions use; anything else is refused by name."""

__all__ = ["NOTHING", "MarkupError", "Node", "parse"]

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn

from coursekit.assess.markup.symbols import FUNCTIONS, SPACES, SYMBOLS

_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_WRITTEN = {"mathrm": "word", "text": "word", "operatorname": "function"}
_ONE = ("sqrt", "hat", "bar", "mathbb", "mathcal")
_MATRIX = "pmatrix"
_KNOWN = {*SYMBOLS, *SPACES, *FUNCTIONS, *_WRITTEN, *_ONE, "frac", "left", "begin"}
_ALPHABET = re.compile(r"[A-Za-z]")


class MarkupError(ValueError):
    """A text that cannot be printed, told in one line."""


class Node(NamedTuple):
    """A piece of a formula.

    Attributes:
        kind: "number", "letter", "sign", "symbol", "space", "word", "function", "group", "call" (``frac``,
            ``sqrt``, ``hat``, ``bar``, ``mathbb``, ``mathcal``), "scripts", "matrix", "row" or "fence".
        text: the characters, or the macro's name without its backslash.
        parts: what it holds; for "scripts" the base, what stands below and what stands above.
    """

    kind: str
    text: str = ""
    parts: tuple["Node", ...] = ()


NOTHING = Node("group")


class _Reader:
    """A walk over the tokens of one formula."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = [token for token in _TOKEN.findall(source) if not token.isspace()]
        self.at = 0

    def fail(self, required: str, came: str) -> NoReturn:
        """Refuse the formula."""
        raise MarkupError(f"mathematics ${self.source}$: {required}; got {came}")

    def peek(self) -> str:
        """Return the next token, or an empty string at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        """Move on by one token, which must be the wanted one."""
        token = self.peek()
        if not token or (wanted and token != wanted):
            self.fail(f"{wanted or 'an argument'} must follow", repr(token) if token else "the end")
        self.at += 1
        return token

    def until(self, *ends: str) -> tuple[Node, ...]:
        """Read pieces up to one of these tokens, which stays; the empty string is the end."""
        found: list[Node] = []
        while (token := self.peek()) not in ends:
            if not token or token in ("}", "&", "\\\\", "\\right", "\\end"):
                self.fail("groups must close", repr(token) if token else "the end")
            found.append(self.scripted())
        return tuple(found)

    def scripted(self) -> Node:
        """Read one piece with what hangs below and above it."""
        base = NOTHING if self.peek() in ("_", "^", "'") else self.piece()
        hung: dict[str, Node] = {}
        while (mark := self.peek()) in ("_", "^", "'"):
            self.take()
            if mark == "'":
                mark, new = "^", Node("sign", "′")
            else:
                new = self.argument()
            if mark in hung:
                self.fail("one index and one exponent may follow a base", f"a second {mark!r}")
            hung[mark] = new
        return Node("scripts", "", (base, hung.get("_", NOTHING), hung.get("^", NOTHING))) if hung else base

    def argument(self) -> Node:
        """Read a group in braces or one piece."""
        token = self.peek()
        if len(token) > 1 and token[0].isdigit():
            self.fail("a number of several digits must stand in braces here", token)
        return self.piece()

    def piece(self) -> Node:
        """Read one token with the arguments it asks for."""
        token = self.take()
        if token == "{":
            inside = self.until("}")
            self.take("}")
            return inside[0] if len(inside) == 1 else Node("group", "", inside)
        if token[0] == "\\":
            return self.macro(token[1:])
        if token[0].isdigit():
            return Node("number", token)
        return Node("letter" if _ALPHABET.fullmatch(token) else "sign", token)

    def macro(self, name: str) -> Node:
        """Read a macro's arguments."""
        if name in _WRITTEN:
            return Node(_WRITTEN[name], self.words())
        if name in FUNCTIONS:
            return Node("function", name)
        if name in SPACES:
            return Node("space", name)
        if name in SYMBOLS:
            return Node("symbol", name)
        if name == "frac":
            return Node("call", name, (self.argument(), self.argument()))
        if name in _ONE:
            return Node("call", name, (self.argument(),))
        if name == "left":
            return self.fence()
        if name == "begin":
            return self.matrix()
        return self.fail(f"macros must be among {', '.join(sorted(_KNOWN))}", f"'\\{name}'")

    def words(self) -> str:
        """Read letters that are set upright, in braces."""
        self.take("{")
        start = self.at
        while self.peek() not in ("}", ""):
            self.at += 1
        inside = self.tokens[start : self.at]
        self.take("}")
        text = "".join(inside)
        if not inside or any(token[0] in "\\{$" for token in inside):
            self.fail("upright words must be plain text", repr(text))
        return text

    def fence(self) -> Node:
        """Read what stands between ``\\left`` and ``\\right``."""
        opening = self.piece()
        inside = self.until("\\right")
        self.take("\\right")
        return Node("fence", "", (opening, Node("group", "", inside), self.piece()))

    def matrix(self) -> Node:
        """Read the rows of a matrix."""
        name = self.words()
        if name != _MATRIX:
            self.fail(f"environments must be {_MATRIX}", name)
        rows: list[Node] = []
        cells: list[Node] = []
        while True:
            cells.append(Node("group", "", self.until("&", "\\\\", "\\end")))
            token = self.take()
            if token == "&":
                continue
            rows.append(Node("row", "", tuple(cells)))
            cells = []
            if token == "\\end":
                break
        self.words()
        if len({len(row.parts) for row in rows}) != 1:
            self.fail("rows of a matrix must have equal lengths", str([len(row.parts) for row in rows]))
        return Node("matrix", "", tuple(rows))


@lru_cache(maxsize=20_000)
def parse(source: str) -> tuple[Node, ...]:
    """Read a formula.

    Args:
        source: LaTeX without its dollars.

    Raises:
        MarkupError: if it holds a macro that is not known, or groups that do not close.

    Example:
        >>> parse("x^2")[0].parts[2].text
        '2'
    """
    return _Reader(source).until("")
