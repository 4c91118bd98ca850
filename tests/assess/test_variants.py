"""Graded twins: the reference passes in every variant, and no two variants share an answer."""

import json
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit.assess import check, exercise, exercises
from coursekit.assess.verdict import expected
from coursekit.assess.workshop._setting import SETTING, setting

VARIANTS = range(1, 51)
BETWEEN = 1_000_003
SOLUTIONS = Path(__file__).parents[2] / "solutions"
ASSIGNMENTS = sorted({task.id.split("/")[0] for task in exercises()})
STEPS = [task.id for task in exercises() if not task.id.endswith("trained")]


@pytest.mark.parametrize("name", STEPS)
def test_the_reference_passes_in_fifty_variants(name: str) -> None:
    for number in VARIANTS:
        for seed in (0, 20_479):
            report = check(name, exercise(name, number).reference(), seed=seed, variant=number)
            assert report.passed, (number, report)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("tens", range(5))
def test_the_reference_trains_to_a_pass_in_fifty_variants(tens: int) -> None:
    for number in range(10 * tens + 1, 10 * tens + 11):
        task = exercise("mini-sprint-vae/trained", number)
        report = check(task.id, task.reference(), variant=number)
        assert report.passed, (number, report)


def _numbers(name: str, number: int) -> list[Any]:
    """Return what a right answer shows in the visible check of a variant."""
    task = exercise(name, number)
    return [
        np.asarray(value).tolist()
        for case in task.cases(BETWEEN * number)
        for value in expected(task, case).values()
    ]


@pytest.mark.parametrize("step", ["kl", "loss", "forward", "bound"])
def test_no_two_variants_share_a_number(step: str) -> None:
    found = [_numbers(f"mini-sprint-vae/{step}", number) for number in (0, *VARIANTS)]
    for one, other in combinations(found, 2):
        assert all(a != b for a, b in zip(one, other, strict=True))


def test_no_two_variants_share_width_data_and_example() -> None:
    own = [setting(number) for number in VARIANTS]
    for field in ("hidden", "split", "example"):
        assert len({getattr(one, field) for one in own}) == len(own)
    assert {one.latents for one in own} == {7, 9, 10}
    assert setting(0) == SETTING


def test_an_answer_of_another_size_fails() -> None:
    """A model for the sizes of one variant is not taken in another."""
    wrong = exercise("mini-sprint-vae/encoder", 0).reference()

    class Fixed(wrong):  # type: ignore[misc, valid-type]
        def __init__(self, *_: int) -> None:
            super().__init__(64, 128, 8)

    assert check("mini-sprint-vae/encoder", Fixed).passed
    assert not check("mini-sprint-vae/encoder", Fixed, variant=1).passed


def test_negative_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="variant must be 0 or more; got -1"):
        exercises(-1)
    assert "variant must be 0 or more" in check("mini-sprint-vae/kl", None, variant=-1).message


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_variant_rewrites_what_the_notebook_says(assignment: str) -> None:
    module = import_module(f"coursekit.assess.workshop.{assignment.replace('-', '_')}")
    book = json.loads((SOLUTIONS / assignment / f"{assignment}.ipynb").read_text(encoding="utf-8"))
    text = "\n".join("".join(cell["source"]) for cell in book["cells"])
    pairs = module.rewrites(7)
    assert pairs
    for old, new in pairs:
        assert old in text
        assert new != old


@pytest.mark.parametrize("name", STEPS)
def test_a_variant_has_inputs_of_its_own(name: str) -> None:
    one, other = (str([case.inputs for case in exercise(name).cases(seed)]) for seed in (0, 7 * BETWEEN))
    assert one != other
