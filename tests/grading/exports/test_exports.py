"""Exports, read back by the csv module: no number is an empty field, and no name becomes a formula."""

import csv
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit._check import CourseError
from coursekit.cli.report import main
from coursekit.grading.exports.canvas import fill
from coursekit.grading.exports.finals import NOT_HANDED_IN, Final, finals, number
from coursekit.grading.exports.moodle import table
from coursekit.grading.exports.sheet import Sheet, defused, is_formula, parse, write_text, written
from coursekit.grading.gradebook.states import put_state
from coursekit.grading.marking.verdict import FAULTS, GRADED, NOT_GRADABLE, NOT_RUN
from coursekit.grading.record import Record
from tests.grading.reporting.klass import ASSIGNMENT, WORTH, Student, course, gradebook, hand_in

EVIL = "=cmd|' /C calc'!A0"
ENTRIES = [
    Final("ann", "Änne", 'O"Neil, Jr.', "Ann@x.org", "11", GRADED, raw=7.5, penalty=1.0),
    Final("bob", EVIL, "Ωmega", "bob@x.org", "12", NOT_RUN, reason="lost"),
    Final("cyd", "Cyd", "Zero", "cyd@x.org", "", GRADED, raw=0.0),
    Final("dan", "Dan", "Late", "", "", GRADED, raw=1.0, penalty=3.0),
    Final("eve", "Eve", "Gone", "eve@x.org"),
]
HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Essay (7)", "work (42)", "Final Score"]
ROSTER = [
    HEAD,
    ["    Points Possible", "", "", "", "", "10", "8", "(read only)"],
    ['O"Neil, Jr., Änne', "11", "u1", "login-ann", "A", "9.00", "", "90.0"],
    [EVIL, "12", "u2", "bob", "A", "-", "6", "12.0"],
    ["Zero, Cyd", "13", "cyd", "l3", "B", "", "5", ""],
    ["Late, Dan", "14", "u4", "DAN", "B", "3", "", ""],
    ["Gone, Eve", "15", "u5", "eve@x.org", "B", "4", "EX", ""],
    ["Student, Test", "99", "", "", "B", "4", "1", ""],
]


