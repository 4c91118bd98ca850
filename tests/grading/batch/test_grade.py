"""``coursekit grade`` in a course: marks, states, what is kept back, what nbgrader itself would say."""

import csv
import fcntl
import json
import sqlite3
from pathlib import Path

import pytest

from tests.grading.batch.toy_course import NAME, RIGHT, ToyCourse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HALF = {**RIGHT, "total": "def total(x):\n    return float(np.sum(x)) if len(x) != 3 else 0.0"}
ENDS = {**RIGHT, "word": "word = 'gradient'\nimport os\nos._exit(3)"}
# student -> what is handed in, points of double, total, word and essay, state
CLASS: dict[str, tuple[dict[str, str] | str, tuple[float | None, ...], str]] = {
    "ada": (RIGHT, (2, 3, 1, None), "graded"),
    "bob": ({}, (0, 0, 0, 0), "graded"),
    "cleo": (HALF, (2, 1.5, 1, None), "graded"),
    "dora": ({**RIGHT, "double": "def double(x):\n    return x"}, (0, 3, 1, None), "graded"),
    "emil": (ENDS, (2, 3, 0, None), "graded with faults"),
    "fred": ("no notebook", (None, None, None, None), "not gradable"),
    "greta": ({**RIGHT, "double": "def double(x):\n    while True: pass"}, (0, 3, 1, None), "graded"),
}
CELLS = ("test-double", "test-total", "test-word", "essay")
LATE = """
from nbgrader.plugins import LateSubmissionPlugin
class Late(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * round(total_seconds_late / 3600)
c.AssignLatePenalties.plugin_class = Late
"""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> ToyCourse:
    """Hand in and grade once; a copy of the course as it was before lies beside it."""
    course = ToyCourse(tmp_path_factory.mktemp("batch") / "course", LATE)
    with sqlite3.connect(course.database) as database:
        database.execute("update assignment set duedate = '2026-01-01 12:00:00.000000'")
    for student, (answers, _, _) in CLASS.items():
        course.hand_in(student, answers, "2026-01-01 15:00:00" if student in ("bob", "dora") else "")
    course.twin(course.folder.with_name("before"))
    course.told = course.grade()  # type: ignore[attr-defined]
    return course


@pytest.fixture
def copy(graded: ToyCourse, tmp_path: Path) -> ToyCourse:
    """Return a graded course to change."""
    return graded.twin(tmp_path / "copy")


@pytest.mark.parametrize("student", CLASS)
def test_every_mark_is_exact(graded: ToyCourse, student: str) -> None:
    _, points, state = CLASS[student]
    found = graded.marks()[student]
    assert tuple(found[cell][0] for cell in CELLS) == points
    assert graded.states()[student] == state
    assert {cell for cell in CELLS if found[cell][1]} == {
        cell for cell, point in zip(CELLS, points, strict=True) if point is None
    }


def test_nbgrader_itself_writes_the_same(graded: ToyCourse, tmp_path: Path) -> None:
    other = graded.at(graded.folder.with_name("before")).twin(tmp_path / "peer")
    other.run("-m", "nbgrader", "autograde", NAME)
    assert other.marks() == graded.marks()
    assert other.states() == graded.states()
    asked = """select a.student_id, b.name, c.auto_comment from comment c
        join submitted_notebook n on n.id = c.notebook_id
        join submitted_assignment a on a.id = n.assignment_id
        join base_cell b on b.id = c.cell_id"""
    lateness = """select a.student_id, a.timestamp, n.late_submission_penalty from submitted_notebook n
        join submitted_assignment a on a.id = n.assignment_id"""
    for query in (asked, lateness):
        rows = []
        for course in (graded, other):
            with sqlite3.connect(course.database) as database:
                rows.append(sorted(map(str, database.execute(query))))
        assert rows[0] == rows[1]
    assert any("1.5" in row for row in rows[0])  # three hours late: the penalty is there
    assert sum("1.5" in row for row in rows[0]) == 1  # bob was as late: who has nothing loses nothing
    other.run("-m", "nbgrader", "autograde", NAME, "--student", "fred", "--force")
    assert other.states() == graded.states()  # the blank that lies in the place of his file is none of his
    other.grade()
    assert other.states() == graded.states()
    assert other.marks() == graded.marks()


def test_the_summary_says_what_matters(graded: ToyCourse) -> None:
    told = graded.told  # type: ignore[attr-defined]
    assert "7 submissions: 5 graded, 1 graded with faults, 1 not gradable" in told
    assert "fred: toy: not a notebook" in told
    assert "emil: toy: cell 6: it ended the Python process" in told


