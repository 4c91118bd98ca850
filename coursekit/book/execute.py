"""Running pages side by side into the cache that the build reads, and what each run left behind."""

__all__ = ["CACHE", "Run", "execute", "load_run", "stale"]

import datetime
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from coursekit._check import CourseError
from coursekit._write import write_whole
from coursekit.book.claims import CLAIM_KEY
from coursekit.book.kernel import Outcome, read_notebook, run_page
from coursekit.book.pages import Page

CACHE = Path("_build") / ".jupyter_cache"
_RUNS = Path("_build") / "runs"
_REPORTS = Path("_build") / "reports"
_NEWS_S = 15  # a page that takes longer is named again, so that silence always means trouble


@dataclass(frozen=True)
class Run:
    """What one run of a page measured; kept as JSON beside the cache."""

    slug: str
    key: str
    date: str
    commit: str
    lock: str
    seconds: float
    processor_seconds: float
    cells: int
    claims: list[dict[str, str]]
    glued: dict[str, str]
    python: str
    torch: str


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


def _keep(root: Path, page: Page, key: str, outcome: Outcome, stamp: dict[str, str]) -> Run:
    """Put a good run into the cache and write its record, the record last."""
    import nbformat
    from jupyter_cache.base import CacheBundleIn

    notebook = nbformat.reads(outcome.notebook, as_version=4)
    bundle = CacheBundleIn(notebook, str(page.path), data={"execution_seconds": outcome.seconds})
    _cache(root).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    claims, glued = _claims(notebook)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    run = Run(
        page.slug,
        key,
        today,
        seconds=round(outcome.seconds, 1),
        processor_seconds=round(outcome.processor_seconds, 1),
        cells=len(page.cells),
        claims=claims,
        glued=glued,
        **stamp,
    )
    write_whole(_record_path(root, page.slug), json.dumps(asdict(run), indent=1, ensure_ascii=False))
    return run


def _finished(
    started: dict[Future[Outcome], tuple[Page, str]], say: Callable[[str], None]
) -> Iterator[tuple[Future[Outcome], Page, str]]:
    """Yield runs as they end, and say now and then which go on."""
    waiting, begun = set(started), time.monotonic()
    while waiting:
        done, waiting = wait(waiting, timeout=_NEWS_S, return_when=FIRST_COMPLETED)
        for future in done:
            yield future, *started[future]
        if waiting and not done:
            slow = sorted(started[future][0].slug for future in waiting if future.running())
            say(f"  {time.monotonic() - begun:.0f} s: at work on {', '.join(slow)}")


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
    say(f"running {len(keyed)} page(s), {jobs} at a time: {', '.join(page.slug for page, _ in keyed)}")
    problems: list[str] = []
    # Fresh processes: a fork of a process with threads may hang.
    with ProcessPoolExecutor(min(jobs, len(keyed)), mp_context=get_context("spawn")) as pool:
        started = {pool.submit(run_page, page): (page, key) for page, key in keyed}
        for done, (future, page, key) in enumerate(_finished(started, say), start=1):
            outcome, place = future.result(), f"[{done}/{len(keyed)}]"
            if outcome.problem:
                report = root / _REPORTS / f"{page.slug.replace('/', '--')}.txt"
                write_whole(report, outcome.report or outcome.problem)
                problems.append(outcome.problem)
                say(f"{place} FAILED {page.slug} (traceback: {report.relative_to(root)})")
            else:
                _keep(root, page, key, outcome, stamp)
                say(f"{place} {page.slug} {outcome.seconds:.1f} s")
    if problems:
        raise CourseError("; ".join(problems))
