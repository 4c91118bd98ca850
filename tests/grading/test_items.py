"""The items report: figures of a made-up class by hand and by SciPy, misconceptions from real feedback."""

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import scipy.stats
from nbgrader.api import Gradebook

from coursekit._check import CourseError
from coursekit.assess import NotPassed, check, exercise, grade_answer, question
from coursekit.cli import main
from coursekit.grading.item_report import plot, table, write_report
from coursekit.grading.items import Item, items
from tests.grading.course import Course, put, submission

SEED = 77
VALUE, HALF, REDUCTION, KL = "vae/kl-value", "vae/kl-half", "vae/reduction", "mini-sprint-vae/kl"
SOURCES = {
    "grade-1": f'grade_answer("{VALUE}", answer_1, seed=SEED)',
    "grade-2": f'grade_answer("{HALF}", answer_2, seed={SEED})',
    "grade-3": f'grade_answer("{REDUCTION}", answer_3, seed=SEED)',
    "grade-4": f'grade("{KL}", kl)\n### BEGIN HIDDEN TESTS\ngrade("{KL}", kl, seed=5)\n### END HIDDEN TESTS',
    "grade-5": "assert essay",
}
WORTH = {"grade-1": 1, "grade-2": 1, "grade-3": 1, "grade-4": 3, "grade-5": 0}
SCORES: dict[str, tuple[float, ...]] = {
    "ann": (1, 1, 1, 3),
    "bob": (1, 1, 1, 2),
    "cyd": (1, 0, 1, 3),
    "dan": (1, 0, 1, 0),
    "eve": (0, 1, 1, 2),
    "fay": (0, 0, 1, 0),
}


