"""Questions on the uses of autoencoders: thresholds, rankings, the worth of an alarm, decibels."""

__all__ = ["alarm_worth", "average_precision", "decibels", "ranking", "threshold"]

import math
import random
from fractions import Fraction

from coursekit.assess.bank._write import num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/uses"


@template("uses/threshold", CHAPTER, "number", label="uses-threshold", relative=1e-3, tolerance=5e-4)
def threshold(rng: random.Random) -> Draft:
    n, per = pick(rng, 20, 120), rng.choice((90, 92, 94, 95))
    share = Fraction(per, 100)
    k = math.ceil(share * (n + 1))
    key = (float(k), (n + 1 - k) / (n + 1))
    plain = math.ceil(share * n)  # and rounding down gives the same number wherever it is wrong, too
    return Draft(
        f"A detector is to leave at least {per} % of new normal samples without an alarm, on average. "
        f"You have the scores of ${n}$ held-out normal samples. The threshold is the $k$-th smallest of "
        "them. Give the smallest $k$ that keeps the promise, and the expected share of false alarms with it.",
        key,
        (
            Distractor(
                (float(plain), (n + 1 - plain) / (n + 1)), "one gap forgotten",
                "n scores leave n + 1 gaps for the next one: take the share of n + 1.",
            ),
            Distractor(
                (float(k), (n - k) / n), "gaps of the scores alone",
                "The new score is one of n + 1 that are equally likely to be at each rank.",
            ),
            Distractor(
                (float(n + 1 - k), k / (n + 1)), "wrong tail",
                "Anomalies have large scores: count the rank from the smallest.",
            ),
        ),
        "The next score falls into each of the gaps alike; the gaps above the threshold are false alarms.",
        (
            f"gaps: ${n + 1}$; ${num(per / 100)} \\cdot {n + 1} = {num(float(share * (n + 1)))}$",
            f"rounded up: $k = {k}$",
            f"gaps above it: ${n + 1 - k}$ of ${n + 1}$, a share of ${num(round(key[1], 4))}$",
        ),
        asks=("rank k", "share of false alarms"),
        values={"n": n, "per": per},
        fits=plain != k,
    )  # fmt: skip


@template("uses/ranking", CHAPTER, "number", label="uses-score", relative=1e-3, tolerance=5e-4)
def ranking(rng: random.Random) -> Draft:
    odd = [pick(rng, 3, 9) for _ in range(3)]
    normal = [pick(rng, 1, 6) for _ in range(4)]
    wins = sum(a > b for a in odd for b in normal)
    ties = sum(a == b for a in odd for b in normal)
    key = (wins + ties / 2) / 12
    return Draft(
        f"Three anomalies have the scores ${row(odd)}$, four normal samples ${row(normal)}$. What is the "
        "area under the ROC curve?",
        key,
        (
            Distractor(wins / 12, "ties lost", "A tie counts one half."),
            Distractor((wins + ties) / 12, "ties won", "A tie counts one half, not one."),
            Distractor(1 - key, "upside down", "Count the pairs in which the anomaly has the larger score."),
            Distractor(
                sum(a > max(normal) for a in odd) / 3, "largest normal score only",
                "Compare each anomaly with each normal sample, not with the largest one alone.",
            ),
        ),
        "The share of pairs of an anomaly and a normal sample in which the anomaly scores higher; ties half.",
        (
            "pairs: $3 \\cdot 4 = 12$",
            f"anomaly higher: ${wins}$; ties: ${ties}$",
            f"area: $({wins} + {num(ties / 2)}) / 12 = {num(round(key, 4))}$",
        ),
        values={"odd": odd, "normal": normal},
        fits=0 < ties < 4 and 0.55 < key < 0.95,
    )  # fmt: skip


