"""Questions on losses as numbers: scores, estimates of a coin, KL, likelihoods, medians, gradients."""

__all__ = ["brier_mean", "coin_mode", "divergence", "gaussian", "huber_mean", "median_best", "wrong_pair"]

import math
import random

from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._write import num, part, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/losses"


@template("losses/brier-mean", CHAPTER, "number", label="loss-proper", tolerance=1e-3)
def brier_mean(rng: random.Random) -> Draft:
    p, q = (rng.randint(1, 9) / 10 for _ in range(2))
    pays = 2 * (1 - q) ** 2, 2 * q**2
    key = p * pays[0] + (1 - p) * pays[1]
    return Draft(
        f"Class 1 of two comes true with probability ${num(p)}$. Your forecast for it is ${num(q)}$, for the "
        "other class the rest. What do you pay on average by the Brier score, the squared distance "
        "$\\|q - e_k\\|^2$ between the forecast and the one-hot row of the class that came true?",
        key,
        (
            Distractor(
                key / 2, "one entry only",
                "Both entries of the row err, by the same amount: the sum is twice one of them.",
            ),
            Distractor(
                2 * (p - q) ** 2, "excess for score",
                "That is what you pay more than an honest forecaster; the honest one pays something too.",
            ),
            Distractor(
                pays[0], "likely class alone",
                "That is paid when class 1 comes true. Weigh both cases with their probabilities.",
            ),
            Distractor(
                2 * (p * (1 - q) + (1 - p) * q), "absolute for squared",
                "Those are absolute distances; the Brier score squares them.",
            ),
        ),
        "Both cases, each with its probability.",
        (
            f"class 1: ${num(1 - q)}^2 + {num(1 - q)}^2 = {num(pays[0])}$; "
            f"class 2: ${num(q)}^2 + {num(q)}^2 = {num(pays[1])}$",
            f"mean: ${num(p)} \\cdot {num(pays[0])} + {num(1 - p)} \\cdot {num(pays[1])} = {num(key)}$",
        ),
        values={"p": p, "q": q}, fits=p != q and p != 0.5,
    )  # fmt: skip


@template("losses/coin-mode", CHAPTER, "number", label="loss-likelihood", tolerance=2e-3)
def coin_mode(rng: random.Random) -> Draft:
    n = rng.randint(3, 9)
    heads, a, b = rng.randint(0, n), rng.randint(2, 5), rng.randint(2, 5)
    key = (heads + a - 1) / (n + a + b - 2)
    return Draft(
        f"A coin shows {heads} heads in {n} tosses. Your prior for the probability $\\theta$ of heads is "
        f"Beta(${a}$, ${b}$), with density proportional to $\\theta^{{{a - 1}}} (1 - \\theta)^{{{b - 1}}}$. "
        "What is the MAP estimate of $\\theta$?",
        key,
        (
            Distractor(
                heads / n, "likelihood alone",
                "That is maximum likelihood: the prior is missing.",
            ),
            Distractor(
                (heads + a) / (n + a + b), "mean for mode",
                "That is the mean of the posterior; MAP is its mode.",
            ),
            Distractor(
                (a - 1) / (a + b - 2), "prior alone",
                "That is the mode of the prior: the tosses are missing.",
            ),
        ),
        "Add the exponents of likelihood and prior, then take the peak.",
        (
            f"posterior: $\\theta^{{{heads + a - 1}}} (1 - \\theta)^{{{n - heads + b - 1}}}$",
            f"peak of $\\theta^r (1 - \\theta)^s$ at $r / (r + s) = {heads + a - 1} / {n + a + b - 2} = "
            f"{num(key)}$",
        ),
        values={"heads": heads, "n": n, "a": a, "b": b},
    )  # fmt: skip


