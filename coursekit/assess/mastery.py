"""Mastery: the one rule, used by page, notebook, command line and gradebook."""

__all__ = ["MASTERY", "Mastery", "mastery"]

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MASTERY = 0.8


@dataclass(frozen=True)
class Mastery:
    """How many answers were right, and whether that is enough."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """The share of right answers; 0 if there is none to count."""
        return self.right / self.total if self.total else 0.0

    @property
    def mastered(self) -> bool:
        """Whether the share reaches 80 %; counted in whole answers, so that 4 of 5 is enough."""
        return self.total > 0 and self.right * 100 >= round(MASTERY * 100) * self.total

    def __str__(self) -> str:
        """Say it in one line."""
        told = "mastered" if self.mastered else f"not yet: {MASTERY:.0%} is needed"
        return f"{self.right} of {self.total} right ({self.share:.0%}): {told}"


def mastery(results: Mapping[str, bool] | Iterable[bool]) -> Mastery:
    """Count the right answers and judge them by the 80 % rule.

    Args:
        results: one bool an answer, or a mapping from question ids to them.

    Raises:
        TypeError: if an entry is no bool.

    Example:
        >>> print(mastery([True, True, True, True, False]))
        4 of 5 right (80%): mastered
    """
    entries = list(results.values() if isinstance(results, Mapping) else results)
    for entry in entries:
        if not isinstance(entry, bool):
            raise TypeError(f"results must hold bools; got {type(entry).__name__} {entry!r}")
    return Mastery(sum(entries), len(entries))
