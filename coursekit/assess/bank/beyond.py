"""Questions on what came after: quantised codes, the best judge, padding, holes, and noise in closed form."""

__all__ = ["best_judge", "forward", "gaussian_guess", "hidden_pixels", "padded", "quantised", "words"]

import math
import random

from coursekit.assess.bank._write import halves, num, part, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/beyond-autoencoders"


@template("beyond/quantised", CHAPTER, "number", label="beyond-vq", relative=1e-3, tolerance=1e-3)
def quantised(rng: random.Random) -> Draft:
    rows = [[halves(rng, -3, 3, zero=True) for _ in range(2)] for _ in range(2)]
    z = [pick(rng, -25, 25) / 10 for _ in range(2)]
    slope = [halves(rng, -3, 3) for _ in range(2)]
    beta = rng.choice((0.25, 0.5))
    far = [sum((a - b) ** 2 for a, b in zip(z, e, strict=True)) for e in rows]
    near, other = (rows[0], rows[1]) if far[0] < far[1] else (rows[1], rows[0])
    away = [round(a - e, 4) for a, e in zip(z, near, strict=True)]
    key = tuple(g + 2 * beta * a for g, a in zip(slope, away, strict=True))
    return Draft(
        f"A codebook has the rows $e_1 = {row(rows[0])}$ and $e_2 = {row(rows[1])}$. The encoder answers "
        f"$z = {row(z)}$. At the row that the decoder receives, the decoder's loss has the gradient "
        f"${row(slope)}$, and the commitment term is ${num(beta)}\\, \\|z - \\mathrm{{sg}}[q]\\|^2$. Which "
        "gradient does $z$ get in all?",
        key,
        (
            Distractor(
                tuple(slope), "commitment left out",
                "The straight-through gradient is one part. Add that of the commitment term.",
            ),
            Distractor(
                tuple(2 * beta * a for a in away), "decoder left out",
                "Straight-through: the decoder's gradient passes to $z$ as if nothing had been rounded.",
            ),
            Distractor(
                tuple(g + 2 * beta * (a - e) for g, a, e in zip(slope, z, other, strict=True)), "farther row",
                "Compare the two squared distances: the nearer row is taken.",
            ),
            Distractor(
                tuple(g - 2 * beta * a for g, a in zip(slope, away, strict=True)), "sign turned",
                "The slope of $\\|z - q\\|^2$ by $z$ is $2 (z - q)$: it points away from the row.",
            ),
        ),
        "The decoder's gradient as it is, plus 2 beta times (z minus the chosen row).",
        (
            f"squared distances ${num(round(far[0], 4))}$ and ${num(round(far[1], 4))}$: "
            f"the row ${row(near)}$",
            f"${row(slope)} + 2 \\cdot {num(beta)} \\cdot {row(away)}$",
        ),
        asks=("first entry", "second entry"),
        values={"rows": rows, "z": z, "slope": slope, "beta": beta},
        fits=abs(far[0] - far[1]) > 0.3 and min(map(abs, away)) > 0.05
        and rows[0] != rows[1],
    )  # fmt: skip


@template("beyond/words", CHAPTER, "number", label="beyond-vq", relative=3e-3, tolerance=3e-3)
def words(rng: random.Random) -> Draft:
    counts = [pick(rng, 1, 9) for _ in range(3)] + [0]
    total = sum(counts)
    shares = [count / total for count in counts if count]
    nats = -sum(p * math.log(p) for p in shares)
    key = (math.exp(nats), nats / math.log(2))
    return Draft(
        f"The four rows of a codebook were chosen {counts[0]}, {counts[1]}, {counts[2]} and 0 times. What is "
        "the perplexity of the choices, and how many bits does a choice cost on average by these shares?",
        key,
        (
            Distractor((3.0, math.log2(3)), "rows counted", "Three rows are in use, but not alike often."),
            Distractor((4.0, 2.0), "whole codebook", "That holds if all four rows are chosen alike."),
            Distractor(
                (nats, nats / math.log(2)), "entropy for perplexity",
                "The perplexity is the exponential of the entropy in nats.",
            ),
            Distractor(
                (key[0], nats), "nats for bits", "Divide the entropy in nats by log 2 to get bits.",
            ),
        ),
        "The exponential of the entropy; bits are the entropy over log 2.",
        (
            f"shares ${row([round(p, 4) for p in shares])}$, entropy ${num(round(nats, 4))}$ nats",
            f"$e^{{{num(round(nats, 4))}}} = {num(round(key[0], 4))}$ and "
            f"${num(round(nats, 4))} / \\log 2 = {num(round(key[1], 4))}$",
        ),
        asks=("perplexity", "bits"), values={"counts": counts}, fits=max(counts) - min(counts[:3]) >= 2,
    )  # fmt: skip


