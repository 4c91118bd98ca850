"""Lecture 10: losses, size and sparsity of autoencoders, and the noise of denoising ones."""

__all__ = ["losses", "masking_noise", "parameters", "sparsity"]

import math
import random

from coursekit.assess.bank._write import num, pick, row, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-10"


def _near(rng: random.Random, x: float) -> float:
    """Draw an output that differs from its target, but not by more than one half."""
    return rng.choice([k / 10 for k in range(1, 10) if 0.05 < abs(k / 10 - x) < 0.55])


def _squared(x: list[float], y: list[float]) -> float:
    """Return the squared distance of two patterns."""
    return sum((a - b) ** 2 for a, b in zip(x, y, strict=True))


def _cross(x: list[float], y: list[float]) -> float:
    """Return the cross-entropy of one pattern, x being the target."""
    return -sum(a * math.log(b) + (1 - a) * math.log(1 - b) for a, b in zip(x, y, strict=True))


@template(
    "autoencoder/losses", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=10, source="003-E57",
    rule="An autoencoder's target is its own input $x$. For $P$ patterns and the outputs $y$, the errors are "
    "summed over the components $i$ and averaged over the patterns $p$: $J_{\\text{SE}} = \\frac{1}{P} "
    "\\sum_p \\sum_i (x_{pi} - y_{pi})^2$, and for $0 \\le x \\le 1$ and $0 < y < 1$ the cross-entropy "
    "$J_{\\text{CE}} = -\\frac{1}{P} \\sum_p \\sum_i \\left( x_{pi} \\ln y_{pi} + (1 - x_{pi}) \\ln (1 - "
    "y_{pi}) \\right)$: the output stands inside the logarithm, the input outside.",
)  # fmt: skip
def losses(rng: random.Random) -> Draft:
    x = [[pick(rng, 1, 9) / 10 for _ in range(3)] for _ in range(2)]
    y = [[_near(rng, a) for a in pattern] for pattern in x]
    pairs = list(zip(x, y, strict=True))
    squares, crosses = [_squared(a, b) for a, b in pairs], [_cross(a, b) for a, b in pairs]
    se, ce = sum(squares) / 2, sum(crosses) / 2
    cells = [(f"${p}$", f"${row(a)}$", f"${row(b)}$") for p, (a, b) in enumerate(pairs, start=1)]
    shown = table(("pattern", "$x$", "$y$"), cells)
    return Draft(
        f"An autoencoder gives these outputs $y$ for two patterns $x$.{shown}"
        "What are the squared error $J_{\\text{SE}}$ and the binary cross-entropy $J_{\\text{CE}}$ (with the "
        "natural logarithm)? Both are summed over the components of a pattern and averaged over the "
        "patterns; neither has a factor $\\frac{1}{2}$.",
        (se, ce),
        (
            Distractor(
                (se / 3, ce / 3), "averaged over components",
                "The components were averaged too: their errors are summed, only the patterns are averaged.",
            ),
            Distractor(
                (2 * se, 2 * ce), "patterns summed",
                "The patterns were summed: divide by their number.",
            ),
            Distractor(
                (se, sum(_cross(b, a) for a, b in pairs) / 2), "input and output swapped",
                "The cross-entropy has the input inside the logarithm: the output belongs there.",
            ),
            Distractor(
                (se, -ce), "sign of the cross-entropy",
                "A logarithm of a number below 1 is negative: the minus sign in front is missing.",
            ),
        ),
        "Summed over the three components, averaged over the two patterns.",
        (
            f"squared errors of the patterns: ${num(squares[0])}$ and ${num(squares[1])}$",
            f"$J_{{\\text{{SE}}}} = ({num(squares[0])} + {num(squares[1])}) / 2 = {num(se)}$",
            f"cross-entropies of the patterns: ${num(crosses[0])}$ and ${num(crosses[1])}$",
            f"$J_{{\\text{{CE}}}} = ({num(crosses[0])} + {num(crosses[1])}) / 2 = {num(ce)}$",
        ),
        asks=("$J_{\\text{SE}}$", "$J_{\\text{CE}}$"),
        values={"x": x, "y": y},
    )  # fmt: skip


@template(
    "autoencoder/parameters", CHAPTER, "number", lecture=10, source="003-E58",
    rule="An autoencoder with $n$ inputs and one hidden layer of $M$ neurons has $n M + M$ parameters in its "
    "encoder and $M n + n$ in its decoder. Tied weights are an optional constraint: the decoder uses the "
    "encoder's matrix transposed, so $n M$ weights are counted once. The two bias vectors have different "
    "lengths and stay separate.",
)  # fmt: skip
def parameters(rng: random.Random) -> Draft:
    n, m = pick(rng, 10, 49), pick(rng, 2, 8)
    weights = n * m
    untied, tied = 2 * weights + n + m, weights + n + m
    return Draft(
        f"An autoencoder has ${n}$ inputs, one hidden layer of ${m}$ neurons and ${n}$ outputs; both layers "
        "have biases. How many trainable parameters has it without tied weights, and how many with tied "
        "weights?",
        (untied, tied),
        (
            Distractor(
                (untied, weights + m), "biases tied",
                "Only the weight matrix is shared: the decoder keeps a bias vector of its own.",
            ),
            Distractor(
                (2 * weights, weights), "biases not counted",
                "The biases are missing: each hidden neuron and each output has one.",
            ),
            Distractor(
                (untied, untied), "shared matrix counted twice",
                "With tied weights, encoder and decoder use one matrix: count it once.",
            ),
            Distractor(
                (weights + m, weights + m), "decoder not counted",
                "That is the encoder alone: the decoder belongs to the network too.",
            ),
        ),
        "Tying saves one of the two weight matrices and no bias.",
        (
            f"weights of one layer: ${n} \\cdot {m} = {weights}$",
            f"not tied: $2 \\cdot {weights} + {n} + {m} = {untied}$",
            f"tied: ${weights} + {n} + {m} = {tied}$",
        ),
        asks=("not tied", "tied"),
        values={"n": n, "M": m},
    )  # fmt: skip


