"""The sheets on paper: Typst sources and their PDF."""

__all__ = ["key", "marking", "papers", "pdf"]

import datetime
from pathlib import Path

from coursekit.assess import DrawnQuestion
from coursekit.assess.markup import to_typst
from coursekit.assess.question import LETTERS
from coursekit.exam import sheets
from coursekit.exam.plan import Plan, Student

_LOOK = Path(__file__).with_name("sheet.typ")


def _text(words: str) -> str:
    """Write plain words in Typst."""
    return to_typst(words.replace("*", "\\*").replace("_", "\\_")) if words else ""


def _source(plan: Plan, sections: list[tuple[Student, str]], *, duplex: bool = False) -> str:
    """Put the sections of all students into one document."""
    named = _text(", ".join(part for part in (plan.title, plan.date) if part))
    out = [_LOOK.read_text(encoding="utf-8")]
    for number, (student, body) in enumerate(sections, start=1):
        if duplex and number > 1:
            out.append('#pagebreak(to: "odd", weak: true)')
        out.append(f"#sheet({number}, [{named}], [{_text(sheets.title(student))}])[\n{body}\n]")
    return "\n".join(out)


def _asked(drawn: DrawnQuestion, number: int) -> str:
    """Write one question with room to work and boxes to fill."""
    stem, unit = to_typst(drawn.stem), f" {_text(drawn.unit)}" if drawn.unit else ""
    if drawn.kind == "choice":
        pairs = zip(LETTERS, drawn.options, strict=False)
        options = "\n".join(f"#choice[{letter}][{to_typst(option.text)}]" for letter, option in pairs)
        return f"#asked({number}, height: 0.6cm)[{stem}\n{options}][#field[letter]]"
    fields = " #h(0.3em) ".join(f"#field[{to_typst(name)}]" for name in drawn.asks or ("answer",))
    return f"#asked({number})[{stem}][{fields}{unit}]"


def papers(plan: Plan) -> str:
    """Return the papers of all students, each beginning on an odd page.

    Args:
        plan: the exam.
    """
    sections = []
    for student, paper in zip(plan.students, plan.papers, strict=True):
        questions = "\n".join(_asked(drawn, number) for number, drawn in enumerate(paper, start=1))
        sections.append((student, f"{to_typst(sheets.instructions(plan))}\n\n{questions}"))
    return _source(plan, sections, duplex=True)


def _solved(drawn: DrawnQuestion, number: int) -> str:
    """Write the answer of one question with the way to it."""
    steps = "\n".join(f"#enum.item[{to_typst(step)}]" for step in drawn.steps)
    answer = to_typst(sheets.right(drawn))
    return f"#solved({number})[{answer}][{_text(drawn.id)}][{steps or to_typst(drawn.feedback)}]"


def key(plan: Plan) -> str:
    """Return the answers of all students with worked steps.

    Args:
        plan: the exam.
    """
    sections = [
        (student, "\n".join(_solved(drawn, number) for number, drawn in enumerate(paper, start=1)))
        for student, paper in zip(plan.students, plan.papers, strict=True)
    ]
    return _source(plan, sections)


def _row(drawn: DrawnQuestion, number: int) -> str:
    """Write what each answer to one question means."""
    wrong = "\n\n".join(
        f"*{to_typst(answer)}* \\ {_text(slip)}: {to_typst(feedback)}"
        for answer, slip, feedback in sheets.slips(drawn)
    )
    told = f"*{to_typst(sheets.right(drawn))}* \\ {_text(sheets.accepted(drawn))}"
    return f"[{number}], [{told}], [{wrong}],"


def marking(plan: Plan) -> str:
    """Return for each student what every right and every foreseen wrong answer is.

    Args:
        plan: the exam.
    """
    sections = []
    for student, paper in zip(plan.students, plan.papers, strict=True):
        rows = "\n".join(_row(drawn, number) for number, drawn in enumerate(paper, start=1))
        table = (
            "#set text(size: 8.5pt)\n#table(columns: (auto, 1fr, 2.2fr), "
            "table.header([*no.*], [*right, and what is accepted*], [*wrong, and what it means*]),"
            f"\n{rows}\n)"
        )
        sections.append((student, f"{sheets.passing(plan)}\n{table}"))
    return _source(plan, sections)


def pdf(source: str, path: Path) -> None:
    """Typeset a source into a PDF that is the same every time.

    Args:
        source: Typst.
        path: where the PDF goes.
    """
    import typst

    fixed = int(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).timestamp())
    path.write_bytes(typst.compile(source.encode(), format="pdf", timestamp=fixed, ignore_system_fonts=True))
