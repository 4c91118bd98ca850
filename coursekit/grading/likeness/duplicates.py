"""Near-duplicates of a class, exercise by exercise, with what is known of how far to trust them."""

__all__ = ["Exhibit", "Likeness", "Looked", "likeness"]

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

from coursekit.assess import exercises
from coursekit.grading.likeness.answers import Place, answers, released, tasks
from coursekit.grading.likeness.code import Code, read
from coursekit.grading.likeness.measure import Trust, measure
from coursekit.grading.likeness.pairs import Compared, Pair, compare
from coursekit.grading.likeness.winnow import fingerprints
from coursekit.grading.marking.verdict import Verdict
from coursekit.grading.record import Record

_SHOWN = 20  # exhibits; the list of pairs is whole


@dataclass(frozen=True)
class Looked:
    """What comparing the answers to one cell came to.

    Attributes:
        place: notebook and grade id.
        exercise: its id; empty if the cell belongs to none.
        compared: pairs, and whose answers were too short.
        trust: the rates measured on the known answers; None if there are none.
    """

    place: Place
    exercise: str
    compared: Compared
    trust: Trust | None


@dataclass(frozen=True)
class Exhibit:
    """One pair with both answers, to be looked at side by side."""

    name: str
    pair: Pair
    texts: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Likeness:
    """Near-duplicates of a class.

    Attributes:
        cells: each answer cell.
        pairs: of students, with the cells in which they are alike, the most cells first.
        exhibits: the first of them with their answers.
        trust: the rates over all exercises of the assignment.
    """

    cells: tuple[Looked, ...]
    pairs: tuple[tuple[str, str, tuple[str, ...]], ...]
    exhibits: tuple[Exhibit, ...]
    trust: Trust


def _codes(texts: Mapping[str, str]) -> dict[str, Code]:
    """Read each different answer once."""
    once = {text: read(text) for text in set(texts.values())}
    return {student: once[text] for student, text in texts.items()}


def _look(texts: Mapping[str, str], scaffold: Set[int]) -> tuple[Compared, dict[str, Code]]:
    codes = _codes(texts)
    once = {id(code): fingerprints(code) for code in codes.values()}
    return compare({student: once[id(code)] for student, code in codes.items()}, scaffold), codes


def likeness(record: Record, verdicts: Mapping[str, Verdict], release: Path) -> Likeness:
    """Compare the answers of a class, each cell with the same cell of the others.

    Args:
        record: of the course, with the graded notebooks.
        verdicts: by student.
        release: folder of the released assignment.
    """
    known = {task.id: task for task in exercises()}
    named, handed_out = tasks(release), released(release)
    cells, exhibits, together = [], [], dict[tuple[str, str], list[str]]()
    total = Trust()
    for place, texts in answers(record, verdicts).items():
        scaffold = fingerprints(read(handed_out.get(place, ""))).keys()
        compared, codes = _look(texts, scaffold)
        name = named.get(place, "")
        trust = measure(known[name], scaffold) if name in known else None
        total = total + trust if trust else total
        if trust is not None and not trust.useful:
            compared = replace(compared, pairs=())  # nothing can be told, so nobody is named
        cells.append(Looked(place, name, compared, trust))
        for pair in compared.pairs:
            together.setdefault((pair.first, pair.second), []).append(name or place[1])
            shown = (codes[pair.first].lines, codes[pair.second].lines)
            exhibits.append(Exhibit(name or place[1], pair, shown))
    exhibits.sort(key=lambda one: (-len(together[one.pair.first, one.pair.second]), -one.pair.share,
                                   one.pair.first, one.pair.second))  # fmt: skip
    pairs = sorted(together.items(), key=lambda item: (-len(item[1]), item[0]))
    told = tuple((one, two, tuple(names)) for (one, two), names in pairs)
    return Likeness(tuple(cells), told, tuple(exhibits[:_SHOWN]), total)
