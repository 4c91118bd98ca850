"""Concept questions as data: what a file may hold, what a draw shows, one clear line for every mistake."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from coursekit.assess import questions
from coursekit.assess.question import LETTERS
from coursekit.assess.textbank import load

BANK = Path(__file__).parents[2] / "coursekit" / "assess" / "bank"
Item = dict[str, Any]


def _variant(number: int, answers: int) -> Item:
    wrong = [{"text": f"wrong {n}", "slip": f"slip {n}", "feedback": f"see {n}"} for n in range(answers)]
    return {"stem": f"Question {number}?", "right": f"right {number}", "feedback": "Yes.", "wrong": wrong}


def _item(name: str = "area/one", answers: int = 5) -> Item:
    return {
        "id": name,
        "source": "000-TEST-1",
        "chapter": "exam/beyond",
        "lecture": None,
        "rule": "Read this.",
        "variants": [_variant(1, answers), _variant(2, answers)],
    }


def _write(folder: Path, content: object) -> Path:
    path = folder / "words.yml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def test_an_item_becomes_a_choice_question(tmp_path: Path) -> None:
    (question,) = load(_write(tmp_path, [_item() | {"lecture": 7}]))
    assert (question.id, question.kind, question.chapter) == ("area/one", "choice", "exam/beyond")
    assert (question.lecture, question.source, question.rule) == (7, "000-TEST-1", "Read this.")
    assert (question.label, question.file) == ("rule-area-one", "words.yml")


def test_a_draw_shows_one_variant_with_three_or_four_of_its_wrong_answers(tmp_path: Path) -> None:
    (question,) = load(_write(tmp_path, [_item()]))
    drawn = [question.draw(seed) for seed in range(300)]
    assert {len(d.options) for d in drawn} == {4, 5}
    assert {d.letter for d in drawn} == set(LETTERS[:5])
    assert {d.values["variant"] for d in drawn} == {1, 2}
    for d in drawn:
        number = d.values["variant"]
        assert (d.stem, d.key.text, d.feedback) == (f"Question {number}?", f"right {number}", "Yes.")
        wrong = [(o.text, o.slip, o.feedback) for o in d.options if not o.correct]
        assert len({o.text for o in d.options}) == len(d.options)
        assert set(wrong) <= {(f"wrong {n}", f"slip {n}", f"see {n}") for n in range(5)}
    assert {o.text for d in drawn for o in d.options if not o.correct} == {f"wrong {n}" for n in range(5)}
    assert drawn[3] == question.draw(3)


def test_three_wrong_answers_are_enough_and_all_shown(tmp_path: Path) -> None:
    (question,) = load(_write(tmp_path, [_item(answers=3)]))
    assert {len(question.draw(seed).options) for seed in range(50)} == {4}


def test_an_empty_list_holds_no_questions(tmp_path: Path) -> None:
    assert load(_write(tmp_path, "[]")) == ()


def _with(path: str, *values: object) -> Callable[[Item], None]:
    """Set the field at a path such as ``variants 0 stem``; without a value, remove it."""

    def change(item: Item) -> None:
        *way, last = (int(step) if step.isdigit() else step for step in path.split())
        place: Any = item
        for step in way:
            place = place[step]
        if values:
            place[last] = values[0]
        else:
            del place[last]

    return change


ITEM = "words.yml: item 'area/one'"
FIRST = f"{ITEM}, variant 1"
FOURTH = f"{ITEM}, variant 2, wrong 4"
FIELDS = "id, source, chapter, lecture, rule, variants"
TWICE = "answers that differ from each other and from the right one"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            _with("hint", "x"),
            f"{ITEM}: field 'hint' must be one of {FIELDS}; got an unknown one",
        ),
        (
            _with("variants 0 answer", "x"),
            f"{FIRST}: field 'answer' must be one of stem, right, feedback, wrong; got an unknown one",
        ),
        (
            _with("variants 1 wrong 3 why", "x"),
            f"{FOURTH}: field 'why' must be one of text, slip, feedback; got an unknown one",
        ),
        (
            _with("7", "x"),
            f"{ITEM}: field 7 must be one of {FIELDS}; got an un",
        ),
        (_with("id"), "words.yml: item 1: id must be a text; got nothing"),
        (_with("lecture"), f"{ITEM}: lecture must be a whole number or null; got nothing"),
        (_with("variants 0 right"), f"{FIRST}: right must be a text; got nothing"),
        (_with("variants 1 wrong 3 slip"), f"{FOURTH}: slip must be a text; got nothing"),
        (_with("id", 3), "words.yml: item 1: id must be a text; got int 3"),
        (_with("lecture", "7"), f"{ITEM}: lecture must be a whole number or null; got str '7'"),
        (_with("lecture", True), f"{ITEM}: lecture must be a whole number or null; got bool True"),
        (_with("rule", None), f"{ITEM}: rule must be a text; got NoneType None"),
        (_with("variants", {"a": 1}), f"{ITEM}: variants must be a list; got dict {{'a': 1}}"),
        (_with("variants 0 right", False), f"{FIRST}: right must be a text; got bool False"),
        (_with("variants 0 wrong", "none"), f"{FIRST}: wrong must be a list; got str 'none'"),
        (_with("variants 1 wrong 3 text", 2.5), f"{FOURTH}: text must be a text; got float 2.5"),
        (
            _with("variants 1 wrong 3", "x"),
            f"{FOURTH}: entry must be a mapping with text, slip, feedback; got str",
        ),
        (
            _with("variants 0", None),
            f"{FIRST}: entry must be a mapping with stem, right, feedback, wrong; got None",
        ),
        (_with("chapter", ""), f"{ITEM}: chapter must be a text that is not empty; got str ''"),
        (_with("variants 0 stem", " \n"), f"{FIRST}: stem must be a text that is not empty; got str ' \\n'"),
        (
            _with("variants 1 wrong 3 feedback", ""),
            f"{FOURTH}: feedback must be a text that is not empty; got str ''",
        ),
        (_with("variants", []), f"{ITEM}: variants must be a list of 1 or more; got 0"),
        (_with("variants 0 wrong", []), f"{FIRST}: wrong must be a list of 3 answers or more; got 0"),
        (_with("variants 0 wrong 2 text", "wrong 1"), f"{FIRST}: wrong must be {TWICE}; got 'wrong 1' twice"),
        (_with("variants 0 right", "wrong 1"), f"{FIRST}: wrong must be {TWICE}; got 'wrong 1' twice"),
        (_with("id", "one"), "words.yml: question 'one': id must be area/name; got 'one'"),
        (
            _with("lecture", -1),
            "words.yml: question 'area/one': lecture must be a number from 0 to 99, or None; got -1",
        ),
    ],
)
def test_a_mistake_in_an_item_gives_one_line(
    tmp_path: Path, change: Callable[[Item], None], told: str
) -> None:
    item = _item()
    change(item)
    with pytest.raises(ValueError, match=re.escape(told)) as raised:
        load(_write(tmp_path, [item]))
    assert "\n" not in str(raised.value)


def test_two_wrong_answers_are_too_few(tmp_path: Path) -> None:
    told = re.escape(f"{FIRST}: wrong must be a list of 3 answers or more; got 2")
    with pytest.raises(ValueError, match=told):
        load(_write(tmp_path, [_item(answers=2)]))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id: x\n", "words.yml: file must be a list of items; got dict {'id': 'x'}"),
        ("", "words.yml: file must be a list of items; got NoneType None"),
        (
            "- 3\n",
            f"words.yml: item 1: entry must be a mapping with {FIELDS}; got int 3",
        ),
        (
            "- id: a/b\n  stem: one: two\n",
            "words.yml: line 2 must be readable YAML; got mapping values are not allowed",
        ),
        ("- id: a/b\n  rule: [one\n", "words.yml: line 3 must be readable YAML; got "),
        (
            "- id: a/b\n  rule: x\n  rule: y\n",
            "words.yml: line 3 must be readable YAML; got the field 'rule' twice",
        ),
        ("- *lost\n", "words.yml: line 1 must be readable YAML; got found undefined alias"),
        ("- ? [a, b]\n  : 3\n", "words.yml: line 1 must be readable YAML; got found unhashable key"),
        ("- !!map 3\n", "words.yml: line 1 must be readable YAML; got expected a mapping node"),
        ("- \x07\n", "words.yml: file must be readable YAML in UTF-8; got unacceptable character"),
        ("- 2025-99-99\n", "words.yml: file must be readable YAML in UTF-8; got month must be in 1..12"),
    ],
)
def test_a_file_that_is_no_list_of_items_gives_one_line(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as raised:
        load(_write(tmp_path, content))
    assert "\n" not in str(raised.value)


def test_bytes_that_are_no_text_give_one_line(tmp_path: Path) -> None:
    path = tmp_path / "words.yml"
    path.write_bytes(b"- \xff\n")
    with pytest.raises(
        ValueError, match=r"^words\.yml: file must be readable YAML in UTF-8; got 'utf-8' codec.*$"
    ):
        load(path)


def test_an_id_stands_once_in_a_file(tmp_path: Path) -> None:
    told = r"^words\.yml: item 'area/one': id must be unique in the file; got it twice$"
    with pytest.raises(ValueError, match=told):
        load(_write(tmp_path, [_item(), _item("area/two"), _item()]))


def test_the_registry_finds_every_file_in_the_bank() -> None:
    written = {question.id for path in BANK.glob("*.yml") for question in load(path)}
    assert len(written) >= 11
    assert written <= {question.id for question in questions()}


@pytest.mark.parametrize("path", sorted(BANK.glob("*.yml")), ids=lambda path: path.name)
def test_what_the_bank_holds_is_fit_to_ask(path: Path) -> None:
    """A slip is named in a few words, stems differ, and the right answer is not known by its length."""
    items = yaml.safe_load(path.read_text(encoding="utf-8"))
    variants = [variant for item in items for variant in item["variants"]]
    assert all(len(item["variants"]) >= 4 for item in items)
    assert len({variant["stem"] for variant in variants}) == len(variants)
    assert all(2 <= len(wrong["slip"].split()) <= 5 for variant in variants for wrong in variant["wrong"])
    longest = [len(v["right"]) > max(len(wrong["text"]) for wrong in v["wrong"]) for v in variants]
    assert sum(longest) <= len(variants) / 4
