"""The question engine: drafts and their faults, every kind of answer, reading numbers, mastery."""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from coursekit.assess import Question, mastery, question, questions
from coursekit.assess.answer import Tolerance, read_numbers, show
from coursekit.assess.bank._lent import LENT
from coursekit.assess.template import Distractor, Draft, template

WRONG = Distractor(2.0, "doubled", "Twice too much.")


def _question(draft: Callable[[random.Random], Any], **options: Any) -> Question:
    return template("test/one", "some/page", options.pop("kind", "number"), **options)(draft)


def test_collision_is_drawn_again_and_hopeless_templates_are_reported() -> None:
    tries: list[int] = []

    def build(_: random.Random) -> Draft:
        tries.append(1)
        return Draft("?", 1.0, (WRONG._replace(answer=1.1 if len(tries) < 4 else 2.0),), "yes")

    assert len(_question(build, tolerance=0.1).draw(0).options) == 2
    assert len(tries) == 4
    never = _question(lambda _: Draft("?", 1.0, (WRONG._replace(answer=1.1),), "yes"), tolerance=0.1)
    with pytest.raises(RuntimeError, match="'test/one' found no draft with different answers in 200 draws"):
        never.draw(0)
    unfit = _question(lambda _: Draft("?", 1.0, (WRONG,), "yes", fits=False))
    with pytest.raises(RuntimeError, match="found no draft"):
        unfit.draw(0)


def test_answers_closer_than_the_tolerance_are_never_offered_together() -> None:
    """Whatever is typed, it can't be within the tolerance of the key and of a wrong answer."""
    made = _question(
        lambda rng: Draft("?", 10.0, (WRONG._replace(answer=rng.uniform(9, 11)),), "yes"),
        tolerance=0.1,
        relative=0.02,
    )
    gaps = [
        abs(made.draw(seed).options[0].numbers[0] - made.draw(seed).options[1].numbers[0])
        for seed in range(300)
    ]
    assert min(gaps) > 2 * (0.1 + 0.02 * 11)


@pytest.mark.parametrize(
    ("draft", "told"),
    [
        (None, "build must be a function that returns a Draft; got None"),
        (Draft("", 1.0, (WRONG,), "f"), "stem must be a text; got ''"),
        (Draft("?", 1.0, (WRONG,), ""), "feedback must be a text; got ''"),
        (Draft("?", 1.0, (), "f"), "distractors must be 1 to 7 wrong answers; got 0"),
        (
            Draft("?", math.nan, (WRONG,), "f"),
            "key must be a finite int or float, or a tuple of them; got nan",
        ),
        (
            Draft("?", "word", (WRONG,), "f"),
            "key must be a finite int or float, or a tuple of them; got 'word'",
        ),
        (Draft("?", 1.0, (WRONG._replace(answer=True),), "f"), "distractor 1 must be a finite int or float"),
        (
            Draft("?", 1.0, (WRONG._replace(slip=""),), "f"),
            "distractor 1 must be an answer with slip and feedback",
        ),
        (
            Draft("?", (1.0, 2.0), (WRONG,), "f", asks=("a",)),
            "asks must be 2 names, one a number; got ('a',)",
        ),
    ],
)
def test_malformed_drafts_name_file_question_and_field(draft: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r"test_questions\.py: question 'test/one': ") as raised:
        _question(lambda _: draft).draw(0)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "plain"}, "id must be area/name; got 'plain'"),
        ({"kind": "essay"}, "kind must be choice or number; got 'essay'"),
        ({"chapter": ""}, "chapter must be the page that asks it; got ''"),
        ({"relative": 2.0}, "tolerance must be a Tolerance with parts from 0 to 1"),
        ({"lecture": -1}, "lecture must be a number from 0 to 99, or None; got -1"),
    ],
)
def test_malformed_templates_name_file_question_and_field(fields: dict[str, Any], told: str) -> None:
    given = {"name": "test/one", "chapter": "some/page", "kind": "number"} | fields
    with pytest.raises(ValueError, match=r"test_questions\.py: question ") as raised:
        template(given.pop("name"), given.pop("chapter"), given.pop("kind"), **given)(
            lambda _: Draft("?", 1, (), "")
        )
    assert told in str(raised.value)


def _pair(_: random.Random) -> Draft:
    return Draft("?", (1.0, -2.0), (WRONG._replace(answer=(2.0, -2.0)),), "yes", asks=("$a$", "$b$"))


