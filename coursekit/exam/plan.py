"""What an exam asks whom: templates chosen by a seed, and for each student a draw of their own."""

__all__ = ["Plan", "Student", "again", "lectures", "numbered", "plan", "roster"]

import csv
import hashlib
import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from coursekit._check import CourseError
from coursekit.assess import DrawnQuestion, Question, question, questions

VERSION = 1
MOST_STUDENTS = 5000
_RETRIES, _DIGITS = 100, 3


@dataclass(frozen=True)
class Student:
    """Who sits the exam; the name may be empty."""

    id: str
    name: str = ""


@dataclass(frozen=True)
class Plan:
    """An exam that can be drawn again at any time.

    Attributes:
        title: printed on every paper.
        date: printed beside it; may be empty.
        seed: chooses templates and numbers.
        lectures: covered.
        templates: ids of the questions, in the order of the paper; the same for everybody.
        students: who sits it.
    """

    title: str
    date: str
    seed: int
    lectures: tuple[int, ...]
    templates: tuple[str, ...]
    students: tuple[Student, ...]

    @cached_property
    def papers(self) -> tuple[tuple[DrawnQuestion, ...], ...]:
        """The questions of each student; no two papers are equal.

        Raises:
            CourseError: if the templates have too few different draws for so many students.
        """
        asked = [question(name) for name in self.templates]
        found: list[tuple[DrawnQuestion, ...]] = []
        seen: set[tuple[str, ...]] = set()
        for student in self.students:
            for attempt in range(_RETRIES):
                paper = tuple(q.draw(self._seed(student, q, attempt)) for q in asked)
                shown = tuple(drawn.stem for drawn in paper)
                if shown not in seen:
                    break
            else:
                raise CourseError(
                    f"these {len(asked)} questions have too few different numbers for {len(self.students)} "
                    "students: ask more questions"
                )
            seen.add(shown)
            found.append(paper)
        return tuple(found)

    def _seed(self, student: Student, asked: Question, attempt: int) -> int:
        """Return the seed of one question on one paper."""
        return random.Random(f"{self.seed}:{student.id}:{asked.id}:{attempt}").randrange(2**31)

    def record(self) -> dict[str, Any]:
        """Return what draws this exam again, with the seed of every question on every paper."""
        seeds = {
            student.id: [drawn.seed for drawn in paper]
            for student, paper in zip(self.students, self.papers, strict=True)
        }
        shown = repr([[(drawn.stem, drawn.options) for drawn in paper] for paper in self.papers])
        digest = hashlib.sha256(shown.encode()).hexdigest()[:16]
        return {"version": VERSION, **asdict(self), "seeds": seeds, "digest": digest}


def lectures(text: str) -> tuple[int, ...]:
    """Read numbers and ranges of lectures.

    Args:
        text: such as ``1-11`` or ``1,3,5-7``.

    Raises:
        ValueError: if it is malformed, or no question of the bank belongs to a lecture.
    """
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ValueError(f"lectures must be numbers and ranges such as 1-11 or 1,3,5-7; got {text!r}")
        if max(len(first), len(last)) > _DIGITS:
            raise ValueError(f"lectures must be small numbers; got {part.strip()!r}")
        found |= set(range(int(first), int(last or first) + 1))
    known = {q.lecture for q in questions() if q.lecture is not None}
    if not found or found - known:
        told = ", ".join(map(str, sorted(known)))
        raise ValueError(f"lectures must be among {told}; got {text!r}")
    return tuple(sorted(found))


def _chosen(own: tuple[int, ...], count: int | None, rng: random.Random) -> tuple[str, ...]:
    """Choose templates: one a lecture, or a number of them spread evenly over the lectures."""
    pools = {number: [q.id for q in questions() if q.lecture == number] for number in own}
    for pool in pools.values():
        rng.shuffle(pool)
    total = len(own) if count is None else count
    most = sum(map(len, pools.values()))
    if not 1 <= total <= most:
        raise ValueError(f"questions must be 1 to {most} for these lectures; got {total}")
    turns = [pools[number][turn:][:1] for turn in range(most) for number in rng.sample(own, len(own))]
    picked = set([name for turn in turns for name in turn][:total])
    return tuple(q.id for number in own for q in questions() if q.lecture == number and q.id in picked)


def plan(
    own: tuple[int, ...], students: Iterable[Student], *, seed: int, count: int | None = None,
    title: str = "Neural networks: exam", date: str = "",
) -> Plan:  # fmt: skip
    """Choose the questions of an exam.

    Args:
        own: the lectures it covers.
        students: who sits it.
        seed: chooses templates and numbers.
        count: how many questions; one a lecture if None.
        title: printed on every paper.
        date: printed beside it.

    Raises:
        ValueError: if there are too many questions or students, or none.
    """
    sitting = tuple(students)
    if not 1 <= len(sitting) <= MOST_STUDENTS:
        raise ValueError(f"students must be 1 to {MOST_STUDENTS}; got {len(sitting)}")
    templates = _chosen(own, count, random.Random(f"exam:{seed}"))
    return Plan(title, date, seed, own, templates, sitting)


def numbered(count: int) -> tuple[Student, ...]:
    """Return students who are known by a number only.

    Args:
        count: how many.

    Raises:
        ValueError: if the number is out of range.
    """
    if not 1 <= count <= MOST_STUDENTS:
        raise ValueError(f"students must be 1 to {MOST_STUDENTS}; got {count}")
    width = max(3, len(str(count)))
    return tuple(Student(f"{number:0{width}d}") for number in range(1, count + 1))


def roster(path: Path) -> tuple[Student, ...]:
    """Read who sits the exam from a CSV file with a column ``id`` and perhaps ``name``.

    Args:
        path: the file.

    Raises:
        CourseError: if it can't be read, lacks ids or names one twice: file, line, field.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"{path} must be a readable CSV file: {' '.join(str(error).split())}") from None
    found: dict[str, Student] = {}
    for line, row in enumerate(rows, start=2):
        name = (row.get("id") or "").strip()
        if not name:
            raise CourseError(
                f"{path} line {line}: field 'id' must not be empty; the columns are {list(row)}"
            )
        if name in found:
            raise CourseError(f"{path} line {line}: field 'id' must be unique; {name!r} stands twice")
        found[name] = Student(name, " ".join((row.get("name") or "").split()))
    if not found:
        raise CourseError(f"{path} must have a line for each student below the line `id,name`; it has none")
    return tuple(found.values())


def again(path: Path) -> Plan:
    """Read an exam that was written before.

    Args:
        path: its ``exam.json``.

    Raises:
        CourseError: if the file is damaged, or the bank no longer draws the same numbers.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] != VERSION:
            raise CourseError(f"{path}: version must be {VERSION}; got {kept['version']}")
        found = Plan(
            str(kept["title"]), str(kept["date"]), int(kept["seed"]), tuple(map(int, kept["lectures"])),
            tuple(map(str, kept["templates"])), tuple(Student(**entry) for entry in kept["students"]),
        )  # fmt: skip
        for name in found.templates:
            question(name)
    except CourseError:
        raise
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} is no exam of this course: {type(error).__name__} {error}") from None
    record = found.record()
    if record["seeds"] != kept.get("seeds"):
        raise CourseError(f"{path}: field 'seeds' does not fit the seed, templates and students beside it")
    if record["digest"] != kept.get("digest"):
        raise CourseError(
            f"{path}: field 'digest' does not fit: this version of the bank draws other numbers"
        )
    return found
