"""The quiz by keyboard alone: feedback, solution, score, mastery, new numbers, memory, export, no script."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from coursekit.assess import mastery
from tests.book import toybook
from tests.browser.conftest import Visit
from tests.browser.test_site import CHAPTER, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEY = f"quiz:{toybook.CHAPTER}"
TOTAL = len(toybook.BANK)


def shown(page: Page) -> list[Locator]:
    """Return the form that each question shows."""
    forms = page.locator(".ck-form:not([hidden])")
    return [forms.nth(n) for n in range(forms.count())]


def pair(page: Page) -> Locator:
    """Return the form on show of the question that asks for two numbers."""
    return page.locator("[data-question='area/two-numbers'] .ck-form:not([hidden])")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is on the target, as a reader without a mouse does."""
    for _ in range(60):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("sixty presses of Tab did not reach the next control")


def answer(page: Page, form: Locator, verdict: str) -> None:
    """Answer a form rightly or wrongly with keys and check it with Enter."""
    entry = form.locator(f".ck-answers dt[data-verdict='{verdict}']").first
    wanted = entry.get_attribute("data-value") or ""
    if form.get_attribute("data-kind") == "number":
        tab_to(page, form.locator("input"))
        page.keyboard.press("Control+A")
        page.keyboard.type(wanted)
        page.keyboard.press("Enter")
        return
    radios = form.locator("input[type=radio]")
    letters = [radios.nth(n).get_attribute("value") for n in range(radios.count())]
    tab_to(page, radios.first)
    page.keyboard.press("Space")
    for _ in range(letters.index(wanted)):
        page.keyboard.press("ArrowDown")
    tab_to(page, form.locator("button[type=submit]"))
    page.keyboard.press("Enter")


def focus_before(page: Page) -> None:
    page.locator(".ck-number").first.evaluate("one => { one.tabIndex = -1; one.focus(); }")


def start(visit: Visit, path: str = "index.html") -> Page:
    """Open a page with the focus just before the quiz."""
    page = visit.open(path)
    focus_before(page)
    return page


def answer_all(page: Page, wrong: int = 0) -> None:
    """Answer every question, the first ones wrongly."""
    focus_before(page)
    for number, form in enumerate(shown(page)):
        answer(page, form, "wrong" if number < wrong else "right")


def kept(page: Page) -> dict[str, object]:
    found = json.loads(page.evaluate(f"localStorage.getItem('{KEY}')"))
    assert isinstance(found, dict)
    return found


def standing(page: Page) -> str:
    return page.locator(".ck-total").inner_text()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("path", [CHAPTER, "chapters/exam/lecture-01.html"])
def test_every_question_of_a_page_by_keyboard_to_mastery(visit: Visit, path: str) -> None:
    page = start(visit, path)
    forms = shown(page)
    assert len(forms) == page.locator(".ck-question").count() >= 5
    for form in forms:
        answer(page, form, "right")
        assert form.locator(".ck-feedback").inner_text().startswith("Right.")
    assert f"{len(forms)} of {len(forms)} right (100%)." in standing(page)
    assert "Chapter mastered." in standing(page)
    page.reload(wait_until="load")
    assert "Chapter mastered." in standing(page)
    assert page.locator(".ck-mark").first.inner_text() == "· first answer right"
    assert visit.console == []
    assert visit.outside == []


def test_wrong_answer_names_the_slip_and_where_to_read(toy: Visit) -> None:
    page = start(toy)
    form = pair(page)
    answer(page, form, "wrong")
    box = form.locator(".ck-feedback")
    assert " ".join(box.inner_text().split()) == "Not yet. They are swapped & < . See Area: word."
    assert box.get_attribute("role") == "status"
    href = box.locator("a").get_attribute("href") or ""
    assert page.locator(f"[id='{href.removeprefix('#')}']").count() == 1
    assert standing(page).startswith("0 of 1 right, 4 to go.")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Type your answer first."),
        ("two, three", "The answer must be 2 finite numbers."),
        ("1", "The answer must be 2 numbers; yours has 1."),
        ("1 2 3", "The answer must be 2 numbers; yours has 3."),
    ],
)
def test_what_is_no_answer_gets_a_reason_and_does_not_count(toy: Visit, typed: str, told: str) -> None:
    page = start(toy)
    form = pair(page)
    tab_to(page, form.locator("input"))
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    assert form.locator(".ck-feedback").inner_text() == f"Not counted. {told}"
    assert standing(page).startswith(f"{TOTAL} questions to answer.")
    assert form.locator(".ck-solution").count() == 0


