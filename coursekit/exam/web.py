"""The sheets as pages: one self-contained HTML file each, to be read or printed, without scripts."""

__all__ = ["key", "marking", "papers"]

import html
from collections.abc import Callable, Sequence
from functools import lru_cache

from coursekit.assess import DrawnQuestion
from coursekit.assess.markup import to_html
from coursekit.assess.question import LETTERS
from coursekit.exam import sheets
from coursekit.exam.plan import Plan

_STYLE = """
body { font: 11pt/1.5 serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color: #111; background: #fff; }
h2 { font-size: 1.1rem; border-bottom: 1px solid #111; break-before: page; }
h2:first-of-type { break-before: auto; }
ol.paper > li { margin: 1.2em 0; break-inside: avoid; }
.room { height: 7rem; }
.field { display: inline-block; border: 1px solid #111; padding: 0.3em 5.5em 0.3em 0.4em;
  margin: 0.2em 0.4em 0.2em 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #444; padding: 0.3em 0.5em; text-align: left; vertical-align: top; }
.small { font-size: 0.85rem; }
math { font-size: 1.05em; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
"""


@lru_cache(maxsize=50_000)
def _inline(markdown: str) -> str:
    """Print a short text without the paragraph around it."""
    found = to_html(markdown)
    inside = found.removeprefix("<p>").removesuffix("</p>")
    return inside if "<p>" not in inside else found


def _document(plan: Plan, what: str, body: Callable[[Sequence[DrawnQuestion]], str]) -> str:
    """Put the sheets of all students into one page."""
    title = html.escape(f"{plan.title}: {what}")
    dated = f"<p>{html.escape(plan.date)}</p>" if plan.date else ""
    out = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{dated}",
    ]
    for student, paper in zip(plan.students, plan.papers, strict=True):
        out.append(f"<section><h2>{html.escape(sheets.title(student))}</h2>{body(paper)}</section>")
    return "\n".join([*out, "</main></body></html>\n"])


def _asked(drawn: DrawnQuestion) -> str:
    """Print one question with room to work and boxes to fill."""
    if drawn.kind == "choice":
        pairs = zip(LETTERS, drawn.options, strict=False)
        options = "".join(f"<li><b>{letter}</b> {_inline(option.text)}</li>" for letter, option in pairs)
        fields, room = f'<ul style="list-style:none">{options}</ul><span class="field">letter</span>', ""
    else:
        room = '<div class="room"></div>'
        fields = "".join(f'<span class="field">{_inline(n)}</span>' for n in drawn.asks or ("answer",))
    return f"<li>{to_html(drawn.stem)}{room}<p>{fields} {html.escape(drawn.unit)}</p></li>"


def papers(plan: Plan) -> str:
    """Return the papers of all students.

    Args:
        plan: the exam.
    """
    told = to_html(sheets.instructions(plan))
    return _document(
        plan, "papers", lambda paper: f'{told}<ol class="paper">{"".join(map(_asked, paper))}</ol>'
    )


def _solved(drawn: DrawnQuestion) -> str:
    """Print the answer of one question with the way to it."""
    steps = "".join(f"<li>{_inline(step)}</li>" for step in drawn.steps)
    way = f"<ol>{steps}</ol>" if steps else to_html(drawn.feedback)
    return f'<li><b>{_inline(sheets.right(drawn))}</b> <span class="small">({drawn.id})</span>{way}</li>'


def key(plan: Plan) -> str:
    """Return the answers of all students with worked steps.

    Args:
        plan: the exam.
    """
    return _document(plan, "key", lambda paper: f'<ol class="paper">{"".join(map(_solved, paper))}</ol>')


def _row(number: int, drawn: DrawnQuestion) -> str:
    """Print what each answer to one question means."""
    wrong = "".join(
        f"<p><b>{_inline(answer)}</b><br>{html.escape(slip)}: {_inline(feedback)}</p>"
        for answer, slip, feedback in sheets.slips(drawn)
    )
    told = f"<b>{_inline(sheets.right(drawn))}</b><br>{html.escape(sheets.accepted(drawn))}"
    return f'<tr><th scope="row">{number}</th><td>{told}</td><td class="small">{wrong}</td></tr>'


def marking(plan: Plan) -> str:
    """Return for each student what every right and every foreseen wrong answer is.

    Args:
        plan: the exam.
    """
    head = (
        '<tr><th scope="col">no.</th><th scope="col">right, and what is accepted</th>'
        '<th scope="col">wrong, and what it means</th></tr>'
    )

    def body(paper: Sequence[DrawnQuestion]) -> str:
        rows = "".join(_row(number, drawn) for number, drawn in enumerate(paper, start=1))
        return f"<p>{sheets.passing(plan)}</p><table><thead>{head}</thead><tbody>{rows}</tbody></table>"

    return _document(plan, "marking sheet", body)
