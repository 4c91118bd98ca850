"""One neuron that learns, steps A to F: output, cost, single steps, batch, classes, rate; 15 points."""

__all__ = ["exercises", "rewrites"]

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._neuron_cases import Array, arguments, drawn, named, results
from coursekit.assess.workshop._neuron_rate import RATE, widened
from coursekit.assess.workshop._neuron_reference import cost, output
from coursekit.assess.workshop._neuron_steps import BATCH, LOGISTIC, SGD
from coursekit.assess.workshop._renumbered import renumbered

rewrites = partial(renumbered, "six")

SIZES = ((3, 2), (5, 4))


def _cases(seed: int) -> tuple[Case, ...]:
    return tuple(named(*size, drawn(seed + size[0], *size)) for size in SIZES)


def _cost_cases(seed: int) -> tuple[Case, ...]:
    """The cost alone first, then its gradients."""
    data = [drawn(seed + rows, rows, features) for rows, features in SIZES]
    values = [named(*size, own, group="value") for size, own in zip(SIZES, data, strict=True)]
    slopes = [
        Case(f"the gradients on {rows} patterns", own, 3, group="gradients")
        for (rows, _), own in zip(SIZES, data, strict=True)
    ]
    return (*values, *slopes)


def _observe_output(candidate: Any, case: Case) -> Observation:
    return {"y": plain(candidate(*arguments(case, "w", "b", "X")))}


def _observe_cost(candidate: Any, case: Case) -> Observation:
    J, by_w, by_b = results(candidate(*arguments(case, "w", "b", "X", "d")), 3)
    if case.layer == 1:
        return {"J": plain(J)}
    return {"gradient by w": plain(by_w), "gradient by b": plain(by_b)}


def _scaled(J: float = 1.0, by_w: float = 1.0, by_b: float = 1.0) -> Callable[..., tuple[Any, ...]]:
    """Return a cost whose three results are off by factors."""

    def wrong(w: Array, b: float, X: Array, d: Array) -> tuple[Any, ...]:
        value, slopes, slope = cost(w, b, X, d)
        return J * value, by_w * slopes, by_b * slope

    return wrong


def _summed(w: Array, b: float, X: Array, d: Array) -> tuple[Any, ...]:
    return _scaled(*[len(d)] * 3)(w, b, X, d)


def _absolute(w: Array, b: float, X: Array, d: Array) -> tuple[Any, ...]:
    return (np.abs(X @ w + b - d).mean(), *cost(w, b, X, d)[1:])


def _cost_by_matrix(w: Array, b: float, X: Array, d: Array) -> tuple[Any, ...]:
    widened = np.hstack([X, np.ones((len(X), 1))])
    residual = widened @ np.append(w, b) - d
    gradient = np.mean(widened * residual[:, None], axis=0)
    return residual @ residual / (2 * len(d)), gradient[:-1], gradient[-1]


def _cost_by_loop(w: Array, b: float, X: Array, d: Array) -> tuple[Any, ...]:
    J, by_w, by_b = 0.0, np.zeros_like(w), 0.0
    for x, target in zip(X, d, strict=True):
        delta = float(np.dot(w, x)) + b - target
        J, by_w, by_b = J + delta * delta / 2, by_w + delta * x, by_b + delta
    return J / len(X), by_w / len(X), by_b / len(X)


