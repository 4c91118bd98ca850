"""Lecture 11: losses, best discriminator and gradients of generative adversarial networks."""

__all__ = ["best_discriminator", "generator_gradient", "losses"]

import math
import random

from coursekit.assess.answer import show_all
from coursekit.assess.bank._activations import sigmoid
from coursekit.assess.bank._write import num, pick, row, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "exam/lecture-11"


def _cost(outputs: list[float]) -> float:
    """Return the mean of -ln over probabilities."""
    return -sum(map(math.log, outputs)) / len(outputs)


@template(
    "gan/losses", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=11, source="003-E63",
    rule="The discriminator $D$ maximises $V = \\mathbb{E}[\\ln D(x)] + \\mathbb{E}[\\ln (1 - D(G(z)))]$, "
    "estimated by the mean over the real and the mean over the generated samples; its loss is $J_D = -V$, a "
    "binary cross-entropy with label $1$ for real and $0$ for generated. In practice the generator $G$ "
    "minimises the *non-saturating* loss $J_G$, the mean of $-\\ln D(G(z))$, and not that of $\\ln (1 - "
    "D(G(z)))$.",
)  # fmt: skip
def losses(rng: random.Random) -> Draft:
    count = pick(rng, 2, 3)
    real, fake = ([pick(rng, 1, 19) / 20 for _ in range(count)] for _ in range(2))
    not_real, not_fake = ([1 - d for d in outputs] for outputs in (real, fake))
    key = (_cost(real) + _cost(not_fake), _cost(fake))
    return Draft(
        f"A discriminator $D$ returns the probabilities ${row(real)}$ for {count} real samples and "
        f"${row(fake)}$ for {count} generated ones. What are the loss $J_D$ that the discriminator minimises "
        "and the *non-saturating* loss $J_G$ of the generator? Take natural logarithms; each expectation is "
        "the mean over its samples, and $J_D$ is the sum of two such means, not halved.",
        key,
        (
            Distractor(
                (key[0], -_cost(not_fake)), "saturating generator loss",
                "The generator's part is that of the minimax game, which saturates if D rejects the samples.",
            ),
            Distractor(
                (-key[0], key[1]), "value as loss",
                "That is the value V, which D maximises: a loss to be minimised has the other sign.",
            ),
            Distractor(
                (_cost(not_real) + _cost(fake), _cost(not_fake)), "labels swapped",
                "The labels are swapped: real samples have 1, and the generator wants 1 for its own.",
            ),
            Distractor(
                (count * key[0], count * key[1]), "sums for means",
                "The logarithms were summed: each expectation is a mean over its samples.",
            ),
        ),
        "The discriminator pays for both kinds of samples, the generator for its own only.",
        (
            f"mean of $-\\ln D(x)$ over the real samples: ${num(_cost(real))}$",
            f"mean of $-\\ln (1 - D(G(z)))$ over the generated ones: ${num(_cost(not_fake))}$",
            f"$J_D = {num(_cost(real))} + {num(_cost(not_fake))} = {num(key[0])}$",
            f"$J_G$, the mean of $-\\ln D(G(z))$: ${num(key[1])}$",
        ),
        asks=("$J_D$", "$J_G$"),
        values={"real": real, "fake": fake},
        fits=len(set(real)) == len(set(fake)) == count,
    )  # fmt: skip


def _shares(rng: random.Random) -> list[float]:
    """Draw three probabilities with one decimal that add up to 1."""
    low, high = sorted(rng.sample(range(1, 10), 2))
    return [low / 10, (high - low) / 10, (10 - high) / 10]


def _mean_log(chances: list[float], outputs: list[float]) -> float:
    """Return the expectation of the logarithm."""
    return sum(a * math.log(d) for a, d in zip(chances, outputs, strict=True))


