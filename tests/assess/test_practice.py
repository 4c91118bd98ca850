"""Practice: what comes next and when, numbers never seen, whole draws, and a file that is never lost."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from coursekit._check import CourseError
from coursekit.assess import question, questions
from coursekit.assess.logbook import Answer, Logbook, default_path, load, load_results, save
from coursekit.assess.practice import add_results, draw_fresh, next_question, note, open_draw, standing
from coursekit.assess.question import Marked

START = datetime(2026, 11, 21, 10, tzinfo=UTC)
VAE = "generative/variational-autoencoders"
FOUR = questions(VAE)[:4]


def answer(book: Logbook, at: int, right: bool, minutes: float) -> None:
    """Answer one of the four questions so many minutes after the start."""
    drawn = draw_fresh(FOUR[at], book)
    slip = "" if right else "some slip"
    note(book, drawn, Marked(right, "told", drawn.link, slip), START + timedelta(minutes=minutes))


def coming(book: Logbook, minutes: float) -> str | None:
    """Return the id of the question that comes so many minutes after the start."""
    found = next_question(book, FOUR, START + timedelta(minutes=minutes))
    return found.id if found else None


def test_new_questions_come_in_order_and_missed_ones_first_when_they_are_due() -> None:
    book: Logbook = {}
    assert coming(book, 0) == FOUR[0].id
    answer(book, 0, False, 0)
    answer(book, 1, True, 1)
    assert coming(book, 9.9) == FOUR[2].id  # the missed one waits ten minutes
    assert coming(book, 10) == FOUR[0].id
    answer(book, 2, True, 2)
    answer(book, 3, True, 3)
    assert coming(book, 9.9) is None
    assert coming(book, 60 * 24) == FOUR[0].id
    # Days later all are due: the one that was missed before the others, although they wait for longer.
    answer(book, 0, False, 60 * 24 * 30)
    assert coming(book, 60 * 24 * 31) == FOUR[0].id
    answer(book, 0, True, 60 * 24 * 31)
    assert coming(book, 60 * 24 * 31) == FOUR[1].id


def test_pauses_grow_with_right_answers_and_start_again_with_a_wrong_one() -> None:
    book: Logbook = {}
    minutes, pauses = 0.0, []
    for right in (True, True, True, False, True):
        answer(book, 0, right, minutes)
        pause = (book[FOUR[0].id].card.due - START).total_seconds() / 60 - minutes
        pauses.append(pause)
        minutes += pause
    assert 60 * 24 <= pauses[0] < pauses[1] < pauses[2] <= 60 * 24 * 365
    assert pauses[3] == 10
    assert 60 * 24 <= pauses[4] < pauses[2]


def test_a_clock_that_was_wrong_once_does_not_stop_the_schedule() -> None:
    book: Logbook = {}
    answer(book, 0, True, 60 * 24 * 300)
    answer(book, 0, False, 0)
    assert book[FOUR[0].id].card.due == START + timedelta(minutes=10)


def test_every_draw_has_a_seed_and_numbers_of_its_own() -> None:
    book: Logbook = {}
    numeric = question("vae/kl-value")
    stems = set()
    for n in range(30):
        drawn = draw_fresh(numeric, book)
        assert drawn.seed >= 10_000
        stems.add(drawn.stem)
        note(book, drawn, Marked(True, "", ""), START + timedelta(days=n))
    seeds = [one.seed for one in book[numeric.id].history]
    assert len(set(seeds)) == len(stems) == 30
    assert draw_fresh(numeric, {}, 7).seed == 7
    known: Logbook = {}
    for _ in range(3):
        note(known, draw_fresh(numeric, known, 7), Marked(True, "", ""), START)
    assert sorted({one.seed for one in known[numeric.id].history})[0] == 7
    assert len({one.seed for one in known[numeric.id].history}) == 3


@pytest.mark.parametrize(
    "words", [q for q in questions() if q.source and q.build.__class__.__name__ == "partial"]
)
def test_a_question_in_words_comes_in_another_version(words: Any) -> None:
    """A text has few versions: all are met once before one comes again, and none twice in a row."""
    versions = len({words.draw(seed).stem for seed in range(400)})
    if versions == 1:
        pytest.skip("one version only")
    book: Logbook = {}
    stems = []
    for n in range(versions + 4):
        drawn = draw_fresh(words, book, 0)
        stems.append(drawn.stem)
        note(book, drawn, Marked(True, "", ""), START + timedelta(days=n))
    assert len({one.seed for one in book[words.id].history}) == versions + 4
    assert len(set(stems[:versions])) == versions
    assert all(a != b for a, b in pairwise(stems))


def test_a_draw_counts_first_answers_and_ends_when_it_is_whole() -> None:
    book: Logbook = {}
    assert standing(book, VAE, FOUR) == (VAE, None, 0, 4, None)
    for minute, (at, right) in enumerate([(0, False), (1, True), (0, True), (0, True), (2, True)]):
        answer(book, at, right, minute)
    seen = standing(book, VAE, FOUR)
    assert (seen.last, seen.answered) == (None, 3)
    assert [q.id for q in open_draw(book, FOUR)] == [FOUR[3].id]
    answer(book, 3, True, 5)
    seen = standing(book, VAE, FOUR)
    assert seen.last is not None
    # Question 0 was right at the second try, which is practice: 3 of 4 are not 80 %.
    assert (seen.last.right, seen.last.total, seen.last.mastered, seen.answered) == (3, 4, False, 0)
    assert open_draw(book, FOUR) == list(FOUR)
    for at in range(4):
        answer(book, at, True, 10 + at)
    seen = standing(book, VAE, FOUR)
    assert seen.last is not None
    assert seen.last.mastered
    answer(book, 1, False, 20)
    seen = standing(book, VAE, FOUR)
    assert seen.last is not None
    assert (seen.last.mastered, seen.answered) == (True, 1)
    assert seen.due == START + timedelta(minutes=30)


def test_file_keeps_everything(tmp_path: Path) -> None:
    path, book = tmp_path / "new" / "p.json", dict[str, Any]()
    for n, right in enumerate((True, False, True)):
        answer(book, n % 2, right, 10_000 * n)
    save(path, book)
    assert load(path) == book
    assert [p.name for p in path.parent.iterdir()] == ["p.json"]
    assert load(tmp_path / "none.json") == {}
    book["a/question-of-another-edition"] = book[FOUR[0].id]
    save(path, book)
    assert load(path) == book  # what the bank has no longer is kept all the same


def _written(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Write a file with one answer; return it and its content."""
    path, book = tmp_path / "p.json", dict[str, Any]()
    answer(book, 0, False, 0)
    save(path, book)
    return path, json.loads(path.read_text("utf-8"))


