"""Each cell of a graded notebook as a page shows it: what was written, what a check said, what it earned."""

__all__ = ["Points", "View", "views"]

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from coursekit.assess.checking import CALL
from coursekit.assess.registry import exercise
from coursekit.grading.feedback.code import code, plain
from coursekit.grading.feedback.outputs import messages, outputs
from coursekit.grading.feedback.prose import prose


@dataclass(frozen=True)
class Points:
    """What a cell earned.

    Attributes:
        score: so far.
        most: what it is worth.
        waiting: whether a person has still to read it.
    """

    score: float
    most: float
    waiting: bool = False

    @property
    def outcome(self) -> str:
        """One word, also a class of the page."""
        if self.waiting:
            return "waiting"
        if self.score >= self.most:
            return "full"
        return "part" if self.score > 0 else "none"


@dataclass(frozen=True)
class View:
    """One cell of a page.

    Attributes:
        kind: ``words``, ``code``, ``answer``, ``check`` or ``task``.
        anchor: where the table of points leads to.
        label: its name in the table; empty for a cell without points.
        body: what is in it.
        shown: its outputs.
        messages: what a check said.
        hint: the first hint of an exercise that lost points.
        source: what the released notebook showed of a test cell.
        points: what it earned; None where there are no points.
        comment: of the person who graded it.
    """

    kind: str
    anchor: str
    label: str = ""
    body: Markup = field(default_factory=Markup)
    shown: tuple[Markup, ...] = ()
    messages: tuple[str, ...] = ()
    hint: Markup = field(default_factory=Markup)
    source: Markup = field(default_factory=Markup)
    points: Points | None = None
    comment: Markup = field(default_factory=Markup)


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _points(marked: Mapping[str, Any]) -> Points | None:
    """Read what nbgrader's gradebook says of a cell; without it there are no points, not 0."""
    if not (marked.get("grade") or marked.get("task")) or "score" not in marked:
        return None
    score, most = _number(marked["score"]), _number(marked.get("points"))
    return Points(score, most, marked.get("waiting") is True)


def _named(grade_id: object) -> str:
    """Return the name of a cell for readers."""
    return re.sub(r"[-_]+", " ", plain(grade_id or "")).removeprefix("test ").strip()[:80] or "unnamed"


def _hint(source: str) -> Markup:
    """Return the first hint of the exercise that a test cell names."""
    found = CALL.search(source)
    try:
        return prose(exercise(found[1]).hints[0]) if found else Markup("")
    except (ValueError, IndexError):
        return Markup("")


def _check(cell: Mapping[str, Any], marked: Mapping[str, Any], released: str, anchor: str) -> View:
    points, said = _points(marked), tuple(messages(cell))
    lost = points is not None and points.outcome in ("none", "part")
    return View(
        "check", anchor, _named(marked.get("grade_id")), messages=said, points=points,
        hint=_hint(released) if lost else Markup(""),
        source=code(released) if released.strip() else Markup(""),
    )  # fmt: skip


def _view(cell: Mapping[str, Any], released: Mapping[str, str], anchor: str) -> View:
    marked = cell.get("metadata", {}).get("nbgrader")
    marked = marked if isinstance(marked, Mapping) else {}
    answer, task = marked.get("solution") is True, marked.get("task") is True
    text = _text(cell)
    if not answer and (marked.get("grade") or marked.get("locked") or task):
        # The graded notebook holds hidden tests and marking schemes: the released one does not.
        text = released.get(str(marked.get("grade_id")), "")
    if marked.get("grade") and not answer and not task:
        return _check(cell, marked, text, anchor)
    kind = "answer" if answer else "task" if task else ""
    comment = marked.get("comment") if kind else ""
    told = prose(comment) if isinstance(comment, str) and comment.strip() else Markup("")
    points = _points(marked) if kind else None
    label = _named(marked.get("grade_id")) if kind else ""
    if cell.get("cell_type") == "markdown":
        body = prose(text, cell.get("attachments"))
        return View(kind or "words", anchor, label, body, points=points, comment=told)
    if cell.get("cell_type") == "code":
        shown = tuple(outputs(cell))
        return View(kind or "code", anchor, label, code(text), shown, points=points, comment=told)
    raw = Markup('<pre class="text" tabindex="0">{}</pre>').format(plain(text))
    return View(kind or "words", anchor, label, raw, points=points, comment=told)


def views(cells: list[Any], released: Mapping[str, str]) -> list[View]:
    """Return the cells of a page; empty ones are left out.

    Args:
        cells: of the graded notebook, with the points of the gradebook in their metadata.
        released: what the released notebook showed of each of its marked cells, by grade id.
    """
    found = [_view(cell, released, f"cell-{number}") for number, cell in enumerate(cells, 1)]
    return [view for view in found if view.kind in ("check", "answer", "task") or view.body.striptags()
            or "<img" in view.body or view.shown]  # fmt: skip
