"""Which cell of a student's notebook answers which slot of the release, and how sure that is."""

__all__ = ["MARGIN", "SIMILAR", "Guess", "Seen", "Slot", "alike", "covered", "match", "slot_of"]

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from coursekit.grading.intake.code import names, normal

# Points of evidence. A name is worth more than an id: the tests call it, and metadata may have been moved.
_TAG, _ID, _DEFINITION, _VALUE, _ENOUGH = 4.0, 3.0, 5.0, 4.5, 1.5
MARGIN = 1.0
# All of 249 answers with altered names reach it, none of 6,324 answers to other assignments (a test).
SIMILAR = 0.76
# What is compared at most: a notebook made to take for ever takes ten seconds.
_MOST_LINES, _MOST_CELLS = 60, 40
_PLACEHOLDERS = ("YOUR CODE HERE", "YOUR ANSWER HERE", "raise NotImplementedError")


@dataclass(frozen=True)
class Guess:
    """How the answer to a slot was found, if not by its grade id alone.

    ``how`` is one of: cell id, names, similarity, place, shared, joined, cell type, close, missing, restored.
    ``confidence`` is between 0 and 1; ``check`` says what a human should look at, nothing if all is well.
    """

    grade_id: str
    how: str
    confidence: float = 1.0
    check: str = ""

    def __str__(self) -> str:
        """Return the guess as a line."""
        words = {
            "missing": f"no cell answers {self.grade_id}",
            "restored": f"{self.grade_id} had been changed and is the release's again",
            "joined": f"the answer to {self.grade_id} was put together from several cells",
            "shared": f"the answer to {self.grade_id} was found in the cell of another",
            "cell type": f"the answer to {self.grade_id} came as a cell of another type",
            "close": f"the answer to {self.grade_id} was one of several",
        }
        line = words.get(self.how, f"the answer to {self.grade_id} was found by its {self.how}")
        return f"{line} ({self.confidence:.0%} sure){f' [please look: {self.check}]' if self.check else ''}"


