"""Questions on denoising: the Wiener filter, conditional means, scores, and what corruptions change."""

__all__ = ["changed_pixels", "clamped_power", "score_arrow", "two_points", "wiener_error", "wiener_gain"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/denoising"


@template("denoise/wiener-gain", CHAPTER, "number", label="denoise-wiener", relative=2e-3, tolerance=1e-3)
def wiener_gain(rng: random.Random) -> Draft:
    variances = rng.sample((0.25, 0.5, 1.0, 2.0, 3.0, 4.0), 2)
    mean, noisy = [halves(rng, -2, 2) for _ in range(2)], [halves(rng, -4, 4) for _ in range(2)]
    sigma = rng.choice((0.5, 1.5, 2.0))

    def filtered(power: float) -> tuple[float, float]:
        pairs = zip(mean, noisy, variances, strict=True)
        first, second = (m + v / (v + power) * (x - m) for m, x, v in pairs)
        return first, second

    key = filtered(sigma**2)
    bare = tuple(v / (v + sigma**2) * x for x, v in zip(noisy, variances, strict=True))
    noise_kept = tuple(x + m - k for m, x, k in zip(mean, noisy, key, strict=True))
    return Draft(
        f"Two independent components have the means $\\mu = {row(mean)}$ and the variances "
        f"${row(variances)}$. Gaussian noise of standard deviation $\\sigma = {num(sigma)}$ is added to "
        f"each, and $x' = {row(noisy)}$ comes in. What does the Wiener filter return?",
        key,
        (
            Distractor(filtered(sigma), "sigma not squared", "The noise enters with its variance: square σ."),
            Distractor(
                bare, "mean not taken off",
                "Scale the distance to the mean, then add the mean again.",
            ),
            Distractor(
                noise_kept, "share of the noise",
                "That is the noise's share: what stays is the variance of the signal over the sum of both.",
            ),
        ),
        "Of its distance to the mean, each component keeps its variance over the sum of both variances.",
        (
            f"shares kept: ${row([round(v / (v + sigma**2), 4) for v in variances])}$",
            f"distances to the mean: ${row([x - m for x, m in zip(noisy, mean, strict=True)])}$",
            f"returned: ${row([round(k, 4) for k in key])}$",
        ),
        asks=("first", "second"),
        values={"variances": variances, "mean": mean, "noisy": noisy, "sigma": sigma},
        fits=all(abs(x - m) > 0.4 for x, m in zip(noisy, mean, strict=True)),
    )  # fmt: skip


@template("denoise/wiener-error", CHAPTER, "number", label="denoise-wiener", relative=2e-3, tolerance=1e-3)
def wiener_error(rng: random.Random) -> Draft:
    levels = sorted(rng.sample((0.1, 0.2, 0.5, 1.0, 2.0, 4.0), 3), reverse=True)
    sigma = rng.choice((0.5, 1.5, 2.0))
    power = sigma**2
    parts = [v * power / (v + power) for v in levels]
    return Draft(
        f"The covariance of three-dimensional data has the eigenvalues ${row(levels)}$. Gaussian noise of "
        f"standard deviation $\\sigma = {num(sigma)}$ is added to each component. What is the expected "
        "squared error of the Wiener filter, summed over the components?",
        sum(parts),
        (
            Distractor(
                3 * power, "doing nothing",
                "That is the error of the noisy data. The filter lowers it in every direction.",
            ),
            Distractor(
                sum(v * sigma / (v + sigma) for v in levels), "sigma not squared",
                "The noise enters with its variance: square σ.",
            ),
            Distractor(
                sum(parts) / 3, "averaged over components",
                "The components were averaged. The question asks for their sum.",
            ),
            Distractor(
                sum(power**2 / (v + power) for v in levels), "noise squared twice",
                "Of each direction the product of both variances over their sum remains.",
            ),
        ),
        "In each direction: the product of both variances over their sum.",
        (
            f"noise variance ${num(power)}$",
            f"directions: ${row([round(part, 4) for part in parts])}$",
            f"sum: ${num(sum(parts))}$",
        ),
        values={"levels": levels, "sigma": sigma},
    )  # fmt: skip


@template("denoise/two-points", CHAPTER, "number", label="denoise-best", relative=2e-3, tolerance=5e-4)
def two_points(rng: random.Random) -> Draft:
    a, sigma = rng.choice((1.0, 2.0)), rng.choice((1.5, 2.0, 2.5))
    noisy = rng.choice((0.5, 1.5, 2.5, -0.5, -1.5, -2.5))
    key = a * math.tanh(a * noisy / sigma**2)
    return Draft(
        f"A number is $-{num(a)}$ or ${num(a)}$, each with probability one half. Gaussian noise of standard "
        f"deviation $\\sigma = {num(sigma)}$ is added, and $x' = {num(noisy)}$ is seen. What does the "
        "denoiser with the smallest mean squared error return?",
        key,
        (
            Distractor(
                math.copysign(a, noisy), "nearest point",
                "That is the more probable of the two. The smallest squared error belongs to their mean, "
                "weighted by their probabilities.",
            ),
            Distractor(
                a * a / (a * a + sigma**2) * noisy, "linear filter",
                "That is the best linear denoiser. The best of all is the conditional mean.",
            ),
            Distractor(
                a * math.tanh(a * noisy / sigma), "sigma not squared",
                "The exponent of a Gaussian has the variance in it: square σ.",
            ),
            Distractor(
                1 / (1 + math.exp(-2 * a * noisy / sigma**2)), "probability returned",
                "That is the probability of the upper value. Weight both values by their probabilities.",
            ),
        ),
        "The mean of both values, weighted by their probabilities given what was seen.",
        (
            f"log-odds of the upper value: $2 a x' / \\sigma^2 = {num(2 * a * noisy / sigma**2)}$",
            f"its probability: ${num(1 / (1 + math.exp(-2 * a * noisy / sigma**2)))}$",
            f"mean: ${num(key)}$",
        ),
        values={"a": a, "sigma": sigma, "noisy": noisy},
    )  # fmt: skip


@template("denoise/score-arrow", CHAPTER, "number", label="denoise-score", relative=2e-3, tolerance=1e-3)
def score_arrow(rng: random.Random) -> Draft:
    noisy, moved = [halves(rng, -3, 3) for _ in range(2)], [halves(rng, -2, 2) for _ in range(2)]
    sigma = rng.choice((0.5, 1.5, 2.0))
    gap = [m - x for m, x in zip(moved, noisy, strict=True)]
    key = tuple(value / sigma**2 for value in gap)
    return Draft(
        f"The best denoiser for Gaussian noise of standard deviation $\\sigma = {num(sigma)}$ moves "
        f"$x' = {row(noisy)}$ to ${row(moved)}$. What is the score of the noisy density there, at $x'$?",
        key,
        (
            Distractor(
                tuple(-value for value in key), "sign turned",
                "The score points to where the density rises, which is where the denoiser moves the point.",
            ),
            Distractor(
                tuple(value / sigma for value in gap), "sigma not squared",
                "Divide by the variance of the noise.",
            ),
            Distractor(
                tuple(gap), "not divided",
                "That is how far the point moved. Divide by the variance of the noise.",
            ),
            Distractor(
                tuple(value / sigma**2 for value in moved), "target instead of step",
                "The score is the step from the noisy point, not the place where it ends, over the variance.",
            ),
        ),
        "The step of the denoiser over the variance of the noise.",
        (f"step: ${row(gap)}$", f"over ${num(sigma**2)}$: ${row([round(value, 4) for value in key])}$"),
        asks=("first", "second"),
        values={"noisy": noisy, "moved": moved, "sigma": sigma},
        fits=all(abs(value) > 0.4 for value in gap),
    )  # fmt: skip


@template("denoise/clamped-power", CHAPTER, "number", label="denoise-noises", relative=2e-3, tolerance=2e-4)
def clamped_power(rng: random.Random) -> Draft:
    black, sigma = rng.choice((0.3, 0.4, 0.6, 0.7, 0.8)), rng.choice((0.1, 0.15, 0.2))
    key = sigma**2 * (1 - black / 2)
    return Draft(
        f"A share of ${num(black)}$ of the pixels is exactly black, $0$; the others are mid-grey. Gaussian "
        f"noise of standard deviation $\\sigma = {num(sigma)}$ is added, and the result is cut to "
        "$[0, 1]$. Take cutting to change nothing at a grey pixel. What is the mean squared difference to "
        "the clean image?",
        key,
        (
            Distractor(
                sigma**2, "clamping overlooked",
                "That is the noise before the cut. A black pixel loses the negative half.",
            ),
            Distractor(
                sigma**2 * (1 - black), "black pixels silent",
                "At a black pixel the positive half of the noise remains.",
            ),
            Distractor(
                sigma**2 / 2, "every pixel halved",
                "Grey pixels keep all of the noise.",
            ),
        ),
        "Black pixels keep half of the squared noise, grey ones all of it.",
        (
            f"black: ${num(black)} \\cdot {num(sigma**2)} / 2 = {num(black * sigma**2 / 2)}$",
            f"grey: ${num(1 - black)} \\cdot {num(sigma**2)} = {num((1 - black) * sigma**2)}$",
            f"sum: ${num(key)}$",
        ),
        values={"black": black, "sigma": sigma},
    )  # fmt: skip


@template("denoise/changed-pixels", CHAPTER, "number", label="denoise-types", relative=2e-3, tolerance=5e-4)
def changed_pixels(rng: random.Random) -> Draft:
    black, p = pick(rng, 11, 18) / 20, rng.choice((0.1, 0.2, 0.3, 0.4))
    masked, salted = p * (1 - black), p * (1 - black) + p / 2 * black
    return Draft(
        f"A share of ${num(black)}$ of the pixels is black, $0$; the others are grey, none is white. Which "
        f"share of all pixels changes under masking noise with $p = {num(p)}$, and under salt-and-pepper "
        f"noise that replaces each pixel with probability ${num(p)}$, by $0$ or $1$ alike?",
        (masked, salted),
        (
            Distractor(
                (p, p), "black pixels counted",
                "A black pixel that is set to black has not changed.",
            ),
            Distractor(
                (masked, masked), "salt overlooked",
                "Salt makes a black pixel white: half of the replaced black pixels change.",
            ),
            Distractor(
                (masked, p * (1 - black) / 2 + p / 2 * black), "pepper on grey overlooked",
                "A grey pixel changes whether it becomes black or white.",
            ),
            Distractor(
                (p * black, salted), "shares swapped",
                "A mask changes the pixels that are not black.",
            ),
        ),
        "Pixels that already have the new value do not change.",
        (
            f"masking: ${num(p)} \\cdot {num(1 - black)} = {num(masked)}$",
            f"salt and pepper: ${num(masked)} + {num(p / 2)} \\cdot {num(black)} = {num(salted)}$",
        ),
        asks=("masking", "salt and pepper"),
        values={"black": black, "p": p},
    )  # fmt: skip
