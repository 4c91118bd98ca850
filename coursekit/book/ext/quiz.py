"""The quiz of a page: native form elements, several forms a question, answers folded without JavaScript."""

__all__ = ["FORMS", "Quiz"]

import html

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from coursekit.assess import DrawnQuestion, questions
from coursekit.assess.mastery import MASTERY
from coursekit.assess.question import Option
from coursekit.book.ext.nodes import block, inline, raw

FORMS = 4
_LETTERS = "ABCDEFGH"


class Quiz(SphinxDirective):
    """The questions of a chapter, each drawn several times; a script shows one form and gives feedback."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the quiz.

        Raises:
            ExtensionError: never; a chapter without questions is a directive error, which fails the build.
        """
        chapter = self.arguments[0]
        asked = questions(chapter)
        if not asked:
            raise self.error(f"the question bank has nothing for the chapter {chapter}")
        found: list[nodes.Node] = [raw(
            f'<div class="ck-quiz" data-quiz="{html.escape(chapter)}" data-mastery="{round(MASTERY * 100)}">'
        )]  # fmt: skip
        for number, question in enumerate(asked, start=1):
            name = f"q{number}"
            found.append(raw(
                f'<div class="ck-question" data-question="{html.escape(question.id)}">'
                f'<p class="ck-number" id="{name}">Question {number} of {len(asked)}</p>'
            ))  # fmt: skip
            for form in range(FORMS):
                found += self._form(question.draw(form), f"{name}-{form}", name, hidden=form > 0)
            found.append(raw("</div>"))
        found.append(raw(
            '<div class="ck-score" hidden><p role="status" class="ck-total"></p>'
            '<button type="button" class="ck-again">New numbers</button></div></div>'
        ))  # fmt: skip
        return found

    def _form(self, drawn: DrawnQuestion, name: str, heading: str, *, hidden: bool) -> list[nodes.Node]:
        """Return one form of a question."""
        answer = drawn.answer if isinstance(drawn.answer, str) else repr(drawn.answer)
        found: list[nodes.Node] = [raw(
            f'<form class="ck-form" data-kind="{drawn.kind}" data-answer="{html.escape(answer)}" '
            f'data-tolerance="{drawn.tolerance}"{" hidden" if hidden else ""} '
            f'role="group" aria-labelledby="{heading} {name}-stem"><div class="ck-stem" id="{name}-stem">'
        )]  # fmt: skip
        found += [*block(self, drawn.stem), raw("</div>")]
        if drawn.kind == "number":
            unit = html.escape(drawn.unit)
            found.append(raw(
                f'<p class="ck-field"><label>Your answer{f" in {unit}" if unit else ""} '
                f'<input type="text" inputmode="decimal" autocomplete="off" size="12"></label></p>'
            ))  # fmt: skip
        else:
            found.append(raw('<div class="ck-options">'))
            for letter, option in zip(_LETTERS, drawn.options, strict=False):
                found.append(raw(f'<label><input type="radio" name="{name}" value="{letter}"> <span>'))
                found += [*inline(self, option.text), raw("</span></label>")]
            found.append(raw("</div>"))
        found.append(raw('<p class="ck-act" hidden><button type="submit">Check</button></p>'))
        found.append(raw('<div class="ck-feedback" role="status"></div>'))
        return [*found, *self._answers(drawn), raw("</form>")]

    def _answers(self, drawn: DrawnQuestion) -> list[nodes.Node]:
        """Return what each answer earns: folded for readers without JavaScript, taken up by the script."""
        found: list[nodes.Node] = [raw('<details class="ck-answers"><summary>Answer</summary><dl>')]
        options = sorted(zip(_LETTERS, drawn.options, strict=False), key=lambda pair: not pair[1].correct)
        for letter, option in options:
            value = letter if drawn.kind == "choice" else option.text
            verdict = "right" if option.correct else "wrong"
            found.append(raw(f'<dt data-verdict="{verdict}" data-value="{html.escape(value)}">'))
            found += [*inline(self, f"{letter}. {option.text}" if drawn.kind == "choice" else option.text)]
            found.append(raw(f" ({verdict})</dt><dd>"))
            found += [*inline(self, self._told(option)), raw("</dd>")]
        found.append(raw("</dl></details>"))
        return found

    @staticmethod
    def _told(option: Option) -> str:
        """Return the feedback of an option with the place to read on."""
        label = option.link.partition("#")[2]
        return f"{option.feedback} See {{ref}}`{label}`." if label else option.feedback