@dataclass(frozen=True)
class Slot:
    """A cell of the release that a student fills."""

    position: int
    grade_id: str
    cell_id: str
    kind: str
    text: str
    wants: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A student's cell; ``rank`` is 2 for work, 1 for an emptied cell, 0 for the release's own text."""

    index: int
    kind: str
    text: str
    grade_id: str
    cell_id: str
    names: dict[str, str]
    rank: int


@dataclass(frozen=True)
class Evidence:
    """How well a cell fits a slot."""

    points: float
    how: str
    sure: float


def covered(slot: Slot, names: dict[str, str]) -> set[str]:
    """Return the names that a slot asks for and a cell defines in the same way.

    Args:
        slot: the slot.
        names: what the cell defines.
    """
    return {
        name
        for name, kind in slot.wants.items()
        if name in names and (kind == "value" or names[name] == "def")
    }


def evidence(slot: Slot, seen: Seen) -> Evidence:
    """Return how well a cell fits a slot.

    Args:
        slot: the slot.
        seen: the cell.
    """
    held = covered(slot, seen.names)
    tagged = seen.grade_id == slot.grade_id
    marked = seen.cell_id != "" and seen.cell_id == slot.cell_id
    share = len(held) / max(len(slot.wants), 1)
    defines = any(slot.wants[name] == "def" for name in held)
    points = (_TAG if tagged else _ID if marked else 0.0) + (_DEFINITION if defines else _VALUE) * share
    how = "grade id" if tagged else "cell id" if marked else "names"
    sure = 1.0 if tagged else 0.95 if marked else (0.9 if defines else 0.7) * share
    return Evidence(points, how, sure)


def _by_evidence(slots: Sequence[Slot], cells: Sequence[Seen], found: dict[int, int]) -> dict[int, Guess]:
    """Fill ``found`` (slot position: cell index) by the best evidence first; return what was guessed."""
    table = {
        (slot.position, cell.index): evidence(slot, cell) for slot in slots for cell in cells if cell.rank
    }
    order = sorted(
        ((cell.rank, table[slot.position, cell.index].points, cell.index, slot)
         for slot in slots for cell in cells if cell.rank),
        key=lambda row: row[:3], reverse=True,
    )  # fmt: skip
    for _, points, index, slot in order:
        if points >= _ENOUGH and slot.position not in found and index not in found.values():
            found[slot.position] = index
    free = [cell for cell in cells if cell.rank == 2 and cell.index not in found.values()]
    by_index, guesses = {cell.index: cell for cell in cells}, dict[int, Guess]()
    for slot in slots:
        if slot.position in found:
            cell = by_index[found[slot.position]]
            fits = {other.text: table[slot.position, other.index].points for other in free}
            guess = _judged(slot, cell, table[slot.position, cell.index], fits, free)
            guesses |= {slot.position: guess} if guess else {}
    return guesses


def _judged(
    slot: Slot, cell: Seen, best: Evidence, fits: dict[str, float], free: Sequence[Seen]
) -> Guess | None:
    """Return the guess that a choice was, None if nothing about it was one."""
    rivals = [
        text
        for text, points in fits.items()
        if text != cell.text and points >= max(best.points - MARGIN, _ENOUGH)
    ]
    elsewhere = not covered(slot, cell.names) and any(covered(slot, other.names) for other in free)
    check = f"{len(rivals) + 1} cells answer it" if rivals else "another cell defines it" if elsewhere else ""
    how = best.how
    if how == "grade id":
        how = "close" if check else "cell type" if cell.kind != slot.kind else ""
    return Guess(slot.grade_id, how, 0.6 if check else best.sure, check) if how else None


def _lines(text: str) -> list[str]:
    """Return the lines of a text that say something."""
    lines = (line.strip() for line in text.split("\n")[:_MOST_LINES])
    return [line[:120] for line in lines if len(line) > 3 and not any(mark in line for mark in _PLACEHOLDERS)]


def alike(stub: str, text: str) -> float:
    """Return how much of a slot's released text is found again in a cell, from 0 to 1.

    Each line of the released text counts by its length and by the line of the cell that is most like it.

    Args:
        stub: the released text.
        text: the cell's.
    """
    wanted, given = _lines(stub), _lines(text)
    if not wanted or not given:
        return 0.0
    total = 0.0
    for line in wanted:
        matcher, best = SequenceMatcher(autojunk=False), 0.0
        matcher.set_seq2(line)
        for other in given:
            matcher.set_seq1(other)
            if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
                best = max(best, matcher.ratio())
        total += best * len(line)
    return total / sum(map(len, wanted))


def _by_text(slots: Sequence[Slot], cells: Sequence[Seen], found: dict[int, int]) -> dict[int, Guess]:
    """Fill ``found`` by the similarity of the texts; all such guesses are for a human."""
    guesses = {}
    rows = [(alike(slot.text, cell.text), slot, cell) for slot in slots for cell in cells[:_MOST_CELLS]]
    for sure, slot, cell in sorted(rows, key=lambda row: (row[0], row[2].index), reverse=True):
        if sure < SIMILAR or slot.position in found or cell.index in found.values():
            continue
        found[slot.position] = cell.index
        rivals = [
            other for other, one, seen in rows if one is slot and seen is not cell and other > sure - 0.1
        ]
        check = (
            "found by its text alone, and another cell is almost as like"
            if rivals
            else "found by its text alone"
        )
        guesses[slot.position] = Guess(slot.grade_id, "similarity", round(0.8 * sure, 2), check)
    return guesses


def match(
    slots: Sequence[Slot], cells: Sequence[Seen], taken: Iterable[int]
) -> tuple[dict[int, int], dict[int, Guess]]:
    """Return for each slot's position the index of the cell that answers it, and what was guessed.

    Args:
        slots: of the release.
        cells: of the student's notebook.
        taken: indices of cells that stand for other cells of the release: no text is guessed for them.
    """
    found: dict[int, int] = {}
    guesses = _by_evidence(slots, cells, found)
    away = {*taken, *found.values()}
    free = [cell for cell in cells if cell.rank == 2 and cell.index not in away]
    guesses |= _by_text([slot for slot in slots if slot.position not in found], free, found)
    return found, guesses


def slot_of(position: int, cell: dict[str, object], tag: dict[str, object]) -> Slot:
    """Return a slot for a cell of the release.

    Args:
        position: of the cell.
        cell: the cell.
        tag: its nbgrader metadata.
    """
    text, kind = normal(str(cell["source"])), str(cell["cell_type"])
    wants = names(text) if kind == "code" else {}
    return Slot(position, str(tag.get("grade_id", "")), str(cell.get("id", "")), kind, text, wants)