@template("beyond/best-judge", CHAPTER, "number", label="beyond-game", relative=3e-3, tolerance=2e-3)
def best_judge(rng: random.Random) -> Draft:
    p, q = pick(rng, 1, 19) / 20, pick(rng, 1, 19) / 20
    key = (math.log(p / q), p / (p + q))
    return Draft(
        f"At a point $z$ the density of the prior is ${num(p)}$ and that of the codes is ${num(q)}$. The "
        "discriminator returns a logit for \"drawn from the prior\". Which logit is best there, and which "
        "probability does it stand for?",
        key,
        (
            Distractor(
                (-key[0], q / (p + q)), "sides exchanged",
                "The logit is for the prior: its density stands in the numerator.",
            ),
            Distractor(
                (p / q, p / (p + q)), "logarithm left out", "The logit is the logarithm of the ratio.",
            ),
            Distractor(
                (math.log(p), p), "codes left out",
                "Draws and codes come equally often: the density of the codes counts too.",
            ),
            Distractor(
                (key[0], p / q), "ratio for probability", "Divide by the sum of both densities.",
            ),
        ),
        "The log ratio of the two densities; its sigmoid is the prior's share of their sum.",
        (
            f"logit: $\\log({num(p)} / {num(q)}) = {num(round(key[0], 4))}$",
            f"probability: ${num(p)} / ({num(p)} + {num(q)}) = {num(round(key[1], 4))}$",
        ),
        asks=("logit", "probability"), values={"p": p, "q": q}, fits=abs(p - q) > 0.15,
    )  # fmt: skip


@template("beyond/padded", CHAPTER, "number", label="beyond-lengths", relative=2e-3, tolerance=1e-3)
def padded(rng: random.Random) -> Draft:
    steps = pick(rng, 8, 12)
    lengths = [pick(rng, 2, 5), pick(rng, 3, steps)]
    errors = [pick(rng, 2, 20) / 10 for _ in range(2)]
    total = errors[0] + errors[1]
    key = total / sum(lengths)
    return Draft(
        f"Two sequences of {lengths[0]} and {lengths[1]} real steps are padded to {steps}. Summed over their "
        f"real steps their squared errors are ${num(errors[0])}$ and ${num(errors[1])}$; on the padding the "
        "outputs are exact. What is the mean squared error of a real step?",
        key,
        (
            Distractor(
                total / (2 * steps), "padding counted",
                "Padding makes this error look smaller. Divide by the real steps alone.",
            ),
            Distractor(
                (errors[0] / lengths[0] + errors[1] / lengths[1]) / 2, "mean of means",
                "That weighs the steps of the short sequence more. Divide the sum by all real steps.",
            ),
            Distractor(
                total / 2, "per sequence", "That is the loss of a sequence. A step was asked for.",
            ),
            Distractor(
                total / (2 * max(lengths)), "longest length",
                "The shorter sequence has padding there as well.",
            ),
        ),
        "The sum of the errors over the number of real steps.",
        (f"$({num(errors[0])} + {num(errors[1])}) / ({lengths[0]} + {lengths[1]}) = {num(round(key, 4))}$",),
        values={"lengths": lengths, "errors": errors, "steps": steps},
        fits=lengths[0] < lengths[1] < steps
        and abs(errors[0] / lengths[0] - errors[1] / lengths[1]) > 0.05,
    )  # fmt: skip


@template("beyond/hidden-pixels", CHAPTER, "number", label="beyond-holes")
def hidden_pixels(rng: random.Random) -> Draft:
    patch, across = rng.choice((2, 4, 7, 8)), rng.choice((4, 8, 12))
    side, ratio = patch * across, rng.choice((25, 50, 75))
    channels = rng.choice((1, 3))
    patches = across * across
    hidden = patches * ratio // 100
    each = channels * patch * patch
    key = (float(patches - hidden), float(hidden * each))
    what = "one channel" if channels == 1 else "three channels"
    return Draft(
        f"A masked autoencoder sees images of ${side} \\times {side}$ pixels with {what}, cut into patches "
        f"of ${patch} \\times {patch}$; {ratio} % of the patches are hidden. How many patches does the "
        "encoder receive for an image, and over how many numbers is the loss of an image summed?",
        key,
        (
            Distractor(
                (float(patches), float(hidden * each)), "hidden ones fed",
                "Hidden patches are left out before any layer.",
            ),
            Distractor(
                (float(patches - hidden), float(patches * each)), "whole image scored",
                "Visible patches are not in the loss.",
            ),
            Distractor(
                (float(hidden), float((patches - hidden) * each)), "parts exchanged",
                "The encoder gets what is visible; the loss counts what is hidden.",
            ),
            Distractor(
                (float(patches - hidden), float(hidden)), "patches for pixels",
                "Each hidden patch holds channels times side times side numbers.",
            ),
        ),
        "Visible patches go in; the numbers of the hidden ones are scored.",
        (
            f"${across}^2 = {patches}$ patches, {hidden} of them hidden, {patches - hidden} visible",
            f"${hidden} \\cdot {channels} \\cdot {patch}^2 = {hidden * each}$",
        ),
        asks=("patches received", "numbers in the loss"),
        values={"side": side, "patch": patch, "ratio": ratio, "channels": channels},
    )  # fmt: skip


