"""Each page that runs, taken away as a notebook and run shortened in a folder of its own."""

from pathlib import Path

import nbformat
import papermill
import pytest

from coursekit.book.ext.downloads import to_notebook
from coursekit.book.pages import Page, pages

ROOT = Path(__file__).parents[2]
EXECUTABLE = [page for page in pages(ROOT) if page.executable]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of papermill's own libraries; the pages' warnings fail their build
@pytest.mark.parametrize("page", EXECUTABLE, ids=lambda page: page.slug)
def test_notebook_runs_shortened(page: Page, tmp_path: Path) -> None:
    source, target = tmp_path / "page.ipynb", tmp_path / "done.ipynb"
    nbformat.write(to_notebook(page, ROOT), source)
    papermill.execute_notebook(
        source, target, parameters={"FAST": True}, cwd=tmp_path, kernel_name="python3", progress_bar=False
    )
    done = nbformat.read(target, as_version=4)
    tags = [cell.metadata.get("tags", []) for cell in done.cells]
    assert ["injected-parameters"] in tags
    assert tags.index(["injected-parameters"]) == tags.index(["parameters"]) + 1
    assert any(cell.get("outputs") for cell in done.cells)
