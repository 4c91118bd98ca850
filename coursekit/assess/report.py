"""What a student reads after a check: one of four outcomes, one message, in text and in HTML."""

__all__ = ["NotPassed", "Outcome", "Report"]

import html
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """The four outcomes of a check."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"
    CRASHED = "crashed"


_MARK = {Outcome.RIGHT: "✓", Outcome.WRONG: "✗", Outcome.NOT_ATTEMPTED: "…", Outcome.CRASHED: "!"}
# Mid tones that keep a contrast of 3:1 on white and on the dark theme; the text itself has the page's colour.
_EDGE = {
    Outcome.RIGHT: "#2e8b57",
    Outcome.WRONG: "#c2571a",
    Outcome.NOT_ATTEMPTED: "#7a7f87",
    Outcome.CRASHED: "#b8456b",
}


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Attributes:
        exercise: the exercise's id.
        outcome: one of the four.
        message: what to read.
        case: what was looked at when it failed; empty if it didn't.
        mutant: name of the recognised misconception; empty if none was.
        points: what the exercise is worth.
        earned: the points of the parts that hold; all of them for a right answer.
    """

    exercise: str
    outcome: Outcome
    message: str
    case: str = ""
    mutant: str = ""
    points: float = 0.0
    earned: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.outcome is Outcome.RIGHT

    def __str__(self) -> str:
        """Return the report as text."""
        where = f" [{self.case}]" if self.case else ""
        head = f"{_MARK[self.outcome]} {self.exercise}: {self.outcome.value}{where}."
        return f"{head} {self.message}{self._part()}"

    __repr__ = __str__

    def _part(self) -> str:
        """Say what a half-right answer earns."""
        if self.passed or not self.earned:
            return ""
        return f" What comes before holds: {self.earned:g} of {self.points:g} points."

    def _repr_html_(self) -> str:
        """Show the report in a notebook; colours fit a light and a dark page."""
        head = f"{_MARK[self.outcome]} {html.escape(self.exercise)}: {self.outcome.value}"
        case = f"<div style='opacity:.75'>Looked at: {html.escape(self.case)}</div>" if self.case else ""
        return (
            f"<div role='status' style='border-left:4px solid {_EDGE[self.outcome]};padding:.4em .8em;"
            f"margin:.3em 0;color:inherit;background:transparent'><strong>{head}</strong>"
            f"<div>{html.escape(self.message + self._part())}</div>{case}</div>"
        )


class NotPassed(Exception):
    """A test cell that was not passed; shows the report instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython what to print: the message alone, since the frames are ours and say nothing."""
        return str(self).splitlines()
