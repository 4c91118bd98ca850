"""The instructors' page shows what was measured, and nothing that was not."""

import json
from pathlib import Path

from coursekit.grading.pages import attacks_table

MEASURED = Path(__file__).parents[2] / "coursekit" / "grading" / "measured.json"


def test_every_class_and_every_count_is_in_the_table() -> None:
    measured = {
        "graders": ["ours", "peer"],
        "classes": [
            {"name": "a",
             "outcomes": {"ours": {"run": 3, "held": 3}, "peer": {"run": 2, "leaked": 1, "held": 1}}},
            {"name": "b", "outcomes": {"ours": {"run": 1, "held": 1}, "peer": {"run": 0}}},
        ],
    }  # fmt: skip
    assert attacks_table(measured).splitlines()[2:] == [
        "| a | held 3 of 3 | held 1, leaked 1 of 2 |",
        "| b | held 1 of 1 | does not apply |",
    ]


def test_nothing_gets_through_ours() -> None:
    measured = json.loads(MEASURED.read_text("utf-8"))
    for kind in measured["classes"]:
        ours = kind["outcomes"]["ours"]
        assert ours == {"run": ours["run"], "held": ours["run"]}, kind["name"]
        assert ours["run"] > 0