@pytest.mark.parametrize(
    "given",
    [
        "1, -2",
        "1 −2",
        "[1; -2]",
        (1, -2),
        [[1.0], [-2.0]],
        np.array([1, -2]),
        torch.tensor([1.0, -2.0]),
        "2/2 -4/2",
    ],
)
def test_several_numbers_are_read_in_many_forms(given: object) -> None:
    assert _question(_pair).draw(0).mark(given).correct


def test_several_numbers_are_judged_together() -> None:
    drawn = _question(_pair, tolerance=0.01, unit="nats").draw(0)
    assert drawn.key.text == "$a$ = 1, $b$ = -2"
    assert drawn.prompt() == "Answer with 2 numbers, in nats: $a$, $b$ (within 0.01)."
    assert drawn.mark("2, -2").slip == "doubled"
    assert drawn.mark("1, -2.009").correct
    assert drawn.mark("1, -2.02").feedback.startswith("Not right, and not a slip we know")
    assert drawn.mark("1").feedback == "The answer must be 2 numbers; yours has 1."


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,5", (1.5,)), ("1,5,2", (1, 5, 2)), ("-.5", (-0.5,)), ("1e-3", (0.001,)), ("1/3", (1 / 3,)),
        ("{1 | 2}", (1, 2)),
        ("1/0", None), ("abc", None), ("1abc", None), ("", None), ("[]", None), ("1..2", None),
        ("nan", None), ("٣", None), ("inf", None),
        ("1e999", None), ("9" * 50_000, None), ("1 " * 2000, None),
    ],
)  # fmt: skip
def test_numbers_are_read_from_text(text: str, numbers: tuple[float, ...] | None) -> None:
    assert read_numbers(text, single=True) == numbers


def test_numbers_are_printed_for_a_reader() -> None:
    assert [show(n) for n in (0.0, 3.0, -0.5, 1 / 3, 0.00012345, 1e-9, 1e20, -12.34567)] == [
        "0", "3", "-0.5", "0.3333", "0.000123", "1e-09", "100000000000000000000", "-12.3457",
    ]  # fmt: skip
    assert Tolerance(0.1, 0.01).at(-20) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "given",
    [
        None,
        ...,
        "",
        "  ",
        "Z",
        "AB",
        float("nan"),
        float("inf"),
        "text",
        [],
        {},
        object(),
        True,
        1 + 2j,
        10**400,
        "9" * 10**6,
        [[[[[[[[[[1]]]]]]]]]],
        list(range(10**5)),
        np.full((3, 3), np.nan),
        np.zeros((2000, 2000)),
        torch.tensor(float("inf")),
        torch.zeros(3, requires_grad=True),
        np.array([object()]),
        b"1",
    ],
)
def test_odd_answers_are_wrong_with_a_reason(given: object) -> None:
    for name in ("vae/kl-value", "vae/kl-sign"):
        marked = question(name).draw(0).mark(given)
        assert not marked.correct
        assert marked.feedback


def test_the_shown_question_does_not_show_its_key() -> None:
    drawn = question("vae/kl-value").draw(5)
    assert drawn.key.text not in drawn._repr_markdown_()
    assert "within 0.02" in repr(drawn)
    assert "**A.**" in repr(question("vae/kl-role").draw(0))


def test_chapters_have_questions() -> None:
    assert len(questions("generative/variational-autoencoders")) >= 9
    assert questions("no/such-page") == ()


def test_seed_must_be_an_int() -> None:
    with pytest.raises(TypeError, match="seed must be an int; got str '3'"):
        question("vae/kl-value").draw("3")  # type: ignore[arg-type]


def test_unknown_question_names_a_near_one() -> None:
    with pytest.raises(ValueError, match="did you mean 'vae/kl-value'"):
        question("vae/kl-valu")


@pytest.mark.parametrize(
    ("right", "total", "enough"), [(4, 5, True), (3, 5, False), (8, 10, True), (7, 9, False), (0, 0, False)]
)
def test_mastery_is_eighty_percent(right: int, total: int, enough: bool) -> None:
    result = mastery([True] * right + [False] * (total - right))
    assert result.mastered is enough
    assert str(result).startswith(f"{right} of {total} right")
    with pytest.raises(TypeError, match="must hold bools; got int 1"):
        mastery({"a": 1})  # type: ignore[dict-item]


def test_a_chapter_asks_its_own_questions_and_those_lent_to_it() -> None:
    for chapter, names in LENT.items():
        asked = [one.id for one in questions(chapter)]
        own = [one.id for one in questions() if one.chapter == chapter]
        assert asked == [*own, *names]
        assert len(set(asked)) == len(asked), chapter
