"""Lecture 8: Elman and Jordan networks, step by step, and their parameters."""

__all__ = ["elman", "jordan", "parameters"]

import math
import random
from collections.abc import Callable

from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._matrices import Rows, times, turned
from coursekit.assess.bank._write import halves, matrix, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-08"

_STEPS = 3


def _flat(steps: list[Rows]) -> tuple[float, ...]:
    """Return all entries, step by step and row by row."""
    return tuple(entry for rows in steps for line in rows for entry in line)


def _inputs(rng: random.Random, most: int) -> list[Rows]:
    """Draw the inputs of two sequences with two components, one matrix for each step; its rows differ."""
    points = [[float(i), float(j)] for i in range(-1, most + 1) for j in range(-1, most + 1)]
    return [rng.sample(points, 2) for _ in range(_STEPS)]


def _listed(name: str, steps: list[Rows]) -> str:
    """Write the matrices of all steps as mathematics."""
    return ", ".join(f"${name}({t}) = {matrix(rows)}$" for t, rows in enumerate(steps, start=1))


def _elman(
    inputs: list[Rows], u: Rows, w: Rows, b: list[float], f: Callable[[float], float] = math.tanh
) -> list[Rows]:
    """Return the hidden states of all steps."""
    state, states = [[0.0] * len(b) for _ in inputs[0]], []
    for x in inputs:
        sums = zip(times(x, u), times(state, w), strict=True)
        state = [[f(p + q + r) for p, q, r in zip(*lines, b, strict=True)] for lines in sums]
        states.append(state)
    return states


@template(
    "recurrent/elman", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=8, source="003-E46",
    rule="An Elman network feeds its hidden state back: $H(t) = \\varphi(X(t) U + H(t-1) W + 1 b^\\top)$ "
    "with $H(0) = 0$. Rows are sequences, which never mix, and columns are units; $U \\in \\mathbb{R}^{n "
    "\\times m}$, $W \\in \\mathbb{R}^{m \\times m}$ and $b$ are the same at every step. In this row form "
    "$W$ is not transposed: $w_{ij}$ leads from unit $i$ to unit $j$.",
)  # fmt: skip
def elman(rng: random.Random) -> Draft:
    inputs = _inputs(rng, 1)
    sizes = (-1.0, -0.5, 0.5, 1.0)
    u = [rng.sample(sizes, 2) for _ in range(2)]
    across = rng.sample(sizes, 2)  # equal ones would hide a transposed W
    w = [[halves(rng, -1, 1), across[0]], [across[1], halves(rng, -1, 1)]]
    b = [halves(rng, -0.5, 0.5) for _ in range(2)]
    states = _elman(inputs, u, w, b)
    none = [[0.0, 0.0], [0.0, 0.0]]
    return Draft(
        "An Elman network computes $H(t) = \\tanh(X(t) U + H(t-1) W + 1 b^\\top)$ with $H(0) = 0$; rows are "
        f"sequences, columns are units. It has $U = {matrix(u)}$, $W = {matrix(w)}$ and $b = "
        f"{row(b)}^\\top$. Two sequences of three steps arrive as {_listed('X', inputs)}. What are the "
        "hidden states $H(1)$, $H(2)$ and $H(3)$? ($h_{pj}(t)$ is the state of unit $j$ for sequence $p$.)",
        _flat(states),
        (
            Distractor(
                _flat(_elman(inputs, u, turned(w), b)), "W transposed",
                "W was used transposed: with states as rows, the state is multiplied by W as it stands, "
                "from the right.",
            ),
            Distractor(
                _flat(_elman(inputs, u, none, b)), "state reset at each step",
                "The state was set to zero before each step: it is carried on from one step to the next.",
            ),
            Distractor(
                _flat(_elman(inputs, u, w, b, sigmoid)), "sigmoid for tanh",
                "Those are states of units with a logistic sigmoid: here the hidden units use tanh.",
            ),
        ),
        "Every step adds the input's part, the old state's part and the bias, then applies $\\tanh$ once.",
        (
            f"$H(1) = \\tanh(X(1) U + 1 b^\\top) = {matrix(states[0])}$, since $H(0) = 0$",
            *(
                f"$H({t - 1}) W = {matrix(times(states[t - 2], w))}$, so $H({t}) = {matrix(states[t - 1])}$"
                for t in (2, 3)
            ),
        ),
        asks=tuple(f"$h_{{{p}{j}}}({t})$" for t in (1, 2, 3) for p in (1, 2) for j in (1, 2)),
        values={"X": inputs, "U": u, "W": w, "b": b},
    )  # fmt: skip


def _jordan(
    inputs: list[Rows], nets: tuple[Rows, list[float], list[float], list[float], float],
    start: float = 0.0, feed_state: bool = False,
) -> tuple[list[Rows], tuple[float, ...]]:  # fmt: skip
    """Return hidden states and outputs of all steps; ReLU units, one linear output.

    Args:
        inputs: a matrix for each step, sequences as rows.
        nets: U, w, b, v and c.
        start: the output before the first step.
        feed_state: the mistake of feeding each unit its own state instead of the output.
    """
    u, w, b, v, c = nets
    back = [[start] * len(w) for _ in inputs[0]]
    states: list[Rows] = []
    outputs: list[float] = []
    for x in inputs:
        sums = zip(times(x, u), back, strict=True)
        state = [[max(p + q * r + s, 0.0) for p, q, r, s in zip(*both, w, b, strict=True)] for both in sums]
        y = [sum(p * q for p, q in zip(line, v, strict=True)) + c for line in state]
        back = state if feed_state else [[one] * len(w) for one in y]
        states.append(state)
        outputs += y
    return states, tuple(outputs)