def error(name: str, text: str) -> dict[str, Any]:
    """Return the output of a cell that raised."""
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": ["\x1b[31mframes\x1b[0m"]}


def refused(name: str, answer: object) -> dict[str, Any]:
    """Return what a question's test shows for a wrong answer."""
    with pytest.raises(NotPassed) as caught:
        grade_answer(name, answer, seed=SEED)
    return error("NotPassed", str(caught.value))


def wrong(name: str, slip: str) -> object:
    """Return the answer that a slip gives."""
    drawn = question(name).draw(SEED)
    at = next(n for n, option in enumerate(drawn.options) if option.slip == slip)
    return "ABCDEFGH"[at] if drawn.kind == "choice" else drawn.options[at].numbers[0]


def slips(name: str) -> list[str]:
    """Return the slips that a question knows."""
    return [option.slip for option in question(name).draw(SEED).options if not option.correct]


def told(candidate: object) -> str:
    """Return the exercise's report on an answer."""
    return str(check(KL, candidate, seed=5))


def mutant(name: str) -> object:
    """Build a known wrong answer."""
    return next(m for m in exercise(KL).mutants if m.name == name).build()


def stream(text: str) -> dict[str, Any]:
    """Return what a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def half_right(mu: Any, logvar: Any) -> Any:
    """Return the right values without gradients."""
    return exercise(KL).reference()(mu, logvar).detach()


# What stands below the cells that did not earn all their points.
OUTPUTS = {
    ("eve", "grade-1"): refused(VALUE, wrong(VALUE, slips(VALUE)[1])),
    ("fay", "grade-1"): refused(VALUE, ...),
    ("cyd", "grade-2"): refused(HALF, wrong(HALF, slips(HALF)[0])),
    ("dan", "grade-2"): refused(HALF, wrong(HALF, slips(HALF)[0])),
    ("fay", "grade-2"): error("NameError", "name 'answer_2' is not defined"),
    ("bob", "grade-4"): stream(told(half_right)),
    ("dan", "grade-4"): error("NotPassed", told(mutant("half"))),
    ("eve", "grade-4"): stream("something that nobody foresaw"),
    ("fay", "grade-4"): error("NotPassed", told(None)),
}


@contextmanager
def gradebook(path: Path) -> Iterator[Gradebook]:
    """Open a gradebook; to make one, nbgrader calls a command of this environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        # The course has a name of its own, as in nbgrader_config.py.
        with Gradebook(f"sqlite:///{path}", course_id="neural-networks-verified") as book:
            yield book


def write_notebook(path: Path, student: str) -> None:
    """Write an autograded notebook as nbgrader leaves it."""

    def cell(name: str, source: str, *, grade: bool) -> dict[str, Any]:
        outputs = [OUTPUTS[student, name]] if (student, name) in OUTPUTS else []
        tag = {"grade_id": name, "grade": grade, "locked": True, "solution": False}
        return {"cell_type": "code", "metadata": {"nbgrader": tag}, "source": source, "outputs": outputs}

    told = [{"cell_type": "markdown", "metadata": {}, "source": "words"}]
    told.append(cell("setup", f"from coursekit.assess import question\n\nSEED = {SEED}\n", grade=False))
    told += [cell(name, source, grade=True) for name, source in SOURCES.items()]
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": told}), "utf-8")


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make up a class of six: its gradebook and its folder of autograded work."""
    folder = tmp_path_factory.mktemp("class")
    with gradebook(folder / "gradebook.db") as book:
        book.add_assignment("unused")
        book.add_assignment("midterm")
        book.add_notebook("work", "midterm")
        for name in reversed(WORTH):  # the order of the report is that of the notebook, not of the database
            book.add_grade_cell(name, "work", "midterm", max_score=WORTH[name], cell_type="code")
        for student, scores in SCORES.items():
            book.add_student(student)
            with warnings.catch_warnings():  # nbgrader itself warns here
                warnings.simplefilter("ignore")
                submitted = book.add_submission("midterm", student)
            points = dict(zip(WORTH, (*scores, 0), strict=True))
            for grade in submitted.notebooks[0].grades:
                grade.auto_score, grade.needs_manual_grade = points[grade.name], False
            write_notebook(folder / "autograded" / student / "midterm" / "work.ipynb", student)
        book.db.commit()
    with gradebook(folder / "empty.db"):
        pass
    return folder


@pytest.fixture
def class_(made_up: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return a copy of the made-up class: its gradebook and its folder of autograded work."""
    shutil.copytree(made_up, tmp_path / "class")
    return tmp_path / "class" / "gradebook.db", tmp_path / "class" / "autograded"


def test_figures_by_hand_and_by_scipy(class_: tuple[Path, Path]) -> None:
    found = items(str(class_[0]), class_[1])
    assert [item.name for item in found] == [VALUE, HALF, REDUCTION, KL]  # worth nothing: not an item
    assert [item.students for item in found] == [6] * 4
    assert [item.difficulty for item in found] == pytest.approx([4 / 6, 3 / 6, 1, 10 / 18])
    # By hand: the rest is 5, 4, 4, 1 for the right ones, 4 and 1 for the wrong ones; its variance is 89/36.
    by_hand = (3.5 - 2.5) / (89 / 36) ** 0.5 * (4 / 6 * 2 / 6) ** 0.5
    assert found[0].discrimination == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.2998, abs=5e-5)
    columns = list(zip(*SCORES.values(), strict=True))
    for at in (0, 1):
        rest = [sum(row) - row[at] for row in SCORES.values()]
        wanted = scipy.stats.pointbiserialr(columns[at], rest).statistic
        assert found[at].discrimination == pytest.approx(wanted)
    assert found[2].discrimination is None  # everybody was right
    rest = [sum(row) - row[3] for row in SCORES.values()]
    assert found[3].discrimination == pytest.approx(scipy.stats.pearsonr(columns[3], rest).statistic)


def test_misconceptions_are_counted(class_: tuple[Path, Path]) -> None:
    found = [dict(item.mistakes) for item in items(str(class_[0]), class_[1])]
    assert found[0] == {slips(VALUE)[1]: 1, "not attempted": 1}
    assert found[1] == {slips(HALF)[0]: 2, "crashed": 1}
    assert found[2] == {}
    assert found[3] == {"half": 1, "no gradient": 1, "another mistake": 1, "not attempted": 1}


def test_every_known_mistake_is_recognised_by_its_own_words() -> None:
    from coursekit.grading.item_reasons import Cell, reason

    for name in (VALUE, HALF, REDUCTION):
        for slip in slips(name):
            text = refused(name, wrong(name, slip))["evalue"]
            assert reason(Cell("grade_answer", name, SEED, 0, "NotPassed", text)) == slip
            assert reason(Cell("grade_answer", name, None, 0, "NotPassed", text)) == "another mistake"
    for known in exercise(KL).mutants:
        report = check(KL, known.build(), seed=5)
        assert report.mutant == known.name
        alike = [m.name for m in exercise(KL).mutants if m.message == known.message]
        assert reason(Cell("grade", KL, 5, 0, "NotPassed", str(report))) == " or ".join(alike)

    def crashing(*_: object) -> None:
        raise ZeroDivisionError

    assert reason(Cell("grade", KL, 5, 0, "NotPassed", told(crashing))) == "crashed"
    assert (
        reason(Cell("grade", "gone/exercise", 5, 0, "NotPassed", "✗ gone/exercise: wrong."))
        == "another mistake"
    )
    assert reason(Cell("grade_answer", "gone/q", 5, 0, "NotPassed", "gone/q: no")) == "another mistake"
    assert reason(Cell("", "", None, 0, "AssertionError", "")) == "crashed"
    assert reason(Cell("", "", None, 0, "", "")) == "another mistake"
    assert reason(None) == "no notebook"


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"cells": 3}', '{"cells": [{}]}', "[" * 100_000])
def test_a_notebook_that_cannot_be_read_stops_nothing(class_: tuple[Path, Path], text: str | None) -> None:
    path = class_[1] / "fay" / "midterm" / "work.ipynb"
    if text is None:
        path.unlink()
    else:
        path.write_text(text, "utf-8")
    found = items(str(class_[0]), class_[1])
    assert [item.name for item in found] == [VALUE, HALF, REDUCTION, KL]
    assert [dict(item.mistakes).get("no notebook", 0) for item in found] == [1, 1, 0, 1]
    assert found[0].students == 6