def _in(*keys: str | int, value: object = ...) -> Callable[[dict[str, Any]], None]:
    """Return a change of one field; removal without a value."""

    def change(told: dict[str, Any]) -> None:
        place: Any = told
        for key in keys[:-1]:
            place = place[key]
        if value is ...:
            del place[keys[-1]]
        else:
            place[keys[-1]] = value

    return change


ITEM = ("questions", FOUR[0].id)
FIELDS = [
    (_in("format"), "p.json: format must be 'coursekit practice'; got nothing"),
    (_in("format", value="Anki"), "format must be 'coursekit practice'; got str 'Anki'"),
    (_in("version", value=2), "version must be 1; got int 2"),
    (_in("questions", value=[]), "questions must be a mapping; got list"),
    (_in(*ITEM, value=3), r"question 'vae/kl-value', record must be a mapping; got int 3"),
    (_in(*ITEM, "history", value=[]), r"'vae/kl-value', history must be a list of one answer or more"),
    (_in(*ITEM, "history"), "history must be a list of one answer or more; got nothing"),
    (_in(*ITEM, "history", 0, value=None), "'vae/kl-value', answer 1, entry must be a mapping; got NoneType"),
    (_in(*ITEM, "history", 0, "right", value=1), "answer 1, right must be true or false; got int 1"),
    (_in(*ITEM, "history", 0, "seed", value=True), "answer 1, seed must be a whole number; got bool"),
    (_in(*ITEM, "history", 0, "seed", value="7"), "answer 1, seed must be a whole number; got str '7'"),
    (_in(*ITEM, "history", 0, "slip"), "answer 1, slip must be a text; got nothing"),
    (_in(*ITEM, "history", 0, "date", value="today"), "answer 1, date must be a date such as .*'today'"),
    (_in(*ITEM, "history", 0, "date", value="2026-11-21T10:00:00"), "answer 1, date must be a date such as"),
    (_in(*ITEM, "schedule"), "'vae/kl-value', schedule must be a mapping; got nothing"),
    (_in(*ITEM, "schedule", "state", value=9), "schedule, state must be a number from 1 to 3; got int 9"),
    (_in(*ITEM, "schedule", "step", value=None), "schedule, step must be a number from 0 to 9; got NoneType"),
    (_in(*ITEM, "schedule", "stability", value=float("nan")), "stability must be a number .* got float nan"),
    (_in(*ITEM, "schedule", "difficulty", value=float("inf")), "difficulty must be .* got float inf"),
    (_in(*ITEM, "schedule", "due", value="0001-01-01T00:00:00+14:00"), "schedule, due must be a date"),
]


