"""How a notebook was graded, written on it for whoever reads it."""

__all__ = ["stamp"]

from collections.abc import Iterable

from nbformat import NotebookNode

from coursekit.grading.marking.verdict import FAULTS, GRADED, WITH_NUMBER


def stamp(
    nb: NotebookNode,
    state: str = "",
    reason: str = "",
    faults: Iterable[str] = (),
    guesses: Iterable[str] = (),
) -> None:
    """Write on a notebook how it was graded; the page of its feedback tells it.

    Args:
        nb: the notebook, changed in place.
        state: one of the four; that of the faults if empty.
        reason: why there is no number.
        faults: what went wrong, a line each; they join those that are there.
        guesses: what was guessed, a line each; they join those that are there.
    """
    known = nb.metadata.get("coursekit", {})
    told = {
        "faults": [*known.get("faults", ()), *faults],
        "guesses": [*known.get("guesses", ()), *guesses],
    }
    without = known.get("state", "") if known.get("state", "") not in WITH_NUMBER else ""
    found = state or without or (FAULTS if told["faults"] else GRADED)
    nb.metadata["coursekit"] = {"state": found, "reason": reason or known.get("reason", ""), **told}
