"""The state of the book for machines: one JSON file that says what was built, tested and covered."""

__all__ = ["calibration", "status", "versions"]

import hashlib
import importlib.metadata
import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coursekit._check import CourseError
from coursekit._write import write_whole
from coursekit.book.execute import Run
from coursekit.book.keys import ModuleGraph
from coursekit.book.ledger import Ledger, covered
from coursekit.book.pages import Page, equation_labels, quiz_chapters

_SHOWN = ("coursekit", "torch", "numpy", "matplotlib", "scikit-learn", "jupyter-book", "sphinx", "nbgrader")


def versions() -> dict[str, str]:
    """Return the versions that a reader of a number may ask for."""
    found = {"python": platform.python_version()}
    for name in _SHOWN:
        try:
            found[name] = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def calibration(root: Path) -> list[dict[str, Any]]:
    """Return how each exercise's grader did against its known right and wrong answers.

    The result is kept until a module behind the exercises changes.

    Args:
        root: the project's folder.

    Raises:
        CourseError: if a grader gave a known answer the wrong verdict or message.
    """
    from coursekit.assess.calibrate import calibrate

    graph = ModuleGraph(root)
    digest = hashlib.sha256()
    for name in sorted(graph.reached("import coursekit.assess.calibrate")):
        digest.update(graph.digests[name].encode())
    kept = root / "_build" / "calibration.json"
    try:
        stored = json.loads(kept.read_text(encoding="utf-8"))
        if stored["key"] == digest.hexdigest():
            return list(stored["exercises"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no calibration that can be trusted: make it again
    found = calibrate()
    if surprises := [f"{one.id}: {failure}" for one in found for failure in one.failures]:
        raise CourseError("a grader misjudged an answer of known worth: " + "; ".join(surprises))
    rows = [one.row() for one in found]
    write_whole(kept, json.dumps({"key": digest.hexdigest(), "exercises": rows}, indent=1))
    return rows


def status(root: Path, pages: tuple[Page, ...], runs: dict[str, Run], ledger: Ledger) -> dict[str, Any]:
    """Return everything that the status page and other programs show.

    Args:
        root: the project's folder.
        pages: the pages of the book.
        runs: the last run of each executable page.
        ledger: the rows of the ledgers.
    """
    from coursekit.assess import questions

    def row(page: Page) -> dict[str, Any]:
        run = runs.get(page.slug)
        asked = [q.id for chapter in quiz_chapters(page) for q in questions(chapter)]
        return {
            "slug": page.slug.removeprefix("chapters/"),
            "seconds": run.seconds if run else 0.0,
            "cells": run.cells if run else 0,
            "claims": [claim["name"] for claim in run.claims] if run else [],
            "equations": list(equation_labels(page)),
            "questions": asked,
        }

    return {
        "pages": [row(page) for page in pages],
        "exercises": calibration(root),
        "coverage": {r.id: [r.anchor.removeprefix("chapters/"), r.symbol, r.test] for r in covered(ledger)},
        "questions": [question.id for question in questions()],
        "versions": versions(),
        "runs": {slug.removeprefix("chapters/"): asdict(run) for slug, run in sorted(runs.items())},
    }
