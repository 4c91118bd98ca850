"""The report of a class: figures against numpy and counting, the page as a browser and a reader meet it."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from coursekit._check import CourseError
from coursekit.assess import exercise, mastery
from coursekit.cli.report import main
from coursekit.grading.marking.verdict import FAULTS, NOT_GRADABLE, NOT_RUN
from coursekit.grading.record import Line, Record
from coursekit.grading.reporting.audit import audit
from coursekit.grading.reporting.gather import Class, gather
from coursekit.grading.reporting.marks import marks
from coursekit.grading.reporting.outcomes import items, masters, misconceptions, skills
from tests.grading.course import put, submission
from tests.grading.reporting.klass import ASSIGNMENT, ROOT, WORTH, Student, course, gradebook, hand_in, report

SGD, COST, LOGISTIC = "one-neuron/sgd", "one-neuron/cost", "one-neuron/logistic"
EVIL = "<script>alert(1)</script>"
MINE = """
def sgd(w, b, X, d, lr):
    history, offsets = [w.copy()], [float(b)]
    for pattern, wanted in zip(X, d):
        mistake = wanted - pattern @ history[-1] - offsets[-1]
        history.append(history[-1] + lr * mistake * pattern)
        offsets.append(offsets[-1] + lr * mistake)
    table = np.vstack(history)
    assert table.shape == (X.shape[0] + 1, X.shape[1])
    return table, np.asarray(offsets).reshape(-1)
"""
THEIRS = """
def sgd(start, shift, inputs, targets, rate):  # all my own
    '''I did this alone.'''
    path, moves = [start.copy()], [float(shift)]
    for row, goal in zip(inputs, targets):
        print("step")
        gap = goal - row @ path[-1] - moves[-1]
        path.append(path[-1] + rate * gap * row)
        moves.append(moves[-1] + rate * gap)
    result = np.vstack(path)
    assert result.shape == (inputs.shape[0] + 1, inputs.shape[1])
    return result, np.asarray(moves).reshape(-1)
"""


@pytest.mark.parametrize(("count", "most"), [(1, 10), (2, 10), (7, 10), (240, 16), (50, 0)])
def test_quartiles_and_histogram(count: int, most: float) -> None:
    rng = np.random.default_rng(count)
    values = np.round(rng.uniform(0, 1.1 * most, count), 1)
    found = marks(values.tolist(), most)
    assert found.quartiles == pytest.approx(np.percentile(values, [25, 50, 75]))
    assert sum(found.counts) == count
    assert found.edges[-1] >= values.max()
    for at, (low, high) in enumerate(zip(found.edges[:-1], found.edges[1:], strict=True)):
        last = at == len(found.counts) - 1
        assert found.counts[at] == sum(low <= v < high or (last and v == high) for v in values)


def test_no_marks_at_all() -> None:
    assert marks([], 10).quartiles is None
    assert sum(marks([], 0).counts) == 0


def students() -> list[Student]:
    """Return a class with every kind of outcome."""
    wrong = {m.name: m.message for m in exercise(SGD).mutants}
    name = "bias updated first"
    slip = report(SGD, "wrong", mutant=name, message=wrong[name])
    other = report(COST, "wrong", mutant="made up", message=EVIL, earned=1.0)
    right = {f"test-{task}": (report(f"one-neuron/{task}", "right"),) for task in ("sgd", "cost", "logistic")}
    return [
        Student("ann", {}, right, notebook=submission(ASSIGNMENT, put("sgd", MINE), blank=True)),
        Student("bob", {"test-sgd": 0.0}, {**right, "test-sgd": (slip, slip)},
                notebook=submission(ASSIGNMENT, put("sgd", THEIRS), blank=True), more={"seconds": 12.5}),
        Student("cyd", {"test-sgd": 0.0, "test-cost": 0.5},
                {**right, "test-sgd": (slip,), "test-cost": (report(COST, "right"), other)},
                notebook=submission(ASSIGNMENT)),
        Student("dan", {"test-sgd": 0.0, "test-cost": 0.0, "test-logistic": 0.0},
                {"test-sgd": (report(SGD, "not attempted"),), "test-cost": (report(COST, "crashed"),)},
                state=FAULTS, notebook=submission(ASSIGNMENT, blank=True),
                more={"faults": (f"cell 4: {EVIL}",),
                      "guesses": ("the answer to cost was one of several (60% sure) [please look: the last]",
                                  "no cell answers rate (0% sure)")}),
        Student(EVIL, {"test-rate": None}, right),
        Student("gus", state=NOT_GRADABLE, more={"reason": f"it holds {EVIL}"}),
        Student("hal", state=NOT_RUN, more={"reason": "the machine went down"}),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make that class on the disk."""
    made = course(tmp_path_factory.mktemp("report") / "course")
    hand_in(made, students(), ["ivy"])
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> Class:
    """Read it."""
    with gradebook(folder) as book:
        return gather(book, Record(folder), ASSIGNMENT, folder / "exercises" / ASSIGNMENT)


