"""Quiz and rules as they are printed: what a page holds without a script, and what a script finds in it."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from coursekit.assess.mastery import MASTERY
from coursekit.book.ext.downloads import to_notebook
from coursekit.book.ext.quiz import FORMS, forms
from coursekit.book.ext.rules import EXAMPLE, example, title
from coursekit.book.pages import pages
from tests.book import toybook


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BeautifulSoup, str, Path]]:
    root = tmp_path_factory.mktemp("toy")
    with pytest.MonkeyPatch.context() as patch:
        page, heard = toybook.build(root, patch)
        yield toybook.read(page), heard, root


def _forms(soup: BeautifulSoup, name: str) -> list[Tag]:
    # A selector does not look into template elements, as in a browser.
    return list(soup.select(f".ck-question[data-question='{name}']")[0].find_all("form"))


def test_nothing_is_warned_about_and_every_link_leads_to_a_rule(
    built: tuple[BeautifulSoup, str, Path],
) -> None:
    soup, heard, _ = built
    assert heard == ""
    links = soup.select(".ck-quiz a")
    assert links
    for link in links:
        target = soup.find(id=str(link["href"]).removeprefix("#"))
        assert target is not None
        assert "ck-rule" in target["class"]
        assert link.get_text() == target.select(".ck-rule-title")[0].get_text()


def test_five_forms_of_each_question_the_first_outside_a_template(
    built: tuple[BeautifulSoup, str, Path],
) -> None:
    soup, _, _ = built
    quiz = soup.select(".ck-quiz")[0]
    assert (quiz["data-forms"], quiz["data-mastery"]) == (str(FORMS), str(round(100 * MASTERY)))
    assert FORMS >= 5
    for question in toybook.BANK:
        found = _forms(soup, question.id)
        assert [form["data-form"] for form in found] == [str(n) for n in range(FORMS)]
        assert [form.parent.name for form in found if form.parent] == ["div"] + ["template"] * (FORMS - 1)
        for form in found:
            drawn = question.draw(int(str(form["data-seed"])))
            right = form.select("dt[data-verdict=right]")
            assert len(right) == 1
            key = list(drawn.key.numbers) if drawn.kind == "number" else drawn.letter
            told = str(right[0]["data-value"])
            assert (json.loads(told) if drawn.kind == "number" else told) == key


def test_forms_differ_as_long_as_the_template_has_other_draws() -> None:
    assert len({drawn.stem for drawn in forms(toybook.pair)}) == FORMS
    assert len({drawn.stem for drawn in forms(toybook.word)}) == 3


def test_a_field_for_several_numbers_is_described(built: tuple[BeautifulSoup, str, Path]) -> None:
    soup, _, _ = built
    form = _forms(soup, "area/two-numbers")[0]
    field = form.select("input")[0]
    prompt = soup.find(id=field["aria-describedby"])
    assert prompt is not None
    assert "Answer with 2 numbers" in prompt.get_text()
    assert "commas or spaces" in prompt.get_text()
    assert (form["data-absolute"], form["data-relative"]) == ("0.0005", "0.001")
    assert len(form.select(".ck-stem table")) == 1


def test_folded_answers_say_everything_without_a_script(built: tuple[BeautifulSoup, str, Path]) -> None:
    soup, _, _ = built
    folded = _forms(soup, "area/two-numbers")[0].select("details.ck-answers")[0]
    text = folded.get_text()
    assert "(right)" in text
    assert text.count("(wrong)") == 2
    assert "Worked solution" in text
    assert len(folded.select(".ck-steps li")) == 2
    slips = {dt["data-slip"]: dt.find_next_sibling("dd") for dt in folded.select("dt")}
    assert set(slips) == {"", "swapped", "sign lost"}
    other = slips["swapped"]
    assert other is not None
    assert [link["href"] for link in other.select("a")] == ["#rule-area-word"]
    assert [link["href"] for link in folded.select(".ck-see a")] == ["#rule-area-two-numbers"]


def test_rules_print_label_title_text_and_a_worked_example(built: tuple[BeautifulSoup, str, Path]) -> None:
    soup, _, _ = built
    boxes = soup.select(".ck-rule")
    assert [box["id"] for box in boxes] == ["rule-area-word", "rule-area-two-numbers"]
    assert [box.select("strong")[0].get_text() for box in boxes] == ["Area: word", "Area: two numbers"]
    assert "A word is a word." in boxes[0].get_text()
    shown = boxes[1].select("details")[0].get_text()
    assert toybook.pair.draw(EXAMPLE).key.text.split()[-1] in shown
    assert len(boxes[1].select("details ol li")) == 2


def test_the_worked_example_is_no_question_of_the_page() -> None:
    asked = {drawn.stem for drawn in forms(toybook.pair)}
    assert example(toybook.pair).stem not in asked


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rnn/elman-bptt", "RNN: Elman BPTT"),
        ("layers/batch", "Layers: batch"),
        ("concept/norm-axes", "Norm axes"),
    ],
)
def test_a_title_spells_the_short_names_of_the_field(name: str, shown: str) -> None:
    assert title(dataclasses.replace(toybook.word, id=name)) == shown


@pytest.mark.parametrize("name", ["quiz", "rules"])
def test_a_chapter_without_questions_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _, heard = toybook.build(tmp_path, monkeypatch, f"# Toy\n\n```{{{name}}} exam/nothing\n```\n")
    assert "the question bank has no" in heard
    assert "exam/nothing" in heard


def test_a_link_to_no_rule_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, heard = toybook.build(tmp_path, monkeypatch, "# Toy\n\n```{quiz} exam/toy\n```\n")
    assert "rule-area-word" in heard


def test_the_notebook_of_the_page_folds_answers_and_examples(built: tuple[BeautifulSoup, str, Path]) -> None:
    _, _, root = built
    (cell,) = to_notebook(pages(root)[0], root).cells
    assert cell.source.count("<details><summary>Answer</summary>") == len(toybook.BANK)
    assert cell.source.count("<details><summary>Worked example</summary>") == 2
    assert "**Area: word**" in cell.source
    assert "{quiz}" not in cell.source
    assert forms(toybook.pair)[0].steps[1] in cell.source
