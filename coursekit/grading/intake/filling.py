"""Answers that are not one cell for one slot: cut in two, put together, all in one cell, or in a new cell."""

__all__ = ["Answer", "fill"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coursekit.grading.intake.code import definitions, names, parses
from coursekit.grading.intake.matching import Guess, Seen, Slot, covered, match

_LONGEST_CUT = 6


@dataclass(frozen=True)
class Answer:
    """What goes into a slot: the text, the cells that it came from, and the guess if it was one."""

    text: str
    cells: tuple[int, ...]
    guess: Guess | None = None


def _continues(first: str, second: Seen, slot: Slot) -> bool:
    """Tell whether a cell goes on where an answer's text stops."""
    if not (parses(first) and parses(second.text)):
        # Cut in the middle of a function or a bracket: the halves are Python only together.
        return parses(f"{first}\n{second.text}")
    above, below = names(first).keys() & slot.wants.keys(), second.names.keys() & slot.wants.keys()
    if above and below - above:
        return True
    if above and below and set(slot.wants.values()) == {"value"}:
        # Statements in a row do the same in one cell, unless the first of them stops.
        return "NotImplementedError" not in first and second.text not in first
    return False


def _whole(slot: Slot, start: int, cells: Sequence[Seen], away: set[int]) -> list[int]:
    """Return the cells that an answer was cut into, in order."""
    at = next(position for position, cell in enumerate(cells) if cell.index == start)
    parts, text = [start], cells[at].text
    if slot.kind != "code":
        return parts
    for cell in cells[at + 1 : at + _LONGEST_CUT]:
        if cell.index in away or cell.rank < 2 or not _continues(text, cell, slot):
            break
        parts.append(cell.index)
        text = f"{text}\n{cell.text}"
    for cell in reversed(cells[max(0, at - _LONGEST_CUT) : at]):
        first = next(one for one in cells if one.index == parts[0])
        if cell.index in away or cell.rank < 2 or not _continues(cell.text, first, slot):
            break
        parts.insert(0, cell.index)
    return parts


def _shared(slot: Slot, cells: Sequence[Seen], slots: Mapping[int, Slot]) -> Answer | None:
    """Return the answer to a slot from a cell that answers others, or stands for another cell."""
    best: tuple[int, int] | None = None
    for cell in cells:
        held = covered(slot, cell.names)
        if held and 2 * len(held) >= len(slot.wants):
            best = max(best or (0, 0), (len(held), cell.index))
    if best is None:
        return None
    cell = next(cell for cell in cells if cell.index == best[1])
    wanted = set(slot.wants)
    text = definitions(cell.text, wanted) if set(slot.wants.values()) == {"def"} else None
    others = [one.grade_id for one in slots.values() if one is not slot and covered(one, cell.names)]
    check = (
        f"one cell answers this and {', '.join(others)[:80]}"
        if others
        else "found in a cell that is no answer"
    )
    return Answer(cell.text if text is None else text, (), Guess(slot.grade_id, "shared", 0.8, check))


def _in_place(slot: Slot, cells: Sequence[Seen], stands: Mapping[int, int], away: set[int]) -> Answer | None:
    """Return the answer to a slot without names from the one new cell that stands where it should."""
    before = [index for index, position in stands.items() if position <= slot.position]
    after = [index for index, position in stands.items() if position > slot.position]
    low = max(before, key=lambda index: (stands[index], index), default=-1)
    high = min((index for index in after if index > low), default=len(cells) + low + 1)
    inside = [cell for cell in cells if low < cell.index < high and cell.rank == 2 and cell.index not in away]
    if len(inside) != 1:
        return None
    (cell,) = inside
    guess = Guess(slot.grade_id, "place", 0.5, "found by its place alone")
    return Answer(cell.text, (cell.index,), guess)


def fill(slots: Sequence[Slot], cells: Sequence[Seen], stands: Mapping[int, int]) -> dict[int, Answer]:
    """Return the answers by the slots' positions; a slot without one is left out.

    Args:
        slots: of the release.
        cells: of the student's notebook.
        stands: for each cell that stands for a cell of the release its position.
    """
    found, guesses = match(slots, cells, stands)
    by_index, by_position = {cell.index: cell for cell in cells}, {slot.position: slot for slot in slots}
    away, answers = {*stands, *found.values()}, dict[int, Answer]()
    for position, index in found.items():
        slot, guess = by_position[position], guesses.get(position)
        parts = _whole(slot, index, cells, away - {index})
        away.update(parts)
        if len(parts) > 1:
            guess = Guess(slot.grade_id, "joined", 0.8, f"it was cut into {len(parts)} cells")
        text = "\n".join(by_index[part].text for part in parts)
        answers[position] = Answer(text, tuple(parts), guess)
    for slot in slots:
        if slot.position in answers and answers[slot.position].text.strip():
            continue
        answer = _shared(slot, cells, by_position) if slot.wants else None
        placed = {index: at for at, one in answers.items() for index in one.cells} | dict(stands)
        answer = answer or (None if slot.wants else _in_place(slot, cells, placed, away))
        if answer:
            away.update(answer.cells)
            answers[slot.position] = answer
    return answers
