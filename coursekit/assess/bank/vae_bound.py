"""Questions on the bound: the KL term, its mistakes, reductions, likelihoods and the tighter estimate."""

__all__ = ["grey_bernoulli", "iwae", "kl_half", "kl_sign", "kl_value", "reduction"]

import math
import random

from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "generative/variational-autoencoders"


def _kl(mu: float, var: float) -> float:
    return 0.5 * (mu * mu + var - 1 - math.log(var))


def _posterior(rng: random.Random) -> tuple[float, float]:
    """Draw a mean and a variance that can be worked with by hand."""
    mu = rng.choice([k / 4 for k in range(-10, 11) if abs(k) > 1])
    return mu, rng.choice((0.25, 0.5, 0.8, 1.5, 2.0, 2.5, 4.0, 5.0, 9.0))


@template("vae/kl-value", CHAPTER, "number", label="vae-kl", tolerance=0.02, unit="nats")
def kl_value(rng: random.Random) -> Draft:
    mu, var = _posterior(rng)
    right = _kl(mu, var)
    std = math.sqrt(var)
    return Draft(
        f"For one input the encoder gives $\\mu = {mu:g}$ and $\\sigma^2 = {var:g}$, with one latent. "
        "What is $\\mathrm{KL}(q(z \\mid x)\\,\\|\\,N(0, 1))$?",
        right,
        (
            Distractor(
                2 * right, "half forgotten",
                "That is twice the value: the bracket is multiplied by ½.",
            ),
            Distractor(
                -right, "sign reversed",
                "A KL divergence is never negative: check the sign in front.",
            ),
            Distractor(
                _kl(mu, std), "standard deviation for variance",
                "That puts σ where σ² is meant: the encoder's spread is a variance here.",
            ),
            Distractor(
                _kl(0, var), "squared mean forgotten",
                "The squared mean is missing: moving q away from 0 costs μ²/2 nats.",
            ),
        ),
        f"½(μ² + σ² − 1 − ln σ²) = ½({mu * mu:g} + {var:g} − 1 − {math.log(var):.4f}).",
        (
            f"$\\mu^2 = {mu * mu:g}$, $\\ln \\sigma^2 = {math.log(var):.4f}$",
            f"bracket: ${mu * mu:g} + {var:g} - 1 - ({math.log(var):.4f}) = {2 * right:.4f}$",
            f"half of it: ${right:.4f}$ nats",
        ),
        values={"mu": mu, "var": var},
    )  # fmt: skip


_NAMES = {
    "sign": "taken for a sign error",
    "half": "taken for a missing half",
    "std": "taken for a standard deviation",
    "mean": "taken for a missing mean",
}
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
        Distractor(
            texts[n],
            _NAMES[n],
            f"That slip would print {values[n]:.3f} here, not {printed:.3f}.",
        )
        for n in values
        if n != slip
    )
    none = Distractor(
        "Nothing: such a value is possible, and training will tell.",
        "nothing noticed",
        f"The right value is {right:.3f}: work it out once on one input before you train.",
    )
    stem = (
        f"Your KL function gets $\\mu = {mu:g}$ and $\\log\\sigma^2 = \\ln {var:g}$ (one latent) and returns "
        f"{printed:.3f} nats. What is wrong with it?"
    )
    feedback = f"The right value is {right:.3f}, and this slip gives {printed:.3f}."
    return Draft(
        stem, texts[slip], (*wrong, none), feedback,
        (f"right: ${right:.3f}$ nats", f"printed: ${printed:.3f}$, so: {texts[slip]}"),
        values={"mu": mu, "var": var, "slip": slip, "printed": printed}, fits=clear,
    )  # fmt: skip


@template("vae/kl-sign", CHAPTER, "choice", label="vae-kl")
def kl_sign(rng: random.Random) -> Draft:
    return _diagnose(rng, "sign")


@template("vae/kl-half", CHAPTER, "choice", label="vae-kl")
def kl_half(rng: random.Random) -> Draft:
    return _diagnose(rng, "half")


