"""Questions on the code: noise, gradients, capacity, and the aggregate posterior."""

__all__ = [
    "aggregate",
    "capacity_schedule",
    "gradient_second_moment",
    "logvar_to_std",
    "reparameterised_sample",
]

import math
import random

from coursekit.assess.bank._write import halves
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "generative/variational-autoencoders"


@template("vae/logvar-to-std", CHAPTER, "number", label="vae-reparameterisation", tolerance=0.01)
def logvar_to_std(rng: random.Random) -> Draft:
    std = rng.choice([k / 20 for k in range(2, 121) if k != 20])
    var = std * std
    return Draft(
        f"The encoder's second head gives $\\log\\sigma^2 = \\ln {var:g}$. By what is the noise multiplied?",
        std,
        (
            Distractor(
                var, "variance for standard deviation",
                "That is the variance: the noise is scaled by its root, exp(½ log σ²).",
            ),
            Distractor(
                math.log(var), "log-variance itself",
                "That is the head's raw output: a spread must be above 0.",
            ),
            Distractor(
                0.5 * math.log(var), "exponential forgotten",
                "That is log σ: the exponential is still to be taken.",
            ),
        ),
        f"exp(½ ln {var:g}) = {std:g}.",
        (f"$\\exp(\\ln {var:g} / 2) = \\sqrt{{{var:g}}} = {std:g}$",),
        values={"var": var},
    )  # fmt: skip


@template("vae/reparameterised-sample", CHAPTER, "number", label="vae-reparameterisation", tolerance=0.01)
def reparameterised_sample(rng: random.Random) -> Draft:
    mu, std = halves(rng, -3, 3), rng.choice((0.2, 0.5, 1.5, 2.0, 2.5, 3.0, 4.0))
    eps = halves(rng, -2, 2)
    var = std * std
    return Draft(
        f"Given $\\mu = {mu:g}$, $\\log\\sigma^2 = \\ln {var:g}$ and the noise $\\varepsilon = {eps:g}$, "
        "which code $z$ does the decoder get?",
        mu + std * eps,
        (
            Distractor(
                mu + var * eps, "noise scaled by the variance",
                "The noise was scaled by the variance: use the standard deviation.",
            ),
            Distractor(
                mu + math.log(var) * eps, "noise scaled by the log-variance",
                "The noise was scaled by log σ²: take exp(½ log σ²) first.",
            ),
            Distractor(
                mu, "noise forgotten",
                "That is the mean: without noise it is no draw from q.",
            ),
            Distractor(
                mu + eps, "standard deviation forgotten",
                "That is noise of standard deviation 1: σ is missing.",
            ),
        ),
        f"z = μ + σ·ε = {mu:g} + {std:g} · {eps:g}.",
        (
            f"$\\sigma = \\sqrt{{{var:g}}} = {std:g}$",
            f"$z = {mu:g} + {std:g} \\cdot ({eps:g}) = {mu + std * eps:g}$",
        ),
        values={"mu": mu, "var": var, "eps": eps},
    )  # fmt: skip


@template("vae/gradient-second-moment", CHAPTER, "number", label="vae-reparameterisation", tolerance=0.01)
def gradient_second_moment(rng: random.Random) -> Draft:
    mu, std = rng.choice([k / 10 for k in range(-40, 41) if k]), rng.randint(2, 50) / 10
    name, symbol = rng.choice((("mu", "\\mu"), ("std", "\\sigma")))
    value, other = (mu, std) if name == "mu" else (std, mu)
    return Draft(
        f"Let $z = \\mu + \\sigma\\varepsilon$ with $\\varepsilon \\sim N(0, 1)$, $\\mu = {mu:g}$ and "
        f"$\\sigma = {std:g}$. "
        f"What is $\\partial\\, \\mathbb{{E}}[z^2] / \\partial {symbol}$?",
        2 * value,
        (
            Distractor(
                2 * other, "derivative by the other parameter",
                "That is the derivative by the other parameter.",
            ),
            Distractor(
                0.0, "no gradient through the draw",
                "z does depend on it, through z = μ + σε: that is what the trick is for.",
            ),
            Distractor(
                2 * (mu + std), "mixed term kept",
                "That differentiates (μ + σ)²: the noise has mean 0, so no mixed term stays.",
            ),
            Distractor(value, "factor 2 forgotten", "The 2 of the square is missing."),
        ),
        "E[z²] = μ² + σ², so its derivatives are 2μ and 2σ; averaging 2zε or 2z over draws gives the same.",
        (
            "$E[z^2] = \\mu^2 + \\sigma^2$",
            f"derivative by ${symbol}$: $2 \\cdot ({value:g}) = {2 * value:g}$",
        ),
        values={"mu": mu, "std": std, "by": name},
    )  # fmt: skip