def _kl(p: float, q: float) -> float:
    """Return the KL divergence of two Bernoulli distributions."""
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


@template(
    "autoencoder/sparsity", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=10, source="003-E59",
    rule="A sparse autoencoder adds $\\beta \\sum_j \\left( \\rho \\ln \\frac{\\rho}{\\hat{\\rho}_j} + (1 - "
    "\\rho) \\ln \\frac{1 - \\rho}{1 - \\hat{\\rho}_j} \\right)$ to its loss, the KL divergence from the "
    "target $\\rho$ to the mean activation $\\hat{\\rho}_j$ of hidden neuron $j$ over the batch. It needs "
    "mean activations between $0$ and $1$, such as those of sigmoid neurons, and is not symmetric: $\\rho$ "
    "comes first.",
)  # fmt: skip
def sparsity(rng: random.Random) -> Draft:
    rho, beta = rng.choice((0.05, 0.1, 0.2)), rng.choice((0.5, 2.0, 3.0))
    levels = [mean for mean in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6) if mean != rho]
    found = rng.sample(levels, pick(rng, 2, 3))
    parts = [_kl(rho, mean) for mean in found]
    key = beta * sum(parts)
    count = {2: "two", 3: "three"}[len(found)]
    return Draft(
        f"A sparse autoencoder has {count} hidden neurons with the mean activations $\\hat{{\\rho}} = "
        f"{row(found)}$ over the batch. Its sparsity target is $\\rho = {num(rho)}$ and the weight of the "
        f"penalty $\\beta = {num(beta)}$. How large is the sparsity penalty that is added to the loss (with "
        "natural logarithms)?",
        key,
        (
            Distractor(
                beta * sum(_kl(mean, rho) for mean in found), "KL divergence reversed",
                "The divergence is the other way round: the target comes first, the mean activation second.",
            ),
            Distractor(
                beta * sum(rho * math.log(rho / mean) for mean in found), "first term only",
                "Only the first term of each divergence was taken: 1 − ρ has a term too.",
            ),
            Distractor(
                key / len(found), "mean over neurons",
                "The penalties of the hidden neurons were averaged: they are summed.",
            ),
            Distractor(
                sum(parts), "weight forgotten",
                "That is the sum of the divergences: the weight β is missing.",
            ),
        ),
        "One divergence for each hidden neuron, summed and weighted.",
        (
            f"divergences of the neurons: ${row(parts)}$",
            f"times $\\beta$: ${num(beta)} \\cdot {num(sum(parts))} = {num(key)}$",
        ),
        values={"rho": rho, "rho_hat": found, "beta": beta},
        fits=key > 0.05,
    )  # fmt: skip


@template(
    "autoencoder/masking-noise", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=10,
    source="003-E60",
    rule="Multiplicative Bernoulli noise replaces each component $x_i$ by $x_i' = \\varepsilon_i x_i$, "
    "with one draw for each component: $\\varepsilon_i = 1$ with the *keep* probability $p$, else $0$. "
    "Then $x_i'$ has the mean $p x_i$ and the variance $p (1 - p) x_i^2$. (A dropout layer takes the "
    "probability of dropping, $1 - p$, instead.) The target of training stays the clean $x$.",
)  # fmt: skip
def masking_noise(rng: random.Random) -> Draft:
    p, x = rng.choice((0.3, 0.7, 0.9)), rng.choice((0.2, 0.4, 0.5, 0.6, 0.8, 1.5, 2, 2.5, 3))
    mean, var = p * x, p * (1 - p) * x * x
    return Draft(
        "A denoising autoencoder multiplies each component of its input by noise of its own, which is $1$ "
        f"with probability $p = {num(p)}$ and else $0$; nothing is rescaled. What are mean and variance of "
        f"the noisy component $x'$, if the clean one is $x = {num(x)}$?",
        (mean, var),
        (
            Distractor(
                ((1 - p) * x, var), "p as drop probability",
                "Here $p$ is the probability of keeping the component, not of dropping it.",
            ),
            Distractor(
                (mean, p * (1 - p) * x), "factor not squared",
                "A constant factor enters the variance squared.",
            ),
            Distractor(
                (x, var), "mean unchanged",
                "Without rescaling, the zeros pull the mean down.",
            ),
            Distractor(
                (mean, p * x * x), "second moment for variance",
                "That is the mean of the square: subtract the square of the mean.",
            ),
        ),
        "The clean value is a constant: it scales the mean, and squared the variance, of the noise.",
        (
            f"mean: ${num(p)} \\cdot {num(x)} = {num(mean)}$",
            f"variance: ${num(p)} \\cdot {num(1 - p)} \\cdot {num(x)}^2 = {num(var)}$",
        ),
        asks=("mean", "variance"),
        values={"p": p, "x": x},
    )  # fmt: skip
