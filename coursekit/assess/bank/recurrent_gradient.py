"""Lecture 8: the derivative of a recurrent neuron through time, and clipping."""

__all__ = ["clipping", "through_time"]

import math
import random
from itertools import pairwise

from coursekit.assess.answer import show_all
from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-08"


def _states(w: float, x: list[float]) -> list[float]:
    """Return the states h(1), h(2), ... from h(0) = 0."""
    h = [0.0]
    for one in x:
        h.append(math.tanh(w * h[-1] + one))
    return h[1:]


def _sensitivities(h: list[float], w: float) -> tuple[list[float], ...]:
    """Return dh(t)/dw for t >= 2: right, direct part only, no slope of tanh, direct parts added."""
    right, direct, steep, added = [0.0], [0.0], [0.0], [0.0]
    for before, now in pairwise(h):
        slope = 1 - now * now
        right.append(slope * (before + w * right[-1]))
        direct.append(slope * before)
        steep.append(before + w * steep[-1])
        added.append(added[-1] + slope * before)
    return right[1:], direct[1:], steep[1:], added[1:]


@template(
    "recurrent/through-time", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=8, source="003-E48",
    rule="The recurrent weight of $h(t) = \\tanh(w h(t-1) + x(t))$ acts at every step, so "
    "$\\frac{\\mathrm{d} h(t)}{\\mathrm{d} w} = (1 - h(t)^2) \\left( h(t-1) + w \\frac{\\mathrm{d} "
    "h(t-1)}{\\mathrm{d} w} \\right)$, with the value $0$ at $t = 0$: a direct part and a part through the "
    "previous state. Backpropagation through time (BPTT) collects the same sum from the last step "
    "backwards; the factor from step to step is $w (1 - h^2)$, not $w$ alone.",
)  # fmt: skip
def through_time(rng: random.Random) -> Draft:
    steps, w = pick(rng, 3, 5), halves(rng, -1.5, 1.5)
    x = [halves(rng, -1, 1) for _ in range(steps)]
    h = _states(w, x)
    ways = _sensitivities(h, w)
    key, only, steep, added = ((*h, *way) for way in ways)
    slopes, carried = [1 - state * state for state in h], [0.0, *ways[0]]
    return Draft(
        f"A recurrent neuron computes $h(t) = \\tanh(w h(t-1) + x(t))$ with $w = {num(w)}$ and $h(0) = 0$. "
        f"Its inputs are $x(1), \\ldots, x({steps}) = {show_all(x)}$. What are the states $h(1)$ to "
        f"$h({steps})$, and what are the total derivatives, through all steps, of every state from $h(2)$ on "
        "with respect to $w$? (At $t = 1$ the derivative is $0$.)",
        key,
        (
            Distractor(
                only, "last step only",
                "Only the direct part of each step was taken: w has also shaped the previous state.",
            ),
            Distractor(
                steep, "derivative of tanh omitted",
                "The derivative of tanh is missing: every step multiplies by 1 - h(t)².",
            ),
            Distractor(
                added, "local terms only added",
                "The direct parts of all steps were added as they are: on its way to later steps each one is "
                "multiplied by w (1 - h²) at every step.",
            ),
        ),
        "Each derivative is the slope of $\\tanh$ times the sum of the direct and the carried part.",
        (
            f"states: {show_all(h)}",
            f"slopes $1 - h(t)^2$: {show_all(slopes)}",
            *(
                f"$\\mathrm{{d}} h({t}) / \\mathrm{{d}} w = {num(slopes[t - 1])} \\cdot ({num(h[t - 2])} + "
                f"({num(w)}) \\cdot ({num(carried[t - 2])})) = {num(carried[t - 1])}$"
                for t in range(2, steps + 1)
            ),
        ),
        asks=(
            *(f"$h({t})$" for t in range(1, steps + 1)),
            *(f"$\\mathrm{{d}} h({t}) / \\mathrm{{d}} w$" for t in range(2, steps + 1)),
        ),
        values={"w": w, "x": x},
    )  # fmt: skip


@template(
    "recurrent/clipping", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=8, source="003-E50",
    rule="Clipping by the global norm takes the gradients of *all* parameters as one vector $g$ and, if "
    "$\\lVert g \\rVert > c$, replaces it by $c \\frac{g}{\\lVert g \\rVert}$; otherwise $g$ stays as it "
    "is. The direction is kept and the length bounded. That prevents a single huge step, but does not bring "
    "back a gradient that has vanished.",
)  # fmt: skip
def clipping(rng: random.Random) -> Draft:
    w, b = [halves(rng, -4, 4) for _ in range(pick(rng, 2, 3))], halves(rng, -4, 4)
    bound, g = pick(rng, 1, 2), [*w, b]
    square = sum(a * a for a in g)
    norm, alone = math.sqrt(square), math.sqrt(square - b * b)
    key = tuple(bound / norm * a for a in g)
    names = (*(f"$g_{i}$" for i in range(1, len(w) + 1)), "$g_b$")
    return Draft(
        f"The gradient of a network with respect to its weights is $g_w = {row(w)}^\\top$, that with "
        f"respect to its bias is $g_b = {num(b)}$. Both are clipped together by their global Euclidean norm "
        f"at $c = {bound}$. What are the entries $g_1$ to $g_{len(w)}$ of $g_w$, and what is $g_b$, after "
        "clipping?",
        key,
        (
            Distractor(
                tuple(max(-bound, min(bound, a)) for a in g), "clipped entry by entry",
                "Each entry was cut at ±c on its own, which turns the gradient: scale all entries by one "
                "factor.",
            ),
            Distractor(
                tuple(bound / square * a for a in g), "divided by squared norm",
                "The factor used the squared norm: take the square root of the sum of squares.",
            ),
            Distractor(
                (*(min(bound / alone, 1.0) * a for a in w), min(bound / abs(b), 1.0) * b),
                "norm of each part",
                "Weights and bias were clipped each by its own norm: the global norm takes all entries "
                "together.",
            ),
        ),
        f"All entries shrink by the same factor ${num(bound / norm)}$.",
        (
            f"$\\lVert g \\rVert = \\sqrt{{{num(square)}}} = {num(norm)} > {bound}$, so clipping acts",
            f"factor $c / \\lVert g \\rVert = {num(bound / norm)}$",
            f"clipped: {show_all(key)}",
        ),
        asks=names,
        values={"g_w": w, "g_b": b, "c": bound},
        fits=norm > bound,
    )  # fmt: skip
