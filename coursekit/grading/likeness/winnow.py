"""Fingerprints by winnowing: of the hashes of all short runs of tokens, the smallest of each window."""

__all__ = ["RUN", "WINDOW", "Prints", "fingerprints", "winnow"]

from collections import deque
from collections.abc import Sequence
from hashlib import blake2b

from coursekit.grading.likeness.code import Code, Token

RUN = 9  # tokens; a shorter run is found in answers that have nothing to do with each other
WINDOW = 4  # so that any common run of RUN + WINDOW - 1 = 12 tokens leaves a common fingerprint
Prints = dict[int, frozenset[int]]


def winnow(hashes: Sequence[int], window: int) -> list[int]:
    """Return the positions of the fingerprints: the smallest hash of each window, of equal ones the last.

    Args:
        hashes: of the runs, in their order.
        window: how many neighbours are looked at; a shorter sequence is one window.

    Source:
        Schleimer, Wilkerson and Aiken (2003), Winnowing: local algorithms for document fingerprinting,
        definition 1.

    Example:
        >>> winnow([77, 74, 42, 17, 98, 50, 17, 98, 8], 4)
        [3, 6, 8]
    """
    chosen: list[int] = []
    rising: deque[int] = deque()  # positions whose hashes rise: the first is the smallest of the window
    for at, value in enumerate(hashes):
        while rising and hashes[rising[-1]] >= value:
            rising.pop()
        rising.append(at)
        if rising[0] <= at - window:
            rising.popleft()
        whole = at >= window - 1 or at == len(hashes) - 1
        if whole and (not chosen or chosen[-1] != rising[0]):
            chosen.append(rising[0])
    return chosen


def _hash(run: Sequence[Token]) -> int:
    text = "\0".join(token.text for token in run)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def fingerprints(code: Code, *, run: int = RUN, window: int = WINDOW) -> Prints:
    """Return the fingerprints of an answer, each with the lines of ``code`` that it was made from.

    Args:
        code: the answer.
        run: tokens that make up one hash.
        window: hashes of which one is kept.
    """
    found: dict[int, set[int]] = {}
    for segment in code.segments:
        runs = [segment[at : at + run] for at in range(len(segment) - run + 1)]
        hashes = [_hash(one) for one in runs]
        for at in winnow(hashes, window):
            found.setdefault(hashes[at], set()).update(token.line for token in runs[at])
    return {value: frozenset(lines) for value, lines in found.items()}