def back(text: str, comma: str = ",") -> list[list[str]]:
    """Read CSV again."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=comma))


def test_canvas_column_is_filled_and_the_rest_is_left() -> None:
    found = fill(Sheet(ROSTER), ENTRIES, "work")
    rows = back(written(found.sheet.rows))
    assert found.column == "work (42)"
    assert [row[6] for row in rows] == ["work (42)", "8", "6.5", "", "0", "0", "EX", "1"]
    for made, before in zip(rows, ROSTER, strict=True):
        others = [n for n in range(len(HEAD)) if n != 6]
        assert [made[n].removeprefix("'") for n in others] == [before[n] for n in others]
    assert rows[3][0] == f"'{EVIL}"
    assert rows[3][5] == "-"
    assert found.told == ("eve is excused in Canvas: left so",)
    assert ROSTER[2][6] == ""  # the roster itself is not changed


def test_canvas_rows_that_can_not_be_told() -> None:
    twice = [*ROSTER, ["Late, Dan", "16", "u6", "dan", "C", "", "2", ""]]
    found = fill(Sheet(twice), [*ENTRIES, Final("zoe", state=GRADED, raw=1.0)], "work")
    assert "dan has several rows in the roster: left out" in found.told
    assert "zoe has no row in the roster: left out" in found.told
    assert [row[6] for row in found.sheet.rows if row[0] == "Late, Dan"] == ["", "2"]
    same = [Final("u1", state=GRADED, raw=1.0), Final("login-ann", state=GRADED, raw=2.0)]
    with pytest.raises(CourseError, match="are the same row of the roster"):
        fill(Sheet(ROSTER), same, "work")


@pytest.mark.parametrize(
    ("head", "column", "message"),
    [
        (HEAD, "wrok", r"--column must name one assignment .* 0 match 'wrok'; did you mean|0 match 'wrok'"),
        ([*HEAD, "Work (43)"], "WORK", "2 match 'WORK'"),
        (["Name", "Mark"], "work", "must be a gradebook that Canvas exported"),
    ],
)
def test_canvas_says_what_is_wrong(head: list[str], column: str, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        fill(Sheet([head]), ENTRIES, "work", column)


def test_canvas_column_by_its_whole_head() -> None:
    assert fill(Sheet([[*HEAD, "Work (43)"]]), ENTRIES, "work", "Work (43)").column == "Work (43)"


@pytest.mark.parametrize(("comma", "newline", "mark"), [(",", "\n", False), (";", "\r\n", True)])
def test_a_roster_keeps_its_form(tmp_path: Path, comma: str, newline: str, mark: bool) -> None:
    path = tmp_path / "canvas.csv"
    write_text(path, written(ROSTER, comma, newline), mark=mark)
    sheet = parse(path)
    assert (sheet.rows, sheet.comma, sheet.newline, sheet.mark) == (ROSTER, comma, newline, mark)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") == mark


@pytest.mark.parametrize(
    ("data", "message"), [(None, "is missing"), (b"", "it is empty"), (b"\xff\xfeS\0", "must be in UTF-8")]
)
def test_a_roster_that_can_not_be_read(tmp_path: Path, data: bytes | None, message: str) -> None:
    if data is not None:
        (tmp_path / "r.csv").write_bytes(data)
    with pytest.raises(CourseError, match=message):
        parse(tmp_path / "r.csv")


def test_moodle_table() -> None:
    found = table(ENTRIES, "work")
    rows = back(written(found.rows))
    assert rows[0] == ["First name", "Last name", "Email address", "work"]
    assert rows[1:] == [
        ["Änne", 'O"Neil, Jr.', "Ann@x.org", "6.5"],
        [f"'{EVIL}", "Ωmega", "bob@x.org", ""],
        ["Cyd", "Zero", "cyd@x.org", "0"],
        ["Eve", "Gone", "eve@x.org", ""],
    ]
    assert found.told == ("dan has no email address in the gradebook: left out",)
    by_id = table([*ENTRIES, Final("+49", state=GRADED, raw=101.0), Final("@x", raw=101.0)], "work", "id")
    assert by_id.rows[0][2] == "ID number"
    assert [row[2] for row in by_id.rows[1:]] == ["ann", "bob", "cyd", "dan", "eve", "+49"]
    assert len(by_id.told) == 2
    assert "Moodle takes no number above 100" in by_id.told[1]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "\u00a0@"])
def test_formulas_are_defused(start: str) -> None:
    text = f"{start}SUM(A1:A9)"
    assert is_formula(text)
    assert defused(text) == f"'{text}"
    assert back(written([[defused(text)]])) == [[f"'{text}"]]


@pytest.mark.parametrize(
    "text", ["", "-", "-2.5", "+3", "12", "(read only)", "O'Neil", "a=b", "  Points Possible"]
)
def test_what_is_no_formula_stays(text: str) -> None:
    assert defused(text) == text


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, ""), (0.0, "0"), (10.0, "10"), (100.0, "100"), (2 / 3, "0.666667"), (1e-9, "0")],
)
def test_numbers(value: float | None, told: str) -> None:
    assert number(value) == told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a class with one student in each state."""
    made = course(tmp_path_factory.mktemp("exports") / "course")
    nothing = dict.fromkeys(WORTH, 0.0)
    hand_in(
        made,
        [
            Student("ann", person={"first_name": "Änne", "last_name": EVIL, "email": "a@x.org"}),
            Student("bob", nothing, state=FAULTS),
            Student("cyd", state=NOT_GRADABLE, more={"reason": "it holds no notebook"}),
            Student("dan", state=NOT_RUN, more={"reason": "the machine went down"}),
            Student("fay", {"test-rate": None}),
        ],
        ["eve"],
    )
    with gradebook(made) as book:
        grade = book.find_grade("test-cost", ASSIGNMENT, ASSIGNMENT, "ann")
        grade.manual_score = 1.0
        notebook = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ann")
        notebook.late_submission_penalty = 2.0
        book.db.commit()
    return made


