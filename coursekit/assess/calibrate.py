"""Testing the graders: right answers score, each known mistake gets its own message, blanks score 0."""

__all__ = ["Calibration", "calibrate", "calibrate_exercise"]

from dataclasses import dataclass
from typing import Any

from coursekit.assess.checking import check
from coursekit.assess.exercise import Exercise
from coursekit.assess.registry import exercises
from coursekit.assess.report import Outcome


@dataclass(frozen=True)
class Calibration:
    """What a grader did with answers of known worth; ``failures`` is empty when it did all it should."""

    id: str
    points: float
    alternates: int
    mutants: int
    killed: int
    failures: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """Return the entry for the status file: id, alternates, mutants, killed."""
        return {"id": self.id, "alternates": self.alternates, "mutants": self.mutants, "killed": self.killed}


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
        if check(task.id, blank, seed=seed).outcome is not Outcome.NOT_ATTEMPTED:
            failures.append(f"a blank ({blank}) is not reported as not attempted")
    if check(task.id, _raising(), seed=seed).outcome is not Outcome.CRASHED:
        failures.append("an answer that raises is not reported as crashed")
    return failures


def calibrate_exercise(task: Exercise, *, seed: int = 0) -> Calibration:
    """Grade answers of known worth and note every surprise.

    A mutant counts as killed only if its own message is shown.

    Args:
        task: the exercise.
        seed: of the cases.
    """
    failures = _blanks(task, seed)
    right = [("reference", task.reference), *((a.name, a.build) for a in task.alternates)]
    for name, build in right:
        report = check(task.id, build(), seed=seed)
        if not report.passed:
            failures.append(f"right answer {name!r} fails: {report.message}")
    killed = 0
    for mutant in task.mutants:
        report = check(task.id, mutant.build(), seed=seed)
        if report.outcome is Outcome.WRONG and report.message.endswith(mutant.message):
            killed += 1
        else:
            failures.append(f"mutant {mutant.name!r} gets: {report}")
    return Calibration(task.id, task.points, len(task.alternates), len(task.mutants), killed, tuple(failures))


def calibrate(*, seed: int = 0) -> tuple[Calibration, ...]:
    """Calibrate every exercise; trains a handful of small models, about half a minute on one core.

    Args:
        seed: of the cases.
    """
    return tuple(calibrate_exercise(task, seed=seed) for task in exercises())
