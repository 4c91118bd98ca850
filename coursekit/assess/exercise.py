"""One exercise as data: cases, how to observe a candidate on them, alternates, mutants, hints."""

__all__ = ["Alternate", "Case", "Exercise", "Judge", "Mutant", "Observation", "Plain"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plain = NDArray[np.generic] | float | int | str
Observation = Mapping[str, Plain]
Judge = Callable[["Case", Observation], str | None]


@dataclass(frozen=True)
class Case:
    """Inputs for one look at a candidate: plain data only, so that they can be sent to another process.

    Attributes:
        name: what is looked at, as the student reads it.
        inputs: arrays, numbers and strings.
        layer: 1 values, 2 moments, 3 gradients, 4 end to end; later layers wait until earlier ones hold.
        expected: what a right answer shows; asked from the reference if None.
        tolerance: largest accepted difference by key; the exercise's own where a key is missing.
        noisy: whether the observation is an estimate, so that mutants are matched less strictly.
        group: the part of the points that this case belongs to; the only part if empty.
    """

    name: str
    inputs: Mapping[str, Plain]
    layer: int = 1
    expected: Observation | None = None
    tolerance: Mapping[str, float | NDArray[np.generic]] = field(default_factory=dict)
    noisy: bool = False
    group: str = ""

    @property
    def size(self) -> int:
        """How many numbers a reader must look at."""
        return sum(np.size(value) for value in self.inputs.values())


@dataclass(frozen=True)
class Alternate:
    """A right answer that looks different.

    Attributes:
        name: what is different.
        build: makes the candidate.
    """

    name: str
    build: Callable[[], Any]


@dataclass(frozen=True)
class Mutant:
    """A wrong answer with the misconception that it shows.

    Attributes:
        name: short and unique within the exercise.
        message: what a student who made this mistake reads.
        build: makes the wrong candidate.
        audit: id of the audited mistake, such as ``000-M-1``; empty if it has none.
        sign: tells an observation of this mistake where equality would be too strict (trained weights).
    """

    name: str
    message: str
    build: Callable[[], Any]
    audit: str = ""
    sign: Callable[[Case, Observation], bool] | None = None


@dataclass(frozen=True)
class Exercise:
    """An exercise seen from four sides: notebook, test cell, judge, calibration.

    Attributes:
        id: ``assignment/step``.
        title: what is to be written.
        signature: what the candidate must look like.
        points: for full marks.
        reference: makes a right candidate.
        cases: fresh cases from a seed.
        observe: runs the candidate on a case and returns plain data; nothing else ever meets a candidate.
        judge: reads an observation and returns what is wrong, or None; compares with ``expected`` if None.
        alternates: right answers that must pass.
        mutants: wrong answers that must fail, each with its own message.
        hints: from a nudge to nearly the answer.
        tolerance: largest accepted difference, relative to 1 + the size of the expected value.
        groups: parts of the points, in the order in which they are earned: a part counts when it and all
            parts before it hold. Empty for all or nothing.
        part: name of the one method that the student writes, if the reference is a class given to them.
        survivors: automatic changes of the reference that are right answers all the same, with the reason.
    """

    id: str
    title: str
    signature: str
    points: float
    reference: Callable[[], Any]
    cases: Callable[[int], tuple[Case, ...]]
    observe: Callable[[Any, Case], Observation]
    alternates: tuple[Alternate, ...]
    mutants: tuple[Mutant, ...]
    hints: tuple[str, ...]
    judge: Judge | None = None
    tolerance: float = 1e-4
    groups: tuple[tuple[str, float], ...] = ()
    part: str = ""
    survivors: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse parts that do not add up."""
        if self.groups and abs(sum(points for _, points in self.groups) - self.points) > 1e-9:
            raise ValueError(f"{self.id}: the groups must add up to {self.points} points; got {self.groups}")

    def stages(self, seed: int) -> list[tuple[float, list[Case]]]:
        """Return the cases in the order in which they are looked at, with the points that each stage earns.

        Args:
            seed: of the cases.

        Raises:
            ValueError: if a case belongs to a group that there is not, or a group has no case.
        """
        cases = sorted(self.cases(seed), key=lambda case: case.layer)
        if not self.groups:
            return [(self.points, cases)]
        named = [(points, [case for case in cases if case.group == name]) for name, points in self.groups]
        if sum(len(own) for _, own in named) < len(cases) or not all(own for _, own in named):
            raise ValueError(f"{self.id}: every case must belong to one of the groups {self.groups}")
        return named