@pytest.mark.parametrize(("change", "message"), FIELDS)
def test_a_damaged_field_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    path, told = _written(tmp_path)
    change(told)
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(CourseError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith("mend it, or move it away to begin anew")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5000, b"[]", b"null"])
def test_a_file_that_is_none_of_ours(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(raw)
    with pytest.raises(
        CourseError, match=r"p\.json: file must be (readable JSON|a mapping); got .*: mend it"
    ):
        load(path)
    assert path.read_bytes() == raw


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, told = _written(tmp_path)
    book = load(path)
    answer(book, 1, True, 5)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, book)
    assert json.loads(path.read_text("utf-8")) == told
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


def test_results_of_a_page_are_added_once(tmp_path: Path) -> None:
    results = [{"question": q.id, "form": 0, "seed": 0, "right": q is not FOUR[2], "slip": ""} for q in FOUR]
    results.append({"question": "gone/question", "form": 0, "seed": 0, "right": True, "slip": ""})
    told = {
        "version": 3,
        "chapter": VAE,
        "date": "2026-11-20T08:00:00.000Z",
        "mastered": True,
        "results": results,
    }
    path = tmp_path / "quiz.json"
    path.write_text(json.dumps(told), "utf-8")
    book: Logbook = {}
    answer(book, 0, True, 0)
    ids = [q.id for q in questions()]
    assert add_results(book, load_results(path), ids) == (4, 1)
    assert add_results(book, load_results(path), ids) == (0, 1)
    seen = standing(book, VAE, FOUR)
    assert seen.last is not None
    assert (seen.last.right, seen.last.total, seen.answered) == (3, 4, 1)
    # What was answered on the page is older: it does not shorten the pause that the last answer gave.
    assert book[FOUR[0].id].card.due > START + timedelta(days=1)
    assert book[FOUR[2].id].card.due < START
    assert book[FOUR[0].id].history[0].seed == 0
    assert draw_fresh(FOUR[1], book, 0).seed > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_in("date"), "quiz.json: date must be a date"),
        (_in("results"), "quiz.json: results must be a list of answers; got nothing"),
        (_in("results", 0, "question", value=3), "result 1, question must be a question's id; got int 3"),
        (_in("results", 0, "seed"), "result 1, seed must be a whole number; got nothing"),
    ],
)
def test_damaged_results_are_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    one = {"question": FOUR[0].id, "form": 0, "seed": 0, "right": True, "slip": ""}
    told: dict[str, Any] = {"version": 1, "date": "2026-11-20T08:00:00.000Z", "results": [one]}
    change(told)
    path = tmp_path / "quiz.json"
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(CourseError, match=re.escape(message)):
        load_results(path)
    with pytest.raises(CourseError, match=r"none\.json is missing"):
        load_results(tmp_path / "none.json")


def test_answers_are_plain_and_the_default_file_is_the_users() -> None:
    assert Answer(START, 1, True, "")._asdict()["seed"] == 1
    assert default_path().name == "practice.json"
    assert "coursekit" in default_path().parts
