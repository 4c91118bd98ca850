"""Cheat sheets on paper: each is one page of A4, with its title, and no formula is cut."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REFERENCE = Path(__file__).parents[2] / "chapters" / "reference"
SHEETS = sorted(path.stem for path in REFERENCE.glob("cheat-sheet-*.md"))
COLUMN = {"width": 711, "height": 1047}  # A4 less the margins of the print style, in CSS pixels
CUT = """[...document.querySelectorAll('.ck-formula mjx-container[display=true]')]
    .filter(box => box.scrollWidth > box.clientWidth + 1).length"""


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_prints_on_one_page(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/chapters/reference/{name}.html")
    page.wait_for_selector(".ck-formula mjx-container")
    page.wait_for_function("document.querySelectorAll('.ck-formula mjx-container').length >= 5")
    paper = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 (\d+)[\d.]* (\d+)[\d.]*\]", paper)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1
    assert set(boxes) == {(b"594", b"841")}
    page.emulate_media(media="print")
    page.set_viewport_size(COLUMN)
    assert page.evaluate(CUT) == 0
    assert page.locator("article h1").is_visible()
    assert not page.locator(".ck-formula-test").first.is_visible()
    page.close()
