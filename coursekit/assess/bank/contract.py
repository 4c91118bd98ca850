"""Questions on contraction: the closed form, a probe and its variance, the gain, and what a weight means."""

__all__ = ["gain_factor", "one_layer", "one_probe", "probe_variance", "rank", "weight"]

import math
import random

from coursekit.assess.bank._write import halves, matrix, num, part, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/contractive"


@template("contract/one-layer", CHAPTER, "number", label="contract-closed", relative=2e-3, tolerance=1e-4)
def one_layer(rng: random.Random) -> Draft:
    z = [pick(rng, 1, 9) / 10 for _ in range(2)]
    w = [[halves(rng, -3, 3) for _ in range(2)] for _ in range(2)]
    slopes = [a * (1 - a) for a in z]
    norms = [sum(a * a for a in line) for line in w]
    parts = [s * s * n for s, n in zip(slopes, norms, strict=True)]
    key = sum(parts)
    return Draft(
        f"A sigmoid encoder of one layer has the weights $W = {matrix(w)}$, one row a unit, and answers a "
        f"sample with the code $z = {row(z)}$. What is the squared Frobenius norm of its Jacobian at this "
        "sample?",
        key,
        (
            Distractor(
                sum(s * n for s, n in zip(slopes, norms, strict=True)), "slope not squared",
                "A row of the Jacobian is slope times weights: its square holds the squared slope.",
            ),
            Distractor(
                math.sqrt(key), "root taken",
                "That is the norm. The penalty is its square, without the root.",
            ),
            Distractor(
                sum(norms), "slope left out",
                "That is the value of a linear code. A sigmoid multiplies row $k$ by $z_k (1 - z_k)$.",
            ),
            Distractor(
                sum(a * a * n for a, n in zip(z, norms, strict=True)), "code for slope",
                "The slope of the sigmoid is $z (1 - z)$, not $z$.",
            ),
        ),
        "Row k of the Jacobian is the slope of unit k times row k of W.",
        (
            f"slopes: ${row([round(s, 4) for s in slopes])}$; squared rows of $W$: ${row(norms)}$",
            f"${num(parts[0])} + {num(parts[1])} = {num(key)}$",
        ),
        values={"z": z, "w": w}, fits=z[0] != z[1] and norms[0] != norms[1],
    )  # fmt: skip


@template("contract/one-probe", CHAPTER, "number", label="contract-probes", relative=1e-3, tolerance=1e-3)
def one_probe(rng: random.Random) -> Draft:
    j = [[halves(rng, -2, 2, zero=True) for _ in range(3)] for _ in range(2)]
    v = [rng.choice((-1.0, 1.0)) for _ in range(2)]
    product = [v[0] * a + v[1] * b for a, b in zip(*j, strict=True)]
    key, exact = sum(a * a for a in product), sum(a * a for line in j for a in line)
    return Draft(
        f"An encoder has the Jacobian $J = {matrix(j)}$ at a sample. One probe of random signs turns out as "
        f"$v = {row(v)}$. What are the estimate of the penalty and its exact value?",
        (key, exact),
        (
            Distractor(
                (key / 2, exact), "divided by units",
                "Do not divide by $K$: with $E[v v^T] = I$ the squared length is right on average as it is.",
            ),
            Distractor(
                (math.sqrt(key), math.sqrt(exact)), "roots taken",
                "Both are squared lengths: leave the roots out.",
            ),
            Distractor(
                (sum(product) ** 2, exact), "entries summed first",
                "$v^T J$ is a vector of three entries: square each, then add.",
            ),
            Distractor(
                (exact, key), "answers exchanged",
                "The estimate uses $v$; the exact value is the sum of all squared entries of $J$.",
            ),
        ),
        "The estimate squares one mixture of rows; the penalty sums the squares of all entries.",
        (
            f"$v^T J = {row(product)}$, squared length ${num(key)}$",
            f"sum of the squares of all entries: ${num(exact)}$",
        ),
        asks=("estimate", "exact value"), values={"j": j, "v": v},
        fits=abs(key - exact) > 0.2 and key > 0.2 and exact > 1,
    )  # fmt: skip


@template(
    "contract/probe-variance", CHAPTER, "number", label="contract-probes", relative=2e-3, tolerance=1e-3
)
def probe_variance(rng: random.Random) -> Draft:
    p, q = halves(rng, 1, 4), halves(rng, 1, 4)
    c = halves(rng, -1, 1)
    probes = rng.choice((1, 2, 4, 8))
    whole = p * p + q * q + 2 * c * c
    key = (2 / probes * whole, 2 / probes * 2 * c * c)
    a = [[p, c], [c, q]]
    return Draft(
        f"At a sample $J J^T = {matrix(a)}$. The penalty is estimated by ${probes}$ independent "
        f"probe{'s' if probes > 1 else ''}. What is the variance of the estimate for Gaussian probes, and "
        "for random signs?",
        key,
        (
            Distractor(
                (key[0], key[0]), "signs like Gaussians",
                "Signs have $v_k^2 = 1$: the diagonal adds nothing to their variance.",
            ),
            Distractor(
                (key[0] / 2, key[1] / 2), "factor two forgotten",
                "Both variances carry the factor 2 over the number of probes.",
            ),
            Distractor(
                (key[0], 2 / probes * c * c), "one corner only",
                "The matrix is symmetric: the entry off the diagonal stands twice.",
            ),
            Distractor(
                (key[1], key[0]), "answers exchanged",
                "Signs have the smaller variance: theirs leaves the diagonal out.",
            ),
        ),
        "Twice the squared entries over the number of probes; for signs, without the diagonal.",
        (
            f"all entries: ${num(p)}^2 + {num(q)}^2 + 2 \\cdot {part(c)}^2 = {num(whole)}$",
            f"Gaussian: ${num(key[0])}$; signs: $2 \\cdot {num(2 * c * c)} / {probes} = {num(key[1])}$",
        ),
        asks=("Gaussian", "signs"), values={"a": a, "probes": probes},
    )  # fmt: skip


