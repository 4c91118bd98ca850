"""What is told of a class when it is graded."""

__all__ = ["Summary"]

from collections import Counter

from coursekit.grading.batch.changes import Change
from coursekit.grading.marking.verdict import NOT_RUN, STATES, Verdict

_MOST = 5


class Summary:
    """Counts a class as it is graded.

    Args:
        assignment: its name.
    """

    def __init__(self, assignment: str) -> None:
        self._assignment = assignment
        self._states = Counter[str]()
        self._wrong = Counter[tuple[str, str]]()
        self._messages: dict[tuple[str, str], str] = {}
        self._seconds: list[tuple[float, str]] = []
        self.kept_back: list[Change] = []
        self.changed: list[Change] = []

    def add(self, verdict: Verdict, changed: Change) -> None:
        """Count a submission.

        Args:
            verdict: what grading it came to.
            changed: what that changes in the gradebook.
        """
        self._states[verdict.state] += 1
        self._seconds.append((verdict.seconds, verdict.student))
        if changed.asks:
            self.kept_back.append(changed)
        elif changed.cells:
            self.changed.append(changed)
        found = [
            one for sheet in verdict.sheets.values() for mark in sheet.marks.values() for one in mark.reports
        ]
        for exercise, mutant, message in {(one["exercise"], one["mutant"], one["message"]) for one in found}:
            if mutant:
                self._wrong[exercise, mutant] += 1
                self._messages.setdefault((exercise, mutant), message)

    @property
    def whole(self) -> bool:
        """Whether nobody is left without a verdict, and nothing waits for an answer."""
        return not self.kept_back and not self._states[NOT_RUN]

    def lines(self) -> list[str]:
        """Return what to read: states, slowest submissions, commonest misconceptions."""
        counts = ", ".join(f"{self._states[state]} {state}" for state in STATES if self._states[state])
        found = [f"{self._assignment}: {sum(self._states.values())} submissions: {counts}"]
        slow = sorted(self._seconds, reverse=True)[:3]
        found.append("slowest: " + ", ".join(f"{student} {seconds:.1f} s" for seconds, student in slow))
        if self._wrong:
            found.append("commonest misconceptions:")
        for (exercise, mutant), number in self._wrong.most_common(_MOST):
            text = self._messages[exercise, mutant]
            found.append(f"  {number:4d}  {exercise} ({mutant}): {text[:100]}{'...' if text[100:] else ''}")
        return found