def test_an_unforeseen_number_is_wrong_with_a_link(toy: Visit) -> None:
    page = start(toy)
    form = pair(page)
    tab_to(page, form.locator("input"))
    page.keyboard.type("[123456; 7/8]")
    page.keyboard.press("Enter")
    said = form.locator(".ck-feedback").inner_text()
    assert said.startswith("Not yet. Not right, and not a slip we know")
    assert said.endswith("See Area: two numbers.")


def test_the_worked_solution_comes_after_an_answer_only(toy: Visit) -> None:
    page = start(toy)
    form = pair(page)
    assert form.locator("details:visible").count() == 0
    answer(page, form, "wrong")
    folded = form.locator("details.ck-solution")
    assert folded.count() == 1
    assert folded.locator("ol").is_hidden()
    tab_to(page, folded.locator("summary"))
    page.keyboard.press("Enter")
    assert folded.locator("li:visible").count() == 2
    assert folded.locator("p").inner_text().startswith("Answer:")
    answer(page, form, "right")
    assert form.locator("details.ck-solution").count() == 1


def test_the_first_answer_counts(toy: Visit) -> None:
    page = start(toy)
    form = pair(page)
    answer(page, form, "wrong")
    focus_before(page)
    answer(page, form, "right")
    assert form.locator(".ck-feedback").inner_text().startswith("Right.")
    assert standing(page).startswith("0 of 1 right")
    mark = page.locator("[data-question='area/two-numbers'] .ck-mark")
    assert mark.inner_text() == "· first answer wrong"


def test_four_of_five_master_three_do_not(toy: Visit) -> None:
    page = start(toy)
    answer_all(page, wrong=2)
    assert "3 of 5 right (60%). You need 4 of 5: read what went wrong" in standing(page)
    assert kept(page)["mastered"] is False
    press(page, "New numbers")
    answer_all(page, wrong=1)
    assert standing(page).startswith("Chapter mastered. 4 of 5 right (80%).")
    assert kept(page)["mastered"] is True
    draws = kept(page)["history"]
    assert isinstance(draws, list)
    assert [(d["form"], d["fresh"], len(d["answers"])) for d in draws] == [(0, True, 5), (1, True, 5)]


def test_it_says_when_a_draw_can_no_longer_reach(toy: Visit) -> None:
    page = start(toy)
    for form in shown(page)[:2]:
        answer(page, form, "wrong")
    assert (
        standing(page)
        == "0 of 2 right, 3 to go. You need 4 of 5: read what went wrong, then take new numbers."
    )


def test_new_numbers_are_set_and_clear_the_answers(toy: Visit) -> None:
    page = start(toy)
    before = pair(page)
    stem = before.locator(".ck-stem").text_content()
    answer(page, before, "right")
    press(page, "New numbers")
    first = shown(page)[0].locator("input").first
    assert first.evaluate("one => one === document.activeElement")
    after = pair(page)
    assert after.get_attribute("data-form") == "1"
    assert after.locator(".ck-stem").text_content() != stem
    after.locator(".ck-stem mjx-container").first.wait_for()
    assert standing(page).startswith(f"{TOTAL} questions to answer.")
    answer(page, after, "right")
    assert standing(page).startswith("1 of 1 right")
    page.reload(wait_until="load")
    assert shown(page)[0].get_attribute("data-form") == "1"
    assert toy.console == []


def test_numbers_met_before_are_named_and_count_no_more(toy: Visit) -> None:
    page = start(toy)
    for form in range(5):
        assert "repeat" not in standing(page)
        assert shown(page)[0].get_attribute("data-form") == str(form)
        answer(page, pair(page), "wrong")
        press(page, "New numbers")
        focus_before(page)
    assert pair(page).get_attribute("data-form") == "0"
    assert page.locator(".ck-solution:visible, .ck-feedback:visible").count() == 0
    draws = kept(page)["history"]
    assert isinstance(draws, list)
    assert [(draw["form"], len(draw["answers"])) for draw in draws] == [(form, 1) for form in range(5)]
    answer_all(page)
    assert "5 of 5 right (100%). You have met all 5 sets of numbers: they repeat from now on" in standing(
        page
    )
    assert "mastered" not in standing(page)
    assert kept(page)["mastered"] is False


def test_a_set_that_was_turned_over_unanswered_comes_back(toy: Visit) -> None:
    page = start(toy)
    for form in (0, 1, 2, 3, 4, 1):
        focus_before(page)
        assert pair(page).get_attribute("data-form") == str(form)
        if form != 1:
            answer(page, pair(page), "wrong")
        press(page, "New numbers")


