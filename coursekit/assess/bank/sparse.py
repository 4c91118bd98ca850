"""Questions on sparse codes: Hoyer's index, thresholds, means over the right axis, prices, dead units."""

__all__ = ["activity", "hoyer", "kl_table", "lifetime", "peak", "rescaled", "soft"]

import math
import random

from coursekit.assess.bank._write import num, pick, row, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/sparse"


def _kl(rho: float, mean: float) -> float:
    """Return the divergence of two coins."""
    return rho * math.log(rho / mean) + (1 - rho) * math.log((1 - rho) / (1 - mean))


def _code(rng: random.Random, units: int, active: int) -> list[int]:
    """Draw a code of small whole numbers, so many of which are not 0."""
    entries = [pick(rng, 1, 6) * rng.choice((1, 1, -1)) for _ in range(active)]
    return rng.sample(entries + [0] * (units - active), units)


@template("sparse/hoyer", CHAPTER, "number", label="sparse-measures", relative=2e-3, tolerance=1e-3)
def hoyer(rng: random.Random) -> Draft:
    units = rng.choice((4, 9))
    z = _code(rng, units, pick(rng, 2, 3))
    total, length, root = sum(map(abs, z)), math.sqrt(sum(v * v for v in z)), math.isqrt(units)
    key = (root - total / length) / (root - 1)
    signed = (root - sum(z) / length) / (root - 1)
    return Draft(
        f"A code has ${units}$ units with the values ${row(z)}$. What is Hoyer's sparseness?",
        key,
        (
            Distractor(
                1 - key, "density for sparseness",
                "That is one minus it. A single active unit has sparseness 1.",
            ),
            Distractor(
                root - total / length, "not scaled",
                "The difference is still to be divided by the root of K minus 1.",
            ),
            Distractor(
                (units - total / length) / (units - 1), "root of K forgotten",
                "The largest ratio of the two norms is the square root of K, not K.",
            ),
            Distractor(
                signed if abs(signed - key) > 0.01 else sum(v == 0 for v in z) / units, "not the index",
                "The index takes absolute values, and weighs the entries that are not zero.",
            ),
        ),
        "Compare the sum of absolute values with the length, then scale to [0, 1].",
        (
            f"sum of absolute values ${num(total)}$, length ${num(length)}$, ratio ${num(total / length)}$",
            f"$({num(root)} - {num(total / length)}) / ({num(root)} - 1) = {num(key)}$",
        ),
        values={"z": z}, fits=0.05 < key < 0.95 and len(set(map(abs, z))) > 2,
    )  # fmt: skip


@template("sparse/soft", CHAPTER, "number", label="sparse-l1", relative=1e-3, tolerance=1e-3)
def soft(rng: random.Random) -> Draft:
    v = rng.choice((-1, 1)) * pick(rng, 4, 30) / 10
    weight = pick(rng, 2, 30) / 10
    size = max(abs(v) - weight / 2, 0.0)
    key = math.copysign(size, v) if size else 0.0
    first = (
        Distractor(
            math.copysign(max(abs(v) - weight, 0.0), v), "weight not halved",
            "The square has slope 2(z - v): the threshold is half of the weight.",
        )
        if size
        else Distractor(
            v - math.copysign(weight / 2, v), "past the corner",
            "The price pulls towards 0 and stops there: below the threshold the minimum is exactly 0.",
        )
    )  # fmt: skip
    return Draft(
        f"Which $z$ minimises $(z - {num(v)})^2 + {num(weight)}\\,|z|$?".replace("- -", "+ "),
        key,
        (
            first,
            Distractor(
                v + math.copysign(weight / 2, v), "away from zero",
                "The price pulls towards 0: the absolute value gets smaller.",
            ),
            Distractor(
                v, "price left out",
                "That is the minimum of the square alone.",
            ),
            Distractor(
                v / (1 + weight), "quadratic price",
                "That is the minimum with a squared price, which only scales and never gives 0.",
            ),
        ),
        "Half of the weight is the threshold; below it the minimum is exactly 0.",
        (
            f"threshold ${num(weight)} / 2 = {num(weight / 2)}$, against $|v| = {num(abs(v))}$",
            f"$z = {num(key)}$",
        ),
        values={"v": v, "weight": weight},
        fits=abs(abs(v) - weight / 2) > 0.05,
    )  # fmt: skip


