"""Questions on the code: noise, gradients, capacity, the aggregate posterior, and what each term is for."""

__all__ = ["QUESTIONS"]

import math
import random

from coursekit.assess.question import Distractor, Draft, Question

CHAPTER = "generative/variational-autoencoders"


def _std(rng: random.Random) -> Draft:
    std = rng.choice((0.2, 0.25, 0.4, 0.5, 3.0, 4.0, 5.0, 6.0))
    var = std * std
    return Draft(
        f"The encoder's second head gives $\\log\\sigma^2 = \\ln {var:g}$. By what is the noise multiplied?",
        std,
        (
            Distractor(
                var,
                "That is the variance: the noise is scaled by its root, exp(½ log σ²).",
                "vae-reparameterisation",
            ),
            Distractor(
                math.log(var),
                "That is the head's raw output: a spread must be above 0.",
                "vae-reparameterisation",
            ),
            Distractor(
                0.5 * math.log(var),
                "That is log σ: the exponential is still to be taken.",
                "vae-reparameterisation",
            ),
        ),
        f"exp(½ ln {var:g}) = {std:g}.",
        {"var": var},
    )


def _sample(rng: random.Random) -> Draft:
    mu, std = rng.choice((-2.0, -1.0, 0.5, 1.0, 3.0)), rng.choice((0.5, 2.0, 3.0, 4.0))
    eps = rng.choice((-1.5, -1.0, -0.5, 0.5, 1.5, 2.0))
    var = std * std
    return Draft(
        f"Given $\\mu = {mu:g}$, $\\log\\sigma^2 = \\ln {var:g}$ and the noise $\\varepsilon = {eps:g}$, "
        f"which code $z$ "
        "does the decoder get?",
        mu + std * eps,
        (
            Distractor(
                mu + var * eps,
                "The noise was scaled by the variance: use the standard deviation.",
                "vae-reparameterisation",
            ),
            Distractor(
                mu + math.log(var) * eps,
                "The noise was scaled by log σ²: take exp(½ log σ²) first.",
                "vae-reparameterisation",
            ),
            Distractor(mu, "That is the mean: without noise it is no draw from q.", "vae-reparameterisation"),
            Distractor(
                mu + eps, "That is noise of standard deviation 1: σ is missing.", "vae-reparameterisation"
            ),
        ),
        f"z = μ + σ·ε = {mu:g} + {std:g} · {eps:g}.",
        {"mu": mu, "var": var, "eps": eps},
    )


def _gradient(rng: random.Random) -> Draft:
    mu, std = rng.choice((-3.0, -2.0, 1.5, 2.0, 3.0)), rng.choice((0.5, 1.25, 2.5, 4.0))
    name, symbol = rng.choice((("mu", "\\mu"), ("std", "\\sigma")))
    value, other = (mu, std) if name == "mu" else (std, mu)
    return Draft(
        f"Let $z = \\mu + \\sigma\\varepsilon$ with $\\varepsilon \\sim N(0, 1)$, $\\mu = {mu:g}$ and "
        f"$\\sigma = {std:g}$. "
        f"What is $\\partial\\, \\mathbb{{E}}[z^2] / \\partial {symbol}$?",
        2 * value,
        (
            Distractor(2 * other, "That is the derivative by the other parameter.", "vae-reparameterisation"),
            Distractor(
                0.0,
                "z does depend on it, through z = μ + σε: that is what the trick is for.",
                "vae-reparameterisation",
            ),
            Distractor(
                2 * (mu + std),
                "That differentiates (μ + σ)²: the noise has mean 0, so no mixed term stays.",
                "vae-reparameterisation",
            ),
            Distractor(value, "The 2 of the square is missing.", "vae-reparameterisation"),
        ),
        "E[z²] = μ² + σ², so its derivatives are 2μ and 2σ; averaging 2zε or 2z over draws gives the same.",
        {"mu": mu, "std": std, "by": name},
    )


def _capacity(rng: random.Random) -> Draft:
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
                gamma * abs(kl - top * step / warm) if step > warm else gamma * abs(kl - top),
                "The schedule is linear up to its end and clamped after it: work out C at this step.",
                "vae-capacity",
            ),
            Distractor(
                gamma * kl, "That pulls the KL to 0, as in a β-VAE: here it is pulled to C.", "vae-capacity"
            ),
            Distractor(abs(kl - target), "γ is missing.", "vae-capacity"),
        ),
        f"C = {target:g} nats at that step, so the penalty is {gamma:g} · |{kl:g} − {target:g}|.",
        {"top": top, "warm": warm, "step": step, "gamma": gamma, "kl": kl},
    )


def _aggregate(rng: random.Random) -> Draft:
    spread, own = rng.choice((0.3, 0.4, 0.5, 0.7, 0.8)), rng.choice((0.1, 0.15, 0.25, 0.35, 0.4))
    return Draft(
        f"For every input, one latent has posterior variance $\\sigma^2(x) = {own:g}$; over the data, the "
        f"means $\\mu(x)$ "
        f"have mean 0 and variance {spread:g}. What is the variance of the aggregate posterior $q(z)$?",
        spread + own,
        (
            Distractor(
                own, "That is the posterior of one input; the means of different inputs differ.", "vae-bound"
            ),
            Distractor(
                spread,
                "That is the spread of the means alone; each input adds its own variance.",
                "vae-bound",
            ),
            Distractor(
                1.0, "The KL term acts on each q(z | x); it doesn't make q(z) standard normal.", "vae-bound"
            ),
            Distractor(spread * own, "Variances of independent parts add.", "vae-bound"),
        ),
        "Variance of the means plus mean of the variances. It can be near 1 although every q(z | x) is far "
        "from the prior.",
        {"spread": spread, "own": own},
    )