@template("beyond/forward", CHAPTER, "number", label="beyond-latent", relative=2e-3, tolerance=1e-3)
def forward(rng: random.Random) -> Draft:
    betas = [pick(rng, 1, 8) / 10 for _ in range(2)]
    spread = rng.choice((0.25, 0.5, 2.0, 4.0))
    kept = (1 - betas[0]) * (1 - betas[1])
    key = (kept, kept * spread + 1 - kept)
    return Draft(
        f"Two steps of noise have $\\beta_1 = {num(betas[0])}$ and $\\beta_2 = {num(betas[1])}$. The clean "
        f"codes have the variance ${num(spread)}$. What are $\\bar\\alpha_2$ and the variance of $z_2$?",
        key,
        (
            Distractor(
                (betas[0] * betas[1], betas[0] * betas[1] * spread + 1 - betas[0] * betas[1]),
                "betas multiplied", "Multiply what is kept, one minus each beta.",
            ),
            Distractor((kept, 1.0), "unit variance assumed", "That holds for codes of variance 1."),
            Distractor((kept, kept * spread), "noise left out", "Add the variance of the noise."),
            Distractor(
                (kept, math.sqrt(kept) * spread + math.sqrt(1 - kept)), "roots kept",
                "The code is multiplied by the root: its variance by the square of that.",
            ),
        ),
        "Multiply what each step keeps; that share of the variance stays, and noise fills up with the rest.",
        (
            f"$\\bar\\alpha_2 = {num(round(1 - betas[0], 1))} \\cdot {num(round(1 - betas[1], 1))} "
            f"= {num(round(kept, 4))}$",
            f"${num(round(kept, 4))} \\cdot {num(spread)} + {num(round(1 - kept, 4))} "
            f"= {num(round(key[1], 4))}$",
        ),
        asks=("alpha bar", "variance"), values={"betas": betas, "spread": spread},
        fits=abs(betas[0] * betas[1] - kept) > 0.02 and 0.03 < kept < 0.97,
    )  # fmt: skip


@template("beyond/gaussian-guess", CHAPTER, "number", label="beyond-latent", relative=3e-3, tolerance=2e-3)
def gaussian_guess(rng: random.Random) -> Draft:
    kept = rng.choice((0.25, 0.36, 0.64, 0.81))
    mean, spread = halves(rng, -2, 2), rng.choice((0.25, 0.5, 2.0))
    z = halves(rng, -3, 3, zero=True)
    a, b = math.sqrt(kept), math.sqrt(1 - kept)
    total = kept * spread + 1 - kept
    key = b * (z - a * mean) / total
    return Draft(
        f"Codes are numbers from $N({num(mean)}, {num(spread)})$, with the variance written second. After "
        f"noise with $\\bar\\alpha_t = {num(kept)}$ one of them stands at $z_t = {num(z)}$. What is the best "
        "guess at the noise $\\varepsilon$ in it?",
        key,
        (
            Distractor(
                (z - a * mean) / b, "code taken for mean",
                "That is the noise if every code were the mean. But the codes vary: that counts too.",
            ),
            Distractor(
                b * z / total, "mean left out", "Subtract the mean of $z_t$ first.",
            ),
            Distractor(
                b * (z - mean) / total, "mean not shrunk",
                "The mean shrinks with the code: it is the root of alpha bar times the mean.",
            ),
            Distractor(
                (z - a * mean) / total, "covariance left out",
                "The covariance of noise and noisy code is the root of one minus alpha bar.",
            ),
        ),
        "Covariance of noise and noisy code, over the variance of the noisy code, times its deviation.",
        (
            f"variance of $z_t$: ${num(kept)} \\cdot {num(spread)} + {num(round(1 - kept, 2))} "
            f"= {num(round(total, 4))}$",
            f"${num(round(b, 4))} \\cdot ({num(z)} - {part(round(a * mean, 4))}) / {num(round(total, 4))} "
            f"= {num(round(key, 4))}$",
        ),
        values={"kept": kept, "mean": mean, "spread": spread, "z": z}, fits=abs(z - a * mean) > 0.3,
    )  # fmt: skip
