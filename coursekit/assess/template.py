"""Question templates: parameters drawn by a seed, a key computed by code, a slip behind each wrong answer."""

__all__ = ["Distractor", "Draft", "Question", "template"]

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

from coursekit.assess.answer import Numbers, Tolerance, close
from coursekit.assess.question import LETTERS, DrawnQuestion, Kind, Option, shown

Answer = float | str | Numbers
EXACT = Tolerance()
_REDRAWS = 200
_FEWEST, _MOST = 2, 8  # answers in all: a choice of one is none, and letters end at H


class Distractor(NamedTuple):
    """A wrong answer on the drawn numbers.

    The answer that the misconception gives; the slip (the misconception in a few words, the same for every
    draw); the feedback for who gives it; the label of the place to read, the question's own if empty.
    """

    answer: Answer
    slip: str
    feedback: str
    label: str = ""


@dataclass(frozen=True)
class Draft:
    """One try of a template: the question with its key and its wrong answers.

    Attributes:
        stem: the question, Markdown with dollar mathematics.
        key: the right answer: words, a number, or several numbers.
        distractors: the wrong answers.
        feedback: said with the right answer.
        steps: the way to the answer with its intermediate results, one Markdown line each.
        asks: names of the numbers, if the key holds several.
        values: the drawn parameters, so that a test can compute the key in its own way.
        fits: whether the numbers make a clear question; a draft that does not fit is drawn again.
    """

    stem: str
    key: Answer
    distractors: tuple[Distractor, ...]
    feedback: str
    steps: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    fits: bool = True


Build = Callable[[random.Random], Draft]