def test_states_and_marks(found: Class) -> None:
    assert found.states == {
        "graded": 4, "graded with faults": 1, "not gradable": 1, "not run": 1, "not handed in": 1,
    }  # fmt: skip
    # Points by hand: 15 in all; sgd 3, cost 3, logistic 3, rate 3.
    assert found.marks.values == (6.0, 10.5, 12.0, 12.0, 15.0)
    assert found.marks.quartiles == (10.5, 12.0, 12.0)


def test_outcomes_are_counted(found: Class) -> None:
    by_cell = {item.cell: item for item in found.items}
    assert list(by_cell) == list(WORTH)  # in the order of the notebook
    assert by_cell["test-sgd"].counts == {"right": 2, "wrong": 2, "not attempted": 1}
    assert by_cell["test-cost"].counts == {"right": 3, "half right": 1, "crashed": 1}
    assert by_cell["test-logistic"].counts == {"right": 4, "wrong": 1}
    assert by_cell["test-rate"].counts == {"right": 4, "no points yet": 1}
    assert by_cell["test-rate"].earned == 1.0
    assert by_cell["test-cost"].earned == pytest.approx((3 + 0.5) / 5)
    assert by_cell["test-sgd"].name == SGD
    assert {item.students for item in found.items} == {5}


def test_misconceptions_name_who_made_them(found: Class) -> None:
    first, second = found.misconceptions
    assert (first.exercise, first.name, first.students) == (SGD, "bias updated first", ("bob", "cyd"))
    assert first.message == next(m.message for m in exercise(SGD).mutants if m.name == first.name)
    assert (second.exercise, second.message, second.students) == (COST, EVIL, ("cyd",))


def test_mastery_is_the_one_rule(found: Class) -> None:
    answers = {
        SGD: [True, False, False, False, True], COST: [True, True, False, False, True], LOGISTIC: [True] * 4,
    }  # fmt: skip
    by_name = {skill.name: skill for skill in found.skills}
    for name, told in answers.items():
        skill = by_name[exercise(name).title]
        assert (skill.right, skill.students) == (mastery(told), mastery(told))
    # ann and the last one: 3 of 3; bob 2 of 3; cyd 1 of 3; dan 0 of 2.
    assert found.masters == mastery([True, False, False, False, True])


def test_copies_are_found_and_shown_side_by_side(found: Class) -> None:
    assert found.likeness.pairs == (("ann", "bob", (SGD,)),)
    (shown,) = found.likeness.exhibits
    assert any("mistake" in line for line in shown.texts[0])
    assert any("gap" in line for line in shown.texts[1])
    assert shown.pair.share >= 0.9
    told = {looked.exercise: looked for looked in found.likeness.cells}
    assert not told["one-neuron/output"].trust.useful  # type: ignore[union-attr]
    assert told[SGD].trust.useful  # type: ignore[union-attr]


