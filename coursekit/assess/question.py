"""Question templates: parameters drawn by a seed, a key computed by code, a slip behind each wrong option."""

__all__ = ["Distractor", "Draft", "DrawnQuestion", "Marked", "Option", "Question", "draw"]

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["choice", "number"]
LETTERS = "ABCDEFGH"
_REDRAWS = 200


class Option(NamedTuple):
    """One answer offered, or for a number question one foreseen answer; ``link`` is ``page#label``."""

    text: str
    correct: bool
    feedback: str
    link: str


class Distractor(NamedTuple):
    """A wrong answer: what the misconception gives on the drawn numbers, and what to say about it."""

    answer: float | str
    feedback: str
    label: str


class Marked(NamedTuple):
    """The verdict on an answer: whether it is right, what to say, where to read on."""

    correct: bool
    feedback: str
    link: str


@dataclass(frozen=True)
class Draft:
    """One try of a template: the question with its key and its wrong answers.

    Attributes:
        stem: the question, Markdown with dollar mathematics.
        key: the right answer.
        distractors: the wrong answers.
        feedback: said with the right answer.
        values: the drawn parameters, so that a test can compute the key in its own way.
    """

    stem: str
    key: float | str
    distractors: tuple[Distractor, ...]
    feedback: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class DrawnQuestion:
    """A question as the reader meets it.

    Attributes:
        id: the template's id.
        seed: the seed it was drawn with.
        stem: the question, Markdown with dollar mathematics.
        kind: "choice" (one of the options) or "number" (typed in).
        options: the answers offered, shuffled; for a number question the foreseen ones, the right one too.
        answer: the number, or the letter of the right option.
        tolerance: largest accepted distance to a number.
        unit: of a number; empty if it has none.
        feedback: said with the right answer.
        values: the drawn parameters.
    """

    id: str
    seed: int
    stem: str
    kind: Kind
    options: tuple[Option, ...]
    answer: float | str
    tolerance: float
    unit: str
    feedback: str
    link: str
    values: Mapping[str, object]

    def mark(self, given: object) -> Marked:
        """Return the verdict on an answer; anything at all may be given.

        Args:
            given: a number, or a letter for a choice question.
        """
        if given is None or given is Ellipsis or (isinstance(given, str) and not given.strip()):
            return Marked(False, "Not attempted yet.", self.link)
        return self._mark_choice(given) if self.kind == "choice" else self._mark_number(given)

    def _mark_choice(self, given: object) -> Marked:
        letters = LETTERS[: len(self.options)]
        letter = given.strip().upper() if isinstance(given, str) else ""
        if len(letter) != 1 or letter not in letters:
            return Marked(False, f"The answer must be one letter, {letters[0]} to {letters[-1]}.", self.link)
        option = self.options[letters.index(letter)]
        return Marked(option.correct, option.feedback, option.link)

    def _mark_number(self, given: object) -> Marked:
        number = _as_number(given)
        if number is None:
            return Marked(False, "The answer must be one finite number, such as 1.25.", self.link)
        if abs(number - float(self.answer)) <= self.tolerance:
            return Marked(True, self.feedback, self.link)
        for option in self.options:
            if not option.correct and abs(number - float(option.text)) <= self.tolerance:
                return Marked(False, option.feedback, option.link)
        return Marked(False, "Not right, and not a slip we know: work through the section again.", self.link)

    def _repr_markdown_(self) -> str:
        """Show the question in a notebook, without its key."""
        if self.kind == "number":
            unit = f", in {self.unit}" if self.unit else ""
            return f"{self.stem}\n\n*Answer with one number{unit} (within {self.tolerance:g}).*"
        lines = [
            f"- **{letter}.** {option.text}" for letter, option in zip(LETTERS, self.options, strict=False)
        ]
        return "\n".join([self.stem, "", *lines, "", "*Answer with one letter.*"])

    def __repr__(self) -> str:
        """Show the question as text, without its key."""
        return self._repr_markdown_()


@dataclass(frozen=True)
class Question:
    """A template of questions.

    Attributes:
        id: unique, ``area/name``.
        chapter: the page it belongs to, such as ``generative/variational-autoencoders``.
        kind: "choice" or "number".
        build: makes one draft from a source of random numbers.
        label: the section of the chapter that answers it.
        tolerance: largest accepted distance to a number; 0 for a choice.
        unit: of a number.
    """

    id: str
    chapter: str
    kind: Kind
    build: Callable[[random.Random], Draft]
    label: str
    tolerance: float = 0.0
    unit: str = ""

    def draw(self, seed: int) -> DrawnQuestion:
        """Return the question that this seed gives.

        Args:
            seed: any int; the same seed gives the same question.

        Raises:
            TypeError: if the seed is no int.
            RuntimeError: if no draft in 200 has options that differ (a mistake in the template).
        """
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise TypeError(f"seed must be an int; got {type(seed).__name__} {seed!r}")
        rng = random.Random(f"{self.id}:{seed}")
        for _ in range(_REDRAWS):
            draft = self.build(rng)
            if self._distinct(draft):
                return self._finish(draft, rng, seed)
        raise RuntimeError(f"template {self.id} found no draft with different options in {_REDRAWS} draws")

    def _distinct(self, draft: Draft) -> bool:
        """Tell whether all answers differ: numbers by more than twice the tolerance, texts as printed."""
        answers = [draft.key, *(wrong.answer for wrong in draft.distractors)]
        texts = [_show(answer) for answer in answers]
        if len(set(texts)) < len(texts):
            return False
        numbers = [float(answer) for answer in answers if not isinstance(answer, str)]
        pairs = ((a, b) for i, a in enumerate(numbers) for b in numbers[:i])
        return all(abs(a - b) > 2 * self.tolerance + 1e-3 for a, b in pairs)

    def _finish(self, draft: Draft, rng: random.Random, seed: int) -> DrawnQuestion:
        """Shuffle the options and note the key."""
        link = f"{self.chapter}#{self.label}"
        options = [Option(_show(draft.key), True, draft.feedback, link)]
        options += [
            Option(_show(d.answer), False, d.feedback, f"{self.chapter}#{d.label}") for d in draft.distractors
        ]
        rng.shuffle(options)
        right = next(index for index, option in enumerate(options) if option.correct)
        answer = LETTERS[right] if self.kind == "choice" else float(draft.key)
        return DrawnQuestion(
            self.id, seed, draft.stem, self.kind, tuple(options), answer, self.tolerance, self.unit,
            draft.feedback, link, dict(draft.values),
        )  # fmt: skip


def _show(answer: float | str) -> str:
    """Print an answer: texts as they are, numbers with four decimals and no spare zeros."""
    if isinstance(answer, str):
        return answer
    return f"{answer:.4f}".rstrip("0").rstrip(".") if answer else "0"


def _as_number(given: object) -> float | None:
    """Return a finite float, or None for anything that is none."""
    if isinstance(given, bool):
        return None
    try:
        number = float(given)  # type: ignore[arg-type]
    except Exception:  # whatever an odd object raises, it is no number
        return None
    return number if math.isfinite(number) else None


def draw(question: Question, seed: int) -> DrawnQuestion:
    """Return the question that this seed gives, as :meth:`coursekit.assess.Question.draw` does.

    Args:
        question: the template.
        seed: any int.

    Raises:
        TypeError: if the seed is no int.
    """
    return question.draw(seed)
