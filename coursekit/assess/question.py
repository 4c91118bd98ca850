"""A question as the reader meets it: stem, options, key, worked steps, and the verdict on any answer."""

__all__ = ["LETTERS", "DrawnQuestion", "Kind", "Marked", "Option", "shown"]

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from coursekit.assess.answer import Numbers, Tolerance, close, read_numbers, show

Kind = Literal["choice", "number"]
LETTERS = "ABCDEFGH"


class Option(NamedTuple):
    """One answer offered, or for numbers one foreseen answer.

    Its text as printed; the same as numbers, none for words; whether it is right; the slip (the misconception
    in a few words, empty for the right answer); the feedback; where to read, ``page#label``.
    """

    text: str
    numbers: Numbers
    correct: bool
    slip: str
    feedback: str
    link: str


class Marked(NamedTuple):
    """The verdict on an answer: whether it is right, what to say, where to read on, which slip it shows."""

    correct: bool
    feedback: str
    link: str
    slip: str = ""


@dataclass(frozen=True)
class DrawnQuestion:
    """A question with its numbers.

    Attributes:
        id: the template's id.
        seed: the seed it was drawn with.
        stem: the question, Markdown with dollar mathematics.
        kind: "choice" (one of the options) or "number" (one or several, typed in).
        options: the answers offered, shuffled; for numbers the foreseen ones, the right one too.
        answer: the right letter, number or numbers.
        asks: names of the numbers, if there are several.
        tolerance: largest accepted distance to each number.
        unit: of the numbers; empty if they have none.
        feedback: said with the right answer.
        steps: the way to the answer with its intermediate results, Markdown.
        link: where to read, ``page#label``.
        values: the drawn parameters.
    """

    id: str
    seed: int
    stem: str
    kind: Kind
    options: tuple[Option, ...]
    answer: float | str | Numbers
    asks: tuple[str, ...]
    tolerance: Tolerance
    unit: str
    feedback: str
    steps: tuple[str, ...]
    link: str
    values: Mapping[str, object]

    @property
    def key(self) -> Option:
        """The right answer."""
        return next(option for option in self.options if option.correct)

    @property
    def letter(self) -> str:
        """The letter of the right answer in a choice question."""
        return LETTERS[self.options.index(self.key)]

    def prompt(self) -> str:
        """Say in one line how to answer, in Markdown."""
        if self.kind == "choice":
            return "Answer with one letter."
        unit = f", in {self.unit}" if self.unit else ""
        if len(self.asks) > 1:
            return f"Answer with {len(self.asks)} numbers{unit}: {', '.join(self.asks)}{self._precision()}."
        return f"Answer with one number{unit}{self._precision()}."

    def _precision(self) -> str:
        """Say how exact an answer must be."""
        absolute, relative = self.tolerance
        if not absolute and not relative:
            return ""
        parts = [f"{100 * relative:g}%"] if relative else []
        return f" (within {' + '.join([*parts, *([f'{absolute:g}'] if absolute else [])])})"

    def mark(self, given: object) -> Marked:
        """Return the verdict on an answer; anything at all may be given.

        Args:
            given: a letter for a choice question; else text, a number, or a list, array or tensor of numbers.
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
        return Marked(option.correct, option.feedback, option.link, option.slip)

    def _mark_number(self, given: object) -> Marked:
        wanted = len(self.key.numbers)
        numbers = read_numbers(given, single=wanted == 1)
        if numbers is None:
            told = "one finite number, such as 1.25" if wanted == 1 else f"{wanted} finite numbers"
            return Marked(False, f"The answer must be {told}.", self.link)
        for option in sorted(self.options, key=lambda option: not option.correct):
            if close(numbers, option.numbers, self.tolerance):
                return Marked(option.correct, option.feedback, option.link, option.slip)
        if len(numbers) != wanted:
            what = f"{wanted} number{'s' * (wanted > 1)}"
            return Marked(False, f"The answer must be {what}; yours has {len(numbers)}.", self.link)
        return Marked(False, "Not right, and not a slip we know: work through the section again.", self.link)

    def _repr_markdown_(self) -> str:
        """Show the question in a notebook, without its key."""
        lines = [self.stem, ""]
        if self.kind == "choice":
            lines += [f"- **{letter}.** {o.text}" for letter, o in zip(LETTERS, self.options, strict=False)]
            lines.append("")
        return "\n".join([*lines, f"*{self.prompt()}*"])

    def __repr__(self) -> str:
        """Show the question as text, without its key."""
        return self._repr_markdown_()


def shown(answer: float | str | Numbers, asks: tuple[str, ...]) -> str:
    """Print an answer: words as they are, several numbers with their names.

    Args:
        answer: words, a number, or several.
        asks: names of the numbers.
    """
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, tuple):
        return show(answer)
    if len(asks) != len(answer):
        return ", ".join(show(number) for number in answer)
    return ", ".join(f"{name} = {show(number)}" for name, number in zip(asks, answer, strict=True))
