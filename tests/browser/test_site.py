"""The built pages as a reader meets them: no network, no console line, two themes, a phone, a keyboard."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import SITE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHAPTER = "chapters/generative/variational-autoencoders.html"
PAGES = sorted(
    str(path.relative_to(SITE))
    for path in SITE.rglob("*.html")
    if not path.relative_to(SITE).parts[0].startswith(("_", "vendor"))
)
PHONE = {"viewport": {"width": 375, "height": 800}, "is_mobile": True, "has_touch": True}
THEMES = pytest.mark.parametrize(
    "visit", [{"theme": "light"}, {"theme": "dark"}], ids=["light", "dark"], indirect=True
)


def test_the_site_has_its_pages() -> None:
    if not PAGES:
        pytest.skip("the site is not built: run `make book` first")
    assert CHAPTER in PAGES
    assert len(PAGES) >= 12


@THEMES
@pytest.mark.parametrize("path", PAGES)
def test_page_is_silent_self_contained_and_accessible(visit: Visit, path: str) -> None:
    page = visit.open(path)
    assert visit.outside == []
    assert visit.console == []
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert theme == page.evaluate("localStorage.getItem('mode')")
    found = Axe().run(page).response["violations"]
    serious = [
        f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("visit", [PHONE], ids=["phone"], indirect=True)
@pytest.mark.parametrize("path", PAGES)
def test_phone_has_no_sideways_scroll(visit: Visit, path: str) -> None:
    page = visit.open(path)
    width = page.evaluate(
        "Math.max(...[...document.querySelectorAll('main, article')].map(e => e.scrollWidth))"
    )
    assert width <= 375


def test_formulas_are_set_without_network(visit: Visit) -> None:
    page = visit.open(CHAPTER)
    page.wait_for_selector("mjx-container", timeout=20_000)
    assert page.locator("mjx-container").count() > 50
    assert page.locator("mjx-merror").count() == 0
    assert visit.outside == []


def test_figures_are_drawn_and_described(visit: Visit) -> None:
    page = visit.open(CHAPTER)
    figures = page.evaluate(
        "[...document.querySelectorAll('article img')].filter(i => i.offsetParent)"
        ".map(i => [i.naturalWidth, (i.alt || '').length])"
    )
    assert len(figures) >= 7
    assert all(width > 100 and alt > 20 for width, alt in figures), figures


def test_search_finds_a_word_of_the_chapter(visit: Visit) -> None:
    page = visit.open("search.html?q=reparameterisation")
    page.wait_for_selector("#search-results li a", timeout=15_000)
    hrefs = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.href)")
    assert any(CHAPTER in href for href in hrefs)
    assert visit.outside == []
    assert visit.console == []


def _downloads() -> list[Path]:
    return sorted((SITE / "_sources").rglob("*.ipynb"))


def test_executed_page_offers_its_notebook(visit: Visit) -> None:
    page = visit.open(CHAPTER)
    links = page.eval_on_selector_all("a[href$='.ipynb']", "links => links.map(a => a.getAttribute('href'))")
    assert links
    assert any(path.name == "variational-autoencoders.ipynb" for path in _downloads())
