"""HTML from strangers: what reads well is kept, what acts, asks or hides is not."""

__all__ = ["clean"]

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from bleach.html5lib_shim import Filter  # type: ignore[import-untyped]
from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]
from markupsafe import Markup
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

from coursekit.grading.feedback.code import plain
from coursekit.grading.feedback.pictures import rewritten

Token = dict[str, Any]
# A table of a thousand rows; more would keep a page waiting, and an endless one a whole class.
_MOST = 20_000

_TAGS = (
    "p br hr h1 h2 h3 h4 h5 h6 strong em b i u s del ins sub sup small mark kbd samp var code pre blockquote "
    "ul ol li dl dt dd table thead tbody tfoot tr th td caption a img span div figure figcaption abbr cite q "
    "details summary"
)
_CLASSES = {*STANDARD_TYPES.values(), "highlight", "dataframe", "ck-figure"} | {
    f"{kind}-{theme}" for kind in ("ck", "only") for theme in ("light", "dark")
}
_LINK = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20]+", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,4}")
_SCOPE = re.compile(r"col|row")
_SIDE = re.compile(r"left|right|center")
_OPENS = re.compile(r"<(style|script|template|title)\b", re.IGNORECASE)

_RULES: dict[tuple[str, str], Callable[[str], object]] = {
    ("a", "href"): _LINK.fullmatch,
    ("img", "src"): bool,
    ("img", "alt"): bool,
    ("img", "width"): _NUMBER.fullmatch,
    ("img", "height"): _NUMBER.fullmatch,
    ("ol", "start"): _NUMBER.fullmatch,
    ("abbr", "title"): bool,
    ("div", "role"): "status".__eq__,
    ("th", "scope"): _SCOPE.fullmatch,
}
for _name, _rule in (("align", _SIDE), ("colspan", _NUMBER), ("rowspan", _NUMBER)):
    _RULES["td", _name] = _RULES["th", _name] = _rule.fullmatch


def _allowed(tag: str, name: str, value: str) -> bool:
    """Tell whether an attribute may stay; a page's own classes and ids can't be borrowed."""
    if name == "class":
        return set(value.split()) <= _CLASSES
    rule = _RULES.get((tag, name))
    return rule is not None and bool(rule(value))


def _start(name: str, **attributes: str) -> Token:
    data = {(None, key): value for key, value in attributes.items()}
    return {"type": "StartTag", "name": name, "namespace": None, "data": data}


def _end(name: str) -> Token:
    return {"type": "EndTag", "name": name, "namespace": None, "data": {}}


def _heading(name: str) -> str:
    """Return a heading one step lower: the page has its own first heading."""
    return f"h{min(int(name[1]) + 1, 6)}" if re.fullmatch("h[1-6]", name) else name


class _Dress(Filter):
    """Runs after the cleaner: headings one lower, links without a trace, wide tables in a box that scrolls.

    Args:
        source: tokens that are clean.
        marks: pieces that will be put in place of their marks in the text; in an attribute the words stand.
    """

    def __init__(self, source: Iterator[Token], marks: Mapping[str, str]) -> None:
        super().__init__(source)
        self._marks = marks

    def _words(self, value: str) -> str:
        if not self._marks:
            return value
        return re.sub("|".join(self._marks), lambda mark: self._marks[mark[0]], value)

    def _dressed(self, token: Token) -> Iterator[Token]:
        name, data = token["name"], token["data"] or {}
        data = {key: self._words(value) for key, value in data.items()}
        if name == "a" and (None, "href") in data:
            data[None, "rel"] = "noopener noreferrer nofollow"
        if name == "img":
            data[None, "alt"] = data.get((None, "alt")) or "picture without a description"
            data[None, "src"] = rewritten(data.get((None, "src"), ""))
            if not data[None, "src"]:
                yield {"type": "Characters", "data": f"[not shown: {data[None, 'alt']}]"}
                return
        if name == "table":
            yield _start("div", **{"class": "wide", "tabindex": "0"})
        if name == "pre":
            data[None, "tabindex"] = "0"
        yield {**token, "name": _heading(name), "data": data}

    def __iter__(self) -> Iterator[Token]:
        for token in super().__iter__():
            if token["type"] in ("StartTag", "EmptyTag"):
                yield from self._dressed(token)
            elif token["type"] == "EndTag":
                yield {**token, "name": _heading(token["name"])}
                if token["name"] == "table":
                    yield _end("div")
            else:
                yield token


def _readable(text: str) -> str:
    """Return HTML without styles and scripts: the cleaner makes them harmless, but leaves their words."""
    kept, at, unclosed = [], 0, set()
    for found in _OPENS.finditer(text):
        name = found[1].lower()
        if found.start() < at or name in unclosed:
            continue
        end = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, found.end())
        if end is None:
            unclosed.add(name)
            continue
        kept.append(text[at : found.start()])
        at = end.end()
    return "".join([*kept, text[at:]])


def clean(text: str, pieces: Mapping[str, tuple[str, Markup]] | None = None) -> Markup:
    """Return HTML of which only harmless parts are left.

    Args:
        text: HTML; anything at all may come.
        pieces: by mark, the words that it stands for and the safe HTML that takes its place in a text.
    """
    pieces = pieces or {}
    words = {mark: said for mark, (said, _) in pieces.items()}
    if text.count("<") > _MOST:
        return Markup('<pre class="text" tabindex="0">{}</pre>').format(plain(text))
    cleaner = Cleaner(
        tags=frozenset(_TAGS.split()), attributes=_allowed, protocols=("http", "https", "mailto", "data"),
        strip=True, filters=[partial(_Dress, marks=words)],
    )  # fmt: skip
    found = str(cleaner.clean(_readable(text)))
    if pieces:
        found = re.sub("|".join(pieces), lambda mark: str(pieces[mark[0]][1]), found)
    return Markup(found)
