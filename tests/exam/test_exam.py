"""Printed exams: everybody's own numbers, sheets that agree with each other, and bad input in one line."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from coursekit._check import CourseError
from coursekit.assess import question, questions
from coursekit.assess.mastery import mastery
from coursekit.cli import main
from coursekit.exam import Plan, again, lectures, numbered, plan, roster, write
from coursekit.exam.folder import FILES
from coursekit.exam.sheets import POINTS, needed

EVERY = lectures("1-11")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """A small exam over all lectures, written once."""
    found = plan(EVERY, numbered(3), seed=7, date="1 December")
    folder = tmp_path_factory.mktemp("exam") / "out"
    write(found, folder)
    return found, folder


def test_one_question_a_lecture_the_same_for_all() -> None:
    found = plan(EVERY, numbered(2), seed=3)
    assert [question(name).lecture for name in found.templates] == list(range(1, 12))
    assert plan(EVERY, numbered(2), seed=3) == found
    assert len({plan(EVERY, numbered(2), seed=seed).templates for seed in range(8)}) > 4


def test_more_questions_spread_over_the_lectures() -> None:
    found = plan((1, 6), numbered(1), seed=0, count=7)
    per = [sum(question(name).lecture == number for name in found.templates) for number in (1, 6)]
    assert sum(per) == 7
    assert abs(per[0] - per[1]) <= 1
    most = sum(q.lecture in (1, 6) for q in questions())
    assert len(plan((1, 6), numbered(1), seed=0, count=most).templates) == most


def test_no_two_of_three_hundred_papers_are_equal() -> None:
    papers = plan(EVERY, numbered(300), seed=1).papers
    assert len({tuple(drawn.stem for drawn in paper) for paper in papers}) == 300
    keys = [{drawn.key.text for drawn in column} for column in zip(*papers, strict=True)]
    assert min(map(len, keys)) > 3


def test_too_few_different_papers_are_refused() -> None:
    found = plan((9,), numbered(200), seed=0, count=1)
    small = Plan("t", "", 0, (9,), ("attention/parameters",), found.students)
    with pytest.raises(CourseError, match="too few different numbers for 200 students: ask more questions"):
        _ = small.papers


def test_all_files_are_there_and_nothing_else(made: tuple[Plan, Path]) -> None:
    _, folder = made
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert [path.name for path in folder.parent.iterdir()] == ["out"]
    for name in ("papers", "key", "marking"):
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        page = (folder / f"{name}.html").read_text("utf-8")
        assert "<script" not in page
        assert not re.findall(r'(?:src|href)="', page)
        assert page.count("<section>") == 3
        assert '<html lang="en">' in page


def test_marking_table_agrees_with_the_engine(made: tuple[Plan, Path]) -> None:
    """Every number on the marking sheet, given as an answer, gets the verdict that stands beside it."""
    found, folder = made
    with (folder / "marking.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    papers = {student.id: paper for student, paper in zip(found.students, found.papers, strict=True)}
    for row in rows:
        drawn = papers[row["student"]][int(row["question"]) - 1]
        assert drawn.id == row["template"]
        answer = row["answer"].partition(":")[0] if drawn.kind == "choice" else row["answer"]
        if drawn.kind == "number":
            answer = re.sub(r"[^=,]*=", " ", answer.removesuffix(f" {drawn.unit}"))
        marked = drawn.mark(answer)
        assert (marked.correct, marked.slip) == (row["verdict"] == "right", row["slip"])
    assert len(rows) == sum(len(drawn.options) for paper in found.papers for drawn in paper)


def test_papers_hold_no_key_and_the_key_holds_the_steps(made: tuple[Plan, Path]) -> None:
    found, folder = made
    papers, key = ((folder / f"{name}.html").read_text("utf-8") for name in ("papers", "key"))
    for paper in found.papers:
        for drawn in paper:
            assert drawn.id in key
            assert drawn.id not in papers
            assert drawn.feedback not in papers
    assert "1 December" in papers
    assert "<math" in papers


def test_pass_line_is_the_mastery_rule(made: tuple[Plan, Path]) -> None:
    for count in range(1, 41):
        least = needed(count)
        assert mastery([True] * least + [False] * (count - least)).mastered
        assert not mastery([True] * (least - 1) + [False] * (count - least + 1)).mastered
    assert f"{needed(11) * POINTS} of 22 points pass" in (made[1] / "papers.html").read_text("utf-8")


def test_the_same_exam_can_be_written_again(made: tuple[Plan, Path], tmp_path: Path) -> None:
    found, folder = made
    assert again(folder / "exam.json") == found
    assert main(["exam", "--again", str(folder / "exam.json"), "--out", str(tmp_path / "two")]) == 0
    for name in FILES:
        assert (tmp_path / "two" / name).read_bytes() == (folder / name).read_bytes(), name


def test_damaged_records_are_one_line(made: tuple[Plan, Path], tmp_path: Path) -> None:
    text = (made[1] / "exam.json").read_text("utf-8")
    path = tmp_path / "exam.json"
    for damage, told in (
        ("{", "is no exam of this course"),
        ("[]", "is no exam of this course"),
        (text.replace('"version": 1', '"version": 9'), "version must be 1; got 9"),
        (text.replace('"seed": 7', '"seed": 8'), "field 'seeds' does not fit"),
        (re.sub(r'"digest": "\w', '"digest": "x', text), "field 'digest' does not fit"),
        (text.replace('"title"', '"titel"'), "KeyError 'title'"),
    ):
        path.write_text(damage, encoding="utf-8")
        with pytest.raises(CourseError, match=re.escape(told)):
            again(path)
    with pytest.raises(CourseError, match="can't be read"):
        again(tmp_path / "none.json")


def test_roster_is_read(tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("\ufeffname,id\nAda  Lovelace,a1\nÉmile,b2\n", encoding="utf-8")
    assert [(s.id, s.name) for s in roster(path)] == [("a1", "Ada Lovelace"), ("b2", "Émile")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name\nAda\n", "line 2: field 'id' must not be empty; the columns are ['name']"),
        ("id\na\n\na\n", "field 'id' must be unique; 'a' stands twice"),
        ("id,name\n", "it has none"),
        ("", "it has none"),
    ],
)
def test_bad_rosters_name_line_and_field(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "class.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=re.escape(told)):
        roster(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="must be a readable CSV file"):
        roster(path)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--seed", "1", "--students", "0"], 1, "students must be 1 to 5000; got 0"),
        (["--seed", "1", "--students", "5001"], 1, "students must be 1 to 5000; got 5001"),
        (["--seed", "1", "--students", "2", "--lectures", "1-40"], 1, "lectures must be among"),
        (["--seed", "1", "--students", "2", "--lectures", "one"], 1, "numbers and ranges such as 1-11"),
        (["--seed", "1", "--students", "2", "--lectures", "5-3"], 1, "lectures must be among"),
        (["--seed", "1", "--students", "2", "--lectures", "1-99999999"], 1, "must be small numbers"),
        (["--seed", "1", "--students", "2", "--questions", "500"], 1, "questions must be 1 to"),
        (["--students", "2"], 2, "needs --seed with --students or --roster, or --again"),
        (["--seed", "x", "--students", "2"], 2, "invalid int value"),
    ],
)
def test_bad_commands_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    assert main(["exam", *arguments, "--out", str(tmp_path / "out")]) == code
    error = capsys.readouterr().err.strip()
    assert told in error
    assert "\n" not in error
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_never_replaced(tmp_path: Path) -> None:
    small = plan((1,), numbered(1), seed=0)
    (tmp_path / "thesis.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(
            CourseError, match=r"must be an empty folder; it holds other files \(thesis.txt\)"
        ):
            write(small, tmp_path, force=force)
    folder = tmp_path / "exam"
    write(small, folder)
    with pytest.raises(CourseError, match="add --force to replace it"):
        write(small, folder)
    write(small, folder, force=True)
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    with pytest.raises(CourseError, match="must be a folder; it is a file"):
        write(small, tmp_path / "thesis.txt")


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("coursekit.exam.typeset.pdf", full)
    with pytest.raises(CourseError, match="No space left on device; nothing was left there"):
        write(plan((1,), numbered(1), seed=0), tmp_path / "exam")
    assert list(tmp_path.iterdir()) == []


def test_pages_of_a_student_are_counted_and_begin_on_an_odd_page(made: tuple[Plan, Path]) -> None:
    """The PDF's own text, read by another program's parser."""
    pages = [page.extract_text() for page in pypdf.PdfReader(made[1] / "papers.pdf").pages]
    firsts = [at for at, text in enumerate(pages) if re.search(r"page 1 of \d", text)]
    assert len(firsts) == 3
    assert all(at % 2 == 0 for at in firsts)
    for at, student in zip(firsts, ("001", "002", "003"), strict=True):
        own = int(re.search(r"page 1 of (\d+)", pages[at])[1])  # type: ignore[index]
        assert all(f"page {n + 1} of {own}" in pages[at + n] and student in pages[at + n] for n in range(own))


def test_interrupted_writing_leaves_nothing(tmp_path: Path) -> None:
    """Killed in the middle, the place of the exam stays free."""
    code = (
        "import os, coursekit.exam.typeset as t\n"
        "t.pdf = lambda *_: os._exit(9)\n"
        "from coursekit.exam import *\n"
        f"write(plan((1,), numbered(1), seed=0), __import__('pathlib').Path({str(tmp_path / 'exam')!r}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert not (tmp_path / "exam").exists()


def test_record_names_every_seed(made: tuple[Plan, Path]) -> None:
    found, folder = made
    kept = json.loads((folder / "exam.json").read_text("utf-8"))
    for student, paper in zip(found.students, found.papers, strict=True):
        for name, seed, drawn in zip(found.templates, kept["seeds"][student.id], paper, strict=True):
            assert question(name).draw(seed) == drawn
