"""Activations by hand: a leak, its learnt slope, sigmoid against tanh, and what softmax compares."""

__all__ = ["leaky", "prelu", "ratio", "tanh_from_sigmoid"]

import math
import random

from coursekit.assess.bank._write import halves, num, part, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/neurons"


@template("neurons/leaky", CHAPTER, "number", label="neuron-activations", relative=1e-3, tolerance=5e-4)
def leaky(rng: random.Random) -> Draft:
    a, u = rng.choice((0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 1.5, 2.0)), halves(rng, -6, -0.5)
    key = (a * u, a)
    if a > 1:
        told = "The maximum of $u$ and $a u$ is the leaky ReLU only for $a \\le 1$: take $a u$ below zero."
        third = Distractor((u, 1.0), "larger of the two taken", told)
    else:
        told = "The sign is lost: below zero $a u$ is negative, as $u$ is."
        third = Distractor((-a * u, a), "sign lost", told)
    return Draft(
        f"A leaky ReLU has the slope $a = {num(a)}$ below zero. What are its output and its derivative at "
        f"$u = {num(u)}$?",
        key,
        (
            Distractor(
                (0.0, 0.0), "leak forgotten",
                "That is the plain ReLU: a leaky one lets the fraction $a$ of a negative $u$ through.",
            ),
            Distractor(
                (a * u, 1.0), "slope of other side",
                "The output is right; but its derivative below zero is $a$, and $1$ only above.",
            ),
            third,
            Distractor(
                (a * u, a * u), "derivative left out",
                "The output is right; the derivative of $a u$ by $u$ is $a$.",
            ),
        ),
        "Below zero the function is the line $a u$: its value is $a u$ and its derivative $a$.",
        (f"$f(u) = {num(a)} \\cdot {part(u)} = {num(a * u)}$", f"$f'(u) = a = {num(a)}$"),
        asks=("$f(u)$", "$f'(u)$"),
        values={"a": a, "u": u},
    )  # fmt: skip


@template("neurons/prelu", CHAPTER, "number", label="neuron-activations", relative=1e-3, tolerance=5e-4)
def prelu(rng: random.Random) -> Draft:
    n, a = rng.choice((3, 4)), rng.choice((0.1, 0.2, 0.25, 0.5))
    u = [halves(rng, -3, 3) for _ in range(n)]
    g = [halves(rng, -2, 2) for _ in range(n)]
    pairs = list(zip(u, g, strict=True))
    asked = [gi * ui for ui, gi in pairs if ui <= 0]
    key = sum(asked)
    terms = " + ".join(f"{part(gi)} \\cdot {part(ui)}" for ui, gi in pairs if ui <= 0)
    return Draft(
        f"A PReLU with the slope $a = {num(a)}$ meets the net inputs $u = {row(u)}$, and the gradient of the "
        f"loss by its outputs is $g = {row(g)}$. All of them share $a$. What is the gradient of the loss by "
        "$a$?",
        key,
        (
            Distractor(
                sum(gi * ui for ui, gi in pairs), "positive part counted",
                "Above zero the output does not depend on $a$: only the negative net inputs count.",
            ),
            Distractor(
                sum(gi for ui, gi in pairs if ui <= 0), "net input forgotten",
                "The output below zero is $a u$, so its derivative by $a$ is $u$, not $1$.",
            ),
            Distractor(
                key / len(asked) if asked else 0.0, "mean for sum",
                "One slope serves all entries, so what they ask of it adds up.",
            ),
            Distractor(
                a * sum(gi for ui, gi in pairs if ui <= 0), "derivative by u",
                "Those are terms of the gradient by $u$; the question is how the loss answers to $a$.",
            ),
        ),
        "Each negative net input asks $g_i u_i$ of the shared slope.",
        (
            "below zero the output is $a u$, so its derivative by $a$ is $u$; above zero it is $0$",
            f"${terms} = {num(key)}$",
        ),
        values={"a": a, "u": u, "g": g},
        fits=2 <= len(asked) < n,
    )  # fmt: skip


@template("neurons/tanh", CHAPTER, "number", label="neuron-activations", relative=1e-3, tolerance=5e-4)
def tanh_from_sigmoid(rng: random.Random) -> Draft:
    s = rng.choice([k / 100 for k in range(4, 97) if abs(k - 50) > 3])
    return Draft(
        f"For some $u$ the logistic sigmoid gives $\\sigma(2u) = {num(s)}$. What is $\\tanh(u)$?",
        2 * s - 1,
        (
            Distractor(
                2 * s, "shift forgotten",
                "Doubled, the sigmoid runs from $0$ to $2$; $\\tanh$ runs from $-1$ to $1$.",
            ),
            Distractor(
                s - 0.5, "stretch forgotten",
                "Shifted alone, the sigmoid spans one unit; $\\tanh$ spans two.",
            ),
            Distractor(
                1 - 2 * s, "sign reversed",
                "Both functions rise with $u$, so a larger sigmoid means a larger $\\tanh$.",
            ),
        ),
        "The two are one curve, stretched and shifted: $\\tanh(u) = 2\\sigma(2u) - 1$.",
        (f"$\\tanh(u) = 2\\sigma(2u) - 1 = 2 \\cdot {num(s)} - 1 = {num(2 * s - 1)}$",),
        values={"s": s},
    )  # fmt: skip


@template("neurons/ratio", CHAPTER, "number", label="neuron-softmax", relative=5e-3, tolerance=1e-3)
def ratio(rng: random.Random) -> Draft:
    u, c = [halves(rng, -2, 3) for _ in range(3)], rng.randint(1, 3)
    gap = u[0] - u[1]
    key = math.exp(gap)
    return Draft(
        f"A softmax has the net inputs $u = {row(u)}^\\top$. You add ${c}$ to all three. What is the ratio "
        "$y_1 / y_2$ of its first two outputs then?",
        key,
        (
            Distractor(
                math.exp(gap + c), "shift counted",
                "What is added to all net inputs cancels in the ratio: softmax sees their differences only.",
            ),
            Distractor(
                (u[0] + c) / (u[1] + c) if u[1] + c else 0.0, "exponential forgotten",
                "The ratio is one of exponentials, not of the net inputs themselves.",
            ),
            Distractor(
                math.exp(-gap), "ratio inverted",
                "That is $y_2 / y_1$: the larger net input gets the larger share.",
            ),
        ),
        "The denominator cancels, and so does the shift: $y_1 / y_2 = e^{u_1 - u_2}$.",
        (
            f"$u_1 - u_2 = {num(u[0])} - {part(u[1])} = {num(gap)}$, with or without the shift",
            f"$y_1 / y_2 = e^{{{num(gap)}}} = {num(key)}$",
        ),
        values={"u": u, "c": c},
        fits=gap != 0,
    )  # fmt: skip
