"""Mistakes that students made first: each is refused, and told in words that fit; right answers are taken."""

from typing import Any

import numpy as np
import pytest

from coursekit.assess import Outcome, check
from coursekit.assess.workshop import _engine_reference as engine
from coursekit.assess.workshop import _network_reference as network
from coursekit.assess.workshop import _selection_reference as selection
from coursekit.assess.workshop._network_digits import digits_of


def test_one_missing_case_is_not_a_blank() -> None:
    def rule(op: str, arguments: Any, g: np.ndarray) -> Any:
        return engine.rule(op, arguments, g) if op != "relu" else None

    report = check("autodiff-engine/rule", rule)
    assert report.outcome is Outcome.WRONG
    assert "a tuple of 1 gradient" in report.message
    assert check("autodiff-engine/rule", lambda *_: None).outcome is Outcome.NOT_ATTEMPTED


def test_an_order_may_be_an_array_and_leaves_the_tape_alone() -> None:
    assert check("autodiff-engine/order", lambda p, o: np.array(engine.order(p, o))).passed
    assert "a list of nodes" in check("autodiff-engine/order", lambda p, o: iter(engine.order(p, o))).message

    def depth_first(parents: Any, output: int) -> list[int]:
        way: list[int] = []
        waiting = [output]
        while waiting:
            node = waiting.pop()
            if node not in way:
                way.append(node)
                waiting += parents[node]
        return way

    assert "when it is first met" in check("autodiff-engine/order", depth_first).message


def _train(X: Any, d: Any, hidden: int, epochs: int, size: int, rate: float, generator: Any, per: int) -> Any:
    p = network.initialise((X.shape[1], hidden, len(np.unique(d))), generator)
    for _ in range(epochs):
        rows = generator.permutation(len(X))
        for at in range(0, len(X) - per, size):
            own = rows[at : at + size]
            p = network.update(p, network.backward(X[own], d[own], p, network.forward(X[own], p)), rate)
    return p


@pytest.mark.parametrize(("per", "passes"), [(0, True), (1, False)])
def test_a_last_batch_of_one_row_counts(per: int, passes: bool) -> None:
    report = check("network-from-scratch/train", lambda *given: _train(*given, per))
    assert report.passed is passes
    assert passes or "left over" in report.message


def test_a_wrong_backward_is_not_taken_for_a_wrong_loop() -> None:
    def train(X: Any, d: Any, hidden: int, epochs: int, size: int, rate: float, generator: Any) -> Any:
        p = network.initialise((X.shape[1], hidden, 1 + d.max()), generator)
        for _ in range(epochs):
            for own in np.split(generator.permutation(len(X)), range(size, len(X), size)):
                slopes = network.backward(X[own], d[own], p, network.forward(X[own], p))
                p = network.update(p, slopes | {"W1": np.abs(slopes["W1"])}, rate)
        return p

    assert "do the checks of backward and update hold?" in check("network-from-scratch/train", train).message


def test_largest_logits_are_not_labels() -> None:
    x, d, _, _ = digits_of(0)
    p = network.train(x, d, 32, 2, 32, 0.1, np.random.default_rng(0))
    report = check("network-from-scratch/digits", lambda X: network.forward(X, p)["V"].max(axis=1))
    assert "argmax, not its value" in report.message


def test_a_place_is_not_taken_for_another_mistake() -> None:
    def named(change: Any) -> Any:
        def choose(X: Any, d: Any, penalties: Any, folds: Any, fit: Any) -> Any:
            means, best, w = selection.choose(X, d, penalties, folds, fit)
            return means, change(best, penalties), w

        return choose

    assert "the penalty itself" in check("model-selection/choose", named(lambda b, p: p[b])).message
    assert "too large by one" in check("model-selection/choose", named(lambda b, _: b + 1)).message


@pytest.mark.parametrize("kind", ["masks", "sizes", "a generator"])
def test_odd_folds_are_told_what_was_asked_for(kind: str) -> None:
    def kfold(B: int, k: int) -> Any:
        folds = selection.kfold(B, k)
        if kind == "masks":
            return [np.isin(np.arange(B), fold) for fold in folds]
        return [len(fold) for fold in folds] if kind == "sizes" else (fold for fold in folds)

    message = check("model-selection/kfold", kfold).message
    assert "a list of arrays of whole numbers" in message
