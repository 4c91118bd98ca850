"""Practice with spaced repetition: which question comes next, with which numbers, and what is mastered."""

__all__ = ["Standing", "add_results", "draw_fresh", "next_question", "note", "open_draw", "standing"]

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import NamedTuple

import fsrs

from coursekit.assess.logbook import Answer, Logbook, Record
from coursekit.assess.mastery import Mastery, mastery
from coursekit.assess.question import DrawnQuestion, Marked
from coursekit.assess.template import Question

SOON = timedelta(minutes=10)
# What was missed comes again in ten minutes, then after days that grow with each right answer.
_SCHEDULER = fsrs.Scheduler(
    learning_steps=(SOON,), relearning_steps=(SOON,), maximum_interval=365, enable_fuzzing=False
)
_FEWEST_SEED = 10_000  # pages, notebooks and exams draw with small seeds
_TRIES, _REMEMBERED = 40, 40


class Standing(NamedTuple):
    """Where a student stands in a chapter.

    Attributes:
        chapter: the page.
        last: the score of the last whole draw; None before the first.
        answered: questions of the draw that is under way.
        total: questions of the chapter.
        due: when the next question comes again; None if none was answered yet.
    """

    chapter: str
    last: Mastery | None
    answered: int
    total: int
    due: datetime | None


def next_question(book: Logbook, among: Sequence[Question], now: datetime) -> Question | None:
    """Return the question that comes next: due ones, those missed first, then new ones; None if none is left.

    Args:
        book: what was answered so far.
        among: the questions to choose from, in the order in which new ones come.
        now: the time.
    """
    due = [q for q in among if q.id in book and book[q.id].card.due <= now]
    if due:
        return min(due, key=lambda q: (book[q.id].history[-1].right, book[q.id].card.due))
    return next((q for q in among if q.id not in book), None)


def _seeds(first: int | None) -> Iterator[int]:
    """Yield seeds to try: from the one given upwards, or by chance."""
    if first is not None:
        yield from count(first)
    chance = random.SystemRandom()
    while True:
        yield chance.randrange(_FEWEST_SEED, 2**31)


def draw_fresh(template: Question, book: Logbook, first: int | None = None) -> DrawnQuestion:
    """Draw a question with a seed that was never used, and numbers never seen as far as there are such.

    Args:
        template: the question.
        book: what was answered so far.
        first: the smallest seed to use; by chance if None.
    """
    history = book[template.id].history if template.id in book else []
    used = {answer.seed for answer in history}
    seen = [template.draw(answer.seed).stem for answer in history[-_REMEMBERED:]]
    tries = (template.draw(seed) for seed in _seeds(first) if seed not in used)
    found = list(islice(tries, 1))
    if seen and found[0].stem in seen:
        found += islice(tries, _TRIES)
    unlike = (drawn for drawn in found if drawn.stem not in seen)
    other = (drawn for drawn in found if not seen or drawn.stem != seen[-1])
    return next(unlike, None) or next(other, found[0])


def _add(book: Logbook, name: str, answer: Answer, *, late: bool = False) -> None:
    """Add an answer to the history, and to the schedule unless it comes late and others are newer."""
    record = book.get(name)
    if record is None:
        record = book[name] = Record(fsrs.Card(card_id=0, due=answer.date))
    rating = fsrs.Rating.Good if answer.right else fsrs.Rating.Again
    last = record.card.last_review
    if not late or last is None or last <= answer.date:
        record.card, _ = _SCHEDULER.review_card(record.card, rating, answer.date)
    record.history.append(answer)
    record.history.sort(key=lambda one: one.date)


def note(book: Logbook, drawn: DrawnQuestion, marked: Marked, now: datetime) -> None:
    """Note an answer and schedule the question anew.

    Args:
        book: changed in place.
        drawn: the question as it was asked.
        marked: the verdict on the answer.
        now: the time, with its zone.
    """
    _add(book, drawn.id, Answer(now.astimezone(UTC), drawn.seed, marked.correct, marked.slip))


def add_results(
    book: Logbook, results: Iterable[tuple[str, Answer]], known: Iterable[str]
) -> tuple[int, int]:
    """Add answers that were given elsewhere; return how many were new, and how many ask what is not known.

    Args:
        book: changed in place.
        results: question and answer.
        known: ids of the questions that there are.
    """
    ids, added, unknown = set(known), 0, 0
    for at, (name, answer) in enumerate(results):
        if name not in ids:
            unknown += 1
        elif name not in book or answer.seed not in {one.seed for one in book[name].history}:
            # All answers of a file have one date: the order in the file keeps the order of time.
            _add(book, name, answer._replace(date=answer.date + timedelta(microseconds=at)), late=True)
            added += 1
    return added, unknown


def _draws(book: Logbook, asked: Sequence[Question]) -> list[dict[str, bool]]:
    """Split the answers to a chapter into draws: each holds the first answer to every question in its time.

    A draw ends when every question was answered once; what is repeated before that is practice and does not
    count. The last one is under way, and may be empty.
    """
    ids = [q.id for q in asked]
    answers = [(one.date, name, one.right) for name in ids if name in book for one in book[name].history]
    draws: list[dict[str, bool]] = [{}]
    for _, name, right in sorted(answers):
        draws[-1].setdefault(name, right)
        if len(draws[-1]) == len(ids):
            draws.append({})
    return draws


def open_draw(book: Logbook, asked: Sequence[Question]) -> list[Question]:
    """Return the questions that the draw under way still lacks; all of them if none is under way.

    Args:
        book: what was answered so far.
        asked: all questions of a chapter.
    """
    answered = _draws(book, asked)[-1]
    return [q for q in asked if q.id not in answered]


def standing(book: Logbook, chapter: str, asked: Sequence[Question]) -> Standing:
    """Return where a student stands in a chapter: the score of its last whole draw, and what comes.

    Args:
        book: what was answered so far.
        chapter: the page.
        asked: all questions of the chapter.
    """
    *whole, under_way = _draws(book, asked)
    dues = [book[q.id].card.due for q in asked if q.id in book]
    last = mastery(whole[-1]) if whole else None
    return Standing(chapter, last, len(under_way), len(asked), min(dues, default=None))