OUTPUT = Exercise(
    "one-neuron/output",
    "The output of a linear neuron",
    "output(w, b, X) -> one number for each pattern, from (D,), a number and (B, D) to (B,)",
    1.0,
    lambda: output,
    _cases,
    _observe_output,
    (
        Alternate("a list", lambda: lambda w, b, X: [sum(w * x) + b for x in X]),
        Alternate("widened", lambda: lambda w, b, X: widened(X) @ np.append(w, b)),
    ),
    (
        Mutant(
            "bias forgotten",
            "The bias is missing: add b to every sum.",
            lambda: lambda w, b, X: X @ w + 0 * b,
            "003-E01",
        ),
        Mutant(
            "bias subtracted",
            "The bias was subtracted. It is minus the threshold, and it is added.",
            lambda: lambda w, b, X: X @ w - b,
        ),
        Mutant(
            "products not summed",
            "There is a number for each feature. Sum the products of one pattern: X @ w does.",
            lambda: lambda w, b, X: X * w + b,
        ),
        Mutant(
            "summed over everything",
            "There is one number for the whole batch. Sum over the features only.",
            lambda: lambda w, b, X: (X * w).sum() + b,
        ),
        Mutant(
            "mean of the products",
            "The products were averaged. A net input is their sum.",
            lambda: lambda w, b, X: (X * w).mean(axis=1) + b,
        ),
        Mutant(
            "bias for each feature",
            "The bias was added to every product. It enters once for each pattern.",
            lambda: lambda w, b, X: (X * w + b).sum(axis=1),
        ),
        Mutant(
            "thresholded",
            "The output was rounded to 0 or 1. A linear neuron returns the net input as it is.",
            lambda: lambda w, b, X: (X @ w + b > 0).astype(float),
        ),
    ),
    (
        "One pattern: multiply weight by input, add the products, add the bias.",
        "X @ w does the first two for all patterns at once and has the shape (B,).",
    ),
)
COST = Exercise(
    "one-neuron/cost",
    "The cost and its gradients",
    "cost(w, b, X, d) -> J, its gradient by w, (D,), and its gradient by b",
    3.0,
    lambda: cost,
    _cost_cases,
    _observe_cost,
    (Alternate("one matrix", lambda: _cost_by_matrix), Alternate("a loop", lambda: _cost_by_loop)),
    (
        Mutant(
            "half left out",
            "J is twice the right value: the cost is half the mean of the squared errors.",
            lambda: _scaled(2),
        ),
        Mutant(
            "sum for mean",
            "The patterns were added up. The cost is a mean: divide by their number.",
            lambda: lambda w, b, X, d: (_summed(w, b, X, d)[0], *cost(w, b, X, d)[1:]),
            "003-E10",
        ),
        Mutant(
            "absolute error",
            "J is the mean absolute error. Square the errors before you take the mean.",
            lambda: _absolute,
        ),
        Mutant(
            "gradient of the full square",
            "J is right, and its gradients are twice too long: the ½ cancels the 2 of the square.",
            lambda: _scaled(1, 2, 2),
        ),
        Mutant(
            "sign of the gradients",
            "The gradients point down. A gradient points up: it is y − d times the input.",
            lambda: _scaled(1, -1, -1),
        ),
        Mutant(
            "no gradient by b",
            "The gradient by b is zero. The bias is a weight whose input is always 1.",
            lambda: _scaled(1, 1, 0),
        ),
        Mutant(
            "input left out",
            "The gradient by w is the same for every feature: multiply the error by the input.",
            lambda: (
                lambda w, b, X, d: (
                    cost(w, b, X, d)[0],
                    np.full_like(w, cost(w, b, X, d)[2]),
                    cost(w, b, X, d)[2],
                )
            ),
        ),
        Mutant(
            "gradients summed",
            "J is a mean, and its gradients are sums. Divide both by the number of patterns.",
            lambda: lambda w, b, X, d: (cost(w, b, X, d)[0], *_summed(w, b, X, d)[1:]),
        ),
    ),
    (
        "Start from the errors, a vector of shape (B,): output minus target.",
        "J is half the mean of their squares; by the chain rule the gradient by w is the mean of error times "
        "pattern.",
        "X.T @ error has the shape (D,). The gradient by b is the same with ones for the inputs: the mean "
        "error.",
    ),
    groups=(("value", 1.0), ("gradients", 2.0)),
)


def exercises(variant: int) -> tuple[Exercise, ...]:
    """Return the exercises of one variant, in the order they are worked on; they differ in inputs."""
    del variant
    return OUTPUT, COST, SGD, BATCH, LOGISTIC, RATE
