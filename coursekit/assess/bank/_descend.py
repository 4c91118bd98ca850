"""Gradient descent of one neuron with two inputs, right or wrong in the ways that students do it."""

__all__ = [
    "begin", "descend", "draw_patterns", "end", "fires", "linear", "listed", "logistic", "squared", "told",
    "values", "worked",
]  # fmt: skip

import random
from collections.abc import Callable
from typing import NamedTuple

from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._write import halves, num, row, table

Numbers3 = tuple[float, float, float]
Rule = Callable[[float, float], float]


class Pattern(NamedTuple):
    """An input of two numbers and its target."""

    x1: float
    x2: float
    d: float


class Start(NamedTuple):
    """A neuron before training, and the learning rate."""

    w1: float
    w2: float
    b: float
    alpha: float


class Step(NamedTuple):
    """One step: the net input it met, and the parameters after it."""

    u: float
    after: Numbers3


def linear(d: float, u: float) -> float:
    """Return the error of a linear neuron."""
    return d - u


def logistic(d: float, u: float) -> float:
    """Return the error of a logistic neuron."""
    return d - sigmoid(u)


def squared(d: float, u: float) -> float:
    """Return the error of a logistic neuron times the slope of its sigmoid."""
    y = sigmoid(u)
    return (d - y) * y * (1 - y)


def fires(d: float, u: float) -> float:
    """Return the error of a threshold neuron."""
    return d - float(u > 0)


def descend(
    start: Start,
    patterns: list[Pattern],
    delta: Rule,
    rate: float = 1.0,
    *,
    frozen: bool = False,
    ones: float = 1.0,
) -> list[Step]:
    """Make one step a pattern: add alpha * rate * delta(d, u) * (x1, x2, ones) to (w1, w2, b).

    Args:
        start: the neuron before the first step, with alpha.
        patterns: in the order they are met.
        delta: the error that moves the weights, from target and net input.
        rate: a factor to alpha.
        frozen: whether every u is that of the starting weights, as in a batch.
        ones: the input of the bias; 0 keeps the bias as it is.
    """
    now: Numbers3 = start[:3]
    steps = []
    for x1, x2, d in patterns:
        w1, w2, b = start[:3] if frozen else now
        u = w1 * x1 + w2 * x2 + b
        gain = start.alpha * rate * delta(d, u)
        now = (now[0] + gain * x1, now[1] + gain * x2, now[2] + gain * ones)
        steps.append(Step(u, now))
    return steps


def end(
    start: Start,
    patterns: list[Pattern],
    delta: Rule,
    rate: float = 1.0,
    *,
    frozen: bool = False,
    ones: float = 1.0,
) -> Numbers3:
    """Return w1, w2 and b after the last of these steps; see ``descend``."""
    return descend(start, patterns, delta, rate, frozen=frozen, ones=ones)[-1].after


def begin(rng: random.Random, *rates: float) -> Start:
    """Draw the weights, the bias and the learning rate."""
    return Start(halves(rng, -2, 2), halves(rng, -2, 2), halves(rng, -1, 1), rng.choice(rates))


def draw_patterns(rng: random.Random, many: int, targets: tuple[float, ...]) -> list[Pattern]:
    """Draw patterns with inputs that are multiples of one half."""
    return [Pattern(halves(rng, -2, 2), halves(rng, -2, 2), rng.choice(targets)) for _ in range(many)]


def told(start: Start) -> str:
    """Write the starting weights, the bias and the learning rate."""
    weights = row(start[:2])
    return f"$w = {weights}^\\top$, $b = {num(start.b)}$ and the learning rate $\\alpha = {num(start.alpha)}$"


def listed(patterns: list[Pattern]) -> str:
    """Write the patterns as a table."""
    rows = [(number, *pattern) for number, pattern in enumerate(patterns, start=1)]
    return table(("pattern", "$x_1$", "$x_2$", "$d$"), rows)


def worked(patterns: list[Pattern], steps: list[Step], delta: Rule, name: str) -> tuple[str, ...]:
    """Write each step with its net input, its error and the parameters after it."""
    return tuple(
        f"Pattern {number}: $u = {num(step.u)}$, ${name} = {num(delta(pattern.d, step.u))}$; "
        f"then $w = {row(step.after[:2])}^\\top$, $b = {num(step.after[2])}$"
        for number, (pattern, step) in enumerate(zip(patterns, steps, strict=True), start=1)
    )


def values(start: Start, patterns: list[Pattern]) -> dict[str, object]:
    """Return the drawn numbers."""
    return {
        "w": list(start[:2]), "b": start.b, "alpha": start.alpha,
        "x": [[p.x1, p.x2] for p in patterns], "d": [p.d for p in patterns],
    }  # fmt: skip
