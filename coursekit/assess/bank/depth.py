"""Questions on depth: parity, pieces and teeth, terms of products, and how many images there are."""

__all__ = ["images", "parity_active", "parity_count", "pieces", "sawtooth", "tent", "terms"]

import math
import random
from itertools import pairwise

from coursekit.assess.bank._write import num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/depth"


@template("depth/parity-active", CHAPTER, "number", label="depth-parity")
def parity_active(rng: random.Random) -> Draft:
    n = pick(rng, 5, 9)
    x = [pick(rng, 0, 1) for _ in range(n)]
    s = sum(x)
    rest = ", ".join(f"\\mathrm{{relu}}(s - {k})" for k in range(1, 3))
    return Draft(
        f"Parity of ${n}$ bits by one hidden layer: with $s = \\sum_i x_i$, the ${n}$ neurons are "
        f"$\\mathrm{{relu}}(s), {rest}, \\dots, \\mathrm{{relu}}(s - {n - 1})$, and the output weights "
        f"$1, -2, 2, -2, \\dots$ For $x = {row(x)}$, how many of the neurons are above zero, "
        "and what is the output?",
        (float(s), float(s % 2)),
        (
            Distractor(
                (float(s + 1), float(s % 2)), "neuron at its kink counted",
                "The neuron with $k = s$ is exactly at its kink: it puts out zero.",
            ),
            Distractor(
                (float(s), float(1 - s % 2)), "parity turned round",
                "The output is 1 if the number of ones is odd.",
            ),
            Distractor(
                (float(n), float(s % 2)), "all neurons counted",
                "Neurons with $k$ of $s$ or more are silent.",
            ),
        ),
        "Neuron k is above zero for k below s.",
        (
            f"$s = {s}$, so the neurons $k = 0, \\dots, {s - 1}$ are above zero: ${s}$ of them",
            f"the slopes $1, -1, 1, \\dots$ lead from $0$ up and down again: the output is ${s % 2}$",
        ),
        asks=("neurons", "output"), values={"x": x}, fits=2 <= s < n,
    )  # fmt: skip


@template("depth/parity-count", CHAPTER, "number", label="depth-parity-cost")
def parity_count(rng: random.Random) -> Draft:
    n = pick(rng, 5, 20)
    levels = math.ceil(math.log2(n))
    right = (float(n), float(levels), 2.0 ** (n - 1))
    return Draft(
        f"Parity of ${n}$ bits. How many ReLU neurons has the one hidden layer that bends at every sum of "
        f"the bits from $0$ to ${n - 1}$? How many hidden layers has a tree of exclusive ors? And how many "
        "terms has the shortest formula of two levels, an OR of ANDs of the bits and their negations?",
        right,
        (
            Distractor(
                (2.0**n, right[1], right[2]), "exponential width believed",
                "The sum of the bits says it all, and one neuron for each of its values is enough.",
            ),
            Distractor(
                (right[0], float(n - 1), right[2]), "chain taken for a tree",
                "A chain has a layer for each bit but one; a tree halves the number of values a layer.",
            ),
            Distractor(
                (right[0], right[1], 2.0**n), "all rows counted",
                "Only the rows with an odd number of ones need a term: half of them.",
            ),
        ),
        "Neurons n, depth the logarithm, terms half the truth table.",
        (
            f"one neuron for each $k = 0, \\dots, {n - 1}$: ${n}$",
            f"$\\lceil \\log_2 {n} \\rceil = {levels}$",
            f"no two odd rows differ in one bit, so none can be merged: $2^{{{n - 1}}} = {num(right[2])}$",
        ),
        asks=("neurons", "layers", "terms"), values={"n": n},
    )  # fmt: skip


@template("depth/sawtooth", CHAPTER, "number", label="depth-sawtooth")
def sawtooth(rng: random.Random) -> Draft:
    k = pick(rng, 3, 14)
    return Draft(
        f"The tent, a network of two ReLU neurons, is composed ${k}$ times. How many straight pieces does "
        "the result have on the unit interval? How many hidden neurons does the deep network have? And how "
        "many does one hidden layer need at least, since $m$ neurons give at most $m + 1$ pieces?",
        (2.0**k, 2.0 * k, 2.0**k - 1),
        (
            Distractor(
                (2.0 * k, 2.0 * k, 2.0 * k - 1), "pieces added",
                "Each fold doubles the pieces; it does not add two.",
            ),
            Distractor(
                (2.0**k, 2.0**k, 2.0**k - 1), "neurons multiplied",
                "Layers add their neurons: two for each composition.",
            ),
            Distractor(
                (2.0 ** (k - 1), 2.0 * k, 2.0 ** (k - 1) - 1), "teeth for pieces",
                "That is the number of teeth; each has two pieces.",
            ),
        ),
        "Pieces double with each fold, neurons grow by two.",
        (
            f"pieces: $2^{{{k}}} = {2**k}$",
            f"deep: $2 \\cdot {k} = {2 * k}$ neurons",
            f"shallow: $m + 1 \\ge {2**k}$, so $m \\ge {2**k - 1}$",
        ),
        asks=("pieces", "deep", "shallow"), values={"k": k},
    )  # fmt: skip