@dataclass(frozen=True)
class Question:
    """A template of questions.

    Attributes:
        id: unique, ``area/name``.
        chapter: the page that asks it, such as ``generative/variational-autoencoders``.
        kind: "choice" or "number".
        build: makes one draft from a source of random numbers.
        label: the place in the chapter that answers it.
        tolerance: largest accepted distance to each number.
        unit: of the numbers.
        rule: what one must know to answer, a short paragraph of Markdown; empty if the chapter says it.
        lecture: of the exam that may ask it; None if no exam does.
        source: id in the inventory, such as ``003-E01``.
        file: where it is written, for complaints.
    """

    id: str
    chapter: str
    kind: Kind
    build: Build
    label: str
    tolerance: Tolerance = EXACT
    unit: str = ""
    rule: str = ""
    lecture: int | None = None
    source: str = ""
    file: str = "<code>"

    def __post_init__(self) -> None:
        """Refuse a template that could not be asked."""
        self._need(isinstance(self.id, str) and self.id.count("/") == 1, "id", "area/name", self.id)
        self._need(self.kind in get_args(Kind), "kind", " or ".join(get_args(Kind)), self.kind)
        self._need(bool(self.chapter), "chapter", "the page that asks it", self.chapter)
        self._need(bool(self.label), "label", "a place in the chapter", self.label)
        fits = isinstance(self.tolerance, Tolerance) and all(0 <= part < 1 for part in self.tolerance)
        self._need(fits, "tolerance", "a Tolerance with parts from 0 to 1", self.tolerance)
        lecture = self.lecture
        fits = lecture is None or (isinstance(lecture, int) and 0 <= lecture < 100)
        self._need(fits, "lecture", "a number from 0 to 99, or None", lecture)

    def _need(self, condition: bool, item: str, required: str, came: object) -> None:
        """Raise one line that names file, question and field."""
        if not condition:
            raise ValueError(f"{self.file}: question {self.id!r}: {item} must be {required}; got {came!r}")

    def draw(self, seed: int) -> DrawnQuestion:
        """Return the question that this seed gives.

        Args:
            seed: any int; the same seed gives the same question.

        Raises:
            TypeError: if the seed is no int.
            ValueError: if a draft lacks something; the message names file, question and field.
            RuntimeError: if no draft in 200 has answers that differ (a mistake in the template).
        """
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise TypeError(f"seed must be an int; got {type(seed).__name__} {seed!r}")
        rng = random.Random(f"{self.id}:{seed}")
        for _ in range(_REDRAWS):
            draft = self.build(rng)
            self._check(draft)
            if draft.fits and self._distinct(draft):
                return self._finish(draft, rng, seed)
        raise RuntimeError(
            f"{self.file}: question {self.id!r} found no draft with different answers in {_REDRAWS} draws"
        )

    def _check(self, draft: Draft) -> None:
        """Refuse a draft that lacks something."""
        self._need(isinstance(draft, Draft), "build", "a function that returns a Draft", draft)
        self._need(bool(draft.stem), "stem", "a text", draft.stem)
        self._need(bool(draft.feedback), "feedback", "a text", draft.feedback)
        answers = [draft.key, *(wrong.answer for wrong in draft.distractors)]
        few = _FEWEST <= len(answers) <= _MOST
        self._need(few, "distractors", f"{_FEWEST - 1} to {_MOST - 1} wrong answers", len(answers) - 1)
        for number, wrong in enumerate(draft.distractors, start=1):
            told = bool(wrong.slip) and bool(wrong.feedback)
            self._need(told, f"distractor {number}", "an answer with slip and feedback", wrong)
        for name, answer in zip(("key", *(f"distractor {n}" for n in range(1, 9))), answers, strict=False):
            self._need(self._fits(answer), name, self._kinds(), answer)
        if isinstance(draft.key, tuple) and self.kind == "number":
            fits = len(draft.asks) == len(draft.key)
            self._need(fits, "asks", f"{len(draft.key)} names, one a number", draft.asks)

    def _fits(self, answer: object) -> bool:
        """Tell whether an answer is of the kind asked for."""
        if isinstance(answer, str):
            return self.kind == "choice" and bool(answer.strip())
        numbers = answer if isinstance(answer, tuple) else (answer,)
        return bool(numbers) and all(
            isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in numbers
        )

    def _kinds(self) -> str:
        """Say which answers a template of this kind takes."""
        finite = "a finite int or float, or a tuple of them"
        return finite if self.kind == "number" else f"a text, {finite}"

    def _distinct(self, draft: Draft) -> bool:
        """Tell whether all answers differ: as printed, and so far apart that no answer could pass for two."""
        answers = [draft.key, *(wrong.answer for wrong in draft.distractors)]
        if len({shown(answer, draft.asks) for answer in answers}) < len(answers):
            return False
        lists = [_numbers(answer) for answer in answers]
        apart = Tolerance(2 * self.tolerance.absolute, 2.5 * self.tolerance.relative)
        return not any(close(a, b, apart) for i, a in enumerate(lists) for b in lists[:i] if a and b)

    def _finish(self, draft: Draft, rng: random.Random, seed: int) -> DrawnQuestion:
        """Shuffle the options and note the key."""
        link = f"{self.chapter}#{self.label}"
        asks = draft.asks
        options = [Option(shown(draft.key, asks), _numbers(draft.key), True, "", draft.feedback, link)]
        options += [
            Option(shown(wrong.answer, asks), _numbers(wrong.answer), False, wrong.slip, wrong.feedback,
                   f"{self.chapter}#{wrong.label or self.label}")
            for wrong in draft.distractors
        ]  # fmt: skip
        rng.shuffle(options)
        right = next(at for at, option in enumerate(options) if option.correct)
        answer = LETTERS[right] if self.kind == "choice" else draft.key
        return DrawnQuestion(
            self.id, seed, draft.stem, self.kind, tuple(options), answer, asks, self.tolerance, self.unit,
            draft.feedback, draft.steps, link, dict(draft.values),
        )  # fmt: skip


def _numbers(answer: Answer) -> Numbers:
    """Return an answer as a tuple of floats; words have none."""
    if isinstance(answer, str):
        return ()
    return tuple(map(float, answer if isinstance(answer, tuple) else (answer,)))


def template(
    name: str,
    chapter: str,
    kind: Kind,
    *,
    label: str = "",
    tolerance: float = 0.0,
    relative: float = 0.0,
    unit: str = "",
    rule: str = "",
    lecture: int | None = None,
    source: str = "",
) -> Callable[[Build], Question]:
    """Turn a function that makes drafts into a question of the bank.

    Args:
        name: the question's id, ``area/name``.
        chapter: the page that asks it.
        kind: "choice" or "number".
        label: the place in the chapter that answers it; ``rule-area-name`` if empty.
        tolerance: largest accepted distance to a number.
        relative: the same as a share of the number.
        unit: of the numbers.
        rule: what one must know to answer, a short paragraph of Markdown.
        lecture: of the exam that may ask it.
        source: id in the inventory.

    Raises:
        ValueError: if a field is malformed; the message names file, question and field.
    """

    def register(build: Build) -> Question:
        code = getattr(build, "__code__", None)
        return Question(
            name, chapter, kind, build, label or f"rule-{name.replace('/', '-')}",
            Tolerance(tolerance, relative), unit, rule, lecture, source,
            Path(code.co_filename).name if code else "<code>",
        )  # fmt: skip

    return register
