"""One page in a kernel of its own: what came out, what it cost, or where and why it stopped."""

__all__ = ["Outcome", "read_notebook", "run_page"]

import os
import resource
import time
from dataclasses import dataclass
from typing import Any

from coursekit.book.pages import Page

_CELL_LIMIT_S = 300
# Processor seconds, not the clock's: what else the machine does must not fail a page.
_BUDGET_S, _TRAINING_BUDGET_S = 60, 180


@dataclass(frozen=True)
class Outcome:
    """What a worker sends back: the executed notebook as text, or where and why it stopped."""

    notebook: str
    seconds: float = 0.0
    processor_seconds: float = 0.0
    problem: str = ""
    report: str = ""


def read_notebook(page: Page) -> Any:
    """Return a page as the notebook that the build will look up in the cache.

    Args:
        page: an executable page.
    """
    from myst_nb.core.read import read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig

    return read_myst_markdown_notebook(page.text, MdParserConfig(), add_source_map=True, path=str(page.path))


def _where(notebook: Any, page: Page, error: Exception) -> str:
    """Say in one line which cell stopped and why."""
    lines = notebook.metadata.get("source_map", [])
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                line = lines[index] + 1 if index < len(lines) else 1
                return f"{page.slug}.md:{line}: {output.ename}: {' '.join(output.evalue.split())}"
    return f"{page.slug}.md: {type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _breach(notebook: Any, page: Page, spent: float) -> str:
    """Return which rule a run that reached its end broke, or nothing."""
    for index, cell in enumerate(notebook.cells):
        if any(o.output_type == "stream" and o.name == "stderr" for o in cell.get("outputs", [])):
            line = notebook.metadata.source_map[index] + 1
            return f"{page.slug}.md:{line}: the cell wrote to stderr; a page must run without warnings"
    trains = bool(page.front.get("trains"))
    if spent > (_TRAINING_BUDGET_S if trains else _BUDGET_S):
        allowed = f"at most {_BUDGET_S}, or {_TRAINING_BUDGET_S} with `trains: true` in its front matter"
        return f"{page.slug}.md: the page took {spent:.0f} processor seconds; {allowed}"
    return ""


def _children_seconds() -> float:
    """Return the processor time of the kernels that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_page(page: Page) -> Outcome:
    """Run a page from its first cell to its last, in the folder where it lies.

    Args:
        page: an executable page.
    """
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    notebook, start, before = read_notebook(page), time.perf_counter(), _children_seconds()
    try:
        NotebookClient(
            notebook,
            timeout=_CELL_LIMIT_S,
            record_timing=False,  # timings in the cells would change the hash under which the build looks
            resources={"metadata": {"path": str(page.path.parent)}},
            extra_arguments=["--log-level=40"],  # its note about local TCP is no news to a reader
        ).execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError, NoSuchKernel) as error:
        return Outcome("", problem=_where(notebook, page, error), report=str(error))
    spent = _children_seconds() - before
    if broken := _breach(notebook, page, spent):
        return Outcome("", problem=broken)
    return Outcome(nbformat.writes(notebook), time.perf_counter() - start, spent)