@template("vae/reduction", CHAPTER, "number", label="vae-loss", tolerance=0.001)
def reduction(rng: random.Random) -> Draft:
    pixels, batch, latents = (
        rng.choice(range(48, 1025, 8)),
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
            Distractor(
                1.0, "taken for the plain bound",
                "The two terms are not reduced alike, so it isn't the plain bound.",
            ),
            Distractor(
                1 / pixels, "ratio inverted",
                "The other way round: it is the reconstruction that shrank, so the KL weighs more.",
            ),
            Distractor(
                float(batch), "batch size counted",
                "Both terms are averaged over the batch: its size cancels.",
            ),
            Distractor(
                pixels / latents, "divided by the latents",
                "The KL is summed over the latents, as it should be: nothing to divide by.",
            ),
        ),
        f"The mean over pixels divides the reconstruction by {pixels}; multiply the loss by {pixels} and "
        f"read off β. "
        "With so large a β the posterior collapses.",
        (
            f"The mean over the pixels is the sum divided by ${pixels}$.",
            f"Multiply the whole loss by ${pixels}$: reconstruction summed, KL times ${pixels}$.",
        ),
        values={"pixels": pixels, "batch": batch, "latents": latents},
    )  # fmt: skip


@template("vae/grey-bernoulli", CHAPTER, "number", label="vae-loss", tolerance=0.01, unit="nats")
def grey_bernoulli(rng: random.Random) -> Draft:
    greys = sorted(rng.sample([k / 25 for k in range(1, 25)], 2))
    terms = [-(g * math.log(g) + (1 - g) * math.log(1 - g)) for g in greys]
    first, second = greys
    return Draft(
        f"Two pixels have the grey values {first:g} and {second:g} and are *not* binarised. What is the "
        "smallest value that the sum of their Bernoulli terms (binary cross-entropies) can take, whatever "
        "the decoder says?",
        sum(terms),
        (
            Distractor(
                0.0, "perfect copy costs nothing",
                "Only for pixels of 0 or 1. At a grey value even a perfect decoder pays.",
            ),
            Distractor(
                -sum(math.log(g) for g in greys), "weight and second half forgotten",
                "That is the first half of each term alone, and without its weight.",
            ),
            Distractor(
                sum(2 * g * (1 - g) for g in greys), "Gini impurity",
                "That is a Gini impurity: the cross-entropy has logarithms.",
            ),
            Distractor(
                sum(terms) / 2, "mean of the pixels",
                "That is the mean of the two pixels; the sum is asked for.",
            ),
        ),
        "Each term is smallest where p is the pixel itself, and is its entropy there. So the sum isn't a "
        "likelihood of grey values, and it isn't a bound in nats.",
        (
            f"smallest at $p = {first:g}$ and $p = {second:g}$, the pixels themselves",
            f"entropies ${terms[0]:.4f}$ and ${terms[1]:.4f}$, sum ${sum(terms):.4f}$",
        ),
        values={"greys": greys},
    )  # fmt: skip


@template("vae/iwae", CHAPTER, "number", label="vae-iwae", tolerance=0.02, unit="nats")
def iwae(rng: random.Random) -> Draft:
    small, large = rng.sample(range(1, 61), 2)
    weights = (small * 1e-9, large * 1e-9)
    logs = [math.log(weight) for weight in weights]
    right = math.log(sum(weights) / 2)
    return Draft(
        f"For one image two draws from $q$ give the importance weights $w_1 = {small} \\cdot 10^{{-9}}$ and "
        f"$w_2 = {large} \\cdot 10^{{-9}}$. What is the IWAE estimate of $\\log p(x)$ with $k = 2$?",
        right,
        (
            Distractor(
                sum(logs) / 2, "mean of the logarithms",
                "That is the mean of the logarithms: the ELBO, which is lower.",
            ),
            Distractor(
                math.log(sum(weights)), "not divided by k",
                "Divide by k before the logarithm: it is a mean of the weights.",
            ),
            Distractor(
                max(logs), "largest weight alone",
                "The largest weight alone is too hopeful: all k draws count.",
            ),
        ),
        "Mean first, logarithm after. By Jensen's inequality it is never below the mean of the logarithms, "
        "the ELBO.",
        (
            f"mean weight: ${(small + large) / 2:g} \\cdot 10^{{-9}}$",
            f"its logarithm: ${right:.4f}$",
        ),
        values={"small": small, "large": large},
    )  # fmt: skip