@template("vae/capacity-schedule", CHAPTER, "number", label="vae-capacity", tolerance=0.01, unit="nats")
def capacity_schedule(rng: random.Random) -> Draft:
    top, warm = rng.choice((5.0, 10.0, 20.0, 25.0)), rng.choice((1000, 2000, 4000))
    step = warm * rng.choice((1, 2, 3, 6, 8)) // 4
    gamma, kl = rng.choice((10.0, 100.0, 1000.0)), rng.choice((1.5, 4.5, 7.5, 12.5))
    target = top * min(1.0, step / warm)
    return Draft(
        f"A capacity schedule rises linearly from 0 to {top:g} nats in {warm} steps and then stays. With "
        f"$\\gamma = {gamma:g}$, how large is the penalty $\\gamma\\,|\\mathrm{{KL}} - C|$ at step {step}, "
        f"when the KL is {kl:g} nats?",
        gamma * abs(kl - target),
        (
            Distractor(
                gamma * abs(kl - (top * step / warm if step > warm else top)),
                "schedule not clamped" if step > warm else "end of the schedule taken",
                "The schedule is linear up to its end and clamped after it: work out C at this step.",
            ),
            Distractor(
                gamma * kl, "pulled to 0",
                "That pulls the KL to 0, as in a β-VAE: here it is pulled to C.",
            ),
            Distractor(abs(kl - target), "weight forgotten", "γ is missing."),
        ),
        f"C = {target:g} nats at that step, so the penalty is {gamma:g} · |{kl:g} − {target:g}|.",
        (
            f"$C = {top:g} \\cdot \\min(1, {step} / {warm}) = {target:g}$",
            f"${gamma:g} \\cdot |{kl:g} - {target:g}| = {gamma * abs(kl - target):g}$",
        ),
        values={"top": top, "warm": warm, "step": step, "gamma": gamma, "kl": kl},
    )  # fmt: skip


@template("vae/aggregate", CHAPTER, "number", label="vae-bound", tolerance=0.01)
def aggregate(rng: random.Random) -> Draft:
    spread, own = rng.randint(20, 95) / 100, rng.randint(5, 60) / 100
    return Draft(
        f"For every input, one latent has posterior variance $\\sigma^2(x) = {own:g}$; over the data, the "
        f"means $\\mu(x)$ "
        f"have mean 0 and variance {spread:g}. What is the variance of the aggregate posterior $q(z)$?",
        spread + own,
        (
            Distractor(
                own, "one posterior alone",
                "That is the posterior of one input; the means of different inputs differ.",
            ),
            Distractor(
                spread, "means alone",
                "That is the spread of the means alone; each input adds its own variance.",
            ),
            Distractor(
                1.0, "taken for the prior",
                "The KL term acts on each q(z | x); it doesn't make q(z) standard normal.",
            ),
            Distractor(spread * own, "variances multiplied", "Variances of independent parts add."),
        ),
        "Variance of the means plus mean of the variances. It can be near 1 although every q(z | x) is far "
        "from the prior.",
        (f"${spread:g} + {own:g} = {spread + own:g}$",),
        values={"spread": spread, "own": own},
    )  # fmt: skip
