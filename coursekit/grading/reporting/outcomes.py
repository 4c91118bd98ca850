"""What a class made of each graded cell: outcomes, misconceptions, and mastery of what it asks for."""

__all__ = ["KINDS", "Item", "Misconception", "Skill", "items", "masters", "misconceptions", "skills"]

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from coursekit.assess import Mastery, Outcome, exercises, mastery, questions
from coursekit.grading.marking.verdict import Mark, Verdict

RIGHT, HALF, WRONG = Outcome.RIGHT.value, "half right", Outcome.WRONG.value
BLANK, CRASHED, NONE = Outcome.NOT_ATTEMPTED.value, Outcome.CRASHED.value, "no points yet"
KINDS = (RIGHT, HALF, WRONG, BLANK, CRASHED, NONE)
_NEAR = 1e-9
Report = dict[str, Any]
Place = tuple[str, str]


@dataclass(frozen=True)
class Item:
    """A graded cell.

    Attributes:
        notebook: its name.
        cell: the grade id.
        name: id of the exercise or question; the grade id if it is neither.
        most: points for full marks.
        counts: students by kind of outcome.
        earned: the mean share of the points among those who have points; None if nobody has.
    """

    notebook: str
    cell: str
    name: str
    most: float
    counts: dict[str, int]
    earned: float | None

    @property
    def students(self) -> int:
        """How many were looked at."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Misconception:
    """A known mistake, and who made it.

    Attributes:
        exercise: id of the exercise or question.
        name: short.
        message: what such a student reads.
        students: their ids.
    """

    exercise: str
    name: str
    message: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Skill:
    """What one or more checks ask for.

    Attributes:
        name: as in the exercise, or the place in the chapter that answers the question.
        right: the answers of the class together.
        students: how many of it master the skill, by the same rule.
    """

    name: str
    right: Mastery
    students: Mastery


def _marks(verdicts: Mapping[str, Verdict]) -> Iterator[tuple[str, Place, Mark]]:
    """Yield student, place and mark of all that can have points."""
    for student, verdict in verdicts.items():
        if verdict.counts:
            for notebook, sheet in verdict.sheets.items():
                for cell, mark in sheet.marks.items():
                    if mark.most > 0:
                        yield student, (notebook, cell), mark


def _kind(mark: Mark) -> str:
    """Return the outcome of a cell as one word: the first check that is not right decides."""
    if mark.earned is None:
        return NONE
    if mark.earned >= mark.most - _NEAR:
        return RIGHT
    said = [str(report["outcome"]) for report in mark.reports]
    for kind in (CRASHED, BLANK):
        if kind in said:
            return HALF if mark.earned > _NEAR else kind
    return HALF if mark.earned > _NEAR else WRONG


def _name(cell: str, reports: Iterable[Report]) -> str:
    return next((str(report["exercise"]) for report in reports if report.get("exercise")), cell)


def items(verdicts: Mapping[str, Verdict], order: Sequence[Place] = ()) -> list[Item]:
    """Return each graded cell.

    Args:
        verdicts: by student; those without a number are left out.
        order: of the cells; those that it does not name come last.
    """
    kinds: dict[Place, Counter[str]] = {}
    names: dict[Place, str] = {}
    points: dict[Place, list[float]] = {}
    most: dict[Place, float] = {}
    for _, place, mark in _marks(verdicts):
        kinds.setdefault(place, Counter())[_kind(mark)] += 1
        most[place] = max(mark.most, most.get(place, 0.0))
        name = _name(place[1], mark.reports)
        if names.get(place, place[1]) == place[1]:
            names[place] = name
        if mark.earned is not None:
            points.setdefault(place, []).append(mark.earned / mark.most)
    means = {place: sum(own) / len(own) for place, own in points.items()}
    rank = {place: at for at, place in enumerate(order)}
    places = sorted(kinds, key=lambda place: (rank.get(place, len(rank)), place))
    return [Item(*place, names[place], most[place], dict(kinds[place]), means.get(place)) for place in places]


def _text(exercise: str, mutant: str, message: str) -> str:
    """Return the words of a misconception as the exercise has them; the student's report may add figures."""
    known = next((task for task in exercises() if task.id == exercise), None)
    found = next((one for one in known.mutants if one.name == mutant), None) if known else None
    return found.message if found else message


def misconceptions(verdicts: Mapping[str, Verdict]) -> list[Misconception]:
    """Return the known mistakes of a class, the commonest first; each student counts once for each.

    Args:
        verdicts: by student; those without a number are left out.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for student, _, mark in _marks(verdicts):
        for report in mark.reports:
            if report.get("mutant"):
                key = (str(report["exercise"]), str(report["mutant"]))
                found.setdefault(key, {}).setdefault(student, str(report.get("message", "")))
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        Misconception(exercise, mutant, _text(exercise, mutant, next(iter(who.values()))), tuple(sorted(who)))
        for (exercise, mutant), who in ordered
    ]


def _skills() -> dict[str, str]:
    """Return what each exercise and each question is about."""
    known = {task.id: task.title for task in exercises()}
    return known | {asked.id: f"{asked.chapter}#{asked.label}" for asked in questions()}


def _checks(verdicts: Mapping[str, Verdict]) -> dict[str, dict[tuple[Place, str], bool]]:
    """Return for each student and check whether it is right; a hidden check of the same answer may say no."""
    found: dict[str, dict[tuple[Place, str], bool]] = {}
    for student, place, mark in _marks(verdicts):
        own = found.setdefault(student, {})
        for report in mark.reports:
            key = (place, str(report["exercise"]))
            own[key] = own.get(key, True) and report["outcome"] == RIGHT
    return {student: own for student, own in found.items() if own}


def masters(verdicts: Mapping[str, Verdict]) -> Mastery:
    """Return how many students master the assignment: as many of their checks are right as the rule asks for.

    Args:
        verdicts: by student; those without a number are left out.
    """
    return mastery([mastery(own.values()).mastered for own in _checks(verdicts).values()])


def skills(verdicts: Mapping[str, Verdict]) -> list[Skill]:
    """Return how much of a class masters what is asked for.

    Args:
        verdicts: by student; those without a number are left out.
    """
    titles = _skills()
    found: dict[str, list[list[bool]]] = {}
    for own in _checks(verdicts).values():
        mine: dict[str, list[bool]] = {}
        for (_, name), right in own.items():
            if name in titles:
                mine.setdefault(titles[name], []).append(right)
        for title, answers in mine.items():
            found.setdefault(title, []).append(answers)
    return [
        Skill(
            title,
            mastery(list(chain.from_iterable(group))),
            mastery([mastery(own).mastered for own in group]),
        )
        for title, group in found.items()
    ]