@template("losses/divergence", CHAPTER, "number", label="loss-surprise", tolerance=3e-3, unit="nats")
def divergence(rng: random.Random) -> Draft:
    p, q = (rng.choice([k / 20 for k in range(1, 20)]) for _ in range(2))

    def crossed(a: float, b: float) -> float:
        return -a * math.log(b) - (1 - a) * math.log(1 - b)

    entropy, both = crossed(p, p), crossed(p, q)
    return Draft(
        f"Two classes come true with probabilities $p = {row((p, 1 - p))}$; a model says $q = "
        f"{row((q, 1 - q))}$. What is $\\mathrm{{KL}}(p \\| q)$?",
        both - entropy,
        (
            Distractor(
                both, "cross-entropy for KL",
                "That is the cross-entropy. Take off the entropy of p, which nobody can avoid.",
            ),
            Distractor(
                crossed(q, p) - crossed(q, q), "arguments swapped",
                "That is KL(q, p): the weights are the true probabilities, those written first.",
            ),
            Distractor(
                entropy - both, "sign reversed",
                "A KL divergence is never negative: p stands in the numerator.",
            ),
        ),
        "Cross-entropy minus entropy.",
        (
            f"$H(p, q) = {num(both)}$, $H(p) = {num(entropy)}$",
            f"$\\mathrm{{KL}} = {num(both)} - {num(entropy)} = {num(both - entropy)}$",
        ),
        values={"p": p, "q": q}, fits=abs(p - q) >= 0.15,
    )  # fmt: skip


@template("losses/gaussian", CHAPTER, "number", label="loss-gaussian", tolerance=5e-3, unit="nats")
def gaussian(rng: random.Random) -> Draft:
    error, sigma = rng.randint(1, 12) / 4, rng.choice((0.2, 0.5, 2.0, 3.0, 4.0))
    constant = 0.5 * math.log(2 * math.pi * sigma**2)
    key = error**2 / (2 * sigma**2) + constant
    return Draft(
        f"A network predicts the mean of a Gaussian with standard deviation $\\sigma = {num(sigma)}$, and "
        f"the target lies ${num(error)}$ above the prediction. What is its negative log-likelihood?",
        key,
        (
            Distractor(
                error**2 / (2 * sigma**2), "constant dropped",
                "The constant does not change the best weights, but the likelihood has it.",
            ),
            Distractor(
                error**2 / (2 * sigma) + 0.5 * math.log(2 * math.pi * sigma), "variance for deviation",
                "The given number is the standard deviation: the formula takes its square.",
            ),
            Distractor(
                error**2 + constant, "not divided",
                "The squared error is divided by twice the variance.",
            ),
            Distractor(
                error**2 / 2, "half squared error",
                "That is half the squared error, right up to a constant for σ = 1 only.",
            ),
        ),
        "A squared error in units of σ, and a constant that depends on σ.",
        (
            f"${num(error)}^2 / (2 \\cdot {num(sigma)}^2) = {num(error**2 / (2 * sigma**2))}$",
            f"$\\frac{{1}}{{2}} \\ln (2 \\pi \\cdot {num(sigma)}^2) = {num(constant)}$",
            f"sum: ${num(key)}$ nats",
        ),
        values={"error": error, "sigma": sigma},
    )  # fmt: skip


@template("losses/median", CHAPTER, "number", label="loss-robust", tolerance=1e-3)
def median_best(rng: random.Random) -> Draft:
    usual = rng.sample(range(1, 20), 4)
    targets = [*usual, rng.randint(60, 200)]
    rng.shuffle(targets)
    ordered = sorted(targets)
    return Draft(
        f"Five targets are {', '.join(map(num, targets))}. Which constant has the smallest sum of "
        "*absolute* errors?",
        float(ordered[2]),
        (
            Distractor(
                sum(targets) / 5, "mean for median",
                "That is the mean, which squared errors prefer: one far target drags it along.",
            ),
            Distractor(
                (ordered[0] + ordered[-1]) / 2, "midrange",
                "Halfway between the ends is best for the largest error, not for their sum.",
            ),
            Distractor(
                float(targets[2]), "not sorted",
                "The middle counts after sorting, not in the order of the list.",
            ) if targets[2] != ordered[2] else Distractor(
                sum(ordered[:4]) / 4, "outlier removed",
                "Nothing was removed: absolute error needs no such step.",
            ),
        ),
        "The median: as many targets on either side.",
        (f"sorted: ${row(ordered)}$", f"in the middle: ${ordered[2]}$"),
        values={"targets": targets},
    )  # fmt: skip


