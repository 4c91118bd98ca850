"""Every exercise, judged from another process, gets the very report that it gets in its own."""

import warnings

import pytest

from coursekit.assess.checking import examine
from coursekit.assess.exercise import Exercise
from coursekit.assess.registry import exercises
from tests.grading.inside.across import across

SEED = 3
TASKS = [pytest.param(task, id=task.id) for task in exercises()]


def _report(task: Exercise, candidate: object) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # overflow in a wrong answer
        return examine(task, candidate, SEED)


@pytest.mark.parametrize("task", TASKS)
def test_the_reference_is_right_across_the_line(task: Exercise) -> None:
    with across(task.reference) as answer:
        found = _report(task, answer)
    assert found == _report(task, task.reference())
    assert found.passed


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_every_other_answer_gets_the_same_report_across_the_line(task: Exercise) -> None:
    different = {}
    for one in (*task.alternates, *task.mutants):
        with across(one.build) as answer:
            there = _report(task, answer)
        here = _report(task, one.build())
        if there != here:
            different[one.name] = f"{there} -- here: {here}"
    assert not different
