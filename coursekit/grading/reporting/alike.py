"""The section on near-duplicates: what was found, side by side, and how far to trust it."""

__all__ = ["near_duplicates"]

from math import comb

from coursekit.grading.likeness.duplicates import Exhibit, Likeness, Looked
from coursekit.grading.likeness.measure import Trust
from coursekit.grading.likeness.pairs import LEAST, SHARE
from coursekit.grading.reporting.parts import fold, table, text

_CAUTION = (
    "Short exercises with one right answer look alike, whoever wrote them: a pair below is a reason to look "
    "and to ask, and no proof of anything."
)
_MANY = 100  # pairs in the table


def _measured(trust: Trust) -> str:
    """Say what the threshold did to answers whose origin is known."""
    copies = trust.copies.get("all of these")
    rule = (
        f"<p>Flagged is what shares {SHARE:.0%} or more of the shorter answer's fingerprints, if it has at "
        f"least {LEAST} of its own. "
    )
    if copies is None:
        return f"{rule}There are no known answers here on which that could be measured.</p>"
    return (
        f"{rule}Measured on the known answers to this assignment's exercises: flagged "
        f"pairs of right answers, {trust.right}; of pairs with a known wrong answer, which often is another "
        f"one with a single change, {trust.wrong}; copies found behind all disguises at once, {copies}, and "
        f"{trust.short} more were too short to tell. The right answers were written to look different, by "
        "one author: independent students may be flagged more often than the first figure says.</p>"
    )


def _verdict(looked: Looked) -> str:
    """Say in words whether anything can be told of a cell's answers."""
    if looked.trust is not None and not looked.trust.useful:
        return "can't tell: right answers are too short"
    if len(looked.compared.long_enough) < 2:
        return "can't tell: too little in them is their own"
    told = f"{len(looked.compared.pairs)} of {comb(len(looked.compared.long_enough), 2)} pairs flagged"
    return told if looked.trust is not None else f"{told}; false alarms not measured here"


def _cells(found: Likeness) -> str:
    rows = []
    for one in found.cells:
        trust = one.trust
        usual = f"{trust.usual:g}" if trust else "–"
        alarms = f"{trust.right.hits} of {trust.right.total}" if trust else "–"
        copies = trust.copies.get("all of these") if trust else None
        caught = f"{copies.hits} of {copies.total}" if copies else "–"
        lengths = [str(len(one.compared.long_enough)), str(len(one.compared.short))]
        rows.append([
            text(one.exercise or one.place[1]), *lengths, usual, alarms, caught, text(_verdict(one)),
        ])  # fmt: skip
    head = ("exercise", "compared", "too short", "usual length", "false alarms", "copies found", "result")
    return table("What can be told, by exercise", head, rows, frozenset(range(1, 6)))


def _code(lines: tuple[str, ...], shared: frozenset[int]) -> str:
    told = (f"<mark>{text(line)}</mark>" if at in shared else text(line) for at, line in enumerate(lines))
    return "\n".join(told)


def _exhibit(one: Exhibit) -> str:
    pair = one.pair
    sides = zip((pair.first, pair.second), one.texts, pair.lines, strict=True)
    body = "".join(
        f'<div><h4>{text(who)}</h4><pre tabindex="0">{_code(code, lines)}</pre></div>'
        for who, code, lines in sides
    )
    told = f"{one.name}: {pair.first} and {pair.second} share {pair.shared} fingerprints ({pair.share:.0%})"
    return fold(told, f'<div class="pair">{body}</div>')


def near_duplicates(found: Likeness) -> str:
    """Return the pairs of a class that are alike, and what is known of such pairs.

    Args:
        found: near-duplicates of the class.
    """
    if not found.cells:
        return "<p>There is no answer to compare.</p>"
    parts = [f"<p><strong>{text(_CAUTION)}</strong></p>", _measured(found.trust), _cells(found)]
    if not found.pairs:
        return "\n".join([*parts, "<p>No pair is above the threshold.</p>"])
    rows = [
        [text(one), text(two), str(len(names)), text(", ".join(names))]
        for one, two, names in found.pairs[:_MANY]
    ]
    head = ("student", "and", "exercises", "which")
    parts.append(table("Pairs above the threshold", head, rows, frozenset({2})))
    if len(found.pairs) > _MANY:
        parts.append(f"<p>{len(found.pairs) - _MANY} more pairs are not shown.</p>")
    note = "Comments, texts, imports and annotations are left out; what is shared is marked."
    parts.append(f"<h3>Side by side</h3><p>{note}</p>")
    return "\n".join([*parts, *map(_exhibit, found.exhibits)])
