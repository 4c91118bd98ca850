"""Model selection, steps A and B: the error rate and the mean squared error."""

__all__ = ["ERROR_RATE", "MSE"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._selection_reference import error_rate, mse


def _labels(seed: int) -> tuple[Case, ...]:
    """Two tests with three classes; some labels are wrong by one, some by two, and most are right."""
    found = []
    for count in (10, 14):
        rng = np.random.default_rng(seed + count)
        d = rng.integers(0, 3, count)
        y = d.copy()
        d[:2], y[:2] = (0, 2), (2, 1)
        others = rng.permutation(np.arange(2, count))[: count // 4]
        y[others] = np.where(d[others] < 2, d[others] + 1, 1)
        order = rng.permutation(count)
        found.append(Case(f"{count} patterns of three classes", {"y": y[order], "d": d[order]}))
    return tuple(found)


def _tables(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, outputs in ((4, 3), (5, 2)):
        rng = np.random.default_rng(seed + rows)
        Y, D = rng.normal(0, 2, (2, rows, outputs))
        found.append(Case(f"{rows} patterns of {outputs} outputs", {"Y": Y, "D": D}))
    return tuple(found)


def _observe_rate(candidate: Any, case: Case) -> Observation:
    y, d = (np.array(case.inputs[name]) for name in ("y", "d"))
    return {"error rate": plain(candidate(y, d))}


def _observe_mse(candidate: Any, case: Case) -> Observation:
    Y, D = (np.array(case.inputs[name]) for name in ("Y", "D"))
    return {"mse": plain(candidate(Y, D))}


ERROR_RATE = Exercise(
    "model-selection/error-rate",
    "The error rate",
    "error_rate(y, d) -> a number from 0 to 1, from predicted and true classes (B,)",
    1.0,
    lambda: error_rate,
    _labels,
    _observe_rate,
    (
        Alternate("one minus accuracy", lambda: lambda y, d: 1 - np.mean(np.equal(y, d))),
        Alternate("a loop", lambda: lambda y, d: sum(a != b for a, b in zip(y, d, strict=True)) / len(d)),
    ),
    (
        Mutant(
            "count instead of rate",
            "This is how many are wrong. A rate is a share: divide by the number of patterns.",
            lambda: lambda y, d: (y != d).sum(),
            "003-E27",
        ),
        Mutant(
            "accuracy",
            "This is the share of right predictions. The error rate is one minus it.",
            lambda: lambda y, d: (y == d).mean(),
        ),
        Mutant(
            "labels subtracted",
            "Labels are names: a wrong class counts once, however far apart the numbers are.",
            lambda: lambda y, d: np.abs(y - d).mean(),
        ),
        Mutant(
            "labels squared",
            "This is a squared distance of labels. They are names: count which differ.",
            lambda: lambda y, d: ((y - d) ** 2).mean(),
        ),
        Mutant(
            "in percent",
            "This is a percentage. Return the share, a number from 0 to 1.",
            lambda: lambda y, d: 100 * (y != d).mean(),
        ),
        Mutant(
            "divided by the classes",
            "The wrong ones were divided by the number of classes. Divide by the number of patterns.",
            lambda: lambda y, d: (y != d).sum() / 3,
        ),
        Mutant(
            "one bit",
            "There is a 0 or a 1 for the whole test. Compare pattern by pattern, then average.",
            lambda: lambda y, d: float(np.any(y != d)),
        ),
    ),
    (
        "Compare pattern by pattern: y != d is an array of truth values.",
        "The mean of truth values is the share of true ones.",
    ),
)
MSE = Exercise(
    "model-selection/mse",
    "The mean squared error of several outputs",
    "mse(Y, D) -> a number, from outputs and targets (B, K)",
    1.0,
    lambda: mse,
    _tables,
    _observe_mse,
    (
        Alternate("one sum", lambda: lambda Y, D: np.sum((Y - D) ** 2) / len(Y)),
        Alternate("norms", lambda: lambda Y, D: np.mean(np.linalg.norm(Y - D, axis=1) ** 2)),
    ),
    (
        Mutant(
            "mean over everything",
            "The outputs were averaged too. Sum over the K outputs of a pattern, average over patterns.",
            lambda: lambda Y, D: ((Y - D) ** 2).mean(),
            "003-E26",
        ),
        Mutant(
            "sum over everything",
            "The patterns were added up. Divide by their number.",
            lambda: lambda Y, D: ((Y - D) ** 2).sum(),
        ),
        Mutant(
            "half",
            "There is a factor ½ too many: some losses have one, this error has none.",
            lambda: lambda Y, D: ((Y - D) ** 2).sum() / (2 * len(Y)),
        ),
        Mutant(
            "axes swapped",
            "The sum ran over the patterns and the mean over the outputs: it is the other way round.",
            lambda: lambda Y, D: ((Y - D) ** 2).sum() / Y.shape[1],
        ),
        Mutant(
            "absolute",
            "The errors were not squared.",
            lambda: lambda Y, D: np.abs(Y - D).sum() / len(Y),
        ),
        Mutant(
            "root",
            "This is the root of it. The mean squared error keeps the square.",
            lambda: lambda Y, D: np.sqrt(((Y - D) ** 2).sum() / len(Y)),
        ),
        Mutant(
            "one number a pattern",
            "There is a number for each pattern. Average them.",
            lambda: lambda Y, D: ((Y - D) ** 2).sum(axis=1),
        ),
    ),
    (
        "Two steps: a number for each pattern, then their mean.",
        "((Y - D) ** 2).sum(axis=1) has the shape (B,).",
    ),
)
