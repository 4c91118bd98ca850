"""The formgrader's view of a student's work: what the course's settings take out of it."""

from pathlib import Path

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from coursekit.grading.settings import settings
from tests.grading.feedback.hostile import PAYLOADS, PLACES, everything, notebook
from tests.grading.feedback.test_hostile import LIVE_TODAY, _acting, reader
from tests.grading.feedback.visits import Reader

__all__ = ["reader"]
pytestmark = [
    pytest.mark.browser, pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Your element with mimetype"),  # all of an output was taken out
]  # fmt: skip
ROOT = Path(__file__).parents[3]
# All else in a graded notebook is the release's, or the judge's: outputs are made anew, without metadata.
OURS = ("cell", "metadata", "grade id", "state", "faults", "size of a picture")
THEIRS = [place for place in PLACES if place not in OURS]


def _view(nb: NotebookNode, *, guarded: bool = True) -> str:
    """Return a notebook as nbconvert shows it to the formgrader, with the course's settings or without."""
    exporter = HTMLExporter(config=settings(ROOT)) if guarded else HTMLExporter()
    return str(exporter.from_notebook_node(nb)[0])


@pytest.mark.parametrize(("name", "text"), list(everything()), ids=[name for name, _ in everything()])
def test_nothing_acts_in_the_view(reader: Reader, name: str, text: str) -> None:
    del name
    found = reader.tried(_view(notebook(lambda _: text, *THEIRS)))
    assert not found.hits
    assert not found.dialogs


def test_without_the_settings_it_does(reader: Reader) -> None:
    place = sorted(LIVE_TODAY - {"comment"})[0]
    assert place in reader.tried(_view(notebook(_acting, place), guarded=False)).hits
    assert reader.tried(_view(notebook(_acting, place))).hits == []
    assert len(PAYLOADS) > 40