@template("depth/pieces", CHAPTER, "number", label="depth-pieces")
def pieces(rng: random.Random) -> Draft:
    m = pick(rng, 4, 6)
    kinks = rng.sample(range(-8, 9), m)
    w = [rng.choice((-2, -1, 1, 2)) for _ in range(m)]
    b = [-slope * kink for slope, kink in zip(w, kinks, strict=True)]
    v = [rng.choice((-3, -2, -1, 1, 2, 3)) for _ in range(m)]
    end = pick(rng, 4, 6)
    inside = sum(-end < kink < end for kink in kinks)
    return Draft(
        f"A network with one input has a hidden layer of ${m}$ ReLU neurons with weights $w = {row(w)}$ and "
        f"biases $b = {row(b)}$, and output weights $v = {row(v)}$. How many straight pieces does its output "
        f"have for $-{end} \\le x \\le {end}$?",
        float(inside + 1),
        (
            Distractor(
                float(m + 1), "interval ignored",
                "Only kinks inside the interval cut it.",
            ),
            Distractor(
                float(inside), "kinks for pieces",
                "Cutting at so many places leaves one piece more.",
            ),
            Distractor(
                float(2**inside), "pieces doubled",
                "In one layer each kink adds one piece; doubling takes depth.",
            ),
        ),
        "Kinks inside the interval, and one.",
        (
            f"kinks at $x = -b / w$: ${row(kinks)}$",
            f"inside: ${inside}$, so ${inside} + 1 = {inside + 1}$ pieces",
        ),
        values={"w": w, "b": b, "v": v, "end": end},
        fits=2 <= inside < m and all(abs(kink) != end for kink in kinks),
    )  # fmt: skip


@template("depth/tent", CHAPTER, "number", label="depth-sawtooth", tolerance=1e-4)
def tent(rng: random.Random) -> Draft:
    tenths, k = pick(rng, 1, 19) / 20, pick(rng, 2, 4)
    path = [tenths]
    for _ in range(k):
        path.append(round(2 * min(path[-1], 1 - path[-1]), 10))
    return Draft(
        f"The tent is $t(x) = 2x$ for $x \\le \\frac{{1}}{{2}}$ and $2 - 2x$ beyond. It is composed ${k}$ "
        f"times. What does the sawtooth give at $x = {num(tenths)}$?",
        path[-1],
        (
            Distractor(
                path[1], "one fold",
                "That is the tent applied once.",
            ),
            Distractor(
                round(2**k * tenths, 10), "fold forgotten",
                "Beyond one half the tent comes down again: the values stay in the unit interval.",
            ),
            Distractor(
                path[-2], "one fold too few",
                "One composition is missing.",
            ),
        ),
        "Apply the tent again and again.",
        tuple(f"$t({num(a)}) = {num(b)}$" for a, b in pairwise(path)),
        values={"x": tenths, "k": k},
    )  # fmt: skip


@template("depth/terms", CHAPTER, "number", label="depth-terms")
def terms(rng: random.Random) -> Draft:
    n = pick(rng, 3, 16)
    return Draft(
        f"Multiply out, and count the monomials that are left after like ones are collected: in "
        f"$(x + 1)^{{{n}}}$, and in $(x_1 + 1)(x_2 + 1) \\dots (x_{{{n}}} + 1)$ with ${n}$ "
        "different variables.",
        (n + 1.0, 2.0**n),
        (
            Distractor(
                (2.0**n, 2.0**n), "like terms not collected",
                "In one variable only the powers from 0 to n are left.",
            ),
            Distractor(
                (n + 1.0, n + 1.0), "variables taken for one",
                "With different variables every choice of factors gives a monomial of its own.",
            ),
            Distractor(
                (float(n), 2.0**n), "constant forgotten",
                "The constant is a monomial too.",
            ),
        ),
        "One variable: n + 1. Different variables: a monomial for each subset.",
        (
            f"powers $x^0, \\dots, x^{{{n}}}$: ${n + 1}$",
            f"subsets of ${n}$ variables: $2^{{{n}}} = {2**n}$",
        ),
        asks=("one variable", "different variables"), values={"n": n},
    )  # fmt: skip


@template("depth/images", CHAPTER, "number", label="depth-world", relative=1e-3, tolerance=0.01)
def images(rng: random.Random) -> Draft:
    height, width = (rng.choice((8, 16, 28, 32, 64)) for _ in range(2))
    channels, levels = rng.choice((1, 3)), rng.choice((2, 16, 256))
    numbers = height * width * channels
    key = numbers * math.log10(levels)
    return Draft(
        f"An image has ${height} \\times {width}$ pixels with ${channels}$ "
        f"{'number' if channels == 1 else 'numbers'} each, and each number one of ${levels}$ levels. There "
        "are $10^a$ different images. What is $a$?",
        key,
        (
            Distractor(
                float(numbers * levels), "levels multiplied",
                "Choices multiply, so the levels stand in the basis: levels to the power of the numbers.",
            ),
            Distractor(
                numbers * math.log(levels), "natural logarithm",
                "That is the exponent of e; take the logarithm to the basis 10.",
            ),
            Distractor(
                levels * math.log10(numbers), "basis and exponent swapped",
                "Each number chooses a level: levels to the power of the numbers, not the other way round.",
            ),
        ),
        "Levels to the power of how many numbers there are.",
        (
            f"numbers: ${height} \\cdot {width} \\cdot {channels} = {numbers}$",
            f"$\\log_{{10}} {levels} = {num(math.log10(levels))}$, times ${numbers}$: ${num(key)}$",
        ),
        values={"height": height, "width": width, "channels": channels, "levels": levels},
    )  # fmt: skip
