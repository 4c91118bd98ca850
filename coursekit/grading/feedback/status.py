"""What grading came to, as a page says it: the state, the reason, and where there are points at all."""

__all__ = ["Status", "status"]

from collections.abc import Mapping
from dataclasses import dataclass

from coursekit.grading.feedback.code import plain
from coursekit.grading.marking.verdict import FAULTS, GRADED, NOT_GRADABLE, NOT_RUN, STATES, WITH_NUMBER

_HEADS = {
    GRADED: "Graded",
    FAULTS: "Graded with faults",
    NOT_GRADABLE: "Not gradable",
    NOT_RUN: "Not run",
}
_SAYS = {
    GRADED: "",
    FAULTS: "Parts of your notebook could not run. What could be graded was graded.",
    NOT_GRADABLE: "There is no mark for this notebook, not a mark of 0. Ask your instructor what follows.",
    NOT_RUN: "This notebook has not been graded yet. There is no mark, not a mark of 0.",
}


@dataclass(frozen=True)
class Status:
    """The head of a page, all of it plain text.

    Attributes:
        state: one of the verdict's states.
        reason: why there is no mark; empty if there is one.
        faults: what went wrong while it ran.
        guesses: what was guessed when the answers were put into the release.
    """

    state: str = GRADED
    reason: str = ""
    faults: tuple[str, ...] = ()
    guesses: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether there are points."""
        return self.state in WITH_NUMBER

    @property
    def head(self) -> str:
        """The state as a heading."""
        return _HEADS[self.state]

    @property
    def says(self) -> str:
        """What the state means for the reader."""
        return _SAYS[self.state]

    @property
    def name(self) -> str:
        """The state as a class of the page."""
        return self.state.replace(" ", "-")


def _lines(found: object) -> tuple[str, ...]:
    return tuple(plain(line) for line in found[:100]) if isinstance(found, list) else ()


def status(metadata: object) -> Status:
    """Read the state that grading left in a notebook; a notebook without one was graded by nbgrader alone.

    Args:
        metadata: the notebook's; anything at all may come.
    """
    found = metadata.get("coursekit") if isinstance(metadata, Mapping) else None
    if not isinstance(found, Mapping):
        return Status()
    # A state that nobody knows is no mark: a page that is unsure must not show a number.
    state = found.get("state") if found.get("state") in STATES else NOT_GRADABLE
    reason = found.get("reason") or ""
    return Status(str(state), plain(reason), _lines(found.get("faults")), _lines(found.get("guesses")))
