"""The file that keeps a student's practice: one record a question, read with care, written whole or not."""

__all__ = ["Answer", "Logbook", "Record", "default_path", "load", "load_results", "save"]

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import fsrs
import platformdirs

from coursekit._check import CourseError, describe
from coursekit._write import write_whole

FORMAT, VERSION = "coursekit practice", 1
_WAY_OUT = "mend it, or move it away to begin anew"
_NOTHING = object()


class Answer(NamedTuple):
    """One answer of the past."""

    date: datetime
    seed: int
    right: bool
    slip: str


@dataclass
class Record:
    """What is known of one question: when it is due, and every answer so far."""

    card: fsrs.Card
    history: list[Answer] = field(default_factory=list)


Logbook = dict[str, Record]


def default_path() -> Path:
    """Return the file in the user's data folder."""
    return Path(platformdirs.user_data_path("coursekit", appauthor=False)) / "practice.json"


class _Reader:
    """Reads fields of one file; whatever does not fit is refused in one line with file, item and field."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refuse(self, item: str, name: str, required: str, came: object) -> NoReturn:
        """Raise one line.

        Raises:
            CourseError: always.
        """
        told = "nothing" if came is _NOTHING else describe(came)
        place = f"{self.path}: {item}, {name}" if item else f"{self.path}: {name}"
        raise CourseError(f"{place} must be {required}; got {told}: {_WAY_OUT}")

    def json(self) -> Any:
        """Return the file's content.

        Raises:
            CourseError: if it cannot be read.
        """
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CourseError(f"{self.path} is missing: name a file that is there") from None
        except (ValueError, RecursionError) as error:
            told = " ".join(str(error).split())
            raise CourseError(f"{self.path}: file must be readable JSON; got {told}: {_WAY_OUT}") from None

    def field(self, item: str, entry: Mapping[str, Any], name: str, kind: type, required: str) -> Any:
        """Return one field of the required kind."""
        value = entry.get(name, _NOTHING)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.refuse(item, name, required, value)
        return value

    def date(self, item: str, entry: Mapping[str, Any], name: str) -> datetime:
        """Return a date with its zone, in UTC."""
        text = self.field(item, entry, name, str, "a date such as 2026-11-21T10:00:00+00:00")
        try:
            found = datetime.fromisoformat(text)
            if found.tzinfo is None:
                raise ValueError
            return found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(item, name, "a date such as 2026-11-21T10:00:00+00:00", text)

    def number(self, item: str, entry: Mapping[str, Any], name: str, least: float, most: float) -> float:
        """Return a finite number within bounds."""
        value = entry.get(name, _NOTHING)
        # NaN lies between no two bounds, so it is refused as well.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            self.refuse(item, name, f"a number from {least:g} to {most:g}", value)
        return float(value)

    def mapping(self, item: str, name: str, value: object) -> Mapping[str, Any]:
        """Return a mapping."""
        if not isinstance(value, dict):
            self.refuse(item, name, "a mapping", value)
        return value

    def answer(self, item: str, value: object, date: datetime | None = None) -> Answer:
        """Return one answer; a date given holds for an answer without its own."""
        entry = self.mapping(item, "entry", value)
        return Answer(
            date or self.date(item, entry, "date"),
            self.field(item, entry, "seed", int, "a whole number"),
            self.field(item, entry, "right", bool, "true or false"),
            self.field(item, entry, "slip", str, "a text"),
        )

    def card(self, item: str, value: object) -> fsrs.Card:
        """Return the schedule of a question."""
        entry = self.mapping(item, "schedule", value)
        item = f"{item}, schedule"
        state = int(self.number(item, entry, "state", 1, 3))
        learning = state != fsrs.State.Review
        return fsrs.Card(
            card_id=0,
            state=fsrs.State(state),
            step=int(self.number(item, entry, "step", 0, 9)) if learning else None,
            stability=self.number(item, entry, "stability", 1e-6, 1e6),
            difficulty=self.number(item, entry, "difficulty", 1, 10),
            due=self.date(item, entry, "due"),
            last_review=self.date(item, entry, "last_review"),
        )

    def record(self, item: str, value: object) -> Record:
        """Return what is known of a question."""
        entry = self.mapping(item, "record", value)
        history = self.field(item, entry, "history", list, "a list of one answer or more")
        if not history:
            self.refuse(item, "history", "a list of one answer or more", history)
        answers = [self.answer(f"{item}, answer {n}", one) for n, one in enumerate(history, start=1)]
        return Record(self.card(item, entry.get("schedule", _NOTHING)), answers)


def load(path: Path) -> Logbook:
    """Return the records of a file; none if there is no file yet.

    Args:
        path: the file.

    Raises:
        CourseError: if the file is damaged or another program's; one line names file, item and field.
    """
    if not path.exists():
        return {}
    reader = _Reader(path)
    told = reader.mapping("", "file", reader.json())
    if told.get("format") != FORMAT:
        reader.refuse("", "format", repr(FORMAT), told.get("format", _NOTHING))
    if told.get("version") != VERSION:
        reader.refuse("", "version", str(VERSION), told.get("version", _NOTHING))
    records = reader.mapping("", "questions", told.get("questions", _NOTHING))
    return {name: reader.record(f"question {name!r}", value) for name, value in records.items()}


def save(path: Path, book: Logbook) -> None:
    """Write the records whole or not at all.

    Args:
        path: the file; missing folders are made.
        book: the records.
    """
    told = {"format": FORMAT, "version": VERSION, "questions": {n: _plain(r) for n, r in book.items()}}
    write_whole(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def _plain(record: Record) -> dict[str, Any]:
    """Return a record as JSON writes it."""
    schedule = {key: value for key, value in record.card.to_dict().items() if key != "card_id"}
    history = [{**one._asdict(), "date": one.date.isoformat()} for one in record.history]
    return {"schedule": schedule, "history": history}


def load_results(path: Path) -> list[tuple[str, Answer]]:
    """Return the answers in the file that a page's quiz saves: question and answer.

    Args:
        path: the file.

    Raises:
        CourseError: if it is no such file; one line names file, item and field.
    """
    reader = _Reader(path)
    told = reader.mapping("", "file", reader.json())
    date = reader.date("", told, "date")
    found = []
    for n, one in enumerate(reader.field("", told, "results", list, "a list of answers"), start=1):
        entry = reader.mapping(f"result {n}", "entry", one)
        name = reader.field(f"result {n}", entry, "question", str, "a question's id")
        found.append((name, reader.answer(f"result {n}", entry, date)))
    return found
