"""Answers of a class that share more than chance explains, found through an index of their fingerprints."""

__all__ = ["LEAST", "SHARE", "Compared", "Pair", "alike", "compare", "public"]

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

from coursekit.grading.likeness.winnow import Prints

LEAST = 15  # fingerprints; a shorter answer says nothing, whatever it shares
SHARE = 0.7  # of the shorter answer's fingerprints
_FEW, _MANY = 5, 0.1  # what more than 5 students and more than a tenth of the class wrote is nobody's own


@dataclass(frozen=True)
class Pair:
    """Two answers that share much.

    Attributes:
        first: one student.
        second: the other.
        shared: how many fingerprints they have in common.
        share: the same, of those that the shorter answer has.
        lines: of each answer, those that hold what is shared.
    """

    first: str
    second: str
    shared: int
    share: float
    lines: tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True)
class Compared:
    """What comparing the answers of a class came to.

    Attributes:
        pairs: those above the threshold, the most alike first.
        long_enough: students whose answers could be compared.
        short: students of whose answers too little is their own to say anything.
    """

    pairs: tuple[Pair, ...]
    long_enough: tuple[str, ...]
    short: tuple[str, ...]


def alike(first: Set[int], second: Set[int]) -> bool | None:
    """Tell whether two answers share more than is allowed; None if one is too short to tell.

    Args:
        first: fingerprints of one.
        second: of the other.

    Example:
        >>> alike(set(range(20)), set(range(5, 30))), alike({1, 2}, {1, 2})
        (True, None)
    """
    smaller = min(len(first), len(second))
    return None if smaller < LEAST else len(first & second) >= SHARE * smaller


def public(prints: Mapping[str, Prints]) -> frozenset[int]:
    """Return the fingerprints that so many students share that they say nothing.

    Args:
        prints: of each student's answer.
    """
    counts = Counter(chain.from_iterable(prints.values()))
    limit = max(_FEW, _MANY * len(prints))
    return frozenset(value for value, count in counts.items() if count > limit)


def _overlaps(sets: list[list[int]]) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    """Return rows, columns and sizes of all overlaps, each pair once; work grows with the overlaps alone."""
    values = {value: at for at, value in enumerate(sorted(set(chain.from_iterable(sets))))}
    rows = [row for row, own in enumerate(sets) for _ in own]
    columns = [values[value] for own in sets for value in own]
    shape = (len(sets), max(1, len(values)))
    index = sparse.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape)
    found = sparse.coo_array(sparse.triu(index @ index.T, k=1))
    return found.row, found.col, found.data


def compare(prints: Mapping[str, Prints], scaffold: Set[int] = frozenset()) -> Compared:
    """Return the pairs of a class whose answers to one exercise share too much.

    What was handed out, and what much of the class wrote, is taken out first.

    Args:
        prints: fingerprints of each student's answer.
        scaffold: of what was handed out.
    """
    left_out = public(prints) | scaffold
    own = {student: [value for value in found if value not in left_out] for student, found in prints.items()}
    long_enough = [student for student in prints if len(own[student]) >= LEAST]
    pairs = []
    for row, column, shared in zip(*_overlaps([own[student] for student in long_enough]), strict=True):
        one, two = sorted((long_enough[row], long_enough[column]))
        smaller = min(len(own[one]), len(own[two]))
        if shared < SHARE * smaller:
            continue
        common = set(own[one]) & set(own[two])
        lines = tuple(frozenset(chain.from_iterable(prints[who][v] for v in common)) for who in (one, two))
        pairs.append(Pair(one, two, int(shared), int(shared) / smaller, (lines[0], lines[1])))
    pairs.sort(key=lambda pair: (-pair.share, -pair.shared, pair.first, pair.second))
    short = tuple(student for student in prints if len(own[student]) < LEAST)
    return Compared(tuple(pairs), tuple(long_enough), short)
