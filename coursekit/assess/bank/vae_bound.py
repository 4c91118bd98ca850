"""Questions on the bound: the KL term, its mistakes, reductions, likelihoods and the tighter estimate."""

__all__ = ["QUESTIONS"]

import math
import random

from coursekit.assess.question import Distractor, Draft, Question

CHAPTER = "generative/variational-autoencoders"


def _kl(mu: float, var: float) -> float:
    return 0.5 * (mu * mu + var - 1 - math.log(var))


def _posterior(rng: random.Random) -> tuple[float, float]:
    """Draw a mean and a variance that can be worked with by hand."""
    return rng.choice((-2.0, -1.5, -1.0, 0.5, 1.0, 1.5, 2.0)), rng.choice((0.25, 0.5, 2.0, 4.0, 9.0))


def _kl_value(rng: random.Random) -> Draft:
    mu, var = _posterior(rng)
    right = _kl(mu, var)
    std = math.sqrt(var)
    return Draft(
        f"For one input the encoder gives $\\mu = {mu:g}$ and $\\sigma^2 = {var:g}$, with one latent. "
        "What is $\\mathrm{KL}(q(z \\mid x)\\,\\|\\,N(0, 1))$?",
        right,
        (
            Distractor(2 * right, "That is twice the value: the bracket is multiplied by ½.", "vae-kl"),
            Distractor(-right, "A KL divergence is never negative: check the sign in front.", "vae-kl"),
            Distractor(
                _kl(mu, std),
                "That puts σ where σ² is meant: the encoder's spread is a variance here.",
                "vae-kl",
            ),
            Distractor(
                _kl(0, var), "The squared mean is missing: moving q away from 0 costs μ²/2 nats.", "vae-kl"
            ),
        ),
        f"½(μ² + σ² − 1 − ln σ²) = ½({mu * mu:g} + {var:g} − 1 − {math.log(var):.4f}).",
        {"mu": mu, "var": var},
    )


_SLIPS = (
    ("sign", "The sign in front of the sum is flipped."),
    ("half", "The factor ½ is missing."),
    ("std", "The standard deviation stands where the variance is meant."),
    ("mean", "The squared mean is missing."),
)


def _slip_values(mu: float, var: float) -> dict[str, float]:
    right = _kl(mu, var)
    return {"sign": -right, "half": 2 * right, "std": _kl(mu, math.sqrt(var)), "mean": _kl(0, var)}


def _diagnose(rng: random.Random, slip: str) -> Draft:
    """Show the number that a slip prints and ask for the slip."""
    mu, var = _posterior(rng)
    values, right = _slip_values(mu, var), _kl(mu, var)
    # Numbers that nearly agree could not be told apart by hand: the question needs four clear cases.
    printed = values[slip]
    clear = all(abs(printed - v) > 0.05 for name, v in values.items() if name != slip)
    texts = dict(_SLIPS)
    wrong = tuple(
        Distractor(texts[n], f"That slip would print {values[n]:.3f} here, not {printed:.3f}.", "vae-kl")
        for n in values
        if n != slip
    )
    none = Distractor(
        "Nothing: such a value is possible, and training will tell.",
        f"The right value is {right:.3f}: work it out once on one input before you train.",
        "vae-kl",
    )
    stem = (
        f"Your KL function gets $\\mu = {mu:g}$ and $\\log\\sigma^2 = \\ln {var:g}$ (one latent) and returns "
        f"{printed:.3f} nats. What is wrong with it?"
    )
    if not clear:
        wrong = (*wrong, wrong[0])  # two equal options: the caller draws again
    feedback = f"The right value is {right:.3f}, and this slip gives {printed:.3f}."
    return Draft(
        stem, texts[slip], (*wrong, none), feedback, {"mu": mu, "var": var, "slip": slip, "printed": printed}
    )


def _kl_sign(rng: random.Random) -> Draft:
    return _diagnose(rng, "sign")


def _kl_half(rng: random.Random) -> Draft:
    return _diagnose(rng, "half")


