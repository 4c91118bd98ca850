"""A browser opens pages of hostile text under one guard only: no script, no dialog, no request."""

import re
from collections.abc import Iterator, Mapping

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from playwright.sync_api import Browser

from coursekit.grading.feedback.page import Total, page
from tests.grading.feedback.hostile import LEAVES, MUTATIONS, PAYLOADS, PLACES, everything, notebook
from tests.grading.feedback.visits import Reader, Tried

pytestmark = [pytest.mark.browser, pytest.mark.slow]
META = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
NAMES = {"notebook": "n", "assignment": "a", "student": "s"}
# What nbgrader's own page does today with an image that fails: the places are worth a test.
LIVE_TODAY = {
    "markdown", "markdown forms", "answer in words", "comment", "test cell", "attachment",
    "output text/html", "output text/markdown",
}  # fmt: skip


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Reader]:
    """Open one window for all pages."""
    found = Reader(browser)
    yield found
    found.close()


def feedback(nb: NotebookNode, names: Mapping[str, str] = NAMES) -> str:
    """Return our page, with the same text in the released cells."""
    released = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in nb.cells if "nbgrader" in cell.metadata
    }
    return page(nb, names, Total(1.0, 2.0), released)


def bare(html: str) -> str:
    """Take the policy away: what is left must hold by itself."""
    found, count = META.subn("", html)
    assert count == 1
    return found


def policy_of(html: str) -> str:
    """Return the policy of a page, the first thing of its head."""
    head = html[html.index("<head>") + len("<head>") :].lstrip()
    found = META.match(head)
    assert found is not None
    return found[0]


def raw(text: str, policy: str = "") -> str:
    """Return a page without any guard but a policy."""
    return f"<!DOCTYPE html><html><head>{policy}<title>x</title></head><body>{text}</body></html>"


def _bare(text: str) -> tuple[str, str]:
    """Return a text as it would stand in a page without a cleaner, and in an attribute of it."""
    return text, f'<img src="{text}">'


@pytest.mark.parametrize(("name", "text"), list(everything()), ids=[name for name, _ in everything()])
def test_without_the_policy_the_cleaner_holds_in_every_place(reader: Reader, name: str, text: str) -> None:
    del name
    html = feedback(notebook(lambda _: text), dict.fromkeys(NAMES, f"{text}"))
    assert reader.tried(bare(html)) == Tried()


@pytest.mark.parametrize("name", [name for name in PAYLOADS if name not in LEAVES])
def test_without_the_cleaner_the_policy_holds(reader: Reader, name: str) -> None:
    policy = policy_of(feedback(notebook(lambda _: "x", "markdown")))
    for text in _bare(PAYLOADS[name]):
        assert reader.tried(raw(text, policy)) == Tried()


@pytest.mark.parametrize("name", [*PAYLOADS, *MUTATIONS])
def test_without_both_it_acts(reader: Reader, name: str) -> None:
    """A payload that does nothing by itself would prove nothing above."""
    for wait in (40, 400, 2000):
        for text in _bare({**PAYLOADS, **MUTATIONS}[name]):
            found = reader.tried(raw(text), wait=wait)
            reader.renew()
            if found:
                return
    pytest.fail(f"{name} did nothing")


def _nbgraders(nb: NotebookNode) -> str:
    """Return nbgrader's own page."""
    converter = GenerateFeedback(coursedir=CourseDirectory())
    exporter = HTMLExporter(config=converter.config)
    about = {"notebook": "n", "score": 1, "max_score": 2, "late_penalty": 0}
    return str(exporter.from_notebook_node(nb, resources={"nbgrader": about})[0])


def _acting(place: str) -> str:
    """Return a text that says which place let it act."""
    return f"<img src=x onerror=\"hit('{place}')\">"


@pytest.mark.parametrize("place", sorted(LIVE_TODAY))
def test_the_places_are_live_on_nbgraders_page_and_dead_on_ours(reader: Reader, place: str) -> None:
    nb = notebook(_acting, place)
    assert reader.tried(bare(feedback(nb))) == Tried()
    assert place in reader.tried(_nbgraders(nb)).hits


def test_there_are_enough_of_them() -> None:
    assert len(PAYLOADS) + len(MUTATIONS) >= 40
    assert set(PLACES) >= LIVE_TODAY