def test_start_again_forgets_results_but_not_which_numbers_were_met(toy: Visit) -> None:
    page = start(toy)
    answer_all(page)
    page.once("dialog", lambda dialog: dialog.dismiss())
    press(page, "Start again")
    assert standing(page).startswith("Chapter mastered.")
    page.once("dialog", lambda dialog: dialog.accept())
    press(page, "Start again")
    state = kept(page)
    assert (state["history"], state["mastered"], state["answers"], state["used"]) == ([], False, {}, [0])
    assert shown(page)[0].get_attribute("data-form") == "1"
    assert standing(page).startswith(f"{TOTAL} questions to answer.")


def test_results_are_saved_as_a_file(toy: Visit, tmp_path: Path) -> None:
    page = start(toy)
    answer(page, pair(page), "wrong")
    answer_all(page)
    press(page, "New numbers")
    focus_before(page)
    answer(page, pair(page), "right")
    with page.expect_download() as caught:
        press(page, "Save my results")
    assert caught.value.suggested_filename == "quiz-exam-toy.json"
    caught.value.save_as(tmp_path / "saved.json")
    told = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))
    assert (told["version"], told["chapter"], told["mastered"]) == (1, toybook.CHAPTER, True)
    assert told["date"].startswith("20")
    first = {one["question"]: one for one in told["results"] if one["form"] == 0}
    assert mastery({name: one["right"] for name, one in first.items()}).right == 4
    assert first["area/two-numbers"]["slip"] == "swapped"
    assert first["area/word"]["slip"] == ""
    (second,) = [one for one in told["results"] if one["form"] == 1]
    assert second == {"question": "area/two-numbers", "form": 1, "seed": 1, "right": True, "slip": ""}


def state(**changed: object) -> str:
    """Return a state as the browser keeps it, with some parts replaced."""
    whole = {
        "version": 1, "chapter": toybook.CHAPTER, "draw": "old", "form": 0, "fresh": True, "answers": {},
        "used": [], "history": [], "mastered": True,
    }  # fmt: skip
    return json.dumps(whole | changed)


DAMAGED = {"date": "", "form": 0, "total": 5, "fresh": True, "answers": {"area/one": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "7", '{"version": 1}', state(version=99), state(chapter="other"),
        state(form=77), state(form="0"), state(answers={"area/one": 1}), state(answers=None),
        state(history=[None]),
        state(history=[DAMAGED]), state(history={}), state(used=["0"]), state(mastered="yes"),
    ],
)  # fmt: skip
def test_damaged_memory_is_told_and_survived(toy: Visit, text: str) -> None:
    toy.page.add_init_script(
        f"if (!localStorage.getItem('set')) localStorage.setItem({KEY!r}, {json.dumps(text)});"
        "localStorage.setItem('set', 1)"
    )
    page = start(toy)
    assert "could not be read: you begin anew." in standing(page)
    answer(page, shown(page)[0], "right")
    assert kept(page)["mastered"] is False
    page.reload(wait_until="load")
    assert standing(page).startswith("1 of 1 right")
    assert toy.console == []


def test_changed_questions_begin_anew_and_keep_mastery(toy: Visit) -> None:
    page = start(toy)
    answer_all(page)
    text = json.dumps(kept(page) | {"draw": "old"})
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text])
    page.reload(wait_until="load")
    assert standing(page).startswith("The questions have changed since your last visit")
    assert "Chapter mastered." in standing(page)
    assert kept(page)["history"]


def test_without_storage_the_quiz_works_and_says_so(toy: Visit) -> None:
    toy.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page = start(toy)
    answer(page, shown(page)[0], "right")
    assert "This browser keeps no results" in standing(page)
    assert "1 of 1 right" in standing(page)


@pytest.mark.parametrize("visit", [PHONE], ids=["phone"], indirect=True)
def test_a_phone_shows_answers_and_solutions_without_sideways_scroll(visit: Visit) -> None:
    page = visit.open("chapters/exam/lecture-01.html")
    assert shown(page)
    for form in shown(page):
        entry = form.locator(".ck-answers dt").first
        if form.get_attribute("data-kind") == "number":
            form.locator("input").fill(entry.get_attribute("data-value") or "")
        else:
            form.locator("input").first.check()
        form.locator("button").click()
        form.locator(".ck-solution summary").click()
    assert page.evaluate("document.querySelector('article').scrollWidth") <= 375


def test_without_script_the_answers_can_be_unfolded(browser: Browser, toy_address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{toy_address}/index.html")
    assert page.locator(".ck-act:visible").count() == 0
    assert page.locator(".ck-score:visible").count() == 0
    folded = page.locator(".ck-answers:visible")
    assert folded.count() == TOTAL
    answers = pair(page).locator(".ck-answers")
    answers.locator("summary").click()
    assert answers.locator("dd").first.is_visible()
    assert answers.locator(".ck-steps li").first.is_visible()
    context.close()