@template(
    "gan/best-discriminator", CHAPTER, "number", relative=5e-3, tolerance=1e-3, lecture=11, source="003-E64",
    rule="For a fixed generator with the density $q$ and data with the density $p$, the value $V$ is largest "
    "for the discriminator $D(x) = \\frac{p(x)}{p(x) + q(x)}$. Inserted, it gives $V = \\mathbb{E}_p[\\ln D] "
    "+ \\mathbb{E}_q[\\ln (1 - D)] = -\\ln 4 + 2\\, \\mathrm{JSD}(p, q)$ with the Jensen-Shannon divergence "
    "$\\mathrm{JSD}$, so $V = -\\ln 4$ only if $p = q$.",
)  # fmt: skip
def best_discriminator(rng: random.Random) -> Draft:
    p, q = _shares(rng), _shares(rng)
    best = [a / (a + b) for a, b in zip(p, q, strict=True)]
    swapped = [1 - d for d in best]
    on_data, on_fakes = _mean_log(p, best), _mean_log(q, swapped)
    v, floor = on_data + on_fakes, -math.log(4)
    rows = [("data, $p$", *p), ("generator, $q$", *q)]
    return Draft(
        "Data and generator give three points these probabilities."
        f"{table(('', '$x_1$', '$x_2$', '$x_3$'), rows)}"
        "What are the outputs $D_1$, $D_2$ and $D_3$ of the best discriminator at the three points, and the "
        "value $V$ of the game that it reaches (with natural logarithms)?",
        (*best, v),
        (
            Distractor(
                (*best, floor), "value always −ln 4",
                "The value −ln 4 is reached only when generator and data agree.",
            ),
            Distractor(
                (*(a / b for a, b in zip(p, q, strict=True)), v), "ratio p/q",
                "The ratio p/q can exceed 1 and is no probability: divide by the sum of both.",
            ),
            Distractor(
                (*best, (floor + v) / 2), "divergence counted once",
                "The Jensen-Shannon divergence counts twice in the value of the game.",
            ),
            Distractor(
                (*swapped, _mean_log(p, swapped) + _mean_log(q, best)), "data and generator swapped",
                "The outputs are probabilities of being generated; D is that of being real.",
            ),
        ),
        "The best output is the share of the data in the probability at each point.",
        (
            f"$D_i = p_i / (p_i + q_i)$: ${show_all(best)}$",
            f"$\\sum_i p_i \\ln D_i = {num(on_data)}$",
            f"$\\sum_i q_i \\ln (1 - D_i) = {num(on_fakes)}$",
            f"$V = {num(v)}$, which is $-\\ln 4 + 2 \\cdot {num((v - floor) / 2)}$",
        ),
        asks=("$D_1$", "$D_2$", "$D_3$", "$V$"),
        values={"p": p, "q": q},
    )  # fmt: skip


@template(
    "gan/generator-gradient", CHAPTER, "number", relative=1e-3, tolerance=5e-4, lecture=11, source="003-E65",
    rule="Let $a$ be the discriminator's logit for a generated sample and $D = \\sigma(a)$ its output. The "
    "minimax loss $\\ln (1 - D)$ has the derivative $-D$ by $a$, the non-saturating loss $-\\ln D$ has $-(1 "
    "- D)$. Both are negative, so both raise $a$; but when $D$ rejects the sample ($D$ near $0$), the first "
    "vanishes and the second does not.",
)  # fmt: skip
def generator_gradient(rng: random.Random) -> Draft:
    a = pick(rng, -50, 50) / 10
    d = sigmoid(a)
    key = (-d, d - 1)
    return Draft(
        f"For one generated sample the discriminator has the logit $a = {num(a)}$, so its output is $D = "
        "\\sigma(a)$. The generator can minimise the minimax loss $J_1 = \\ln (1 - D)$ or the non-saturating "
        "loss $J_2 = -\\ln D$. What are the derivatives $\\partial J_1 / \\partial a$ and $\\partial J_2 / "
        "\\partial a$?",
        key,
        (
            Distractor(
                (d - 1, -d), "losses swapped",
                "The two are swapped: the minimax loss has the small gradient when the sample is rejected.",
            ),
            Distractor(
                (d, 1 - d), "sign reversed",
                "Both losses fall when the logit rises, so neither derivative is positive.",
            ),
            Distractor(
                (1 / (d - 1), -1 / d), "derivative by the output",
                "Those are the derivatives by D: multiply by the slope of the sigmoid.",
            ),
        ),
        "Times the slope $D (1 - D)$ of the sigmoid, one factor of each loss's derivative cancels.",
        (
            f"$D = \\sigma({num(a)}) = {num(d)}$",
            f"$\\partial J_1 / \\partial a = -\\frac{{1}}{{1 - D}} D (1 - D) = -D = {num(key[0])}$",
            f"$\\partial J_2 / \\partial a = -\\frac{{1}}{{D}} D (1 - D) = -(1 - D) = {num(key[1])}$",
        ),
        asks=("$\\partial J_1 / \\partial a$", "$\\partial J_2 / \\partial a$"),
        values={"a": a},
        fits=a != 0,
    )  # fmt: skip
