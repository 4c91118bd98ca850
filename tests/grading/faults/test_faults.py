"""Classes of unlike assignments, a fault each: every grade exact, every fault reported, nobody lost."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.grading.faults import network, selection, vae
from tests.grading.faults.desk import Case, Desk, desk, said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
CLASSES: dict[str, dict[str, Case]] = {
    "network-from-scratch": network.CLASS, "model-selection": selection.CLASS, "mini-sprint-vae": vae.CLASS,
}  # fmt: skip


@pytest.fixture(scope="module")
def desks() -> Iterator[Callable[[str], Desk]]:
    """Put up the walls once for each class, when they are first asked for."""
    with ExitStack() as stack:
        yield functools.cache(lambda name: stack.enter_context(desk(name)))


@pytest.mark.parametrize(
    ("assignment", "kind"), [(name, kind) for name, found in CLASSES.items() for kind in found]
)
def test_a_submission_gets_what_each_of_its_answers_deserves(
    desks: Callable[[str], Desk], assignment: str, kind: str
) -> None:
    table, case = desks(assignment), CLASSES[assignment][kind]
    points, judged, notebook = table.judge(table.made(case), loops=kind.startswith("loop"))
    shown = said(notebook)
    assert points == table.deserved(case), f"{judged.faults}\n{shown[-3000:]}"
    assert len(judged.faults) == len(case.faults), judged.faults
    assert all(part in line for part, line in zip(case.faults, judged.faults, strict=True)), judged.faults
    assert judged.whole
    assert case.shows in shown


def test_every_class_has_more_than_twenty_kinds_of_submissions() -> None:
    kinds = [frozenset(found) for found in CLASSES.values()]
    assert frozenset.intersection(*kinds) == frozenset(network.CLASS)
    assert min(map(len, kinds)) == 24