def test_an_answer_that_a_person_has_yet_to_read_is_left_out(class_: tuple[Path, Path]) -> None:
    with gradebook(class_[0]) as book:
        for student in ("ann", "bob", "cyd", "dan"):
            notebook = book.find_submission_notebook("work", "midterm", student)
            grade = next(g for g in notebook.grades if g.name == "grade-2")
            grade.auto_score, grade.manual_score, grade.needs_manual_grade = None, None, True
        book.db.commit()
    item = items(str(class_[0]), class_[1])[1]
    assert (item.students, item.difficulty) == (2, 0.5)
    assert item.discrimination is None  # two students always lie on a line


def test_the_gradebook_is_only_read(class_: tuple[Path, Path]) -> None:
    digest = hashlib.sha256(class_[0].read_bytes()).hexdigest()
    items(f"sqlite:///{class_[0]}", class_[1], "midterm")
    assert hashlib.sha256(class_[0].read_bytes()).hexdigest() == digest


def test_report_is_written(class_: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    out = class_[0].parent / "report"
    line = ["items", "--db", str(class_[0]), "--autograded", str(class_[1]), "--out", str(out)]
    assert main(line) == 0
    printed = capsys.readouterr().out
    assert re.search(rf"1  {VALUE} +6 +0\.67 +0\.30  1 x ", printed)
    assert re.search(rf"3  {REDUCTION} +6 +1\.00 +-  -", printed)
    assert sorted(path.name for path in out.iterdir()) == [
        "items.csv",
        "items.html",
        "items.svg",
        "mistakes.csv",
    ]
    with (out / "items.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item"] for row in rows] == [VALUE, HALF, REDUCTION, KL]
    assert [float(row["difficulty"]) for row in rows] == pytest.approx([4 / 6, 0.5, 1, 10 / 18], abs=1e-6)
    assert rows[2]["discrimination"] == ""
    with (out / "mistakes.csv").open(newline="") as file:
        counts = {(row["item"], row["mistake"]): int(row["students"]) for row in csv.DictReader(file)}
    assert counts[HALF, slips(HALF)[0]] == 2
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(line) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


