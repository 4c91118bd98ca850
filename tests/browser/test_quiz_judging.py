"""The page's script reads, judges and counts as coursekit.assess does, on the same texts and questions."""

import random
from typing import Any

import pytest
from playwright.sync_api import Page

from coursekit.assess import DrawnQuestion, Question, mastery, questions
from coursekit.assess.answer import Tolerance, close, read_numbers, show_all
from coursekit.assess.mastery import MASTERY
from coursekit.assess.question import LETTERS
from tests.book import toybook
from tests.browser.conftest import SITE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXTS = [
    "1", "-1", "+1", "−1", "–1", "1.", ".5", "-.5", ".", "-", "+", "1.5", "1,5", "-1,5", "1,5,2", "1, 5",
    "1/3", "1 / 3", "-1/3", "1/-3", "1/0", "1/0.0", "1/3/2", "/3", "3/", "1/1e999", "1e999", "1e400/1e400",
    "1e3", "1E-3", "1e", "1e+", "2e3.5", "1 2", "1 -2", "1-2", "1+2", "1--2", "- 1", "1;5", "1,5 2,5",
    "[1 2; 3 4]", "[[1, 2], [3, 4]]", "(1, -2)", "{1|2}", "1\n2", "1\t2", "1\u00a02", "1\u20092",
    "1\ufeff2", "1\u200b2", "\u30001", "1\x1c2", "1\x852", "nan", "inf", "-inf", "Infinity", "0x10",
    "1_000", "1 000", "1,000", "1.2.3", "two", "1a", "a1", "1 b", "½", "x = 1", "w_1=2", "1°", "१.५", "٣,٥",
    "１２", "𝟏.5", "²", "∞", "", " ", ";", "[]", "()", "0", "-0", "1e-400", "1/\uff13", "1\uff0f3",
    "1" * 400, "1 " * 1000, "1 " * 1001, "9" * 40_001, "0.1 " * 5 + "!",
]  # fmt: skip
PAGES = {q.chapter for q in questions()}


def _random_texts(count: int) -> list[str]:
    """Texts that are nearly numbers: the readers part ways on edges, not on plain digits."""
    rng = random.Random(0)
    pieces = [*"0123456789", *".,;/-+−eE ()[]", "12", "1e5", "0.5", " 2", "\u00a0", "٣", "x"]
    return ["".join(rng.choices(pieces, k=rng.randint(1, 7))) for _ in range(count)]


def test_texts_are_read_alike(toy: Visit) -> None:
    page = toy.open("index.html")
    for single in (True, False):
        texts = TEXTS + _random_texts(4000)
        told = page.evaluate(
            "([texts, single]) => texts.map((text) => courseQuiz.readNumbers(text, single))", [texts, single]
        )
        expected = [read_numbers(text, single=single) for text in texts]
        assert 500 < sum(numbers is not None for numbers in expected) < 4000
        for text, numbers, here in zip(texts, expected, told, strict=True):
            assert here == (None if numbers is None else list(numbers)), (text, single)


def test_numbers_are_compared_alike(toy: Visit) -> None:
    rng = random.Random(0)
    rows = []
    for _ in range(4000):
        tolerance = Tolerance(rng.choice((0, 1e-3, 5e-4)), rng.choice((0, 1e-3, 5e-3)))
        right = [rng.choice((0.0, 1.5, -2.25, 300.0, 0.1)) for _ in range(rng.randint(1, 3))]
        # Around the edge, on both sides, and by rounding alone.
        given = [n + rng.choice((-1.001, -0.5, 0, 0, 0.2, 0.999, 1.001)) * tolerance.at(n) for n in right]
        rows.append((given[: rng.choice((1, 3, 3))], right, tolerance))
    page = toy.open("index.html")
    told = page.evaluate(
        "rows => rows.map(([a, b, [fixed, share]]) => courseQuiz.close(a, b, fixed, share))", rows
    )
    expected = [close(tuple(given), tuple(right), tolerance) for given, right, tolerance in rows]
    assert told == expected
    assert 500 < sum(expected) < 3500


