"""Lecture 2: steps of gradient descent for one linear, logistic or threshold neuron."""

__all__ = ["batch_linear", "logistic_squared", "perceptron", "sgd_linear", "sgd_logistic", "stable_rate"]

import math
import random

from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._descend import (
    begin,
    descend,
    draw_patterns,
    end,
    fires,
    linear,
    listed,
    logistic,
    squared,
    told,
    values,
    worked,
)
from coursekit.assess.bank._write import num, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-02"
_ASKS = ("$w_1$", "$w_2$", "$b$")


def _slope_of_u(d: float, u: float) -> float:
    """Return the error of a logistic neuron with a slope mistaken as that of u."""
    return (d - sigmoid(u)) * u * (1 - u)


@template(
    "learning/sgd-linear", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=2, source="003-E09",
    rule="For a linear neuron $y = w^\\top x + b$ with $J = \\frac{1}{2} (d - y)^2$, stochastic gradient "
    "descent adds $\\alpha (d - y) x$ to $w$ and $\\alpha (d - y)$ to $b$ after each pattern. Each step "
    "starts from the weights that the step before has left.",
)  # fmt: skip
def sgd_linear(rng: random.Random) -> Draft:
    start = begin(rng, 0.05, 0.1, 0.2)
    patterns = draw_patterns(rng, rng.randint(2, 3), (-2, -1, 0, 1, 2))
    steps = descend(start, patterns, linear)
    return Draft(
        f"A linear neuron $y = w^\\top x + b$ starts with {told(start)}. You train it by stochastic "
        f"gradient descent on $J = \\frac{{1}}{{2}} (d - y)^2$: one update after each pattern, in the order "
        f"of the table.{listed(patterns)}What are $w_1$, $w_2$ and $b$ after the last pattern?",
        steps[-1].after,
        (
            Distractor(
                end(start, patterns, linear, frozen=True), "errors at initial weights",
                "All errors were computed with the initial weights; after each update the next output "
                "changes.",
            ),
            Distractor(
                end(start, patterns, linear, -1), "sign reversed",
                "The steps climb: the update adds $\\alpha (d - y) x$, with the target first.",
            ),
            Distractor(
                end(start, patterns, linear, ones=0), "bias not updated",
                "The bias learns too: it is a weight whose input is always $1$.",
            ),
        ),
        "Each pattern gave one step, from the weights that the step before had left.",
        worked(patterns, steps, linear, "d - y"),
        asks=_ASKS,
        values=values(start, patterns),
        fits=all(abs(p.d - step.u) > 0.1 for p, step in zip(patterns, steps, strict=True)),
    )  # fmt: skip


@template(
    "learning/batch-linear", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=2, source="003-E10",
    rule="Full-batch gradient descent on $J = \\frac{1}{2P} \\sum_p (d_p - y_p)^2$ computes all $P$ errors "
    "with the same weights and makes one step: it adds $\\frac{\\alpha}{P} \\sum_p (d_p - y_p) x_p$ to $w$ "
    "and $\\frac{\\alpha}{P} \\sum_p (d_p - y_p)$ to $b$. A loss without the $\\frac{1}{2}$ makes the step "
    "twice as long, one without the $\\frac{1}{P}$ makes it $P$ times as long.",
)  # fmt: skip
def batch_linear(rng: random.Random) -> Draft:
    start, count = begin(rng, 0.1, 0.2, 0.5), rng.randint(3, 4)
    patterns = draw_patterns(rng, count, (-2, -1, 1, 2))
    steps = descend(start, patterns, linear, 1 / count, frozen=True)
    errors = [p.d - step.u for p, step in zip(patterns, steps, strict=True)]
    sums = [sum(e * p[k] for e, p in zip(errors, patterns, strict=True)) for k in (0, 1)]
    key = steps[-1].after
    return Draft(
        f"A linear neuron $y = w^\\top x + b$ starts with {told(start)}. You make one step of full-batch "
        f"gradient descent on $J = \\frac{{1}}{{2P}} \\sum_p (d_p - y_p)^2$ with these $P = {count}$ "
        f"patterns.{listed(patterns)}What are $w_1$, $w_2$ and $b$ after the step?",
        key,
        (
            Distractor(
                end(start, patterns, linear, frozen=True), "sum instead of mean",
                "The gradients were summed; this loss is the mean over the patterns.",
            ),
            Distractor(
                end(start, patterns, linear, 2 / count, frozen=True), "factor 2 too much",
                "The step is twice as long as asked: the factor one half of the loss cancels the 2 of the "
                "derivative.",
            ),
            Distractor(
                end(start, patterns, linear), "one step a pattern",
                "The weights were changed after each pattern; a batch computes all errors with the same "
                "weights.",
            ),
        ),
        "One step, along the mean of the gradients at the initial weights.",
        (
            f"$y = {row(step.u for step in steps)}$, so $d - y = {row(errors)}$",
            f"$\\sum_p (d_p - y_p) x_p = {row(sums)}^\\top$ and $\\sum_p (d_p - y_p) = {num(sum(errors))}$",
            f"Times $\\alpha / P = {num(start.alpha)} / {count}$, added: $w = {row(key[:2])}^\\top$, $b = "
            f"{num(key[2])}$",
        ),
        asks=_ASKS,
        values=values(start, patterns),
    )  # fmt: skip