def test_final_numbers_are_the_gradebooks(folder: Path) -> None:
    with gradebook(folder) as book:
        found = {entry.student: entry for entry in finals(book, ASSIGNMENT)}
    whole = sum(WORTH.values())
    assert found["ann"].score == pytest.approx(whole - WORTH["test-cost"] + 1 - 2)
    assert (found["bob"].score, found["bob"].state) == (0.0, FAULTS)
    assert (found["cyd"].score, found["cyd"].state) == (None, NOT_GRADABLE)
    assert (found["dan"].score, found["dan"].reason) == (None, "the machine went down")
    assert (found["eve"].score, found["eve"].state) == (None, NOT_HANDED_IN)
    assert [who for who, entry in found.items() if entry.waiting] == ["fay"]
    assert found["ann"].name == f"Änne {EVIL}"


def test_a_submission_without_a_state_has_no_number(tmp_path: Path) -> None:
    made = course(tmp_path / "course")
    hand_in(made, [Student("ann")])
    with gradebook(made) as book:
        from sqlalchemy import text

        book.db.execute(text("DELETE FROM coursekit_verdict"))
        (entry,) = finals(book, ASSIGNMENT)
        assert (entry.state, entry.score) == (NOT_RUN, None)
        put_state(book.db, ASSIGNMENT, "ann", GRADED)
        (entry,) = finals(book, ASSIGNMENT)
        assert entry.score == sum(WORTH.values())


def test_nbgrader_export_has_the_states(folder: Path) -> None:
    line = [sys.executable, "-m", "nbgrader", "export", "--to", "out.csv"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with (folder / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert list(rows["ann"])[:-1] == [
        "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
        "late_submission_penalty", "score", "max_score",
    ]  # fmt: skip
    assert {who: row["state"] for who, row in rows.items()} == {
        "ann": GRADED, "bob": FAULTS, "cyd": NOT_GRADABLE, "dan": NOT_RUN, "eve": NOT_HANDED_IN,
        "fay": GRADED,
    }  # fmt: skip
    assert {who: row["score"] for who, row in rows.items()} == {
        "ann": "11", "bob": "0", "cyd": "", "dan": "", "eve": "", "fay": "12",
    }  # fmt: skip
    assert float(rows["ann"]["raw_score"]) - float(rows["ann"]["late_submission_penalty"]) == 11
    assert rows["dan"]["raw_score"] == rows["dan"]["late_submission_penalty"] == ""
    assert rows["ann"]["last_name"] == f"'{EVIL}"
    assert rows["ann"]["first_name"] == "Änne"
    assert float(rows["eve"]["max_score"]) == sum(WORTH.values())


def test_the_command_writes_both(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = [
        [*HEAD[:5], f"{ASSIGNMENT} (3)"],
        ["=x", "1", "u", "ann", "A", "4"],
        ["B", "2", "v", "dan", "A", "4"],
    ]
    (tmp_path / "roster.csv").write_text(written(roster), "utf-8")
    start = [ASSIGNMENT, "--course", str(folder)]
    out = tmp_path / "canvas.csv"
    assert main([*start, "--canvas", str(out), "--roster", str(tmp_path / "roster.csv")]) == 0
    assert [row[5] for row in back(out.read_text("utf-8"))] == [f"{ASSIGNMENT} (3)", "11", ""]
    assert main([*start, "--moodle", str(tmp_path / "moodle.csv"), "--key", "username"]) == 0
    rows = back((tmp_path / "moodle.csv").read_text("utf-8"))
    assert {row[2]: row[3] for row in rows[1:]} == {
        "ann": "11", "bob": "0", "cyd": "", "dan": "", "eve": "", "fay": "12",
    }  # fmt: skip
    printed = capsys.readouterr()
    assert "3 students with a number, 3 with an empty field" in printed.out
    assert "1 students have a part without points yet" in printed.err
    assert [line.details["file"] for line in Record(folder).log() if line.event == "exported"] == [
        str(out), str(tmp_path / "moodle.csv"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="go together"):
        main([*start, "--canvas", str(out)])
    with pytest.raises(CourseError, match="has no assignment 'none'"):
        main(["none", "--course", str(folder), "--moodle", str(out)])