def test_mastery_is_counted_alike(toy: Visit) -> None:
    page = toy.open("index.html")
    pairs = [(right, total) for total in range(21) for right in range(total + 1)]
    told = page.evaluate(
        "([pairs, need]) => pairs.map(([right, total]) => courseQuiz.isMastered(right, total, need))",
        [pairs, page.locator(".ck-quiz").get_attribute("data-mastery")],
    )
    expected = [mastery([True] * right + [False] * (total - right)).mastered for right, total in pairs]
    assert told == expected
    assert page.locator(".ck-quiz").get_attribute("data-mastery") == str(round(100 * MASTERY))


def _answers(drawn: DrawnQuestion) -> list[str]:
    """Return texts to judge: every foreseen answer, neighbours of the right one, and what is no answer."""
    if drawn.kind == "choice":
        return list(LETTERS[: len(drawn.options)])
    exact = [", ".join(map(repr, option.numbers)) for option in drawn.options]
    printed = [show_all(option.numbers) for option in drawn.options]
    key = drawn.key.numbers
    near = [
        " ".join(repr(n + share * drawn.tolerance.at(n)) for n in key) for share in (-1.01, -0.99, 0.99, 1.01)
    ]
    return [*exact, *printed, *near, "123456.5", "1 2", "two", "1;" * len(key), "[" + exact[0] + "]"]


JUDGE = """([id, form, texts]) => {
  const question = document.querySelector(`[data-question="${id}"]`);
  const there = question.querySelector(`form[data-form="${form}"]`)
    ?? question.querySelector(`template[data-form="${form}"]`).content.firstElementChild;
  return [Number(there.dataset.seed), texts.map((text) => {
    if (there.dataset.kind === "choice") there.querySelector(`input[value="${text}"]`).checked = true;
    else there.querySelector(".ck-field input").value = text;
    const { verdict, entry, message } = courseQuiz.judge(there);
    const told = entry?.nextElementSibling.textContent ?? message;
    return [verdict, entry?.dataset.slip ?? "", told];
  })];
}"""


def _judged_alike(page: Page, question: Question, form: int) -> int:
    """Hold one form of a question against its template; return how many answers were compared."""
    seed, _ = page.evaluate(JUDGE, [question.id, form, []])
    drawn = question.draw(seed)
    texts = _answers(drawn)
    _, told = page.evaluate(JUDGE, [question.id, form, texts])
    for text, (verdict, slip, said) in zip(texts, told, strict=True):
        marked: Any = drawn.mark(text)
        where = (question.id, seed, text)
        assert (verdict == "right", slip) == (marked.correct, marked.slip), where
        if verdict == "none" or (verdict == "wrong" and not slip):
            assert said == marked.feedback, where
    return len(texts)


def test_answers_to_made_up_questions_are_judged_alike(toy: Visit) -> None:
    page = toy.open("index.html")
    compared = [_judged_alike(page, question, form) for question in toybook.BANK for form in range(5)]
    assert sum(compared) > 100


@pytest.mark.parametrize("chapter", sorted(PAGES))
def test_answers_to_the_bank_are_judged_alike(visit: Visit, chapter: str) -> None:
    path = f"chapters/{chapter}.html"
    assert (SITE / path).is_file()
    page = visit.open(path)
    for question in questions(chapter):
        for form in range(5):
            _judged_alike(page, question, form)


@pytest.mark.parametrize("chapter", sorted(PAGES))
def test_a_quiz_is_light(chapter: str) -> None:
    """Five forms of eight questions stay below 400 kB, and longer quizzes in proportion."""
    size = (SITE / f"chapters/{chapter}.html").stat().st_size
    frame = (SITE / "chapters" / "reference" / "notation.html").stat().st_size
    page = size if chapter.startswith("exam/") else 0
    assert page <= frame + 50_000 * max(8, len(questions(chapter)))