@template(
    "learning/sgd-logistic", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=2, source="003-E11",
    rule="For a logistic neuron $y = \\sigma(w^\\top x + b)$ with the binary cross-entropy $J = -d \\ln y - "
    "(1 - d) \\ln(1 - y)$ the slope $y (1 - y)$ cancels. A step has the form of the linear neuron, with $y$ "
    "between $0$ and $1$: it adds $\\alpha (d - y) x$ to $w$ and $\\alpha (d - y)$ to $b$.",
)  # fmt: skip
def sgd_logistic(rng: random.Random) -> Draft:
    start, patterns = begin(rng, 0.1, 0.5, 1), draw_patterns(rng, 2, (0, 1))
    steps = descend(start, patterns, logistic)
    return Draft(
        f"A logistic neuron $y = \\sigma(w^\\top x + b)$ starts with {told(start)}. You train it by "
        f"stochastic gradient descent on the binary cross-entropy $J = -d \\ln y - (1 - d) \\ln(1 - y)$: one "
        f"update after each pattern, in the order of the table.{listed(patterns)}What are $w_1$, $w_2$ and "
        f"$b$ after the second pattern?",
        steps[-1].after,
        (
            Distractor(
                end(start, patterns, squared), "extra factor y(1-y)",
                "The factor $y (1 - y)$ belongs to the squared error; with the cross-entropy it cancels.",
            ),
            Distractor(
                end(start, patterns, fires), "output rounded to class",
                "The output was rounded to $0$ or $1$, as a perceptron does; learn from the probability "
                "itself.",
            ),
            Distractor(
                end(start, patterns, linear), "sigmoid forgotten",
                "The net input was used as output: apply the sigmoid before you take the error.",
            ),
        ),
        "The rule is that of the linear neuron, with the sigmoid's output in the error.",
        worked(patterns, steps, logistic, "d - \\sigma(u)"),
        asks=_ASKS,
        values=values(start, patterns),
        fits=all(abs(step.u) <= 3 for step in steps),
    )  # fmt: skip


@template(
    "learning/logistic-squared", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=2,
    source="003-E12",
    rule="For a logistic neuron with the squared error $J = \\frac{1}{2} (d - y)^2$ the chain rule leaves "
    "the slope of the sigmoid in the step: it adds $\\alpha (d - y) y (1 - y) x$ to $w$ and $\\alpha (d - y) "
    "y (1 - y)$ to $b$. The slope is a function of the output $y$.",
)  # fmt: skip
def logistic_squared(rng: random.Random) -> Draft:
    start, patterns = begin(rng, 1), draw_patterns(rng, 1, (0, 1))
    x1, x2, d = patterns[0]
    u, key = descend(start, patterns, squared)[-1]
    y = sigmoid(u)
    return Draft(
        f"A logistic neuron $y = \\sigma(w^\\top x + b)$ starts with {told(start)}. You make one step of "
        f"gradient descent on $J = \\frac{{1}}{{2}} (d - y)^2$ for the pattern $x = {row((x1, x2))}^\\top$ "
        f"with the target $d = {num(d)}$. What are $w_1$, $w_2$ and $b$ after the step?",
        key,
        (
            Distractor(
                end(start, patterns, logistic), "slope of sigmoid omitted",
                "The slope of the sigmoid is missing; it cancels only with the cross-entropy.",
            ),
            Distractor(
                end(start, patterns, _slope_of_u), "slope from net input",
                "The slope was computed from the net input; its formula takes the output $y$.",
            ),
            Distractor(
                end(start, patterns, squared, -1), "sign reversed",
                "The step climbs: the update adds $\\alpha (d - y) y (1 - y) x$, with the target first.",
            ),
        ),
        "Error times slope times input, with the slope from the output.",
        (
            f"$u = {num(u)}$, $y = \\sigma({num(u)}) = {num(y)}$",
            f"$d - y = {num(d - y)}$, $y (1 - y) = {num(y * (1 - y))}$, product ${num(squared(d, u))}$",
            f"$w = {row(key[:2])}^\\top$, $b = {num(key[2])}$",
        ),
        asks=_ASKS,
        values=values(start, patterns),
        fits=abs(u) <= 3,
    )  # fmt: skip