@template("sparse/kl-table", CHAPTER, "number", label="sparse-kl", relative=5e-3, tolerance=1e-3)
def kl_table(rng: random.Random) -> Draft:
    rho = rng.choice((0.05, 0.1, 0.2))
    a = [[pick(rng, 1, 9) / 10 for _ in range(2)] for _ in range(3)]
    means = [sum(sample[k] for sample in a) / 3 for k in range(2)]
    key = sum(_kl(rho, mean) for mean in means)
    shown = table(("sample", "unit 1", "unit 2"), [(f"${b}$", *(f"${num(v)}$" for v in s))
                                                  for b, s in enumerate(a, start=1)])  # fmt: skip
    return Draft(
        f"Two sigmoid units have these activations on a batch of three samples.{shown}What is the KL "
        f"penalty with the target $\\rho = {num(rho)}$, summed over the units, without a weight?",
        key,
        (
            Distractor(
                sum(_kl(rho, sum(sample) / 2) for sample in a), "mean over units",
                "The mean runs over the batch, one for each unit, not over the units of a sample.",
            ),
            Distractor(
                sum(_kl(rho, v) for sample in a for v in sample) / 3, "divergence before mean",
                "The mean activation goes into the divergence, not the mean of divergences out of it.",
            ),
            Distractor(
                sum(_kl(mean, rho) for mean in means), "arguments swapped",
                "The target comes first: KL of rho from the mean.",
            ),
            Distractor(
                sum(rho * math.log(rho / mean) for mean in means), "second term missing",
                "The term with one minus rho is missing; a divergence is never negative.",
            ),
        ),
        "First the mean of each unit over the batch, then one divergence for each, summed.",
        (
            f"means ${row([round(mean, 4) for mean in means])}$",
            f"divergences ${row([round(_kl(rho, mean), 4) for mean in means])}$, sum ${num(key)}$",
        ),
        values={"rho": rho, "a": a}, fits=key > 0.1 and abs(means[0] - means[1]) > 0.05,
    )  # fmt: skip


@template("sparse/peak", CHAPTER, "number", label="sparse-others", relative=2e-3, tolerance=1e-3)
def peak(rng: random.Random) -> Draft:
    units = rng.choice((4, 5, 8))
    z = _code(rng, units, pick(rng, 2, 3))
    mean, largest = sum(map(abs, z)) / units, max(map(abs, z))
    key = math.log(mean / largest)
    return Draft(
        "The penalty of a code is the natural logarithm of the mean over the maximum of its absolute values. "
        f"What is it for ${row(z)}$?",
        key,
        (
            Distractor(
                -key, "turned over",
                "That is the logarithm of maximum over mean. The penalty is 0 or below.",
            ),
            Distractor(
                math.log(mean * units / largest), "sum for mean",
                "The sum was taken: divide it by the number of units.",
            ),
            Distractor(
                mean / largest, "no logarithm",
                "That is the ratio: take its logarithm.",
            ),
        ),
        "The mean over all units, zeros included, over the largest absolute value.",
        (
            f"mean ${num(mean)}$, maximum ${num(largest)}$",
            f"$\\ln {num(mean / largest)} = {num(key)}$",
        ),
        values={"z": z}, fits=-math.log(units) + 0.05 < key < -0.05 and sum(map(abs, z)) != largest,
    )  # fmt: skip


