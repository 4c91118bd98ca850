"""Each page as a notebook to take away: valid, and free of marks that only the book understands."""

import re
from pathlib import Path

import nbformat
import pytest

from coursekit.book.ext.downloads import to_notebook
from coursekit.book.pages import Page, pages

ROOT = Path(__file__).parents[2]
PAGES = pages(ROOT)
LEFT = re.compile(r"^[`:]{3,}\{[\w:-]+\}|^\([\w-]+\)=|\{[\w:+-]+\}`|^\.\. \w+::", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_page_reads_well_as_a_notebook(page: Page) -> None:
    notebook = to_notebook(page, ROOT)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert ids
    assert len(set(ids)) == len(ids)
    left = [m.group() for c in notebook.cells if c.cell_type == "markdown" for m in LEFT.finditer(c.source)]
    assert left == []
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert code == [source for source in page.cells if source]
    if page.executable:
        assert ["parameters"] in [c.metadata.get("tags") for c in notebook.cells if c.cell_type == "code"]


def test_marks_become_text() -> None:
    text = (
        "(here)=\n# T\n\n````{admonition} Look\n```{note}\nInside {term}`nat <nats>`, {eq}`eq-a`.\n```\n"
        "````\n\n"
        "```{math}\n:label: eq-a\na = b\n```\n\n```{eval-rst}\n.. automodule:: x\n```\n"
    )
    (cell,) = to_notebook(Page("page", ROOT / "page.md", text), ROOT).cells
    assert LEFT.findall(text) != []
    assert LEFT.findall(cell.source) == []
    assert all(part in cell.source for part in ("# T", "**Look**", "Inside nat, (eq-a).", "$$\na = b\n$$"))
    assert "automodule" not in cell.source