def _reduction(rng: random.Random) -> Draft:
    pixels, batch, latents = (
        rng.choice((64, 196, 256, 784)),
        rng.choice((32, 50, 100, 128)),
        rng.choice((2, 8, 16, 20)),
    )
    return Draft(
        f"An image has {pixels} pixels, a batch {batch} images, the code {latents} latents. The "
        f"reconstruction term is "
        "averaged over the pixels, the KL term is summed over the latents, and both are averaged over the "
        "batch. "
        "Up to a constant factor, with which $\\beta$ do you train a $\\beta$-VAE?",
        float(pixels),
        (
            Distractor(1.0, "The two terms are not reduced alike, so it isn't the plain bound.", "vae-loss"),
            Distractor(
                1 / pixels,
                "The other way round: it is the reconstruction that shrank, so the KL weighs more.",
                "vae-loss",
            ),
            Distractor(float(batch), "Both terms are averaged over the batch: its size cancels.", "vae-loss"),
            Distractor(
                pixels / latents,
                "The KL is summed over the latents, as it should be: nothing to divide by.",
                "vae-loss",
            ),
        ),
        f"The mean over pixels divides the reconstruction by {pixels}; multiply the loss by {pixels} and "
        f"read off β. "
        "With so large a β the posterior collapses.",
        {"pixels": pixels, "batch": batch, "latents": latents},
    )


def _grey(rng: random.Random) -> Draft:
    grey = rng.choice((0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9))
    right = -(grey * math.log(grey) + (1 - grey) * math.log(1 - grey))
    return Draft(
        f"A pixel has the grey value {grey:g} and is *not* binarised. What is the smallest value that its "
        f"Bernoulli "
        "term (binary cross-entropy) can take, whatever the decoder says?",
        right,
        (
            Distractor(
                0.0, "Only for a pixel of 0 or 1. At a grey value even a perfect decoder pays.", "vae-loss"
            ),
            Distractor(-math.log(grey), "That is the first half alone, and without its weight.", "vae-loss"),
            Distractor(
                2 * grey * (1 - grey),
                "That is a Gini impurity: the cross-entropy has logarithms.",
                "vae-loss",
            ),
        ),
        f"It is smallest at p = {grey:g}, where it equals the entropy of that pixel. So it isn't a "
        f"likelihood of "
        "grey values, and the sum isn't a bound in nats.",
        {"grey": grey},
    )


def _iwae(rng: random.Random) -> Draft:
    small, large = rng.sample((1, 2, 3, 5, 8, 12, 20), 2)
    weights = (small * 1e-9, large * 1e-9)
    logs = [math.log(weight) for weight in weights]
    right = math.log(sum(weights) / 2)
    return Draft(
        f"For one image two draws from $q$ give the importance weights $w_1 = {small} \\cdot 10^{{-9}}$ and "
        f"$w_2 = {large} \\cdot 10^{{-9}}$. What is the IWAE estimate of $\\log p(x)$ with $k = 2$?",
        right,
        (
            Distractor(
                sum(logs) / 2, "That is the mean of the logarithms: the ELBO, which is lower.", "vae-iwae"
            ),
            Distractor(
                math.log(sum(weights)),
                "Divide by k before the logarithm: it is a mean of the weights.",
                "vae-iwae",
            ),
            Distractor(max(logs), "The largest weight alone is too hopeful: all k draws count.", "vae-iwae"),
        ),
        "Mean first, logarithm after. By Jensen's inequality it is never below the mean of the logarithms, "
        "the ELBO.",
        {"small": small, "large": large},
    )


QUESTIONS = (
    Question("vae/kl-value", CHAPTER, "number", _kl_value, "vae-kl", 0.02, "nats"),
    Question("vae/kl-sign", CHAPTER, "choice", _kl_sign, "vae-kl"),
    Question("vae/kl-half", CHAPTER, "choice", _kl_half, "vae-kl"),
    Question("vae/reduction", CHAPTER, "number", _reduction, "vae-loss", 0.001),
    Question("vae/grey-bernoulli", CHAPTER, "number", _grey, "vae-loss", 0.01, "nats"),
    Question("vae/iwae", CHAPTER, "number", _iwae, "vae-iwae", 0.02, "nats"),
)
