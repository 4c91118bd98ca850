# ruff: noqa: E501 (tables of names)
"""Whose file it is: platforms' names as they are, ids that are safe, and names that try to be another's."""

from pathlib import Path

import pytest

from coursekit.grading.intake.names import Owner, is_download, is_junk, owner_of, plain_owner, safe_id
from tests.grading.intake.inbox import NAME, WORK, Inbox, rules, tarred, work, zipped

PLATFORMS = [
    ("Ann Example_123_assignsubmission_file", "Ann Example", "123", ""),
    ("Ann Example_123_assignsubmission_file_", "Ann Example", "123", ""),
    ("Ann Example_123_assignsubmission_file_work.ipynb", "Ann Example", "123", ""),
    ("Ann Example_123_assignsubmission_onlinetext", "Ann Example", "123", ""),
    ("Group A_7_assignsubmission_file", "Group A", "7", ""),
    ("Default group_assignsubmission_file", "Default group", "", ""),
    ("Participant_99_assignsubmission_file", "Participant", "99", ""),
    ("exampleann_4711_90125_work.ipynb", "exampleann", "4711", ""),
    ("exampleann_LATE_4711_90125_work-1.ipynb", "exampleann", "4711", ""),
    ("exampleann_late_4711_90125_work.zip", "exampleann", "4711", ""),
    ("example_ann_4711_90125_my_own_1_2_name.ipynb", "example_ann", "4711", ""),
    ("anon_x1Y2z_90125_work.ipynb", "anon", "x1Y2z", ""),
    ("Homework 1_ann_attempt_2026-11-21-10-00-00_work.ipynb", "ann", "", "2026-11-21 10:00:00"),
    (f"{NAME}_ann_b_attempt_2026-11-21-10-00-00_work.ipynb", "ann_b", "", "2026-11-21 10:00:00"),
    ("ann_2026-11-21_final.ipynb", "ann", "", "2026-11-21 00:00:00"),
    ("zoe_2026-11-21-09-30-00_x", "zoe", "", "2026-11-21 09:30:00"),
    ("zoe_2026-11-21-09-30.zip", "zoe", "", "2026-11-21 09:30:00"),
    ("ann_2026-99-99_final.ipynb", "ann", "", ""),
    # what follows a platform's marks is the student's own
    ("exampleann_4711_90125_bob_attempt_2026-11-21-10-00-00_x.ipynb", "exampleann", "4711", ""),
    ("exampleann_4711_90125_bob_7_assignsubmission_file_x.ipynb", "exampleann", "4711", ""),
    ("Ann_12_assignsubmission_file_bob_13_assignsubmission_file_x.ipynb", "Ann", "12", ""),
    ("HW_ann_attempt_2026-11-21-10-00-00_bob_1_2_x.ipynb", "ann", "", "2026-11-21 10:00:00"),
    ("HW_ann_attempt_2026-11-21-10-00-00_bob_attempt_2026-12-21-10-00-00_x.ipynb", "ann", "", "2026-11-21 10:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "name", "number", "stamp"), PLATFORMS, ids=[case[0] for case in PLATFORMS])
def test_platforms_names_are_read(part: str, name: str, number: str, stamp: str) -> None:
    owner = owner_of(part, [NAME])
    assert owner is not None
    assert (owner.name, owner.number, owner.stamp) == (name, number, stamp)


@pytest.mark.parametrize(
    "part", ["work.ipynb", "ann", "ann_final.ipynb", "my_work_1.ipynb", "", "_", "2026-11-21"]
)
def test_other_names_are_no_platforms(part: str) -> None:
    assert owner_of(part, [NAME]) is None


def test_of_two_names_of_an_assignment_the_longer_one_is_read() -> None:
    for titles in (["HW", "HW_1"], ["HW_1", "HW"]):
        owner = owner_of("HW_1_ann_b_attempt_2026-11-21-10-00-00_w.ipynb", titles)
        assert owner is not None
        assert owner.name == "ann_b"


def test_canvas_files_come_in_their_order() -> None:
    names = ["a_1_100_w.ipynb", "a_1_100_w-1.ipynb", "a_1_100_w-2.ipynb", "a_1_101_w.ipynb"]
    names.insert(3, "a_1_100_w-12.ipynb")
    names.append(f"a_1_{'9' * 5000}_w.ipynb")  # more digits than Python turns into a number
    orders = [owner.order for name in names if (owner := owner_of(name))]
    assert orders == sorted(set(orders))
    assert len(orders) == 6


IDS = [
    ("ann", "ann"), ("b-17", "b-17"), ("Ann Example", "Ann-Example"), ("müller", "muller"), ("mu\u0308ller", "muller"),
    ("Søren Łukasz Weiß", "Soren-Lukasz-Weiss"), ("李明", "u674eu660e"), ("../../bob", "bob"), ("/etc/passwd", "etc-passwd"),
    ("..", "student-"), ("C:\\bob", "C-bob"), ("con", "student-con"), ("NUL.txt", "student-NUL.txt"), ("a\x00b\n", "a-b"),
    ("ann@uni.example", "ann@uni.example"), ("-rf", "rf"), ("~root", "root"), ("O'Hara", "OHara"), ("💥", "u1f4a5"),
    ("\udcff", "udcff"), ("a..b", "a.b"), ("@me", "student-@me"), ("*", "student-"), ("x" * 300, "x" * 50 + "-"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "start"), IDS)
def test_ids_are_plain_names(name: str, start: str) -> None:
    plain = safe_id(Owner(name))
    assert plain.startswith(start)
    assert len(plain) <= len(start) + 6
    assert Path("/x", plain).resolve().parent == Path("/x")
    assert plain.isascii()
    assert plain[0].isalnum()


def test_numbers_are_in_ids_where_they_stay_the_same() -> None:
    assert safe_id(Owner("exampleann", "4711", platform="canvas")) == "exampleann-4711"
    assert safe_id(Owner("Ann Example", "123", platform="moodle")) == "Ann-Example"
    assert safe_id(Owner("Participant", "123", platform="moodle")) == "Participant-123"


def test_an_instructors_own_names() -> None:
    assert plain_owner("zoe_final", folder=False) == Owner("zoe")
    assert plain_owner("zoe", folder=False) == Owner("zoe")
    assert plain_owner("b_17", folder=True) == Owner("b_17")
    assert plain_owner(NAME, [NAME], folder=True) == Owner(NAME)
    for nobodys in (NAME, f"{NAME} (2)", f"{NAME.upper()}_final", f"{NAME}-1", "", "_x"):
        assert plain_owner(nobodys, [NAME], folder=False) is None


def test_downloads_are_known_by_a_name_that_students_do_not_give() -> None:
    moodle = ["Ann_1_assignsubmission_file", "Bob_2_assignsubmission_file"]
    canvas = ["ann_1_2_w.ipynb", "bob_3_4_w.zip"]
    assert is_download("CS101-Homework 1-4711", moodle)
    assert is_download("submissions", canvas)
    assert is_download("submissions (1)", canvas)
    assert is_download(
        "gradebook_CS101_HW1_2026-11-21-10-00-00", ["HW1_ann_attempt_2026-11-21-10-00-00_w.ipynb"]
    )
    assert not is_download("ann", canvas)
    assert not is_download("b-17", moodle)
    assert not is_download("b-17-2", ["victim_1_assignsubmission_file"])
    assert not is_download("CS101-Homework 1-4711", [*moodle, "notes"])
    assert not is_download("submissions", ["ann", "bob"])


@pytest.mark.parametrize("name", ["__MACOSX", ".DS_Store", "._work.ipynb", ".ipynb_checkpoints", "work-checkpoint.ipynb",
                                  "Thumbs.db", "desktop.ini", "Desktop.ini", "~$work.docx", "__pycache__"])  # fmt: skip
def test_junk_is_known(name: str) -> None:
    assert is_junk(["folder", name, "x"])
    assert not is_junk(["folder", f"my{name.strip('._~$')}.ipynb"])


def _moodle(*people: str) -> dict[str, bytes]:
    return {f"{who}_{at}_assignsubmission_file/{NAME}.ipynb": work(who) for at, who in enumerate(people, 10)}


@pytest.mark.parametrize("form", ["folder", "zip", "class folder"])
def test_a_moodle_download_in_any_form(tmp_path: Path, form: str) -> None:
    inbox = Inbox(tmp_path)
    people = _moodle("Ann Example", "Übung Ärger", "Ann Other")
    if form == "zip":
        inbox.put("CS101-HW 1-4711.zip", zipped({**people, "__MACOSX/._x": b""}))
    else:
        inbox.put("CS101-HW 1-4711/.DS_Store" if form == "class folder" else ".DS_Store", b"")
        for name, data in people.items():
            inbox.put(f"CS101-HW 1-4711/{name}" if form == "class folder" else name, data)
    report = inbox.collect()
    assert {(one.student, one.number) for one in report.taken} == {
        ("Ann-Example", "10"),
        ("Ubung-Arger", "11"),
        ("Ann-Other", "12"),
    }
    assert not any(notice.human for notice in report.notices)
    assert ("download" in rules(report)) is (form != "folder")
    assert "id" not in rules(report)  # a platform's names are no ids, and nobody need be told


def test_a_canvas_download_with_archives_inside(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inside = {
        "exampleann_4711_90_mini-sprint-vae.ipynb": work("first"),
        "exampleann_LATE_4711_95_mini-sprint-vae-1.ipynb": work("second"),
        "roebob_4712_91_work.zip": zipped({"deep/mini-sprint-vae.ipynb": WORK, ".DS_Store": b""}),
        "poecat_4713_92_work.tar.gz": tarred({"mini-sprint-vae.ipynb": WORK}, "w:gz"),
        "laodan_4714_93_essay.docx": zipped({"word/document.xml": b"x"}),
    }  # fmt: skip
    inbox.put("submissions.zip", zipped(inside))
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["exampleann-4711", "poecat-4713", "roebob-4712"]
    assert report.taken[0].file == "submissions.zip/exampleann_LATE_4711_95_mini-sprint-vae-1.ipynb"
    assert report.without == ["laodan-4714"]
    assert {"attempts", "other", "junk", "download"} <= set(rules(report))


def test_a_strangers_file_in_a_download_is_nobodys(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put(
        "submissions.zip", zipped({"ann_1_2_w.ipynb": WORK, "readme.ipynb": WORK, "../bob/w.ipynb": WORK})
    )
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann-1"]
    assert len(rules(report)["nobody"]) == 2


@pytest.mark.parametrize(
    "inner",
    ["bob_attempt_2026-12-01-10-00-00_w.ipynb", "bob_7_assignsubmission_file/w.ipynb", "bob_1_2_w.ipynb"],
)
@pytest.mark.parametrize(
    "form", ["zip", "tar", "folder", "platform", "download in a folder", "packed download"]
)
def test_nobody_hands_in_for_another(tmp_path: Path, inner: str, form: str) -> None:
    """A name inside a student's archive or folder says nothing about whose it is."""
    inbox = Inbox(tmp_path)
    inbox.put("bob.ipynb", work("bob's own"))
    if form == "folder":
        inbox.put(f"eve/{inner}", work("eve's"))
    elif form == "download in a folder":
        inbox.put(f"eve/submissions/{inner}", work("eve's"))
    elif form == "packed download":
        inbox.put("eve/submissions.zip", zipped({inner: work("eve's")}))
    elif form == "platform":
        inbox.put("eve_5_assignsubmission_file/all.zip", zipped({inner: work("eve's")}))
    else:
        inbox.put(
            f"eve.{form}", zipped({inner: work("eve's")}) if form == "zip" else tarred({inner: work("eve's")})
        )
    report = inbox.collect()
    assert {one.student for one in report.taken} == {"bob", "eve"}
    assert inbox.files()[f"extracted/bob/undated/{NAME}.ipynb"] == work("bob's own")
    assert [notice.student for notice in rules(report)["other-name"]] == ["eve"]


def test_own_work_under_ones_own_name_or_a_date_is_no_cause_for_alarm(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put(
        "eve.zip", zipped({"eve_attempt_2026-12-01-10-00-00_w.ipynb": WORK, "draft_2026-12-01.txt": b""})
    )
    assert "other-name" not in rules(inbox.collect())


def test_a_class_may_hold_more_than_an_archive_of_one_student(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    many = {f"ann_1_{at}_notes.txt": b"" for at in range(2001)}
    inbox.put("submissions.zip", zipped({**many, "zoe_2_1_w.ipynb": WORK}))
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["zoe-2"]
    assert "many" not in rules(report)


def test_a_download_with_names_from_the_root_is_one(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("submissions.zip", zipped({"/ann_1_2_w.ipynb": WORK}))
    report = inbox.collect()
    assert [one.student for one in report.taken] == ["ann-1"]
    assert {"download", "climbs"} <= set(rules(report))


def test_names_that_are_paths_stay_below_the_target(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put(".._2026-11-21_x.ipynb")
    inbox.put("submissions.zip", zipped({"..\\..\\x_1_2_w.ipynb": WORK, "a..b_3_4_w.ipynb": WORK}))
    report = inbox.collect()
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    assert all(path.startswith("extracted/") for path in inbox.files())
    assert {one.student for one in report.taken} >= {"x-1", "a.b-3"}


def test_names_that_give_one_id_are_kept_apart(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    for name in ("Ann Lee", "ann lee", "Ann_Lee", "zoe"):
        inbox.put(f"{name}/w.ipynb", work(name))
    inbox.put("Ann Lee/notes.pdf", b"x")
    inbox.put("Eve Poe_1_assignsubmission_file/w.ipynb", work("1"))
    inbox.put("Eve Poe_2_assignsubmission_file/w.ipynb", work("2"))
    report = inbox.collect()
    ids = {one.student for one in report.taken}
    assert len(ids) == 6
    assert len({one.casefold() for one in ids}) == 6
    assert {"zoe", "Eve-Poe-1", "Eve-Poe-2"} <= ids
    assert len(rules(report)["same-id"]) == 5
    # Its folder is one of two that give this id: it is not laid at the door of the wrong student.
    assert [notice.student for notice in rules(report)["other"]] == [""]
    assert report.without == []
    assert {one.student for one in inbox.collect().taken} == ids


def test_composed_and_decomposed_names_are_one_student(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("m\u00fcller_2026-11-21_w.ipynb", work("1"))
    inbox.put("mu\u0308ller_2026-11-22_w.ipynb", work("2"))
    report = inbox.collect()
    assert [(one.student, one.stamp[:10]) for one in report.taken] == [("muller", "2026-11-22")]
    assert "same-id" not in rules(report)


def test_an_id_that_is_not_the_name_is_shown(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("müller/w.ipynb")
    inbox.put("ann/w.ipynb")
    assert [(notice.student, notice.file) for notice in rules(inbox.collect())["id"]] == [
        ("muller", "müller/w.ipynb")
    ]


def test_a_roster_gives_the_ids(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put("Ann Example_12_assignsubmission_file/w.ipynb")
    inbox.put("Ann Example_12_assignsubmission_file/notes.pdf", b"x")
    inbox.put("exampleann_4711_90_w.ipynb", work("canvas"))
    inbox.put("bob/w.ipynb")
    report = inbox.collect(roster={"Ann Example": "ann17", "4711": "../x", "bob": "bob99"})
    assert {one.student for one in report.taken} == {"ann17", "x", "bob99"}
    inbox.put("müller/w.ipynb", work("by the id that the name gives"))
    report = inbox.collect(roster={"Ann Example": "ann17", "exampleann": "y", "4711": "x", "muller": "m1"})
    assert {one.student for one in report.taken} == {
        "ann17",
        "x",
        "bob",
        "m1",
    }  # a number is surer than a name
    assert [notice.student for notice in rules(report)["other"]] == ["ann17"]
    assert report.without == []


def test_a_lone_notebook_under_the_releases_name_is_nobodys(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.put(f"{NAME}.ipynb")
    inbox.put(f"{NAME} (2).ipynb")
    inbox.put("_.ipynb")
    report = inbox.collect()
    assert report.taken == []
    assert len(rules(report)["nobody"]) == 3
