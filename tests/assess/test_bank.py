"""Every template of the bank, found by itself: 1,000 draws against an oracle, and how they are printed."""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from coursekit.assess import DrawnQuestion, Question, questions
from coursekit.assess.answer import Tolerance, close, read_numbers
from coursekit.assess.markup import to_html, to_text, to_typst
from coursekit.assess.question import LETTERS
from tests.assess.oracles import oracles

DRAWS = 1000
ORACLES = oracles()
EVERY = pytest.mark.parametrize("template", questions(), ids=lambda q: q.id)


@cache
def _drawn(template: Question) -> tuple[DrawnQuestion, ...]:
    return tuple(template.draw(seed) for seed in range(DRAWS))


def _texts(drawn: DrawnQuestion) -> Iterator[str]:
    yield drawn.stem
    yield from drawn.steps
    yield from drawn.asks
    for option in drawn.options:
        yield from (option.text, option.feedback)


def test_every_template_has_an_oracle_and_no_oracle_is_left_over() -> None:
    assert {q.id for q in questions()} == set(ORACLES)


@EVERY
def test_one_key_and_no_answer_passes_for_two(template: Question) -> None:
    for drawn in _drawn(template):
        options = drawn.options
        assert sum(option.correct for option in options) == 1
        assert len({option.text for option in options}) == len(options) >= 3
        for at, option in enumerate(options):
            given = LETTERS[at] if drawn.kind == "choice" else list(option.numbers)
            marked = drawn.mark(given)
            assert (marked.correct, marked.slip) == (option.correct, option.slip)
            assert option.correct == (not option.slip)


@EVERY
def test_the_key_agrees_with_its_oracle(template: Question) -> None:
    for drawn in _drawn(template):
        told = ORACLES[template.id](drawn.values)
        if isinstance(told, str):
            assert [told in option.text for option in drawn.options] == [o.correct for o in drawn.options]
            continue
        numbers = read_numbers(told)
        assert numbers is not None
        assert close(numbers, drawn.key.numbers, Tolerance(1e-6, 1e-5)), (drawn, numbers)


@EVERY
def test_what_is_printed_can_be_typeset_and_copied(template: Question) -> None:
    for drawn in _drawn(template)[:100]:
        for text in (template.rule, *_texts(drawn)):
            assert text.count("$") % 2 == 0, text
            assert "nan" not in text.split(), text
            assert "+ -" not in text, text
            assert "--" not in re.sub(r"\| ?-+", "", text), text
            assert "<function" not in text, text
            for printed in (to_text(text), to_html(text), to_typst(text)):
                assert printed or not text


@EVERY
def test_the_answer_as_printed_is_accepted(template: Question) -> None:
    """Who copies the printed key, with its four decimals, must not fail by rounding."""
    for drawn in _drawn(template):
        if drawn.kind == "number":
            printed = re.sub(r"[^=,]*=", " ", drawn.key.text)
            assert drawn.mark(printed).correct, (drawn.key, printed)


@EVERY
def test_draws_repeat_and_numbers_change(template: Question) -> None:
    first = _drawn(template)
    assert template.draw(7) == first[7]
    asked = {(drawn.stem, *sorted(option.text for option in drawn.options)) for drawn in first}
    assert len(asked) >= (4 if template.kind == "choice" else 8)
