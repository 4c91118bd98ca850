"""What a verdict would change in the gradebook, and whether it may without being asked."""

__all__ = ["Change", "Standing", "change"]

from dataclasses import dataclass

from coursekit.grading.marking.verdict import WITH_NUMBER, Verdict

Points = dict[tuple[str, str], float | None]


@dataclass(frozen=True)
class Standing:
    """What the gradebook holds of a student before a verdict goes in.

    Attributes:
        state: one of the four; empty if there is none.
        submission: address of what was graded then; empty if nobody knows.
        points: by notebook and grade id, what the judge gave.
    """

    state: str = ""
    submission: str = ""
    points: Points | None = None

    @property
    def score(self) -> float | None:
        """The points together; None if there is no number."""
        given = [one for one in (self.points or {}).values() if one is not None]
        return sum(given) if given and self.state in ("", *WITH_NUMBER) else None


@dataclass(frozen=True)
class Change:
    """What becomes of a student's number.

    Attributes:
        student: whose.
        old: score before; None if there was no number.
        new: score after; None if there is no number.
        state: after.
        cells: a line for each cell whose points differ.
        asks: whether a person must agree: the same submission would get another number.
    """

    student: str
    old: float | None
    new: float | None
    state: str
    cells: tuple[str, ...] = ()
    asks: bool = False

    def __str__(self) -> str:
        """Return the change as a line."""
        old, new = (f"{one:g}" if one is not None else "no number" for one in (self.old, self.new))
        more = f" ({', '.join(self.cells)})" if self.cells else ""
        return f"{self.student}: {old} -> {new}, {self.state}{more}"


def _told(points: float | None) -> str:
    return "-" if points is None else f"{points:g}"


def change(verdict: Verdict, before: Standing) -> Change:
    """Return what a verdict changes.

    A first number and that of another submission go in; a number that a submission has already got is changed
    only when a person agrees, since somebody may have been told.

    Args:
        verdict: the new one.
        before: what the gradebook holds.
    """
    new = {
        (name, grade_id): mark.earned if verdict.counts else None
        for name, sheet in verdict.sheets.items()
        for grade_id, mark in sheet.marks.items()
    }
    old = before.points or {}
    cells = tuple(
        f"{name}/{grade_id} {_told(old.get((name, grade_id)))} -> {_told(points)}"
        for (name, grade_id), points in sorted(new.items())
        if old.get((name, grade_id)) != points
    )
    same = not before.submission or before.submission == verdict.submission
    asks = before.score is not None and same and bool(cells)
    return Change(verdict.student, before.score, verdict.score, verdict.state, cells, asks)