@template("losses/huber", CHAPTER, "number", label="loss-robust", tolerance=2e-3)
def huber_mean(rng: random.Random) -> Draft:
    delta = rng.choice((0.5, 1.0, 1.5, 2.0))
    small, large = delta * rng.choice((0.2, 0.4, 0.6, 0.8)), delta * rng.randint(2, 6)
    errors = [small, -large] if rng.random() < 0.5 else [-large, small]
    inner, outer = small**2 / 2, delta * (large - delta / 2)
    key = (inner + outer) / 2
    return Draft(
        f"Two patterns have the errors $y - d = {num(errors[0])}$ and ${num(errors[1])}$. What is their mean "
        f"Huber loss with $\\delta = {num(delta)}$?",
        key,
        (
            Distractor(
                (small**2 + large**2) / 4, "parabola everywhere",
                "Beyond δ the parabola turns into a line: the large error is beyond.",
            ),
            Distractor(
                (inner + delta * large) / 2, "offset forgotten",
                "The line meets the parabola at δ only if δ/2 is taken off the error.",
            ),
            Distractor(
                inner + outer, "sum for mean",
                "That is the sum of both: the mean was asked for.",
            ),
            Distractor(
                (small**2 + outer) / 2, "half forgotten",
                "The parabola has a factor ½, else its slope would not fit that of the line.",
            ),
        ),
        "A parabola for the small error, a line for the large one.",
        (
            f"$|{num(small)}| \\le {num(delta)}$: $\\frac{{1}}{{2}} \\cdot {num(small)}^2 = {num(inner)}$",
            f"${num(large)} > {num(delta)}$: ${num(delta)} \\cdot ({num(large)} - {num(delta / 2)}) = "
            f"{num(outer)}$",
            f"mean: ${num(key)}$",
        ),
        values={"errors": errors, "delta": delta},
    )  # fmt: skip


@template("losses/wrong-pair", CHAPTER, "number", label="loss-link", relative=5e-3, tolerance=2e-4)
def wrong_pair(rng: random.Random) -> Draft:
    u, d = rng.choice([k / 2 for k in range(-8, 9) if k]), rng.randint(0, 1)
    y = sigmoid(u)
    error, slope = y - d, y * (1 - y)
    return Draft(
        f"A sigmoid unit has the logit $u = {num(u)}$ and the target $d = {d}$. Its loss is *half the "
        "squared error*, $\\frac{1}{2} (y - d)^2$. What is the derivative of the loss by $u$?",
        error * slope,
        (
            Distractor(
                error, "gradient of cross-entropy",
                "That is what cross-entropy gives: with squared error the slope of the sigmoid stays.",
            ),
            Distractor(
                -error * slope, "sign reversed",
                "Output minus target, not target minus output: that would be the step downhill.",
            ),
            Distractor(
                slope, "error forgotten",
                "That is the slope of the sigmoid alone: multiply by the error.",
            ),
            Distractor(
                2 * error * slope, "half forgotten",
                "The factor ½ cancels the 2 of the square.",
            ),
        ),
        "Error times the slope of the sigmoid.",
        (
            f"$y = \\sigma({num(u)}) = {num(y)}$, $y - d = {num(error)}$",
            f"slope: ${num(y)} \\cdot {num(1 - y)} = {num(slope)}$",
            f"product: ${part(error)} \\cdot {num(slope)} = {num(error * slope)}$",
        ),
        values={"u": u, "d": d},
    )  # fmt: skip
