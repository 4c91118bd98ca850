"""The sections of the report of a class, one function each."""

__all__ = ["exercises", "faults", "guesses", "masteries", "mistakes", "points", "slowest", "states"]

from coursekit.assess.mastery import MASTERY
from coursekit.grading.reporting.figures import histogram, outcomes
from coursekit.grading.reporting.gather import Class
from coursekit.grading.reporting.outcomes import KINDS
from coursekit.grading.reporting.parts import fold, name_list, picture, table, text

_SLOWEST = 10
_LONG = 40  # rows; a longer table is folded away
_CLOSE = "[please look"  # so ends a guess that a person should check


def _paragraph(words: str) -> str:
    return f"<p>{text(words)}</p>"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _told(title: str, head: tuple[str, ...], rows: list[list[str]], what: str) -> str:
    """Return a table of words; a long one is folded away below how many of what it holds."""
    content = table(title, head, rows, frozenset())
    return fold(f"{len(rows)} {what}", content) if len(rows) > _LONG else content


def _named(words: str, students: list[str]) -> list[str]:
    """Say something of some students and name them; nothing if there are none."""
    return [_paragraph(words), name_list(students)] if students else []


def states(found: Class) -> str:
    """Return how many students are in which state, and why some have no number.

    Args:
        found: the class.
    """
    rows = [[text(state), str(count)] for state, count in found.states.items()]
    parts = [table("Students by state", ("state", "students"), rows, frozenset({1}))]
    without = [entry for entry in found.entries if entry.score is None and entry.reason]
    if without:
        lines = [[text(e.student), text(e.state), text(e.reason)] for e in without]
        head = ("student", "state", "reason")
        parts.append(_told("Why there is no number", head, lines, "students without a number"))
    waiting = [entry.student for entry in found.entries if entry.waiting]
    parts += _named("A person has yet to read a part of these, and their points will rise or stay:", waiting)
    bare = [e.student for e in found.entries if e.score is not None and e.student not in found.verdicts]
    parts += _named("The record holds no verdict for these; the sections on answers leave them out:", bare)
    return "\n".join(parts)


def points(found: Class) -> str:
    """Return quartiles and histogram of the marks.

    Args:
        found: the class.
    """
    marks = found.marks
    if marks.quartiles is None:
        return _paragraph("Nobody has a number yet.")
    low, middle, high = marks.quartiles
    least, most = marks.values[0], marks.values[-1]
    told = (
        f"{len(marks.values)} students have a number, of {marks.most:g} points: lowest {least:g}, lower "
        f"quartile {low:g}, median {middle:g}, upper quartile {high:g}, highest {most:g}. "
        "These are the gradebook's numbers, after corrections by hand and penalties for lateness."
    )
    bins = zip(marks.edges[:-1], marks.edges[1:], marks.counts, strict=True)
    rows = [[f"{low:.4g} to {high:.4g}", str(count)] for low, high, count in bins]
    figures = table("Students by points", ("points", "students"), rows, frozenset({1}))
    return _paragraph(told) + picture(histogram(marks)) + fold("The same as a table", figures)


def exercises(found: Class) -> str:
    """Return what became of each graded cell.

    Args:
        found: the class.
    """
    if not found.items:
        return _paragraph("No graded cell has an outcome yet.")
    head = ("exercise", "cell", "points", "students", *KINDS, "mean share")
    rows = [
        [
            text(item.name), text(item.cell), f"{item.most:g}", str(item.students),
            *(str(item.counts.get(kind, 0)) for kind in KINDS), _share(item.earned),
        ]
        for item in found.items
    ]  # fmt: skip
    told = table("Outcomes of the graded cells", head, rows, frozenset(range(2, len(head))))
    note = (
        "What the judge said, before corrections by hand. No points yet: a person decides, or it did not run."
    )
    return _paragraph(note) + picture(outcomes(found.items)) + told


def masteries(found: Class) -> str:
    """Return how much of the class masters what is asked for.

    Args:
        found: the class.
    """
    if not found.skills:
        return _paragraph("No check of an exercise or a question has an outcome yet.")
    head = ("skill", "right answers", "of", "students who master it", "of", "share", "class")
    rows = [
        [
            text(one.name), str(one.right.right), str(one.right.total), str(one.students.right),
            str(one.students.total), _share(one.students.share),
            "mastered" if one.students.mastered else "not yet",
        ]
        for one in found.skills
    ]  # fmt: skip
    whole = found.masters
    note = (
        f"A student masters a skill with {MASTERY:.0%} of its checks right, and the class with {MASTERY:.0%} "
        f"of its students. The whole assignment is mastered by {whole.right} of {whole.total}."
    )
    return _paragraph(note) + table("Mastery by skill", head, rows, frozenset({1, 2, 3, 4, 5}))


def mistakes(found: Class) -> str:
    """Return the misconceptions by exercise, and who showed them.

    Args:
        found: the class.
    """
    if not found.misconceptions:
        return _paragraph("No known misconception was recognised.")
    parts = []
    for name in dict.fromkeys(one.exercise for one in found.misconceptions):
        own = [one for one in found.misconceptions if one.exercise == name]
        rows = [
            [text(one.name), text(one.message), str(len(one.students)), name_list(one.students)]
            for one in own
        ]
        parts.append(table(name, ("misconception", "what it says", "students", "who"), rows, frozenset({2})))
    return "\n".join(parts)


def _lines(found: Class, kind: str) -> list[tuple[str, str]]:
    return [(who, line) for who, one in found.verdicts.items() for line in getattr(one, kind)]


def faults(found: Class) -> str:
    """Return what went wrong while submissions ran.

    Args:
        found: the class.
    """
    lines = _lines(found, "faults")
    if not lines:
        return _paragraph("No submission had a fault while it ran.")
    rows = [[text(who), text(line)] for who, line in lines]
    return _told("Faults", ("student", "what happened"), rows, "faults")


def guesses(found: Class) -> str:
    """Return what was guessed when answers were put into the release, close calls first.

    Args:
        found: the class.
    """
    lines = _lines(found, "guesses")
    if not lines:
        return _paragraph("Every answer was found by its id: nothing was guessed.")
    told = [(_CLOSE not in line, who, line) for who, line in lines]
    rows = [
        [text(who), text(line), "no" if clear else "yes: look at it"] for clear, who, line in sorted(told)
    ]
    head = ("student", "what was guessed", "close call")
    return _told("Guesses", head, rows, "guesses")


def slowest(found: Class) -> str:
    """Return the submissions that took longest.

    Args:
        found: the class.
    """
    timed = sorted(((one.seconds, who) for who, one in found.verdicts.items()), reverse=True)[:_SLOWEST]
    if not timed:
        return _paragraph("Nothing was run yet.")
    rows = [[text(who), f"{seconds:.1f}"] for seconds, who in timed]
    return table("Slowest submissions", ("student", "seconds"), rows, frozenset({1}))
