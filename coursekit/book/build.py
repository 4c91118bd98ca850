"""From sources to site: check the ledgers, run what is stale, build with warnings as errors, report."""

__all__ = ["build", "check"]

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from coursekit._check import CourseError
from coursekit._write import write_whole
from coursekit.book import ledger as ledgers
from coursekit.book.execute import Run, execute, load_run, stale
from coursekit.book.keys import ModuleGraph, page_key
from coursekit.book.lint import lint
from coursekit.book.pages import Page, pages
from coursekit.book.status import status, versions


def _say(line: str) -> None:
    print(line, flush=True)


def _git(root: Path, *arguments: str) -> str:
    """Return what git says, or nothing if there is no repository."""
    try:
        told = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


def _stamp(root: Path) -> dict[str, str]:
    """Return what a page's foot says of the state it was run in."""
    commit = _git(root, "rev-parse", "--short=10", "HEAD") or "no repository"
    changed = _git(root, "status", "--porcelain", "--", "coursekit", "chapters", "constraints.txt")
    lock = hashlib.sha256((root / "constraints.txt").read_bytes()).hexdigest()[:10]
    known = versions()
    dirty = " with local changes" if changed else ""
    return {"commit": commit + dirty, "lock": lock, "python": known["python"], "torch": known["torch"]}


def check(root: Path) -> tuple[tuple[Page, ...], ledgers.Ledger]:
    """Hold the sources against the rules that need no run: ledgers and lint.

    Args:
        root: the project's folder.

    Raises:
        CourseError: if a rule is broken; every breach is printed first.
    """
    found, rows = pages(root), ledgers.load(root)
    broken = ledgers.problems(root, rows, found) + [line for page in found for line in lint(page)]
    for line in broken:
        _say(line)
    if broken:
        raise CourseError(f"{len(broken)} rule(s) of the book are broken, listed above; nothing was built")
    return found, rows


def _claims_are_unique(runs: dict[str, Run]) -> None:
    """Refuse two claims of one name: the ledger could not tell them apart."""
    names = [claim["name"] for run in runs.values() for claim in run.claims]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CourseError(f"claim names must be unique in the book; {twice[0]!r} stands twice")


def _sphinx(root: Path) -> None:
    """Build the site; every warning is an error, and each is shown."""
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", ".", "-W", "-n", "--keep-going"]
    log = root / "_build" / "sphinx.log"
    told = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    text = re.sub(r"\x1b\[[0-9;]*m", "", told.stdout)
    write_whole(log, text)
    if told.returncode != 0 or not (root / "_build" / "html" / "index.html").is_file():
        lines = [
            line for line in text.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line
        ]
        for line in lines[:40]:
            _say(line)
        # A warned-about page would count as read next time and pass: forget it.
        for pickle in (root / "_build" / ".doctrees").glob("environment.pickle"):
            pickle.unlink()
        raise CourseError(
            f"the site was not built: {len(lines)} warning(s) or error(s) above, whole log in {log}"
        )


def _table(found: tuple[Page, ...], runs: dict[str, Run]) -> None:
    """Print page, seconds, cells, claims."""
    width = max(len(page.slug) for page in found)
    _say(f"\n{'page':<{width}}  seconds  cells  claims")
    for page in found:
        run = runs.get(page.slug)
        told = (
            f"{run.seconds:7.1f}  {run.cells:5d}  {len(run.claims):6d}"
            if run
            else f"{'-':>7}  {'-':>5}  {'-':>6}"
        )
        _say(f"{page.slug:<{width}}  {told}")


def build(root: Path, *, jobs: int) -> None:
    """Run stale pages, build the site, write ``_build/status.json`` and say which file to open.

    Args:
        root: the project's folder.
        jobs: how many pages run at a time.

    Raises:
        CourseError: if a rule, a page or the site fails.
    """
    found, rows = check(root)
    graph = ModuleGraph(root)
    keyed = [(page, page_key(page, graph)) for page in found if page.executable]
    todo = stale(root, keyed)
    _say(f"{len(found)} pages, {len(keyed)} of them run; {len(keyed) - len(todo)} are up to date")
    execute(root, todo, jobs=jobs, stamp=_stamp(root), say=_say)
    runs = {page.slug: run for page, _ in keyed if (run := load_run(root, page.slug))}
    _claims_are_unique(runs)
    _say("calibrating the graders (kept until a grader changes)")
    told = json.dumps(status(root, found, runs, rows), indent=1, ensure_ascii=False)
    target = root / "_build" / "status.json"
    if not target.is_file() or target.read_text(encoding="utf-8") != told:
        write_whole(target, told)
    _say("building the site, warnings are errors")
    _sphinx(root)
    _table(found, runs)
    _say(f"\nopen {root / '_build' / 'html' / 'index.html'}   (or `make serve`, which search needs)")
