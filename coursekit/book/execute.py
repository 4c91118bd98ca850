"""Running pages side by side into the cache that the build reads, and what each run left behind."""

__all__ = ["CACHE", "Run", "execute", "load_run", "stale"]

import datetime
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit._check import CourseError
from coursekit.book.claims import CLAIM_KEY
from coursekit.book.pages import Page

CACHE = Path("_build") / ".jupyter_cache"
_RUNS = Path("_build") / "runs"
_REPORTS = Path("_build") / "reports"
_CELL_LIMIT_S = 300


@dataclass(frozen=True)
class Run:
    """What one run of a page measured; kept as JSON beside the cache."""

    slug: str
    key: str
    date: str
    commit: str
    lock: str
    seconds: float
    cells: int
    claims: list[dict[str, str]]
    glued: dict[str, str]
    python: str
    torch: str


@dataclass(frozen=True)
class _Outcome:
    """What a worker sends back: the executed notebook as text, or where and why it stopped."""

    notebook: str
    seconds: float
    problem: str = ""
    report: str = ""


def _record_path(root: Path, slug: str) -> Path:
    return root / _RUNS / f"{slug.replace('/', '--')}.json"


def load_run(root: Path, slug: str) -> Run | None:
    """Return the record of a page's last good run, or None if there is none that can be read.

    Args:
        root: the project's folder.
        slug: the page's name in the table of contents.
    """
    try:
        return Run(**json.loads(_record_path(root, slug).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Args:
        path: where to; missing folders are made.
        text: its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_notebook(page: Page) -> Any:
    """Return a page as the notebook that the build will look up in the cache.

    Args:
        page: an executable page.
    """
    from myst_nb.core.read import read_myst_markdown_notebook
    from myst_parser.config.main import MdParserConfig

    return read_myst_markdown_notebook(page.text, MdParserConfig(), add_source_map=True, path=str(page.path))


def _cache(root: Path) -> Any:
    from jupyter_cache import get_cache

    (root / CACHE).mkdir(parents=True, exist_ok=True)
    return get_cache(str(root / CACHE))


def stale(root: Path, keyed: Sequence[tuple[Page, str]]) -> list[tuple[Page, str]]:
    """Return the pages whose last run is missing or no longer honest.

    Args:
        root: the project's folder.
        keyed: pages with their present keys.
    """
    found = []
    try:
        cache = _cache(root)
        cache.list_cache_records()
    except Exception:
        # Whatever a damaged database raises, nothing in it can be trusted: every page runs again.
        shutil.rmtree(root / CACHE, ignore_errors=True)
        cache = _cache(root)
    for page, key in keyed:
        run = load_run(root, page.slug)
        try:
            cache.match_cache_notebook(read_notebook(page))
            held = run is not None and run.key == key
        except KeyError:
            held = False
        if not held:
            found.append((page, key))
    return found


def _where(notebook: Any, page: Page, error: Exception) -> str:
    """Say in one line which cell stopped and why."""
    lines = notebook.metadata.get("source_map", [])
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                line = lines[index] + 1 if index < len(lines) else 1
                return f"{page.slug}.md:{line}: {output.ename}: {' '.join(output.evalue.split())}"
    return f"{page.slug}.md: {type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _work(page: Page) -> _Outcome:
    """Run one page in a kernel of its own, in the folder where it lies."""
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    notebook, start = read_notebook(page), time.perf_counter()
    try:
        NotebookClient(
            notebook,
            timeout=_CELL_LIMIT_S,
            record_timing=False,  # timings in the cells would change the hash under which the build looks
            resources={"metadata": {"path": str(page.path.parent)}},
            extra_arguments=["--log-level=40"],  # its note about local TCP is no news to a reader
        ).execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError, NoSuchKernel) as error:
        return _Outcome("", time.perf_counter() - start, _where(notebook, page, error), str(error))
    for index, cell in enumerate(notebook.cells):
        if any(o.output_type == "stream" and o.name == "stderr" for o in cell.get("outputs", [])):
            line = notebook.metadata.source_map[index] + 1
            return _Outcome(
                "", 0.0, f"{page.slug}.md:{line}: the cell wrote to stderr; a page must run without warnings"
            )
    return _Outcome(nbformat.writes(notebook), time.perf_counter() - start)


def _claims(notebook: Any) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Collect the claims and the glued texts of an executed notebook."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    records = [o["metadata"][CLAIM_KEY] for o in outputs if CLAIM_KEY in o.get("metadata", {})]
    glued = {
        o["metadata"]["scrapbook"]["name"]: str(next(iter(o["data"].values())))
        for o in outputs
        if "scrapbook" in o.get("metadata", {})
    }
    return [dict(record) for record in records], glued


def _keep(root: Path, page: Page, key: str, outcome: _Outcome, stamp: dict[str, str]) -> Run:
    """Put a good run into the cache and write its record, the record last."""
    import nbformat
    from jupyter_cache.base import CacheBundleIn

    notebook = nbformat.reads(outcome.notebook, as_version=4)
    bundle = CacheBundleIn(notebook, str(page.path), data={"execution_seconds": outcome.seconds})
    _cache(root).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    claims, glued = _claims(notebook)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    run = Run(page.slug, key, today, seconds=round(outcome.seconds, 1), cells=len(page.cells),
              claims=claims, glued=glued, **stamp)  # fmt: skip
    write_atomically(_record_path(root, page.slug), json.dumps(asdict(run), indent=1, ensure_ascii=False))
    return run


def execute(
    root: Path,
    keyed: Sequence[tuple[Page, str]],
    *,
    jobs: int,
    stamp: dict[str, str],
    say: Callable[[str], None],
) -> None:
    """Run pages side by side; the good ones are kept even if another fails.

    Args:
        root: the project's folder.
        keyed: the pages to run, with their keys.
        jobs: how many at a time.
        stamp: commit, lock, python and torch of this build.
        say: takes each line of progress.

    Raises:
        CourseError: if a page failed: where, why, and the file with the whole traceback.
    """
    if not keyed:
        return
    say(f"running {len(keyed)} page(s), {jobs} at a time")
    problems: list[str] = []
    with ProcessPoolExecutor(min(jobs, len(keyed))) as pool:
        waiting: dict[Future[_Outcome], tuple[Page, str]] = {
            pool.submit(_work, page): (page, key) for page, key in keyed
        }
        for done, future in enumerate(as_completed(waiting), start=1):
            page, key = waiting[future]
            outcome = future.result()
            if outcome.problem:
                report = root / _REPORTS / f"{page.slug.replace('/', '--')}.txt"
                write_atomically(report, outcome.report or outcome.problem)
                problems.append(outcome.problem)
                say(f"[{done}/{len(keyed)}] FAILED {page.slug} (traceback: {report.relative_to(root)})")
            else:
                _keep(root, page, key, outcome, stamp)
                say(f"[{done}/{len(keyed)}] {page.slug} {outcome.seconds:.1f} s")
    if problems:
        raise CourseError("; ".join(problems))
