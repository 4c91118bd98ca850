"""The data of the attack table: its classes are those of the attack suite, and its numbers add up."""

import json
from importlib import resources

from tests.grading.judging.attacks import ATTACKS

OUTCOMES = {
    "held", "undeserved points", "leaked", "other student harmed", "batch stopped", "ungraded",
    "alive afterwards",
}  # fmt: skip
# Only peers have what these go for; the suite tries the same on us elsewhere.
BEYOND = {
    "the solution used", "another student's answers used", "own score in the gradebook",
    "another's score in the gradebook", "test source from the running frame",
    "the grader's own classes patched",
}  # fmt: skip
FORGED = {
    "points and locks forged", "tests weakened", "test cells marked as answers", "test cells deleted",
    "all metadata lost", "a test cell twice", "an answer twice", "another kernel", "garbage in the file",
    "an empty file", "a link to another's work",
}  # fmt: skip
TABLE = json.loads(resources.files("coursekit.grading").joinpath("measured.json").read_text("utf-8"))


def test_every_attack_of_the_suite_is_in_one_class() -> None:
    named = [attack for row in TABLE["classes"] for attack in row["attacks"]]
    assert len(named) == len(set(named))
    assert set(named) == set(ATTACKS) | BEYOND | FORGED


def test_each_grader_was_measured_in_each_class_it_can_meet() -> None:
    assert TABLE["graders"] == ["ours", "nbgrader", "otter"]
    for row in TABLE["classes"]:
        assert set(row["outcomes"]) == set(TABLE["graders"])
        for grader, counted in row["outcomes"].items():
            assert set(counted) - {"run"} <= OUTCOMES, row["name"]
            assert counted["run"] <= len(row["attacks"])
            assert max(counted.values()) <= counted["run"], (
                f"{row['name']}, {grader}: more outcomes than runs"
            )
            assert (
                counted["run"] <= sum(counted[kind] for kind in set(counted) - {"run"}) or not counted["run"]
            )


def test_ours_ran_everything_and_held_it() -> None:
    for row in TABLE["classes"]:
        ran = len(set(row["attacks"]) - {"the grader's own classes patched"})  # it goes for otter's
        assert row["outcomes"]["ours"] == {"run": ran, "held": ran}, row["name"]


def test_it_says_what_was_measured() -> None:
    assert set(TABLE["versions"]) >= {"coursekit", "nbgrader", "otter-grader", "Linux"}
    assert TABLE["walls"]
    assert TABLE["date"].count("-") == 2
