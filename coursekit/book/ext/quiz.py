"""The quiz of a page: native form elements, several forms a question, answers folded without JavaScript."""

__all__ = ["FORMS", "Quiz", "asked", "forms"]

import hashlib
import html
import json
from functools import cache

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from coursekit.assess import DrawnQuestion, Option, Question, questions
from coursekit.assess.mastery import MASTERY
from coursekit.assess.question import LETTERS
from coursekit.book.ext.nodes import block, inline, raw

FORMS = 5
_LOOKED_AT = 100  # seeds tried for forms that differ; a few templates of words have hardly five


@cache
def forms(question: Question) -> tuple[DrawnQuestion, ...]:
    """Return the draws that a page offers: seeds from 0 on, those that look like an earlier one left out.

    Args:
        question: the template.
    """
    found: dict[tuple[str, str], DrawnQuestion] = {}
    alike: list[DrawnQuestion] = []
    for seed in range(_LOOKED_AT):
        drawn = question.draw(seed)
        if found.setdefault((drawn.stem, drawn.key.text), drawn) is not drawn:
            alike.append(drawn)
        if len(found) == FORMS:
            break
    return (*found.values(), *alike)[:FORMS]


def asked(chapter: str) -> tuple[Question, ...]:
    """Return the questions of a chapter in the order of a page: words before numbers, each by the inventory.

    Args:
        chapter: such as ``exam/lecture-06``.
    """
    return tuple(sorted(questions(chapter), key=lambda one: (one.kind == "number", one.source)))