class Page(HTMLParser):
    """Collects tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.told = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.told += data


def test_the_page_and_the_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([ASSIGNMENT, "--course", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "8 students: 4 graded, 1 graded with faults, 1 not gradable, 1 not run, 1 not handed in" in printed
    assert "median 12, quartiles 10.5 and 12" in printed
    assert re.search(rf"{SGD} +2 +0 +2 +1 +0 +0\n", printed)
    assert re.search(r"2  one-neuron/sgd \(bias updated first\)", printed)
    assert not re.search(r"\b(ann|bob|cyd|dan)\b", printed)
    path = folder / ".nbgrader" / "reports" / f"{ASSIGNMENT}.html"
    assert path.stat().st_mode & 0o077 == 0
    page = Page(path.read_text("utf-8"))
    names = Counter(tag for tag, _ in page.tags)
    assert names["script"] == 0
    assert names["h1"] == 1
    assert EVIL in page.told  # as words
    assert "Confidential" in page.told
    assert "Short exercises with one right answer look alike" in page.told
    assert "can't tell: right answers are too short" in page.told
    places = [v for _, a in page.tags for k, v in a.items() if k in ("src", "srcset", "href")]
    assert all(str(place).startswith(("data:", "#")) for place in places)
    anchors = {a["id"] for _, a in page.tags if "id" in a}
    assert {str(p)[1:] for p in places if str(p).startswith("#")} <= anchors
    assert {a.get("scope") for tag, a in page.tags if tag == "th"} == {"col", "row"}
    assert names["caption"] == names["table"]


def test_a_later_submission_that_was_not_run_has_no_verdict_left(tmp_path: Path) -> None:
    made = course(tmp_path / "course")
    record = hand_in(made, [Student("ann"), Student("bob")])
    record.note(Line("written", ASSIGNMENT, "ann", "", {"state": NOT_RUN}))
    with gradebook(made) as book:
        found = gather(book, record, ASSIGNMENT, made / "exercises" / ASSIGNMENT)
    assert list(found.verdicts) == ["bob"]


@pytest.mark.parametrize("kind", ["empty", "absent", "one", "blank", "same", "no release"])
def test_odd_classes(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = course(tmp_path / "course")
    blank = dict.fromkeys(WORTH, 0.0)
    groups = {
        "one": [Student("ann", notebook=submission(ASSIGNMENT))],
        "blank": [Student(n, blank, notebook=submission(ASSIGNMENT, blank=True)) for n in "ab"],
        "same": [Student(n, notebook=submission(ASSIGNMENT)) for n in "abcdefgh"],
        "no release": [
            Student("ann", notebook=submission(ASSIGNMENT)),
            Student("bob", notebook={"cells": 3}),
        ],
    }
    hand_in(made, groups.get(kind, []), ["ivy"] if kind == "absent" else [])
    if kind == "no release":
        (made / "exercises").unlink()
    out = tmp_path / "page.html"
    assert main([ASSIGNMENT, "--course", str(made), "--out", str(out)]) == 0
    printed, page = capsys.readouterr().out, Page(out.read_text("utf-8"))
    wanted = {
        "empty": "0 students: none", "absent": "1 not handed in", "one": "median 15, quartiles 15 and 15",
        "blank": "median 0, quartiles 0 and 0", "same": "8 graded", "no release": "2 graded",
    }  # fmt: skip
    assert wanted[kind] in printed
    assert "alike: 0 pairs" in printed
    assert "nan" not in page.told.lower().replace("finance", "")
    assert ("Nobody has a number yet" in page.told) == (kind in ("empty", "absent"))


def test_names_that_are_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"assignment must be one of one-neuron; got 'one-nueron'"):
        main(["one-nueron", "--course", str(folder)])
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text("utf-8"))
    with pytest.raises(CourseError, match=r"gradebook\.db is missing"):
        main([ASSIGNMENT, "--course", str(tmp_path)])
    assert not (tmp_path / ".nbgrader").exists()


def logged(folder: Path) -> Record:
    """Return a record with a few events."""
    record = Record(folder)
    record.note(Line("run", "work", details={"user": "prof", "walls": "", "unsafe": True, "submissions": 2}))
    record.note(Line("written", "work", "ann", "ab" * 32, {"old": None, "new": 7.5, "state": "graded"}))
    record.note(Line("written", "work", "bob", "cd" * 32, {"old": 3, "new": 0.0, "cells": ["q: 3 -> 0"]}))
    record.note(Line("written", "other", "eve\x1b[2J", "ef" * 32, {"old": 1, "new": 2}))
    return record


def test_the_log_in_words(tmp_path: Path) -> None:
    lines = audit(logged(tmp_path), "work")
    assert len(lines) == 4
    assert re.match(
        r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00  run +by prof, UNSAFE: without walls, submissions: 2$", lines[0]
    )
    assert lines[1].endswith("written    ann  no number -> 7.5, graded, verdict abababababab")
    assert "bob  3 -> 0, q: 3 -> 0, verdict cdcd" in lines[2]
    assert lines[3].startswith("The chain of all 4 lines holds")
    assert "\x1b" not in "".join(audit(logged(tmp_path), "other"))


@pytest.mark.parametrize("change", ["score", "removed", "garbage", "field"])
def test_a_changed_log_is_told(tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    logged(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text("utf-8"))
    assert main(["work", "--course", str(tmp_path), "--log"]) == 0
    assert "The chain of all 4 lines holds" in capsys.readouterr().out
    path = tmp_path / ".nbgrader" / "record" / "log.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    changed = {
        "score": [lines[0], lines[1].replace("7.5", "9.5"), *lines[2:]],
        "removed": [lines[0], *lines[2:]],
        "garbage": [lines[0], "{\n", *lines[2:]],
        "field": [lines[0], json.dumps({"what": 1}) + "\n", *lines[2:]],
    }[change]
    path.write_text("".join(changed), "utf-8")
    with pytest.raises(CourseError, match="somebody changed"):
        main(["work", "--course", str(tmp_path), "--log"])
    from coursekit.cli.main import COMMANDS
    from coursekit.cli.main import main as command

    if "report" in COMMANDS:
        assert command(["report", "work", "--course", str(tmp_path), "--log"]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_nobody_with_a_number_gives_empty_lists() -> None:
    assert (items({}), misconceptions({}), skills({})) == ([], [], [])
    assert masters({}) == mastery([])
