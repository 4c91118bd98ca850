"""The report of a class as one page, and as a few lines for a terminal."""

__all__ = ["class_page", "summary"]

from coursekit.grading.reporting import sections
from coursekit.grading.reporting.alike import near_duplicates
from coursekit.grading.reporting.gather import Class
from coursekit.grading.reporting.outcomes import KINDS
from coursekit.grading.reporting.parts import details, page

_LEAD = (
    '<p class="secret">Confidential: this page names students and their marks. Keep it where only those can '
    "read it who may read the gradebook.</p>"
)
_MOST = 5


def class_page(found: Class) -> str:
    """Return the report as HTML that needs nothing from outside.

    Args:
        found: the class.
    """
    parts = [
        ("states", "Students", sections.states(found)),
        ("marks", "Marks", sections.points(found)),
        ("exercises", "Exercises", sections.exercises(found)),
        ("mastery", "Mastery", sections.masteries(found)),
        ("misconceptions", "Misconceptions", sections.mistakes(found)),
        ("faults", "Faults", sections.faults(found)),
        ("guesses", "Guesses", sections.guesses(found)),
        ("slowest", "Slowest submissions", sections.slowest(found)),
        ("duplicates", "Near-duplicates", near_duplicates(found.likeness)),
    ]
    return page(f"Report: {found.assignment}", _LEAD, details(parts))


def _marks(found: Class) -> list[str]:
    marks = found.marks
    if marks.quartiles is None:
        return ["marks: nobody has a number yet"]
    low, middle, high = marks.quartiles
    told = [f"marks of {marks.most:g}: median {middle:g}, quartiles {low:g} and {high:g}"]
    widest = max(marks.counts)
    for lower, upper, count in zip(marks.edges[:-1], marks.edges[1:], marks.counts, strict=True):
        told.append(
            f"  {lower:>7.4g} to {upper:<7.4g} {count:>5} {'#' * round(30 * count / widest)}".rstrip()
        )
    return told


def summary(found: Class) -> list[str]:
    """Return the report in a few lines, which name no student.

    Args:
        found: the class.
    """
    counts = ", ".join(f"{count} {state}" for state, count in found.states.items() if count)
    lines = [f"{found.assignment}: {len(found.entries)} students: {counts or 'none'}", *_marks(found)]
    if found.items:
        wide = max(len(item.name) for item in found.items)
        lines.append(f"  {'exercise':{wide}}  " + "  ".join(KINDS))
        for item in found.items:
            shares = "  ".join(f"{item.counts.get(kind, 0):>{len(kind)}}" for kind in KINDS)
            lines.append(f"  {item.name:{wide}}  {shares}")
    if found.misconceptions:
        lines.append("commonest misconceptions:")
    for one in found.misconceptions[:_MOST]:
        lines.append(f"  {len(one.students):>4}  {one.exercise} ({one.name})")
    faults = sum(bool(one.faults) for one in found.verdicts.values())
    guesses = sum(bool(one.guesses) for one in found.verdicts.values())
    lines.append(
        f"faults: {faults} students; guesses: {guesses}; alike: {len(found.likeness.pairs)} pairs to look at"
    )
    return lines