@template("uses/alarm-worth", CHAPTER, "number", label="uses-precision", relative=2e-3, tolerance=5e-4)
def alarm_worth(rng: random.Random) -> Draft:
    every, found = rng.choice((20, 50, 100, 200, 500)), pick(rng, 6, 9) / 10
    false = pick(rng, 1, 5) / 100
    share = 1 / every
    key = share * found / (share * found + (1 - share) * false)
    return Draft(
        f"One sample in ${every}$ is an anomaly. A detector flags {num(100 * found)} % of the "
        f"anomalies and {num(100 * false)} % of the normal samples. Which part of its alarms is right?",
        key,
        (
            Distractor(found, "share found", "That is the part of the anomalies that is found."),
            Distractor(
                found / (found + false), "rarity overlooked",
                "Weight both rates by how many anomalies and normal samples there are.",
            ),
            Distractor(1 - false, "share of normals passed", "That says how many normal samples pass."),
            Distractor(
                share * found / ((1 - share) * false), "right over false alarms",
                "Divide by all alarms, right and false ones.",
            ),
        ),
        "Right alarms over all alarms, each rate weighted by the share of the samples it belongs to.",
        (
            f"right alarms a sample: ${num(round(share * found, 5))}$",
            f"false alarms a sample: ${num(round((1 - share) * false, 5))}$",
            f"part that is right: ${num(round(key, 4))}$",
        ),
        values={"every": every, "found": found, "false": false},
    )  # fmt: skip


@template("uses/decibels", CHAPTER, "number", label="uses-denoise", relative=1e-3, tolerance=0.05, unit="dB")
def decibels(rng: random.Random) -> Draft:
    sigma, left = pick(rng, 2, 6) / 10, pick(rng, 10, 30) / 1000
    before, after = -10 * math.log10(sigma**2), -10 * math.log10(left)
    return Draft(
        f"Pixels in $[0, 1]$ get Gaussian noise of standard deviation $\\sigma = {num(sigma)}$, not "
        f"clamped. A denoiser leaves a mean squared error of ${num(left)}$ a pixel. How many decibels of "
        "PSNR does it gain?",
        after - before,
        (
            Distractor(
                after, "noise not compared", "That is what is reached. Take off what the noisy image had.",
            ),
            Distractor(
                (after - before) / 2, "factor of 10 halved",
                "Ten times the logarithm of a ratio of squared errors; twenty belongs to ratios of roots.",
            ),
            Distractor(
                -10 * math.log10(left) + 10 * math.log10(sigma), "sigma not squared",
                "The error of the noisy image is the variance of the noise.",
            ),
            Distractor(
                100 * (1 - left / sigma**2), "per cent of the error",
                "That is by how many per cent the error falls, not decibels.",
            ),
        ),
        "Ten times the logarithm of the error before over the error after.",
        (
            f"before: $10 \\log_{{10}} (1 / {num(round(sigma**2, 4))}) = {num(round(before, 3))}$",
            f"after: $10 \\log_{{10}} (1 / {num(left)}) = {num(round(after, 3))}$",
            f"gain: ${num(round(after - before, 3))}$",
        ),
        values={"sigma": sigma, "left": left},
    )  # fmt: skip


@template("uses/average-precision", CHAPTER, "number", label="uses-precision", relative=1e-3, tolerance=5e-4)
def average_precision(rng: random.Random) -> Draft:
    marks = [1, 1, 1, 0, 0, 0, 0]
    rng.shuffle(marks)
    places = [i + 1 for i, mark in enumerate(marks) if mark]
    rates = [(j + 1) / place for j, place in enumerate(places)]
    key = sum(rates) / 3
    shown = ",\\ ".join("\\text{odd}" if mark else "\\text{normal}" for mark in marks)
    pairs = sum(1 for i, a in enumerate(marks) for b in marks[i:] if a > b)
    return Draft(
        f"Seven samples, sorted by falling score, are ${shown}$. What is the average precision?",
        key,
        (
            Distractor(
                pairs / 12, "area under ROC",
                "That is the share of ordered pairs, the area under the ROC curve.",
            ),
            Distractor(
                sum((sum(marks[: i + 1]) / (i + 1)) for i in range(7)) / 7, "mean over all places",
                "Only the places at which recall grows, those of the anomalies, count.",
            ),
            Distractor(3 / 7, "share of anomalies", "That is what a useless score reaches on average."),
            Distractor(
                rates[-1], "last place only",
                "Average the precision over the places of all three anomalies.",
            ),
        ),
        "The precision at the place of each anomaly, averaged.",
        (
            f"places of the anomalies: ${row(places)}$",
            f"precision there: ${row([round(rate, 4) for rate in rates])}$",
            f"mean: ${num(round(key, 4))}$",
        ),
        values={"marks": marks},
        fits=marks[:3] != [1, 1, 1] and marks[-3:] != [1, 1, 1],
    )  # fmt: skip