def test_export_tells_nothing_from_zero(graded: ToyCourse) -> None:
    graded.run("-m", "nbgrader", "export", "--to", "grades.csv")
    with (graded.folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert (rows["bob"]["score"], rows["bob"]["state"]) == ("0", "graded")
    assert (rows["fred"]["score"], rows["fred"]["state"]) == ("", "not gradable")


def test_again_changes_nothing(copy: ToyCourse) -> None:
    before, data = copy.dump(), copy.database.read_bytes()
    log = (copy.folder / ".nbgrader/record/log.jsonl").read_text().count('"written"')
    assert "7 of 7 submissions were graded before" in copy.grade()
    assert copy.dump() == before
    assert copy.database.read_bytes() == data
    assert (copy.folder / ".nbgrader/record/log.jsonl").read_text().count('"written"') == log


def _stricter(course: ToyCourse) -> None:
    """Change a hidden test: nobody's total is right any more."""
    with sqlite3.connect(course.database) as database:
        database.execute(
            "update source_cell set source = 'assert total(np.ones(2)) == 7' where name = 'test-total'"
        )


def test_a_regrade_is_shown_before_it_counts(copy: ToyCourse) -> None:
    before = copy.dump()
    _stricter(copy)
    changed = copy.dump()
    told = copy.grade("--preview")
    assert "would change: ada: 6 -> 3, graded (toy/test-total 3 -> 0)" in told
    assert copy.dump() == changed != before
    told = copy.grade(code=1)
    assert "kept back: ada: 6 -> 3" in told
    assert copy.marks()["ada"]["test-total"][0] == 3
    assert copy.marks()["bob"]["test-total"][0] == 0
    copy.grade("--accept")
    assert copy.marks()["ada"]["test-total"][0] == 0
    events = (copy.folder / ".nbgrader/record/log.jsonl").read_text()
    assert '"kept back"' in events
    assert '"accepted": true' in events


def test_a_new_submission_needs_no_leave(copy: ToyCourse) -> None:
    copy.hand_in("bob", RIGHT)
    copy.hand_in("fred", RIGHT)
    copy.grade()
    marks = copy.marks()
    assert [marks["bob"][cell][0] for cell in CELLS] == [2, 3, 1, None]
    assert [marks["fred"][cell][0] for cell in CELLS] == [2, 3, 1, None]
    copy.hand_in("ada", "broken")
    copy.grade()
    assert [copy.marks()["ada"][cell][0] for cell in CELLS] == [None] * 4
    assert copy.states()["ada"] == "not gradable"


def test_what_people_gave_stays(copy: ToyCourse) -> None:
    with sqlite3.connect(copy.database) as database:
        database.execute("""update grade set manual_score = 3.5, needs_manual_grade = 0 where cell_id in
            (select id from base_cell where name = 'essay')""")
        database.execute("update comment set manual_comment = 'well put'")
    _stricter(copy)
    copy.grade("--accept")
    with sqlite3.connect(copy.database) as database:
        given = "select count(*) from grade where manual_score = 3.5"
        assert database.execute(given).fetchone() == (len(CLASS),)
        said = "select distinct manual_comment from comment"
        assert database.execute(said).fetchall() == [("well put",)]


def test_a_killed_autograde_leaves_no_old_number(copy: ToyCourse) -> None:
    copy.hand_in("ada", {**RIGHT, "double": "import time\ntime.sleep(60)"})
    process = copy.start("-m", "nbgrader", "autograde", NAME, "--student", "ada", "--force")
    with pytest.raises(Exception, match="timed out"):
        process.communicate(timeout=15)
    process.kill()
    process.communicate()
    assert copy.states()["ada"] == "not run"
    assert [copy.marks()["ada"][cell] for cell in CELLS] == [(None, True)] * 4


def test_a_log_that_lost_its_end_is_told_by_the_gradebook(copy: ToyCourse) -> None:
    ask = ("-m", "coursekit", "report", NAME, "--log")
    assert "The chain of all" in copy.run(*ask)
    path = copy.folder / ".nbgrader" / "record" / "log.jsonl"
    *kept, last = path.read_text("utf-8").splitlines(keepends=True)
    who = json.loads(last)
    assert who["event"] == "written"
    path.write_text("".join(kept), "utf-8")
    told = copy.run(*ask, code=1)
    assert (
        f"{who['student']}: the marks of verdict {who['key'][:12]} are in the gradebook, and no line" in told
    )
    copy.grade()
    copy.run(*ask)


def test_a_release_that_nobody_can_pass_is_refused(copy: ToyCourse) -> None:
    path = copy.folder / "exercises" / NAME / f"{NAME}.ipynb"
    path.write_text(path.read_text("utf-8").replace("word = ...", "# say the word"), "utf-8")
    told = copy.grade(code=1)
    assert "toy, test-word: word is defined by no answer and no set-up cell" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"grade_id": "test-word"', '"grade_id": "test-double"', "Duplicate grade id: test-double"),
        ('"schema_version": 3', '"schema_version": 2', "Outdated schema version"),
    ],
)
def test_a_release_with_broken_metadata_is_refused(copy: ToyCourse, old: str, new: str, said: str) -> None:
    path = copy.folder / "exercises" / NAME / f"{NAME}.ipynb"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    told = copy.grade(code=1)
    assert f"the release can't be graded, mend it: toy: nbgrader's metadata are broken: {said}" in told


def test_two_commands_keep_off_each_other(copy: ToyCourse) -> None:
    with (copy.folder / ".nbgrader" / f"grading-{NAME}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        told = copy.grade(code=1)
    assert "'toy' is being graded by another command: wait for it" in told
    copy.grade()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "the gradebook has no assignment 'nothing'"),
        ((NAME, "--student", "adda"), "'adda' handed in no 'toy' (did you mean 'ada'?)"),
        ((NAME, "--course", "exercises"), "--course must be a folder with nbgrader_config.py"),
        ((NAME, "--workers", "0"), "--workers must be at least 1; got 0"),
        ((NAME, "--workers", "-1", "--unsafe"), "--workers must be at least 1; got -1"),
        ((NAME, "--scheduler", "tcp://127.0.0.1:9"), "no scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_trouble_is_one_line(graded: ToyCourse, arguments: tuple[str, ...], message: str) -> None:
    told = graded.run("-m", "coursekit", "grade", *arguments, code=1)
    assert message in told
    assert told.count("\n") == 1
