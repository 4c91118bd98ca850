"""What a cell showed: pictures, tables and text; nothing that would run, and nothing from elsewhere."""

__all__ = ["messages", "outputs"]

import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from coursekit.grading.feedback.cleaning import clean
from coursekit.grading.feedback.code import plain
from coursekit.grading.feedback.pictures import picture
from coursekit.grading.feedback.prose import prose

_MOST, _LONGEST = 200, 4_000_000
_PRE = Markup('<pre class="{}" tabindex="0">{}</pre>')
_POINTS = re.compile(r"\s*-?\d+(\.\d+)?\s*")


def _text(value: object) -> str:
    """Return what a notebook keeps as a text or as its lines."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _shown(data: Mapping[str, Any]) -> Markup:
    """Return the best of the forms that an output has; of those that act, the words that stand for them."""
    words = plain(_text(data.get("text/plain")))
    for kind in ("image/png", "image/jpeg"):
        address = picture(_text(data.get(kind)))
        if address:
            alt = words if words and not words.startswith("<") else "Picture that this cell drew"
            return Markup('<img src="{}" alt="{}">').format(address, alt[:500])
    if html := _text(data.get("text/html"))[:_LONGEST]:
        found = clean(html)
        if found.strip():
            return Markup('<div class="rich">{}</div>').format(found)
    for kind in ("text/markdown", "text/latex"):
        if text := _text(data.get(kind)):
            return Markup('<div class="rich">{}</div>').format(prose(text))
    if words:
        return _PRE.format("text", words)
    kinds = ", ".join(sorted(str(kind)[:80] for kind in list(data)[:9]))
    return _PRE.format("text", f"[an output of a kind that is not shown here: {kinds}]")


def _output(output: Mapping[str, Any]) -> Markup:
    kind = output.get("output_type")
    if kind == "stream":
        return _PRE.format("text", plain(_text(output.get("text"))))
    if kind == "error":
        trace = output.get("traceback")
        lines = [line for line in trace if isinstance(line, str)] if isinstance(trace, list) else []
        named = f"{output.get('ename')}: {output.get('evalue')}"
        return _PRE.format("error", plain("\n".join(lines) or named))
    data = output.get("data")
    return _shown(data) if isinstance(data, Mapping) else Markup("")


def outputs(cell: Mapping[str, Any]) -> list[Markup]:
    """Return the outputs of a cell.

    Args:
        cell: of the graded notebook.
    """
    found = cell.get("outputs")
    listed = found[:_MOST] if isinstance(found, list) else []
    return [_output(output) for output in listed if isinstance(output, Mapping)]


def _told(output: Mapping[str, Any]) -> Iterable[str]:
    """Yield what an output of a test cell tells; a traceback would show the test, bare points say nothing."""
    kind = output.get("output_type")
    if kind == "error":
        name, text = plain(output.get("ename") or ""), plain(output.get("evalue") or "")
        # What a check says stands for itself; the error that carried it is ours.
        yield text if text and name in ("NotPassed", "AssertionError") else f"{name}: {text}".rstrip(": ")
    elif kind == "stream":
        yield plain(_text(output.get("text")))
    elif isinstance(data := output.get("data"), Mapping):
        text = plain(_text(data.get("text/plain")))
        yield "" if _POINTS.fullmatch(text) else text


def messages(cell: Mapping[str, Any]) -> list[str]:
    """Return what the outputs of a test cell say, as plain text, without the test and its inputs.

    Args:
        cell: a test cell of the graded notebook.
    """
    found = cell.get("outputs")
    listed = found[:_MOST] if isinstance(found, list) else []
    told = [text.strip() for output in listed if isinstance(output, Mapping) for text in _told(output)]
    return [text for text in told if text]