@template("sparse/rescaled", CHAPTER, "number", label="sparse-scale", relative=1e-3, tolerance=1e-3)
def rescaled(rng: random.Random) -> Draft:
    error, price = pick(rng, 4, 30) / 10, pick(rng, 10, 90) / 10
    weight, factor = rng.choice((0.1, 0.2, 0.5)), rng.choice((2, 4, 5, 10))
    key = error + weight * price / factor
    return Draft(
        f"A linear decoder without any condition on its columns gives a squared error of ${num(error)}$ on "
        f"codes whose absolute values sum to ${num(price)}$ per sample; the weight of the L1 penalty is "
        f"${num(weight)}$. Someone divides the encoder's outputs by ${factor}$ and multiplies the decoder's "
        "weight matrix by the same number. What is the loss now?",
        key,
        (
            Distractor(
                error + weight * price, "thought unchanged",
                "The picture is unchanged, but the price is paid on the smaller code.",
            ),
            Distractor(
                error * factor**2 + weight * price / factor, "error scaled too",
                "The longer columns undo the smaller code: the picture stays.",
            ),
            Distractor(
                error + weight * price * factor, "price multiplied",
                "The code became smaller, so its price falls.",
            ),
            Distractor(
                error + price / factor, "weight forgotten",
                "The penalty enters the loss with its weight.",
            ),
        ),
        "The same picture at a fraction of the price.",
        (
            f"penalty ${num(price)} / {factor} = {num(price / factor)}$",
            f"${num(error)} + {num(weight)} \\cdot {num(price / factor)} = {num(key)}$",
        ),
        values={"error": error, "price": price, "weight": weight, "factor": factor},
    )  # fmt: skip


@template("sparse/lifetime", CHAPTER, "number", label="sparse-measures", relative=2e-3, tolerance=1e-3)
def lifetime(rng: random.Random) -> Draft:
    samples = rng.choice((4, 5))
    r = _code(rng, samples, pick(rng, 2, 3))
    mean, square = sum(map(abs, r)) / samples, sum(v * v for v in r) / samples
    share = mean * mean / square
    key = (1 - share) / (1 - 1 / samples)
    return Draft(
        f"A unit has the values ${row(r)}$ for ${samples}$ samples. What is its lifetime sparseness by "
        "Treves and Rolls, scaled to end at 1 for a unit that answers to a single sample?",
        key,
        (
            Distractor(
                share, "activity for sparseness",
                "That is the share itself, which is large for a constant unit. Sparseness is its opposite.",
            ),
            Distractor(
                1 - share, "not scaled",
                "Divide by one minus one over the number of samples, so that the scale ends at 1.",
            ),
            Distractor(
                sum(v != 0 for v in r) / samples, "density",
                "That is how often the unit answers: a density.",
            ),
        ),
        "One minus squared mean over mean square, scaled by what a single answer would give.",
        (
            f"mean ${num(mean)}$, mean square ${num(square)}$, share ${num(share)}$",
            f"$(1 - {num(share)}) / (1 - 1/{samples}) = {num(key)}$",
        ),
        values={"r": r}, fits=0.1 < key < 0.95 and abs(2 * share - 1) > 0.05 and len(set(map(abs, r))) > 2,
    )  # fmt: skip


@template("sparse/activity", CHAPTER, "number", label="sparse-look", relative=1e-3, tolerance=1e-3)
def activity(rng: random.Random) -> Draft:
    z = [[pick(rng, 1, 6) if rng.random() < 0.45 else 0 for _ in range(4)] for _ in range(4)]
    dead = pick(rng, 0, 3)
    for sample in z:
        sample[dead] = 0
    active = sum(v > 0 for sample in z for v in sample)
    lost = sum(not any(sample[k] for sample in z) for k in range(4))
    silent = sum(not any(sample) for sample in z)
    shown = table(("sample", "unit 1", "unit 2", "unit 3", "unit 4"),
                  [(f"${b}$", *(f"${v}$" for v in s)) for b, s in enumerate(z, start=1)])  # fmt: skip
    return Draft(
        f"A ReLU code of four units on four samples:{shown}What share of the entries is exactly zero, and "
        "what share of the units is dead on these samples?",
        (1 - active / 16, lost / 4),
        (
            Distractor(
                (active / 16, lost / 4), "active entries",
                "The first number is the share of active entries: the zeros are the others.",
            ),
            Distractor(
                (1 - active / 16, silent / 4), "samples for units",
                "A dead unit is a column of zeros; a row of zeros is a sample without a code.",
            ),
            Distractor(
                (1 - active / 16, 1 - active / 16), "zeros as dead",
                "A unit is dead only if it is zero for every sample.",
            ),
        ),
        "Zeros are counted by entry, dead units by column.",
        (
            f"zeros: ${16 - active}$ of $16$",
            f"columns of zeros: ${lost}$ of $4$",
        ),
        asks=("zeros", "dead"), values={"z": z},
        fits=active != 8 and lost != silent and abs(1 - active / 16 - lost / 4) > 0.02,
    )  # fmt: skip
