"""Lecture 7: batch normalisation, and what bottlenecks and shortcuts do to cost and gradient."""

__all__ = ["batch_norm", "bottleneck_flops", "residual_gradient", "running_statistics"]

import math
import random

from coursekit.assess.answer import show_all
from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-07"

_EPSILON = 1e-5


def _moments(x: list[float]) -> tuple[float, float]:
    """Return mean and variance, the latter with 1/P."""
    mean = sum(x) / len(x)
    return mean, sum((a - mean) ** 2 for a in x) / len(x)


@template(
    "tricks/batch-norm", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=7, source="003-E42",
    rule="In training, batch normalisation takes, for each feature, mean $\\mu$ and *biased* variance "
    "$\\sigma^2 = \\frac{1}{P} \\sum_p (x_p - \\mu)^2$ over the batch of $P$ patterns and returns $y_p = "
    "\\gamma \\frac{x_p - \\mu}{\\sqrt{\\sigma^2 + \\varepsilon}} + \\beta$ with learned $\\gamma$ and "
    "$\\beta$; a small $\\varepsilon > 0$ keeps the root away from zero.",
)  # fmt: skip
def batch_norm(rng: random.Random) -> Draft:
    size = pick(rng, 3, 5)
    x = [float(pick(rng, -6, 6)) for _ in range(size)]
    gamma, beta = rng.choice((0.5, 1.0, 1.5, 2.0, 3.0)), halves(rng, -2, 2, zero=True)
    mean, var = _moments(x)
    root = math.sqrt(var + _EPSILON)

    def out(divisor: float, scale: float = gamma, shift: float = beta) -> tuple[float, ...]:
        return tuple(scale * (a - mean) / divisor + shift for a in x)

    key = out(root)
    return Draft(
        f"A batch of ${size}$ patterns has the values $x = {row(x)}$ in one feature. Batch normalisation in "
        f"training mode with $\\gamma = {num(gamma)}$, $\\beta = {num(beta)}$ and $\\varepsilon = "
        f"10^{{-5}}$ is applied to it. What are the outputs $y_1$ to $y_{size}$?",
        key,
        (
            Distractor(
                out(math.sqrt(var * size / (size - 1) + _EPSILON)), "unbiased variance",
                "The variance was divided by P - 1: the normalisation in training divides by P.",
            ),
            Distractor(
                out(root, 1.0, 0.0), "scale and shift forgotten",
                "Those are the normalised values: multiply them by γ, then add β.",
            ),
            Distractor(
                out(var + _EPSILON), "divided by variance",
                "The deviations were divided by the variance: divide by its square root.",
            ),
        ),
        "Mean and biased variance come from this batch; $\\gamma$ and $\\beta$ come last.",
        (
            f"$\\mu = {num(mean)}$ and $\\sigma^2 = {num(var)}$ (with $1/P$)",
            f"$\\sqrt{{\\sigma^2 + \\varepsilon}} = {num(root)}$",
            f"normalised: {show_all(out(root, 1.0, 0.0))}",
            f"times $\\gamma = {num(gamma)}$, plus $\\beta = {num(beta)}$: {show_all(key)}",
        ),
        asks=tuple(f"$y_{p}$" for p in range(1, size + 1)),
        values={"x": x, "gamma": gamma, "beta": beta, "epsilon": _EPSILON},
        fits=var >= 0.5 and (gamma != 1 or beta != 0),
    )  # fmt: skip


@template(
    "tricks/running-statistics", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=7,
    source="003-E43",
    rule="For use after training, batch normalisation keeps running statistics. In PyTorch's convention "
    "each batch in training moves them by $r_{\\text{new}} = (1 - m) r_{\\text{old}} + m s$, with the "
    "momentum $m$ as weight of the *new* value $s$. For the mean, $s$ is the batch mean; for the variance, "
    "$s$ is the *unbiased* batch variance (with $1/(P - 1)$), although the batch itself is normalised with "
    "the biased one.",
)  # fmt: skip
def running_statistics(rng: random.Random) -> Draft:
    size, m = pick(rng, 3, 5), rng.choice((0.1, 0.3))
    x = [float(pick(rng, -4, 8)) for _ in range(size)]
    old = (halves(rng, -2, 2, zero=True), halves(rng, 0.5, 4))
    mean, biased = _moments(x)
    var = biased * size / (size - 1)

    def moved(new: tuple[float, float], weight: float) -> tuple[float, float]:
        return (1 - weight) * old[0] + weight * new[0], (1 - weight) * old[1] + weight * new[1]

    key = moved((mean, var), m)
    return Draft(
        f"A batch-normalisation layer holds the running mean $r_\\mu = {num(old[0])}$ and the running "
        f"variance $r_v = {num(old[1])}$ of one feature; its momentum is $m = {num(m)}$. It follows "
        f"PyTorch's definitions. In training it receives a batch with the values $x = {row(x)}$. What are "
        "$r_\\mu$ and $r_v$ afterwards?",
        key,
        (
            Distractor(
                moved((mean, biased), m), "biased variance",
                "The batch variance was divided by P: the running variance takes the unbiased one, divided "
                "by P - 1.",
            ),
            Distractor(
                moved((mean, var), 1 - m), "momentum reversed",
                "The weights are swapped: in this convention m weighs the new batch and 1 - m the old value.",
            ),
            Distractor(
                (mean, var), "old values dropped",
                "Those are the statistics of this batch: a running value moves towards them by the share m "
                "only.",
            ),
        ),
        "The old value keeps the share $1 - m$; the new one counts $m$.",
        (
            f"batch mean ${num(mean)}$, unbiased batch variance ${num(var)}$",
            f"$r_\\mu = {num(1 - m)} \\cdot ({num(old[0])}) + {num(m)} \\cdot ({num(mean)}) = {num(key[0])}$",
            f"$r_v = {num(1 - m)} \\cdot {num(old[1])} + {num(m)} \\cdot {num(var)} = {num(key[1])}$",
        ),
        asks=("$r_\\mu$", "$r_v$"),
        values={"x": x, "running": list(old), "momentum": m},
        fits=biased >= 0.5,
    )  # fmt: skip