@template(
    "recurrent/jordan", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=8, source="003-E47",
    rule="A Jordan network feeds its *output* back: $H(t) = \\varphi(X(t) U + Y(t-1) W + 1 b^\\top)$ and "
    "$Y(t) = \\sigma(H(t) V + 1 c^\\top)$ with $W \\in \\mathbb{R}^{K \\times m}$. For $P$ sequences and "
    "$K$ outputs $Y(0)$ is a $P \\times K$ matrix of zeros; it is set, not computed, so it does not contain "
    "$c$.",
)  # fmt: skip
def jordan(rng: random.Random) -> Draft:
    inputs = _inputs(rng, 2)
    signs = ((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5))
    u = turned(rng.sample(signs, 3))  # a different column for each unit
    w, v = [rng.choice((-0.5, 0.5)) for _ in range(3)], [rng.choice((-2.0, -1.0, 1.0, 2.0)) for _ in range(3)]
    b, c = [rng.choice((-0.5, 0.5, 1.0)) for _ in range(3)], halves(rng, -1.5, 1.5)
    nets = (u, w, b, v, c)
    states, key = _jordan(inputs, nets)
    seen = _flat(states)
    return Draft(
        "A Jordan network with three ReLU units and one linear output computes $H(t) = \\max(0, X(t) U + "
        "Y(t-1) W + 1 b^\\top)$ and $Y(t) = H(t) V + 1 c$ with $Y(0) = 0$; rows are sequences. It has $U = "
        f"{matrix(u)}$, $W = {row(w)}$, $b = {row(b)}^\\top$, $V = {row(v)}^\\top$ and $c = {num(c)}$. Two "
        f"sequences of three steps arrive as {_listed('X', inputs)}. What are the outputs at all steps? "
        "($y_p(t)$ is the output for sequence $p$.)",
        key,
        (
            Distractor(
                _jordan(inputs, nets, feed_state=True)[1], "Elman feedback",
                "Each unit got its own old state back, as in an Elman network: a Jordan network feeds the "
                "old output.",
            ),
            Distractor(
                _jordan(inputs, nets, 1.0)[1], "start at one",
                "The first step used Y(0) = 1: before the first step there is no output, and Y(0) = 0 is "
                "given.",
            ),
            Distractor(
                _jordan(inputs, (u, w, b, v, 0.0))[1], "output bias omitted",
                "The bias c is missing: it belongs to every output, also to those that are fed back.",
            ),
        ),
        "The output of each step, its bias included, enters the hidden units of the next.",
        tuple(
            f"$H({t}) = {matrix(states[t - 1])}$, so $y_1({t}) = {num(key[2 * t - 2])}$, $y_2({t}) = "
            f"{num(key[2 * t - 1])}$"
            for t in (1, 2, 3)
        ),
        asks=tuple(f"$y_{p}({t})$" for t in (1, 2, 3) for p in (1, 2)),
        values={"X": inputs, "U": u, "W": w, "b": b, "V": v, "c": c},
        fits=max(map(abs, key)) < 20 and seen.count(0.0) < 11,
    )  # fmt: skip


@template(
    "recurrent/parameters", CHAPTER, "number", lecture=8, source="003-E49",
    rule="With $n$ inputs, $m$ hidden units and $K$ outputs, an Elman network has $nm + m^2 + m + mK + K$ "
    "parameters: $U$, $W$, $b$, $V$ and $c$. In a Jordan network the $K$ outputs feed the hidden units, so "
    "$W$ has $Km$ entries instead of $m^2$. Neither count depends on the number of steps, which share all "
    "weights.",
)  # fmt: skip
def parameters(rng: random.Random) -> Draft:
    n, m, k = (pick(rng, 2, 19) for _ in range(3))
    rest = n * m + m + m * k + k
    key = (rest + m * m, rest + k * m)
    return Draft(
        f"A recurrent network has ${n}$ inputs, ${m}$ hidden units and ${k}$ outputs, with one bias for "
        "each hidden unit and each output. How many parameters does it have as an Elman network ($N_E$), "
        "and how many as a Jordan network whose outputs are fed back to the hidden units ($N_J$)?",
        key,
        (
            Distractor(
                (key[0] + m, key[1] + m), "two hidden biases",
                "The hidden units were given two biases each, as nn.RNN stores them: one is stated here.",
            ),
            Distractor(
                (key[0], key[0]), "same count for both",
                "The feedback of the Jordan network does not start at the hidden units, so its W has "
                "another size.",
            ),
            Distractor(
                (key[0] - m - k, key[1] - m - k), "biases forgotten",
                "The biases are missing: one for each hidden unit and one for each output.",
            ),
        ),
        "The two networks differ only in the size of $W$.",
        (
            f"$U$, $b$, $V$, $c$: ${n} \\cdot {m} + {m} + {m} \\cdot {k} + {k} = {rest}$",
            f"Elman: $W$ has ${m} \\cdot {m} = {m * m}$ entries, together ${key[0]}$",
            f"Jordan: $W$ has ${k} \\cdot {m} = {k * m}$ entries, together ${key[1]}$",
        ),
        asks=("$N_E$", "$N_J$"),
        values={"n": n, "m": m, "K": k},
        fits=k != m,
    )  # fmt: skip
