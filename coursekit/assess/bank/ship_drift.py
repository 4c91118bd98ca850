"""Questions on drift: the index and what it is by chance, and the largest gap of two curves."""

__all__ = ["chance", "gap", "index"]

import math
import random

from coursekit.assess.bank._write import num, pick, row, table
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/shipping"


@template("ship/index", CHAPTER, "number", label="ship-psi", relative=2e-3, tolerance=5e-4)
def index(rng: random.Random) -> Draft:
    old = [40, 30, 20, 10]
    new = [pick(rng, 10, 50), pick(rng, 10, 40), pick(rng, 5, 30)]
    new.append(100 - sum(new))
    rng.shuffle(old)
    e, a = [v / 100 for v in old], [v / 100 for v in new]
    fits = new[3] >= 5 and new != old
    if not fits:
        a = e[::-1]
    terms = [(q - p) * math.log(q / p) for p, q in zip(e, a, strict=True)]
    key = sum(terms)
    rows = [(f"${b}$", f"${num(p)}$", f"${num(q)}$")
            for b, (p, q) in enumerate(zip(e, a, strict=True), start=1)]  # fmt: skip
    shown = table(("bin", "then", "now"), rows)
    forward = sum(q * math.log(q / p) for p, q in zip(e, a, strict=True))
    return Draft(
        f"The shares of four bins, at the time of training and now:{shown}What is the population stability "
        "index (natural logarithm, shares as they stand)?",
        key,
        (
            Distractor(
                forward, "one direction",
                "That is the Kullback-Leibler divergence one way; the index is the sum of both ways.",
            ),
            Distractor(
                sum(abs(q - p) for p, q in zip(e, a, strict=True)), "logarithm left out",
                "Each difference of shares is multiplied by the logarithm of their ratio.",
            ),
            Distractor(
                sum((q - p) ** 2 / p for p, q in zip(e, a, strict=True)), "chi-squared form",
                "That is what the index is close to for small differences.",
            ),
            Distractor(
                key / math.log(10), "logarithm to base 10",
                "The natural logarithm was asked for.",
            ),
        ),
        "The difference of shares times the logarithm of their ratio, summed over the bins.",
        (
            f"terms ${row([round(t, 4) for t in terms])}$",
            f"sum ${num(round(key, 4))}$",
        ),
        values={"then": e, "now": a}, fits=fits and 0.02 < key < 1.5,
    )  # fmt: skip


@template("ship/chance", CHAPTER, "number", label="ship-psi", relative=1e-3, tolerance=1e-4)
def chance(rng: random.Random) -> Draft:
    n, m = (rng.choice((50, 100, 200, 250, 400, 500, 1000)) for _ in range(2))
    bins = rng.choice((5, 10, 20))
    key = (1 / n + 1 / m) * (bins - 1)
    return Draft(
        f"Nothing drifts. A reference of ${n}$ scores and a window of ${m}$ are compared in ${bins}$ bins of "
        "equal shares. Which population stability index do you expect, to leading order?",
        key,
        (
            Distractor(
                0.0, "zero expected",
                "Two samples of one law differ by chance, and every difference counts as positive.",
            ),
            Distractor(
                (1 / n + 1 / m) * bins, "bins for degrees",
                "The shares sum to 1, so that one degree of freedom is lost.",
            ),
            Distractor(
                (bins - 1) / m, "reference thought exact",
                "The reference is a sample as well: its chance adds.",
            ),
            Distractor(
                (bins - 1) / (n + m), "sizes added",
                "Variances add, and each is one over a size.",
            ),
        ),
        "The index is a chi-squared number times the sum of both 1/size; its mean is one less than the bins.",
        (
            f"$1/{n} + 1/{m} = {num(round(1 / n + 1 / m, 6))}$",
            f"times ${bins - 1}$: ${num(round(key, 5))}$",
        ),
        values={"n": n, "m": m, "bins": bins},
    )  # fmt: skip


@template("ship/gap", CHAPTER, "number", label="ship-ks", relative=1e-3, tolerance=1e-3)
def gap(rng: random.Random) -> Draft:
    values = rng.sample(range(1, 30), 9)
    old, new = sorted(values[:5]), sorted(values[5:])
    at = [(sum(v <= t for v in old) / 5, sum(v <= t for v in new) / 4) for t in sorted(values)]
    key = max(abs(p - q) for p, q in at)
    above, below = max(p - q for p, q in at), max(q - p for p, q in at)
    smaller = min(above, below)
    place, (p, q) = max(zip(sorted(values), at, strict=True), key=lambda pair: abs(pair[1][0] - pair[1][1]))
    return Draft(
        f"The errors of five digits at the time of training are ${row(old)}$, of four digits today "
        f"${row(new)}$. What is the Kolmogorov-Smirnov statistic?",
        key,
        (
            Distractor(
                smaller, "gap on one side",
                "Take the larger of the gaps above and below.",
            ),
            Distractor(
                abs(sum(old) / 5 - sum(new) / 4), "means compared",
                "The statistic compares distribution functions: it lies between 0 and 1.",
            ),
            Distractor(
                abs(at[4][0] - at[4][1]), "gap at the median",
                "Look for the place where the two curves are farthest apart.",
            ),
            Distractor(
                1 - key, "overlap for gap",
                "That is how close the curves come there; the statistic is their distance.",
            ),
        ),
        "Walk along the sorted values and note the largest distance of the two step functions.",
        (
            f"up to ${place}$: ${num(p)}$ of the old and ${num(q)}$ of the new ones",
            f"largest distance ${num(round(key, 4))}$",
        ),
        values={"old": old, "new": new},
        fits=abs(abs(at[4][0] - at[4][1]) - key) > 0.01 and abs(key - 0.5) > 0.01 and key - smaller > 0.01,
    )  # fmt: skip
