"""Variants as notebooks: what changes, what stays, that the solution earns all points, and bad input."""

import json
import re
import shutil
from pathlib import Path

import pytest

from coursekit._check import CourseError
from coursekit.assess import question
from coursekit.cli import main
from coursekit.grading.variants import variant, write_variant
from tests.grading.course import ROOT, read, source

SPRINT = "mini-sprint-vae"


def _text(number: int) -> str:
    return "\n".join(source(cell) for cell in variant(ROOT, SPRINT, number)["cells"])


def test_sizes_data_and_numbers_change() -> None:
    one, two = _text(1), _text(2)
    assert one != two
    for text, number in ((one, 1), (two, 2)):
        assert f"(variant {number})" in text
        assert f"seed={number})\nx_train" in text
        calls = re.findall(r"^(?:check|grade)\(.*", text, flags=re.MULTILINE)
        assert len(calls) == 30
        assert all(f"variant={number}" in call for call in calls)
        assert "hidden_dim=128" not in text
        assert "latent_dim=8" not in text


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_solution_of_a_variant_earns_all_points() -> None:
    """Every cell of the source notebook runs in this process; test cells end in the points they give."""
    names: dict[str, object] = {"__name__": "__main__"}
    earned = 0.0
    for cell in variant(ROOT, SPRINT, 3)["cells"]:
        if cell["cell_type"] != "code" or "image_grid(" in source(cell) or "curves(" in source(cell):
            continue
        code = "\n".join(line for line in source(cell).splitlines() if "### " not in line)
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            *first, last = code.strip().splitlines()
            exec("\n".join(first), names)
            earned += eval(last, names)
        else:
            exec(code, names)
    assert earned == 20


def _seeds(number: int) -> dict[str, int]:
    setup = next(cell for cell in variant(ROOT, "quiz-vae", number)["cells"] if cell["id"] == "setup")
    found: dict[str, int] = json.loads(source(setup).partition("SEEDS = ")[2])
    return found


def test_no_two_of_fifty_quizzes_share_a_number() -> None:
    """Every numeric answer is another one in every variant, and in the original."""
    original = source(next(c for c in read("solutions", "quiz-vae")["cells"] if c["id"] == "setup"))
    seed = int(re.search(r"SEED = (\d+)", original)[1])  # type: ignore[index]
    every = [_seeds(number) for number in range(1, 51)]
    assert len({tuple(seeds.items()) for seeds in every}) == 50
    for name in every[0]:
        drawn = [question(name).draw(seed), *(question(name).draw(seeds[name]) for seeds in every)]
        if drawn[0].kind == "number":
            assert len({one.key.text for one in drawn}) == 51, name


def test_the_solution_of_a_quiz_variant_is_right() -> None:
    for number in (1, 23):
        names: dict[str, object] = {}
        for cell in variant(ROOT, "quiz-vae", number)["cells"]:
            if cell["cell_type"] == "code" and not cell["id"].startswith("question"):
                exec("\n".join(line for line in source(cell).splitlines() if "### " not in line), names)


def test_a_variant_is_written_below_solutions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "solutions" / SPRINT, tmp_path / "solutions" / SPRINT)
    assert main(["variant", SPRINT, "--seed", "7", "--root", str(tmp_path)]) == 0
    assert "nbgrader generate_assignment mini-sprint-vae-7" in capsys.readouterr().out
    path = tmp_path / "solutions" / "mini-sprint-vae-7" / "mini-sprint-vae-7.ipynb"
    assert json.loads(path.read_text("utf-8")) == variant(ROOT, SPRINT, 7)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["variant", "mini-sprint", "--seed", "1", "--root", str(ROOT)]) == 1
    told = capsys.readouterr().err
    assert "the assignments here are " in told
    assert "mini-sprint-vae, " in told
    assert main(["variant", SPRINT, "--seed", "0", "--root", str(ROOT)]) == 1
    assert "variant must be a number from 1 to 10000; got 0" in capsys.readouterr().err
    folder = tmp_path / "solutions" / SPRINT
    folder.mkdir(parents=True)
    (folder / f"{SPRINT}.ipynb").write_text("{")
    with pytest.raises(CourseError, match="is no notebook"):
        variant(tmp_path, SPRINT, 1)
    (folder / f"{SPRINT}.ipynb").write_text('{"cells": []}')
    with pytest.raises(CourseError, match="no longer says 'in six steps'"):
        write_variant(tmp_path, SPRINT, 1)
    assert [p.name for p in (tmp_path / "solutions").iterdir()] == [SPRINT]