@template(
    "learning/perceptron", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=2, source="003-E13",
    rule="A perceptron has the output $y = 1$ if $w^\\top x + b > 0$, else $y = 0$. Its rule adds $\\alpha "
    "(d - y) x$ to $w$ and $\\alpha (d - y)$ to $b$. For a pattern that is classified correctly $d - y = 0$, "
    "and nothing changes.",
)  # fmt: skip
def perceptron(rng: random.Random) -> Draft:
    start = begin(rng, 0.5, 1)
    first, second = draw_patterns(rng, 2, (0,))
    met = [start.w1 * p.x1 + start.w2 * p.x2 + start.b for p in (first, second)]
    # The first pattern is classified correctly and the second is not.
    patterns = [first._replace(d=float(met[0] > 0)), second._replace(d=float(met[1] <= 0))]
    steps = descend(start, patterns, fires)
    return Draft(
        f"A perceptron ($y = 1$ if $w^\\top x + b > 0$, else $y = 0$) starts with {told(start)}. You apply "
        f"its learning rule once to each pattern, in the order of the table.{listed(patterns)}What are "
        f"$w_1$, $w_2$ and $b$ after the second pattern?",
        steps[-1].after,
        (
            Distractor(
                end(start, patterns, linear), "net input as output",
                "The error was taken from the net input; a perceptron's output is $0$ or $1$.",
            ),
            Distractor(
                end(start, patterns, lambda d, _: 2 * d - 1), "update although correct",
                "A pattern that is classified correctly changes nothing.",
            ),
            Distractor(
                end(start, patterns, fires, -1), "sign reversed",
                "The step goes the wrong way: it adds $\\alpha (d - y) x$, with the target first.",
            ),
        ),
        "Only the misclassified pattern made a step.",
        worked(patterns, steps, fires, "d - y"),
        asks=_ASKS,
        values=values(start, patterns),
        fits=all(met),
    )  # fmt: skip


@template(
    "learning/stable-rate", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=2, source="003-E14",
    rule="If a linear neuron with bias sees one sample $x$ again and again, each step on $\\frac{1}{2} (d - "
    "y)^2$ multiplies the error by $1 - \\alpha L$ with $L = \\lVert x \\rVert^2 + 1$; the $1$ comes from "
    "the bias. The error shrinks for $0 < \\alpha < 2 / L$, and vanishes in one step at $\\alpha = 1 / L$.",
)  # fmt: skip
def stable_rate(rng: random.Random) -> Draft:
    x = [rng.choice([k for k in range(-8, 9) if k]) for _ in range(rng.randint(2, 3))]
    square = sum(entry**2 for entry in x)
    return Draft(
        f"You train a linear neuron $y = w^\\top x + b$, weights and bias, by gradient descent on $J = "
        f"\\frac{{1}}{{2}} (d - y)^2$, always with the same sample $x = {row(x)}^\\top$ and its target. "
        f"Below which learning rate $\\alpha$ does the error shrink from step to step?",
        2 / (square + 1),
        (
            Distractor(
                2 / square, "bias ignored",
                "The bias learns too and adds to the curvature; its input is always $1$.",
            ),
            Distractor(
                1 / (square + 1), "fastest instead of largest",
                "At that rate the error vanishes in one step; the limit of stability lies higher.",
            ),
            Distractor(
                2 / math.sqrt(square + 1), "norm not squared",
                "The curvature is a squared length; its root was used.",
            ),
        ),
        "Each step multiplies the error by one minus the learning rate times the curvature.",
        (
            f"$L = \\lVert x \\rVert^2 + 1 = {square} + 1 = {square + 1}$",
            f"The error shrinks while $|1 - \\alpha L| < 1$, that is for $\\alpha < 2 / {square + 1} = "
            f"{num(2 / (square + 1))}$",
        ),
        values={"x": x},
    )  # fmt: skip
