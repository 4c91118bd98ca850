"""The folder of an exam: written beside its place and put there when it is complete."""

__all__ = ["FILES", "write"]

import csv
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from coursekit._check import CourseError
from coursekit.exam import sheets, typeset, web
from coursekit.exam.plan import Plan

_SHEETS = ("papers", "key", "marking")
FILES = (*(f"{name}.{kind}" for name in _SHEETS for kind in ("pdf", "html")), "marking.csv", "exam.json")


def _table(plan: Plan, path: Path) -> None:
    """Write the marking sheet as a table: one line for each right and each foreseen wrong answer."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ("student", "question", "template", "answer", "verdict", "accepted", "slip", "feedback")
        )
        for student, paper in zip(plan.students, plan.papers, strict=True):
            for number, drawn in enumerate(paper, start=1):
                head = (student.id, number, drawn.id)
                table.writerow((*head, sheets.right(drawn), "right", sheets.accepted(drawn), "", ""))
                for answer, slip, feedback in sheets.slips(drawn):
                    table.writerow((*head, answer, "wrong", "", slip, feedback))


def _fill(plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
    """Write all files of an exam into a folder."""
    for name in _SHEETS:
        say(f"{name}: {len(plan.students)} students")
        (folder / f"{name}.html").write_text(getattr(web, name)(plan), encoding="utf-8")
        typeset.pdf(getattr(typeset, name)(plan), folder / f"{name}.pdf")
    _table(plan, folder / "marking.csv")
    text = json.dumps(plan.record(), indent=1, ensure_ascii=False)
    (folder / "exam.json").write_text(text + "\n", encoding="utf-8")


def write(
    plan: Plan, folder: Path, *, force: bool = False, say: Callable[[str], None] = lambda _: None
) -> None:
    """Write papers, key and marking sheet, all files or none.

    Args:
        plan: the exam.
        folder: where to; it must be empty or not there.
        force: whether to replace an exam that lies there.
        say: told what is being written.

    Raises:
        CourseError: if the folder holds something else, or can't be written.
    """
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if there and not (force and set(there) <= set(FILES)):
        what = (
            "an exam: add --force to replace it" if set(there) <= set(FILES) else f"other files ({there[0]})"
        )
        raise CourseError(f"{folder} must be an empty folder; it holds {what}")
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} must be a folder; it is a file")
    beside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        _fill(plan, beside, say)
        beside.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    except OSError as error:
        raise CourseError(
            f"{folder} can't be written: {error.strerror or error}; nothing was left there"
        ) from None
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
