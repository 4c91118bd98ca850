"""Lecture 10: the variational autoencoder's KL term and its reparameterised draw."""

__all__ = ["vae_draw", "vae_kl"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-10"


def _terms(mu: list[float], sigma: list[float], power: int, logs: int) -> list[float]:
    """Return each latent's term with sigma ** power as variance and logs * ln sigma as its logarithm."""
    pairs = zip(mu, sigma, strict=True)
    return [m * m + math.pow(s, power) - 1 - logs * math.log(s) for m, s in pairs]


@template(
    "autoencoder/vae-kl", CHAPTER, "number", relative=5e-3, tolerance=1e-3, unit="nats", lecture=10,
    source="003-E61",
    rule="For an encoder with independent normal latents, $q(z \\mid x) = N(\\mu, \\sigma^2)$ in each, and "
    "the prior $N(0, I)$, the KL term of a variational autoencoder is $\\frac{1}{2} \\sum_j (\\mu_j^2 + "
    "\\sigma_j^2 - 1 - \\ln \\sigma_j^2)$. All that stands there of $\\sigma$ is the variance "
    "$\\sigma_j^2$, and the term is never negative.",
)  # fmt: skip
def vae_kl(rng: random.Random) -> Draft:
    n = pick(rng, 1, 3)
    mu = [halves(rng, -2, 2, zero=n > 1) for _ in range(n)]
    sigma = [rng.choice((0.2, 0.4, 0.5, 0.8, 1.2, 1.5, 2.0, 2.5)) for _ in range(n)]
    terms = _terms(mu, sigma, 2, 2)
    key = sum(terms) / 2
    what = {1: "one latent", 2: "two latents", 3: "three latents"}[n]
    first, second = (num(mu[0]), num(sigma[0])) if n == 1 else (row(mu), row(sigma))
    given = f"$\\mu = {first}$ and the standard deviation{'s' * (n > 1)} $\\sigma = {second}$"
    return Draft(
        f"A variational autoencoder has {what}. For one input the encoder gives {given}; the prior is "
        "$N(0, I)$. How large is the KL term of the loss, $\\mathrm{KL}(q(z \\mid x) \\,\\|\\, N(0, I))$?",
        key,
        (
            Distractor(
                sum(_terms(mu, sigma, 1, 1)) / 2, "standard deviation as variance",
                "The standard deviation was inserted where the variance belongs: square it first.",
            ),
            Distractor(
                -key, "sign reversed",
                "A KL divergence is never negative: check the sign in front of the sum.",
            ),
            Distractor(
                sum(_terms(mu, sigma, 2, 1)) / 2, "logarithm of standard deviation",
                "The logarithm is that of the variance, twice the logarithm of the standard deviation.",
            ),
            Distractor(
                2 * key, "half forgotten",
                "The factor one half in front of the sum is missing.",
            ),
        ),
        "Half the sum of $\\mu_j^2 + \\sigma_j^2 - 1 - \\ln \\sigma_j^2$ over the latents.",
        (
            f"$\\sigma^2$: ${', '.join(num(s * s) for s in sigma)}$; $\\ln \\sigma^2$: "
            f"${', '.join(num(2 * math.log(s)) for s in sigma)}$",
            f"$\\mu^2 + \\sigma^2 - 1 - \\ln \\sigma^2$: ${', '.join(map(num, terms))}$",
            f"half the sum: ${num(sum(terms))} / 2 = {num(key)}$",
        ),
        values={"mu": mu, "sigma": sigma},
    )  # fmt: skip


@template(
    "autoencoder/vae-draw", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=10, source="003-E62",
    rule="An encoder that returns $\\mu$ and $\\lambda = \\ln \\sigma^2$ draws its code as $z = \\mu + "
    "\\sigma \\varepsilon$ with $\\sigma = e^{\\lambda / 2}$ and $\\varepsilon \\sim N(0, 1)$. The noise "
    "has no parameters, so $z$ can be differentiated: $\\frac{\\partial z}{\\partial \\mu} = 1$ and "
    "$\\frac{\\partial z}{\\partial \\lambda} = \\frac{1}{2} \\sigma \\varepsilon$.",
)  # fmt: skip
def vae_draw(rng: random.Random) -> Draft:
    mu, eps = halves(rng, -2, 2), halves(rng, -2, 2)
    log_var = rng.choice((-3, -2.4, -2, -1.6, -1.2, -0.8, -0.4, 0.4, 0.8, 1.2, 1.6, 2))
    std, var = math.exp(log_var / 2), math.exp(log_var)
    z, slope = mu + std * eps, 0.5 * std * eps
    return Draft(
        f"The encoder of a variational autoencoder returns $\\mu = {num(mu)}$ and $\\lambda = \\ln \\sigma^2 "
        f"= {num(log_var)}$ for its only latent; the noise drawn from $N(0, 1)$ is $\\varepsilon = "
        f"{num(eps)}$. What are the code $z$ and the derivative $\\partial z / \\partial \\lambda$?",
        (z, slope),
        (
            Distractor(
                (mu + var * eps, var * eps), "variance as standard deviation",
                "The noise was scaled by the variance: scale it by the standard deviation, its root.",
            ),
            Distractor(
                (z, eps), "derivative by standard deviation",
                "That is the derivative by $\\sigma$: the encoder returns $\\ln \\sigma^2$, so go on by "
                "the chain rule.",
            ),
            Distractor(
                (z, std * eps), "half forgotten",
                "The exponent of $\\sigma$ is $\\lambda / 2$: its derivative brings a factor one half.",
            ),
            Distractor(
                (mu + log_var * eps, eps), "logarithm as standard deviation",
                "The noise was scaled by $\\ln \\sigma^2$: undo the logarithm and take the root first.",
            ),
        ),
        "The standard deviation scales the noise, and its derivative by $\\lambda$ is half of itself.",
        (
            f"$\\sigma = e^{{{num(log_var)} / 2}} = {num(std)}$",
            f"$z = {num(mu)} + {num(std)} \\cdot ({num(eps)}) = {num(z)}$",
            f"$\\partial z / \\partial \\lambda = \\frac{{1}}{{2}} \\cdot {num(std)} \\cdot ({num(eps)}) = "
            f"{num(slope)}$",
        ),
        asks=("$z$", "$\\partial z / \\partial \\lambda$"),
        values={"mu": mu, "log_var": log_var, "eps": eps},
    )  # fmt: skip
