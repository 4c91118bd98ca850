"""Testing the graders: right answers score, known mistakes get their own words, changes are caught."""

__all__ = ["Calibration", "calibrate", "calibrate_exercise"]

import warnings
from dataclasses import asdict, dataclass
from types import FunctionType
from typing import Any

from coursekit.assess.checking import examine
from coursekit.assess.exercise import Exercise
from coursekit.assess.mutation import Change, changes
from coursekit.assess.registry import exercises
from coursekit.assess.report import Outcome


@dataclass(frozen=True)
class Calibration:
    """What a grader did with answers of known worth.

    Attributes:
        id: of the exercise.
        points: for full marks.
        alternates: right answers that look different.
        mutants: wrong answers written by hand.
        killed: of these, those that got their own message.
        changes: automatic changes of the reference.
        caught: of these, those that did not pass.
        survivors: the others with the reason why each is a right answer.
        failures: surprises; empty when the grader did all it should.
    """

    id: str
    points: float
    alternates: int
    mutants: int
    killed: int
    changes: int
    caught: int
    survivors: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """Return the entry for the status file."""
        return {key: value for key, value in asdict(self).items() if key != "failures"}


def _raising() -> Any:
    """Return an answer that raises in a line of its own file, as a student's does."""
    names: dict[str, Any] = {}
    code = "def answer(*_, **__):\n    raise RuntimeError('broken on purpose')"
    exec(compile(code, "<student>", "exec"), names)
    answer = names["answer"]
    answer.encode = answer
    return answer


def _blanks(task: Exercise, seed: int) -> list[str]:
    """Return complaints about a blank and about a crashing answer."""
    failures = []
    for blank in (None, ...):
        if examine(task, blank, seed).outcome is not Outcome.NOT_ATTEMPTED:
            failures.append(f"a blank ({blank}) is not reported as not attempted")
    if examine(task, _raising(), seed).outcome is not Outcome.CRASHED:
        failures.append("an answer that raises is not reported as crashed")
    return failures


def _right(task: Exercise, seed: int) -> list[str]:
    """Return complaints about right answers that fail."""
    answers = [("reference", task.reference), *((a.name, a.build) for a in task.alternates)]
    reports = [(name, examine(task, build(), seed)) for name, build in answers]
    return [f"right answer {name!r} fails: {report.message}" for name, report in reports if not report.passed]


def _wrong(task: Exercise, seed: int) -> list[str]:
    """Return complaints about mutants without their own message."""
    failures = []
    for mutant in task.mutants:
        report = examine(task, mutant.build(), seed)
        if report.outcome is not Outcome.WRONG or not report.message.endswith(mutant.message):
            failures.append(f"mutant {mutant.name!r} gets: {report}")
    return failures


def _passes(task: Exercise, change: Change, seed: int) -> bool:
    """Tell whether a changed reference gets through all checks, visible and hidden."""
    try:
        candidate = change.build()
    except Exception:  # a change may break the code before any check
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the changes are wrong on purpose, and torch says so
        return all(examine(task, candidate, number).passed for number in (seed, seed + 1))


def _change(task: Exercise, seed: int) -> tuple[int, tuple[tuple[str, str], ...], list[str]]:
    """Return how many changes were tried, which survived with the reason, and complaints."""
    reference = task.reference()
    if not isinstance(reference, (FunctionType, type)):
        return 0, (), []  # a trained model is no code: its figures are judged
    tried = tuple(changes(reference, task.part))
    alive = [change.name for change in tried if _passes(task, change, seed)]
    failures = [f"this change passes: {name}" for name in alive if name not in task.survivors]
    failures += [f"listed as harmless, but not a survivor: {n}" for n in task.survivors if n not in alive]
    return (
        len(tried),
        tuple((name, task.survivors[name]) for name in alive if name in task.survivors),
        failures,
    )


def calibrate_exercise(task: Exercise, *, seed: int = 0, change: bool = True) -> Calibration:
    """Grade answers of known worth and note every surprise.

    A mutant counts as killed only if its own message is shown. An automatic change that passes is a surprise
    unless the exercise lists it as harmless, with a reason.

    Args:
        task: the exercise.
        seed: of the cases.
        change: whether to try automatic changes as well.
    """
    wrong = _wrong(task, seed)
    tried, survivors, passed = _change(task, seed) if change else (0, (), [])
    failures = (*_blanks(task, seed), *_right(task, seed), *wrong, *passed)
    unlisted = sum(line.startswith("this change passes") for line in passed)
    return Calibration(
        task.id, task.points, len(task.alternates), len(task.mutants), len(task.mutants) - len(wrong),
        tried, tried - len(survivors) - unlisted, survivors, failures,
    )  # fmt: skip


def calibrate(*, seed: int = 0) -> tuple[Calibration, ...]:
    """Calibrate every exercise; trains a handful of small models, about a minute on one core.

    Args:
        seed: of the cases.
    """
    return tuple(calibrate_exercise(task, seed=seed) for task in exercises())