@template("contract/gain-factor", CHAPTER, "number", label="contract-gain", relative=2e-3, tolerance=1e-3)
def gain_factor(rng: random.Random) -> Draft:
    plain, spread = pick(rng, 20, 40) / 100, pick(rng, 12, 24) / 10
    moved, own = pick(rng, 2, 12) / 100, pick(rng, 2, 10) / 10
    key = (plain / spread) / (moved / own)
    return Draft(
        f"Under the same pushes the code of encoder A moves by ${num(plain)}$ on average, and that of B by "
        f"${num(moved)}$. The mean distance of two codes is ${num(spread)}$ for A and ${num(own)}$ for B. "
        "How many times as large as B's is A's gain?",
        key,
        (
            Distractor(
                plain / moved, "moves alone",
                "That is the ratio of the bare moves. Divide each by its own spread first.",
            ),
            Distractor(
                1 / key, "turned upside down",
                "A's gain over B's was asked.",
            ),
            Distractor(
                plain * spread / (moved * own), "multiplied by spread",
                "A larger spread makes a move matter less: divide by it.",
            ),
        ),
        "Each move over its own spread, then the ratio.",
        (
            f"A: ${num(plain)} / {num(spread)} = {num(plain / spread)}$",
            f"B: ${num(moved)} / {num(own)} = {num(moved / own)}$",
            f"ratio ${num(key)}$",
        ),
        values={"moves": (plain, moved), "spreads": (spread, own)}, fits=key > 0.3 and abs(key - 1) > 0.1,
    )  # fmt: skip


@template("contract/weight", CHAPTER, "number", label="contract-idea", relative=1e-3, tolerance=1e-6)
def weight(rng: random.Random) -> Draft:
    side, units = rng.choice((8, 10, 16, 28, 32)), rng.choice((8, 16, 20, 32, 64))
    told = rng.choice((0.001, 0.002, 0.005, 0.01, 0.02))
    inputs = side * side
    return Draft(
        f"A program averages the squared error over the ${inputs}$ pixels of an image, adds the *sum* of the "
        f"squared entries of the Jacobian of ${units}$ units with the weight $\\lambda = {num(told)}$, and "
        "averages over the batch. You sum the squared error over the pixels. Which $\\lambda$ gives you the "
        "same optimum?",
        told * inputs,
        (
            Distractor(
                told, "reductions ignored",
                "Your reconstruction term is larger by the number of pixels: the penalty has to keep up.",
            ),
            Distractor(
                told / inputs, "divided",
                "Your reconstruction term is larger, so your penalty must be larger too: multiply.",
            ),
            Distractor(
                told * units, "units for pixels",
                "The two reconstruction terms differ by the number of pixels, not of units.",
            ),
            Distractor(
                told * inputs * units, "both sizes",
                "The penalty is a sum in both programs; only the reconstruction differs.",
            ),
        ),
        "Multiply the whole loss by the number of pixels: the optimum stays, and the weight grows with it.",
        (
            f"${inputs}$ times the loss: the summed error plus ${inputs} \\cdot {num(told)}$ penalties",
            f"$\\lambda = {num(told * inputs)}$",
        ),
        values={"side": side, "told": told},
    )  # fmt: skip


@template("contract/rank", CHAPTER, "number", label="contract-spectrum", relative=2e-3, tolerance=1e-3)
def rank(rng: random.Random) -> Draft:
    s = sorted((halves(rng, 0.5, 4) for _ in range(3)), reverse=True)
    squares = [a * a for a in s]
    total, fourth = sum(squares), sum(a * a for a in squares)
    key = total * total / fourth
    return Draft(
        f"A Jacobian has the singular values $\\sigma = {row(s)}$. What is its effective rank?",
        key,
        (
            Distractor(
                sum(s) ** 2 / total, "squares left out",
                "The norm is shared by the *squares*: put $\\sigma_i^2$ where you have $\\sigma_i$.",
            ),
            Distractor(
                total / squares[0], "largest only",
                "That compares with the largest value alone; the effective rank weighs all of them.",
            ),
            Distractor(
                3.0, "counted",
                "That counts the values that are not 0. Small ones count for less.",
            ),
        ),
        "The squared sum of the squares over the sum of the fourth powers.",
        (
            f"$\\sum \\sigma_i^2 = {num(total)}$, $\\sum \\sigma_i^4 = {num(fourth)}$",
            f"${num(total)}^2 / {num(fourth)} = {num(key)}$",
        ),
        values={"s": s}, fits=s[0] > s[1] > s[2],
    )  # fmt: skip