@template(
    "tricks/bottleneck-flops", CHAPTER, "number", unit="FLOPs", lecture=7, source="003-E44",
    rule="A bottleneck reduces $D$ channels to $d < D$ by a $1 \\times 1$ convolution, applies $F \\times "
    "F$ filters from $d$ to $d$ channels and expands to $D$ by another $1 \\times 1$ convolution. On maps "
    "that stay $N \\times N$ this costs $2 N^2 (D d + d^2 F^2 + d D) = 2 N^2 (2 D d + d^2 F^2)$ FLOPs, "
    "against $2 N^2 D^2 F^2$ for the direct convolution.",
)  # fmt: skip
def bottleneck_flops(rng: random.Random) -> Draft:
    wide, slim = rng.choice((128, 192, 256)), rng.choice((16, 32, 64))
    f, n = rng.choice((3, 5)), rng.choice((7, 8, 10, 14))
    squeeze, middle = wide * slim, slim * slim * f * f
    key = 2 * n * n * (2 * squeeze + middle)
    return Draft(
        f"A bottleneck block receives ${wide}$ maps of ${n} \\times {n}$. It applies a $1 \\times 1$ "
        f"convolution to ${slim}$ channels, a ${f} \\times {f}$ convolution that keeps ${slim}$ channels, "
        f"and a $1 \\times 1$ convolution back to ${wide}$ channels. Stride is $1$, and zero padding keeps "
        "the size of the maps. How many FLOPs do the three layers need together for one input? Count $2$ "
        "FLOPs for each multiply-accumulate, which includes the addition of the bias; leave activations out.",
        key,
        (
            Distractor(
                2 * n * n * wide * wide * f * f, "direct convolution counted",
                "That is one convolution on all channels, without the bottleneck: count its three layers "
                "instead.",
            ),
            Distractor(
                2 * n * n * (squeeze + middle), "expansion forgotten",
                "The last layer is missing: the channels are expanded again, at the same cost as they were "
                "reduced.",
            ),
            Distractor(
                key // 2, "MACs for FLOPs",
                "Those are multiply-accumulates (MACs): each one is a multiplication and an addition.",
            ),
        ),
        "Three layers, each $2 N^2$ times its number of weights.",
        (
            f"$1 \\times 1$, reduce: $2 \\cdot {n}^2 \\cdot {wide} \\cdot {slim} = {2 * n * n * squeeze}$",
            f"${f} \\times {f}$: $2 \\cdot {n}^2 \\cdot {slim}^2 \\cdot {f}^2 = {2 * n * n * middle}$",
            f"$1 \\times 1$, expand: $2 \\cdot {n}^2 \\cdot {slim} \\cdot {wide} = {2 * n * n * squeeze}$",
            f"together ${key}$ FLOPs",
        ),
        values={"D": wide, "d": slim, "F": f, "N": n},
    )  # fmt: skip


@template(
    "tricks/residual-gradient", CHAPTER, "number", relative=1e-3, tolerance=5e-5, lecture=7, source="003-E45",
    rule="A residual block returns $x_l = x_{l-1} + f(x_{l-1})$, so its derivative is $1 + f'(x_{l-1})$: "
    "the shortcut contributes the $1$. By the chain rule the derivatives of stacked blocks are "
    "*multiplied*; with $f(x) = w x$ in each of $L$ blocks, $\\frac{\\partial x_L}{\\partial x_0} = (1 + "
    "w)^L$, where a plain stack without shortcuts has $w^L$.",
)  # fmt: skip
def residual_gradient(rng: random.Random) -> Draft:
    depth, w = pick(rng, 3, 5), rng.choice([k / 20 for k in range(-15, 16) if abs(k) > 1])
    x = halves(rng, -3, 3)
    key = (1 + w) ** depth
    return Draft(
        f"${depth}$ residual blocks on scalars follow each other: $x_l = x_{{l-1}} + w x_{{l-1}}$ for "
        f"$l = 1$ to ${depth}$, all with the weight $w = {num(w)}$. The input is $x_0 = {num(x)}$. "
        f"What is the derivative $\\partial x_{depth} / \\partial x_0$?",
        key,
        (
            Distractor(
                w**depth, "shortcut forgotten",
                "That is a plain stack: the shortcut adds 1 to the derivative of every block.",
            ),
            Distractor(
                1 + w**depth, "one shortcut for all",
                "One shortcut around the whole stack was assumed: every block has its own.",
            ),
            Distractor(
                1 + depth * w, "derivatives added up",
                "The blocks' contributions were added: by the chain rule their derivatives are multiplied.",
            ),
        ),
        f"Each block contributes the factor $1 + w = {num(1 + w)}$; the input does not matter, as blocks "
        "are linear.",
        (
            f"one block: $\\partial x_l / \\partial x_{{l-1}} = 1 + w = {num(1 + w)}$",
            f"chain rule: $({num(1 + w)})^{depth} = {num(key)}$",
        ),
        values={"w": w, "L": depth, "x0": x},
    )  # fmt: skip
