"""The quiz by keyboard alone: feedback with a link, score, new numbers, memory, and no script at all."""

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.conftest import Visit
from tests.browser.test_site import CHAPTER

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def shown(page: Page) -> list[Locator]:
    """Return the form that each question shows."""
    forms = page.locator(".ck-form:not([hidden])")
    return [forms.nth(n) for n in range(forms.count())]


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is on the target, as a reader without a mouse does."""
    for _ in range(12):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("twelve presses of Tab did not reach the next control")


def answer(page: Page, form: Locator, verdict: str) -> None:
    """Answer a form rightly or wrongly with keys and check it with Enter."""
    entry = form.locator(f".ck-answers dt[data-verdict='{verdict}']").first
    wanted = entry.get_attribute("data-value") or ""
    if form.get_attribute("data-kind") == "number":
        tab_to(page, form.locator("input"))
        page.keyboard.type(wanted)
    else:
        radios = form.locator("input[type=radio]")
        letters = [radios.nth(n).get_attribute("value") for n in range(radios.count())]
        tab_to(page, radios.first)
        page.keyboard.press("Space")
        for _ in range(letters.index(wanted)):
            page.keyboard.press("ArrowDown")
    tab_to(page, form.locator("button[type=submit]"))
    page.keyboard.press("Enter")


def start(visit: Visit) -> Page:
    """Open the chapter with the focus just before the quiz."""
    page = visit.open(CHAPTER)
    page.locator(".ck-number").first.evaluate("one => { one.tabIndex = -1; one.focus(); }")
    return page


def test_every_question_by_keyboard_to_mastery(visit: Visit) -> None:
    page = start(visit)
    forms = shown(page)
    assert len(forms) == page.locator(".ck-question").count() >= 10
    for form in forms:
        answer(page, form, "right")
        assert form.locator(".ck-feedback").inner_text().startswith("Right.")
    total = page.locator(".ck-total")
    assert f"{len(forms)} of {len(forms)} right." in total.inner_text()
    assert "Chapter mastered." in total.inner_text()
    page.reload(wait_until="load")
    assert "Chapter mastered." in page.locator(".ck-total").inner_text()
    assert visit.console == []


def test_wrong_answer_names_the_slip_and_where_to_read(visit: Visit) -> None:
    page = start(visit)
    form = shown(page)[0]
    slip = form.locator(".ck-answers dt[data-verdict='wrong']").first
    told = slip.locator("xpath=following-sibling::dd[1]").text_content() or ""
    answer(page, form, "wrong")
    box = form.locator(".ck-feedback")
    assert (box.text_content() or "") == f"Not yet. {told}"
    assert box.get_attribute("role") == "status"
    href = box.locator("a").get_attribute("href") or ""
    assert page.locator(f"[id='{href.removeprefix('#')}']").count() == 1
    assert "0 of" in page.locator(".ck-total").inner_text()


def test_the_first_answer_counts(visit: Visit) -> None:
    page = start(visit)
    form = shown(page)[0]
    answer(page, form, "wrong")
    page.locator(".ck-number").first.focus()
    form.locator("input").first.fill("")
    answer(page, form, "right")
    assert form.locator(".ck-feedback").inner_text().startswith("Right.")
    assert "0 of" in page.locator(".ck-total").inner_text()


def test_new_numbers_clear_the_score_and_change_the_numbers(visit: Visit) -> None:
    page = start(visit)
    before = shown(page)
    stem = before[0].locator(".ck-stem").inner_text()
    answer(page, before[0], "right")
    page.locator(".ck-again").focus()
    page.keyboard.press("Enter")
    after = shown(page)[0]
    assert after.locator(".ck-stem").inner_text() != stem
    assert after.locator("input").first.evaluate("one => one === document.activeElement")
    assert "0 of" in page.locator(".ck-total").inner_text()
    answer(page, after, "right")
    assert "1 of" in page.locator(".ck-total").inner_text()


@pytest.mark.parametrize(
    ("typed", "told"), [("", "Type a number first."), ("two", "The answer must be one number, such as 1.25.")]
)
def test_no_number_is_no_answer(visit: Visit, typed: str, told: str) -> None:
    page = start(visit)
    form = shown(page)[0]
    tab_to(page, form.locator("input"))
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    assert form.locator(".ck-feedback").inner_text() == told
    assert page.locator(".ck-total").inner_text().startswith("0 of")


def test_without_script_the_answers_can_be_unfolded(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{CHAPTER}")
    assert page.locator(".ck-act:visible").count() == 0
    folded = page.locator(".ck-answers:visible")
    assert folded.count() == page.locator(".ck-question").count()
    folded.first.locator("summary").click()
    assert folded.first.locator("dd").first.is_visible()
    context.close()
