"""The network from scratch: the loss from logits."""

__all__ = ["LOSS"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._network_reference import loss
from coursekit.assess.workshop._network_survivors import survivors
from coursekit.assess.workshop._network_tools import given, probabilities


def _loss_cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)

    def case(name: str, rows: int, classes: int, group: str, scale: float = 1.0) -> Case:
        d = rng.permutation(np.arange(rows) % classes)
        return Case(name, {"V": scale * rng.normal(size=(rows, classes)), "d": d}, group=group)

    far = np.array([[0.0, 45.0, 3.0], [60.0, 0.0, 0.0], [-50.0, 0.0, 1.0]]) + rng.normal(size=(3, 3))
    sure = np.array([[1000.0, -1000, 0], [-900, 800, 0]]) + rng.normal(size=(2, 3))
    large = np.array([[1000.0], [900], [-1000], [800]]) + 3 * rng.normal(size=(4, 3))
    return (
        case("five patterns of 3 classes", 5, 3, "values"),
        case("eight patterns of 4 classes", 8, 4, "values", 2.0),
        Case("confident mistakes", {"V": far, "d": np.array([0, 1, 0])}, group="safe"),
        Case("sure and wrong by 2000", {"V": sure, "d": np.array([1, 0])}, group="safe"),
        Case("logits near 1000 and −1000", {"V": large, "d": np.array([0, 2, 1, 1])}, group="safe"),
    )


def _loss_observe(candidate: Any, case: Case) -> Observation:
    with np.errstate(all="ignore"):
        return {"loss": plain(candidate(*given(case, ("V", "d")).values()))}


def _picked(v: Any, d: Any) -> Any:
    return probabilities(v)[np.arange(len(d)), d]


def _capped(case: Case, seen: Observation) -> bool:
    """Tell a loss that is finite and too small where mistakes are confident."""
    came, right = seen.get("loss"), loss(*given(case, ("V", "d")).values())
    number = isinstance(came, np.ndarray) and came.shape == ()
    return case.group == "safe" and number and 0 < float(np.asarray(came)) < 0.98 * right


def _plain_exponentials(v: Any, d: Any) -> Any:
    return np.mean(np.log(np.exp(v).sum(axis=1)) - v[np.arange(len(d)), d])


def _by_pattern(v: Any, d: Any) -> Any:
    total = 0.0
    for row, label in zip(v, d, strict=True):
        total += np.logaddexp.reduce(row - row[label]) / len(v)
    return total


LOSS = Exercise(
    "network-from-scratch/loss",
    "The loss from logits",
    "loss(V, d) -> one number, the mean cross-entropy of logits (B, K) and labels (B,)",
    3.0,
    lambda: loss,
    _loss_cases,
    _loss_observe,
    (
        Alternate("logaddexp, pattern by pattern", lambda: _by_pattern),
        Alternate("one-hot rows", lambda: lambda v, d: (np.logaddexp.reduce(v, axis=1)
                  - (v * np.eye(v.shape[1])[d]).sum(axis=1)).mean()),
    ),
    (
        Mutant(
            "summed over the batch",
            "The loss grows with the batch: average over the patterns, do not sum.",
            lambda: lambda v, d: len(d) * loss(v, d),
        ),
        Mutant(
            "averaged over the classes as well",
            "The mean runs over the classes too: divide by the number of patterns only.",
            lambda: lambda v, d: loss(v, d) / v.shape[1],
        ),
        Mutant("sign", "The sign is reversed: a loss falls as the right class gains.",
               lambda: lambda v, d: -loss(v, d)),
        Mutant(
            "offset in the logarithm",
            "The loss is capped, as by a small number inside the logarithm or by a clip: a confident mistake "
            "must cost as much as its logits are apart. Work from the logits.",
            lambda: lambda v, d: -np.mean(np.log(_picked(v, d) + 1e-8)),
            sign=_capped,
        ),
        Mutant(
            "logarithm of the softmax",
            "The softmax is safe, and its logarithm is not: a probability of 0 has none. Log of the sum of "
            "exponentials minus the logit needs no probabilities.",
            lambda: lambda v, d: -np.mean(np.log(_picked(v, d))),
        ),
        Mutant(
            "every label in every row",
            "V[:, d] takes the columns of all labels from every row. Each row needs its own: "
            "V[np.arange(B), d].",
            lambda: lambda v, d: (np.logaddexp.reduce(v, axis=1)[:, None] - v[:, d]).mean(),
        ),
        Mutant(
            "no shift",
            "The exponential of a large logit overflows: subtract the largest logit of each row first.",
            lambda: _plain_exponentials,
        ),
        Mutant(
            "one shift for all rows",
            "One number is subtracted from all rows: a row far below it has only zeros left. Take the "
            "largest "
            "logit of each row.",
            lambda: lambda v, d: _plain_exponentials(v - v.max(), d),
        ),
        Mutant(
            "softmax twice",
            "The logits went through a softmax before the cross-entropy, which has one inside.",
            lambda: lambda v, d: loss(probabilities(v), d),
        ),
        Mutant(
            "softmax along the batch",
            "The sum of exponentials runs over the batch: it must run over the classes of each row.",
            lambda: lambda v, d: np.logaddexp.reduce(v, axis=0).mean() - v[np.arange(len(d)), d].mean(),
        ),
        Mutant(
            "labels counted from 1",
            "The labels are taken as counted from 1: label 0 is the first column.",
            lambda: lambda v, d: loss(v, d - 1),
        ),
        Mutant(
            "in bits",
            "Your number is in bits: use the natural logarithm.",
            lambda: lambda v, d: loss(v, d) / np.log(2),
        ),
    ),
    (
        "For one row: log of the sum of exponentials of all logits, minus the logit of the right class.",
        "Adding the same number to all logits of a row changes nothing; which number makes every "
        "exponential safe?",
        "V[np.arange(B), d] picks one logit from each row.",
    ),
    tolerance=1e-6,
    groups=(("values", 2.0), ("safe", 1.0)),
    survivors=survivors("loss"),
)  # fmt: skip
