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
    """

    name: str
    inputs: Mapping[str, Plain]
    layer: int = 1
    expected: Observation | None = None
    tolerance: Mapping[str, float | NDArray[np.generic]] = field(default_factory=dict)
    noisy: bool = False


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
        points: for full marks; an exercise is passed or not.
        reference: makes a right candidate.
        cases: fresh cases from a seed.
        observe: runs the candidate on a case and returns plain data; nothing else ever meets a candidate.
        judge: reads an observation and returns what is wrong, or None; compares with ``expected`` if None.
        alternates: right answers that must pass.
        mutants: wrong answers that must fail, each with its own message.
        hints: from a nudge to nearly the answer.
        tolerance: largest accepted difference, relative to 1 + the size of the expected value.
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