class Page(HTMLParser):
    """Collects what a reader of the page needs."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))


def test_page_is_whole_by_itself_and_accessible(class_: tuple[Path, Path], tmp_path: Path) -> None:
    found = items(str(class_[0]), class_[1])
    hostile = found[0]._replace(name="<script>x</script>", mistakes=(("<b>", 1),))
    write_report(tmp_path / "r", [*found, hostile])
    text = (tmp_path / "r" / "items.html").read_text("utf-8")
    page = Page()
    page.feed(text)
    names = [tag for tag, _ in page.tags]
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert names.count("h1") == names.count("caption") == names.count("picture") == 1
    assert {a.get("scope") for tag, a in page.tags if tag == "th"} == {"col", "row"}
    assert "script" not in names
    assert "b" not in names
    images = [a for tag, a in page.tags if tag == "img"]
    assert "difficulties from 0.50 to 0.67" in str(images[0]["alt"])
    places = [v for _, a in page.tags for k, v in a.items() if k in ("src", "srcset", "href")]
    assert all(str(place).startswith("data:") for place in places)


def made(name: str, difficulty: float, discrimination: float | None, assignment: str = "a") -> Item:
    """Return an item with these figures."""
    return Item(assignment, "n", "c", name, 1, 9, difficulty, discrimination, ())


def test_plot_says_what_it_shows() -> None:
    drawn = plot([made("a/b", 0.2, -0.5), made("a/c", 0.9, 0.4), made("a/d", 1.0, None)])
    assert drawn.alt.startswith(
        "Discrimination against difficulty for 2 of 3 items: difficulties from 0.20 to 0.90"
    )
    assert plot([made("a/d", 1.0, None)]).alt.startswith("An empty plot")
    two = table([made("a/b", 0.2, -0.5), made("x/y", float("nan"), None, "b")])
    assert two.splitlines()[0] == "a"
    assert re.search(r"2  x/y +9 +- +-  -", two)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--db", "none.db"], "none.db is missing: name nbgrader's gradebook"),
        (["--db", "sqlite:///none.db"], "none.db is missing"),
        (["--db", "sqlite://"], "is missing"),
        (["--db", "what://x:y:z"], "what://x:y:z is no URL of a database"),
        (["--db", "what://me:secret@x/y"], "what://me:...@x/y cannot be read as nbgrader's gradebook"),
        (["--db", "damaged.db"], "damaged.db cannot be read as nbgrader's gradebook"),
        (["--db", "other.db"], "other.db is no gradebook of nbgrader"),
        (["--db", "old.db"], "old.db cannot be read as nbgrader's gradebook: .*no such column"),
        (
            ["--assignment", "midtrem"],
            "must be one of midterm, unused; got 'midtrem' .did you mean 'midterm'",
        ),
        (["--assignment", "unused"], "nobody handed in assignment unused"),
        (["--db", "empty.db"], "nobody handed in any assignment"),
        (["--autograded", "none"], "none is missing: name nbgrader's folder of graded work"),
        (["--out", "/proc/none"], "/proc/none"),
    ],
)
def test_mistakes_are_one_line(
    class_: tuple[Path, Path], change: list[str], message: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = class_[0].parent
    monkeypatch.chdir(folder)
    (folder / "damaged.db").write_bytes(b"no database at all" * 100)
    for name, tables in {"other.db": ["x"], "old.db": ["assignment", "submitted_notebook", "grade"]}.items():
        connection = sqlite3.connect(folder / name)
        for one in tables:
            connection.execute(f"CREATE TABLE {one} (a TEXT)")
        connection.close()
    line = ["items", "--db", str(class_[0]), "--autograded", str(class_[1]), "--out", "report"]
    assert main([*line, *change]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)
    assert not (folder / "report").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_class_graded_by_the_real_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiz = "quiz-vae"
    course = Course(tmp_path, quiz)
    course.run("generate_assignment", quiz, "--create")
    drawn = question(VALUE).draw(2024)
    slip = next(option for option in drawn.options if not option.correct)
    class_ = {
        "right": submission(quiz),
        "slip": submission(quiz, put("answer-1", f"answer_1 = {slip.numbers[0]!r}")),
        "crash": submission(quiz, put("answer-1", "answer_1 = 1 / 0"), put("answer-3", "answer_3 = 'seven'")),
        "blank": submission(quiz, blank=True),
    }
    for name, notebook in class_.items():
        (course.inbox / f"{name}_2026-11-21_{quiz}.ipynb").write_text(json.dumps(notebook), "utf-8")
    course.run("zip_collect", quiz)
    course.run("autograde", quiz)
    place = tmp_path / ".nbgrader"
    line = ["--db", f"sqlite:///{place}/gradebook.db", "--autograded", str(place / "autograded")]
    assert main(["items", *line, "--out", str(tmp_path / "report")]) == 0
    assert "vae/kl-value" in capsys.readouterr().out
    found = items(f"sqlite:///{place}/gradebook.db", place / "autograded")
    assert [item.cell for item in found] == [f"grade-{n}" for n in range(1, 11)]
    assert dict(found[0].mistakes) == {slip.slip: 1, "crashed": 1, "not attempted": 1}
    assert dict(found[2].mistakes) == {"another mistake": 1, "not attempted": 1}
    assert [item.difficulty for item in found] == [0.25, 0.75, 0.5] + [0.75] * 7
    wanted = scipy.stats.pointbiserialr([1, 0, 0, 0], [9, 9, 8, 0]).statistic
    assert found[0].discrimination == pytest.approx(wanted)


def test_missing_gradebook_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is missing"):
        items(str(tmp_path / "g.db"), tmp_path)
    assert list(tmp_path.iterdir()) == []