class Quiz(SphinxDirective):
    """The questions of a chapter, each drawn several times; a script shows one form and gives feedback.

    The first form of each question stands in the page. The others wait in template elements, which cost
    neither layout nor typesetting until the script takes them out.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the quiz.

        Raises:
            ExtensionError: never; a chapter without questions is a directive error, which fails the build.
        """
        chapter = self.arguments[0]
        draws = [forms(question) for question in asked(chapter)]
        if not draws:
            raise self.error(f"the question bank has no question for the chapter {chapter}")
        found: list[nodes.Node] = [raw(
            f'<div class="ck-quiz" data-quiz="{html.escape(chapter)}" data-mastery="{round(MASTERY * 100)}" '
            f'data-forms="{FORMS}" data-draw="{_digest(draws)}">'
        )]  # fmt: skip
        for number, drawn in enumerate(draws, start=1):
            found += self._question(drawn, f"q{number}", f"Question {number} of {len(draws)}")
        found.append(raw(
            '<div class="ck-score" hidden><p role="status" class="ck-total"></p><p class="ck-buttons">'
            '<button type="button" class="ck-again">New numbers</button> '
            '<button type="button" class="ck-save">Save my results</button> '
            '<button type="button" class="ck-reset">Start again</button></p></div></div>'
        ))  # fmt: skip
        return found

    def _question(self, draws: tuple[DrawnQuestion, ...], name: str, title: str) -> list[nodes.Node]:
        """Return one question with all its forms."""
        found: list[nodes.Node] = [raw(
            f'<div class="ck-question" data-question="{html.escape(draws[0].id)}">'
            f'<p class="ck-number"><span id="{name}">{title}</span> <span class="ck-mark"></span></p>'
        )]  # fmt: skip
        for number, drawn in enumerate(draws):
            form = self._form(drawn, number, name)
            away = [raw(f'<template data-form="{number}">'), *form, raw("</template>")]
            found += away if number else form
        return [*found, raw("</div>")]

    def _form(self, drawn: DrawnQuestion, number: int, heading: str) -> list[nodes.Node]:
        """Return one form of a question."""
        name, (absolute, relative) = f"{heading}-{number}", drawn.tolerance
        found: list[nodes.Node] = [raw(
            f'<form class="ck-form" data-form="{number}" data-seed="{drawn.seed}" data-kind="{drawn.kind}" '
            f'data-absolute="{absolute!r}" data-relative="{relative!r}" '
            f'role="group" aria-labelledby="{heading} {name}-stem"><div class="ck-stem" id="{name}-stem">'
        )]  # fmt: skip
        found += [*block(self, drawn.stem), raw("</div>")]
        found += self._field(drawn, name) if drawn.kind == "number" else self._choices(drawn, name)
        found.append(raw('<p class="ck-act" hidden><button type="submit">Check</button></p>'))
        found.append(raw('<div class="ck-feedback" role="status"></div>'))
        return [*found, *self._answers(drawn, alone=number > 0), raw("</form>")]

    def _field(self, drawn: DrawnQuestion, name: str) -> list[nodes.Node]:
        """Return the text field for numbers, described by how to fill it in."""
        several = len(drawn.asks) > 1
        size = min(12 + 6 * (len(drawn.key.numbers) - 1), 40)
        prompt = f"{drawn.prompt()} Put commas or spaces between them." if several else drawn.prompt()
        return [
            raw(f'<p class="ck-prompt" id="{name}-prompt">'),
            *inline(self, prompt),
            raw(
                '</p><p class="ck-field"><label>Your answer <input type="text" autocomplete="off" '
                f'autocapitalize="off" spellcheck="false" size="{size}" '
                f'aria-describedby="{name}-prompt"></label></p>'
            ),
        ]

    def _choices(self, drawn: DrawnQuestion, name: str) -> list[nodes.Node]:
        """Return the options to choose from."""
        found: list[nodes.Node] = [raw('<div class="ck-options">')]
        for letter, option in zip(LETTERS, drawn.options, strict=False):
            found.append(
                raw(f'<label><input type="radio" name="{name}" value="{letter}"> <b>{letter}</b> <span>')
            )
            found += [*inline(self, option.text), raw("</span></label>")]
        return [*found, raw("</div>")]

    def _answers(self, drawn: DrawnQuestion, *, alone: bool) -> list[nodes.Node]:
        """Return what each answer earns: folded for readers without JavaScript, taken up by the script.

        Args:
            drawn: the question with its numbers.
            alone: whether only the script reads it, so that the wrong answers need not be printed.
        """
        found: list[nodes.Node] = [raw('<details class="ck-answers"><summary>Answer</summary><dl>')]
        options = sorted(zip(LETTERS, drawn.options, strict=False), key=lambda pair: not pair[1].correct)
        for letter, option in options:
            value = letter if drawn.kind == "choice" else json.dumps(list(option.numbers))
            verdict = "right" if option.correct else "wrong"
            found.append(raw(
                f'<dt data-verdict="{verdict}" data-value="{value}" data-slip="{html.escape(option.slip)}">'
            ))  # fmt: skip
            if option.correct or not alone:
                text = f"{letter}. {option.text}" if drawn.kind == "choice" else option.text
                found += [raw('<span class="ck-key">'), *inline(self, text), raw(f"</span> ({verdict})")]
            found += [raw("</dt><dd>"), *inline(self, self._told(option, drawn.link)), raw("</dd>")]
        found += [raw('</dl><p class="ck-see">'), *inline(self, _see(drawn.link)), raw("</p>")]
        if drawn.steps:
            found.append(raw('<div class="ck-steps"><p><strong>Worked solution</strong></p><ol>'))
            for step in drawn.steps:
                found += [raw("<li>"), *inline(self, step), raw("</li>")]
            found.append(raw("</ol></div>"))
        return [*found, raw("</details>")]

    @staticmethod
    def _told(option: Option, link: str) -> str:
        """Return the feedback of an option, with the place to read on if it is not the question's own."""
        return option.feedback if option.link == link else f"{option.feedback} {_see(option.link)}"


def _see(link: str) -> str:
    """Return where to read on, as MyST."""
    return f"See {{ref}}`{link.partition('#')[2]}`."


def _digest(draws: list[tuple[DrawnQuestion, ...]]) -> str:
    """Return a text that changes with any question or number: old answers never count for new ones."""
    shown = repr([[(drawn.id, drawn.stem, drawn.options) for drawn in question] for question in draws])
    return hashlib.sha256(shown.encode()).hexdigest()[:12]