_ROLE_RIGHT = (
    (
        "The VAE's loss adds, for each input, the KL divergence from its $q(z \\mid x)$ to the prior.",
        "Yes: input by input. Its mean is the information the code holds plus the distance of q(z) from the "
        "prior.",
    ),
    (
        "The VAE's loss has a second term that charges nats for what $q(z \\mid x)$ tells about $x$.",
        "Yes: the mean KL is the mutual information plus the distance of q(z) from the prior.",
    ),
    (
        "The autoencoder's loss lacks the term that keeps each $q(z \\mid x)$ near the prior.",
        "Yes: so nothing tells you which codes decode to something sensible.",
    ),
)
_ROLE_WRONG = (
    (
        "The VAE's loss forces the codes of the whole data set to be exactly standard normal.",
        "The KL acts on each q(z | x), not on their mixture, and it is one term of two.",
        "vae-bound",
    ),
    (
        "At the best solution the VAE's KL term is 0 for every input.",
        "Then the code would say nothing about the input: that is posterior collapse.",
        "vae-collapse",
    ),
    (
        "Only the VAE's loss compares the output with the input.",
        "Both do: it is the reconstruction term.",
        "vae-loss",
    ),
    (
        "The VAE minimises the mutual information and nothing else.",
        "The reconstruction pulls the other way; the KL also measures how far q(z) is from the prior.",
        "vae-bound",
    ),
    (
        "The VAE's loss is the autoencoder's loss with noise added to its value.",
        "The noise is in the code, and there is a second term.",
        "vae-bound",
    ),
    (
        "An autoencoder can't have random codes, so its loss can't be compared with the VAE's.",
        "An autoencoder's code may be noisy too: the KL term is the difference.",
        "vae-loss",
    ),
)
_TRICK_RIGHT = (
    (
        "Gradients of an expectation by the parameters of the distribution, if $z = g(\\varphi, "
        "\\varepsilon)$ is "
        "differentiable in $\\varphi$ and the noise does not depend on $\\varphi$.",
        "Yes, both conditions are needed: discrete codes, for instance, need another estimator.",
    ),
    (
        "Back-propagation through a draw, provided that the draw is a differentiable function of the "
        "parameters and of "
        "noise without parameters.",
        "Yes: the randomness moves into ε, which needs no gradient.",
    ),
)
_TRICK_WRONG = (
    (
        "Gradients through any draw, discrete ones included.",
        "A discrete draw is a step function of its parameters: its derivative is 0 almost everywhere.",
        "vae-reparameterisation",
    ),
    (
        "A decoder that gets the same code for the same input each time.",
        "The noise is fresh on every pass: only the mean is repeatable.",
        "vae-reparameterisation",
    ),
    (
        "Training without a KL term, because the noise keeps the codes near the prior.",
        "Without the KL the encoder makes σ small and the noise vanishes.",
        "vae-kl",
    ),
    (
        "Gradients through the draw, even if the draw is made with `.sample()` or under `no_grad`.",
        "Those cut the graph: the encoder gets no gradient from the reconstruction.",
        "vae-reparameterisation",
    ),
    (
        "Learning the noise itself by gradient descent.",
        "ε has no parameters: μ and σ are what is learnt.",
        "vae-reparameterisation",
    ),
    (
        "A gradient without any variance.",
        "It is still an estimate from random draws, usually with far less variance than the score "
        "function's.",
        "vae-reparameterisation",
    ),
)


def _statements(
    rng: random.Random, stem: str, right: tuple[tuple[str, str], ...], wrong: tuple[tuple[str, str, str], ...]
) -> Draft:
    """Take one true statement and three false ones."""
    text, feedback = rng.choice(right)
    return Draft(
        stem, text, tuple(Distractor(*entry) for entry in rng.sample(wrong, 3)), feedback, {"right": text}
    )


def _role(rng: random.Random) -> Draft:
    return _statements(rng, "How does a VAE's loss differ from an autoencoder's?", _ROLE_RIGHT, _ROLE_WRONG)


def _trick(rng: random.Random) -> Draft:
    return _statements(
        rng, "What does the reparameterisation trick make possible, and when?", _TRICK_RIGHT, _TRICK_WRONG
    )


QUESTIONS = (
    Question("vae/logvar-to-std", CHAPTER, "number", _std, "vae-reparameterisation", 0.01),
    Question("vae/reparameterised-sample", CHAPTER, "number", _sample, "vae-reparameterisation", 0.01),
    Question("vae/gradient-second-moment", CHAPTER, "number", _gradient, "vae-reparameterisation", 0.01),
    Question("vae/capacity-schedule", CHAPTER, "number", _capacity, "vae-capacity", 0.01, "nats"),
    Question("vae/aggregate", CHAPTER, "number", _aggregate, "vae-bound", 0.01),
    Question("vae/kl-role", CHAPTER, "choice", _role, "vae-bound"),
    Question("vae/trick", CHAPTER, "choice", _trick, "vae-reparameterisation"),
)
