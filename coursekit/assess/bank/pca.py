"""Questions on principal components: scores, errors from eigenvalues, saddles, angles, a hybrid's error."""

__all__ = ["angle", "hybrid", "project", "residual", "saddle"]

import math
import random

from coursekit.assess.bank._write import halves, num, pick, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "autoencoders/pca"
_DIRECTIONS = ((0.6, 0.8), (0.8, 0.6), (0.6, -0.8), (0.8, -0.6), (0.28, 0.96), (0.96, -0.28))


@template("pca/project", CHAPTER, "number", label="pca-plane", relative=2e-3, tolerance=1e-3)
def project(rng: random.Random) -> Draft:
    v, mean = rng.choice(_DIRECTIONS), [halves(rng, -4, 4) for _ in range(2)]
    x = [halves(rng, -6, 6) for _ in range(2)]
    z = sum(a * (b - m) for a, b, m in zip(v, x, mean, strict=True))
    raw = sum(a * b for a, b in zip(v, x, strict=True))
    key = (z, *(m + z * a for m, a in zip(mean, v, strict=True)))
    return Draft(
        f"PCA with one component: mean ${row(mean)}$, component ${row(v)}$. What are the score $z$ of "
        f"$x = {row(x)}$ and its reconstruction $\\hat x$?",
        key,
        (
            Distractor(
                (raw, *(m + raw * a for m, a in zip(mean, v, strict=True))), "mean not subtracted",
                "The score is that of the centred point: subtract the mean before you project.",
            ),
            Distractor(
                (z, *(z * a for a in v)), "mean not added",
                "The reconstruction starts from the mean: add it after you multiply by the component.",
            ),
            Distractor(
                (raw, *(raw * a for a in v)), "mean forgotten twice",
                "That projects on a line through the origin. The line of PCA passes through the mean.",
            ),
        ),
        "Subtract the mean, project; multiply by the component, add the mean.",
        (
            f"centred: ${row([b - m for b, m in zip(x, mean, strict=True)])}$",
            f"$z = {num(z)}$",
            f"$\\hat x = {row(key[1:])}$",
        ),
        asks=("$z$", "$\\hat x_1$", "$\\hat x_2$"), values={"v": v, "mean": mean, "x": x},
        fits=abs(z) > 0.2 and abs(raw) > 0.2 and abs(raw - z) > 0.2 and any(mean),
    )  # fmt: skip


def _eigenvalues(rng: random.Random, count: int) -> list[float]:
    """Draw different eigenvalues with one decimal."""
    return [n / 10 for n in rng.sample(range(2, 90), count)]


@template("pca/residual", CHAPTER, "number", label="pca-plane", relative=2e-3, tolerance=1e-3)
def residual(rng: random.Random) -> Draft:
    values = _eigenvalues(rng, pick(rng, 4, 6))
    k = pick(rng, 1, len(values) - 2)
    total, kept = sum(values), sum(sorted(values, reverse=True)[:k])
    listed = sum(values[:k])
    return Draft(
        f"The covariance of some data has the eigenvalues ${row(values)}$, in no order. Data are compressed "
        f"by PCA to $K = {k}$. What is the squared error that is left, summed over the entries of a row and "
        "averaged over rows, and which share of the total variance is kept?",
        (total - kept, kept / total),
        (
            Distractor(
                (total - listed, listed / total), "first ones listed",
                "PCA keeps the largest eigenvalues, wherever they stand: sort them first.",
            ),
            Distractor(
                (kept, (total - kept) / total), "kept and lost swapped",
                "What is kept is the sum of the largest eigenvalues; the error is the sum of the others.",
            ),
            Distractor(
                ((total - kept) / len(values), kept / total), "averaged over entries",
                "That is the mean over the entries. The question sums over the entries of a row.",
            ),
        ),
        "The error is the sum of the eigenvalues that are not among the K largest.",
        (
            f"total: ${num(total)}$, the {k} largest: ${num(kept)}$",
            f"left: ${num(total)} - {num(kept)} = {num(total - kept)}$",
            f"kept: ${num(kept)} / {num(total)} = {num(kept / total)}$",
        ),
        asks=("error", "share"), values={"values": values, "k": k}, fits=abs(listed - kept) > 0.1,
    )  # fmt: skip


@template("pca/saddle", CHAPTER, "number", label="pca-landscape", relative=2e-3, tolerance=1e-3)
def saddle(rng: random.Random) -> Draft:
    values = sorted(_eigenvalues(rng, 5), reverse=True)
    chosen = sorted(rng.sample(range(5), 2))
    total, held, best = sum(values), sum(values[at] for at in chosen), sum(values[:2])
    return Draft(
        f"The covariance has the eigenvalues ${row(values)}$. A linear autoencoder with $K = 2$ stands in "
        f"the plane of eigenvectors {chosen[0] + 1} and {chosen[1] + 1}. What is its error, and by how much "
        "can training still lower it?",
        (total - held, best - held),
        (
            Distractor(
                (total - held, 0), "thought a minimum",
                "The gradient is zero there, but a turn towards a larger eigenvalue lowers the error.",
            ),
            Distractor(
                (held, best - held), "kept for lost",
                "That is the variance that the plane keeps; the error is the rest.",
            ),
            Distractor(
                (total - held, total - held), "error of zero",
                "Two codes cannot hold five directions: the best error is the sum of the other eigenvalues.",
            ),
        ),
        "The error is the sum of the eigenvalues outside the plane; the best plane has the two largest.",
        (
            f"error: ${num(total)} - {num(held)} = {num(total - held)}$",
            f"best: ${num(total)} - {num(best)} = {num(total - best)}$",
            f"difference: ${num(best - held)}$",
        ),
        asks=("error", "gain"), values={"values": values, "chosen": chosen}, fits=chosen != [0, 1],
    )  # fmt: skip


@template("pca/angle", CHAPTER, "number", label="pca-linear", relative=2e-3, tolerance=0.02)
def angle(rng: random.Random) -> Draft:
    a, b = ([pick(rng, -5, 5) for _ in range(3)] for _ in range(2))
    inner = sum(p * q for p, q in zip(a, b, strict=True))
    sizes = math.hypot(*a) * math.hypot(*b)
    cosine = inner / sizes if sizes else 1.0
    key = math.degrees(math.acos(min(1.0, abs(cosine))))
    return Draft(
        f"Two linear autoencoders with one code have the decoder columns ${row(a)}$ and ${row(b)}$. What is "
        "the principal angle between their lines, in degrees?",
        key,
        (
            Distractor(
                180 - key, "directed angle",
                "A line has no direction: turn one of the vectors round, and the angle is below 90 degrees.",
            ),
            Distractor(
                math.radians(key), "radians",
                "That is the angle in radians.",
            ),
            Distractor(
                90 - key, "sine for cosine",
                "The inner product of unit vectors is the cosine of the angle, not its sine.",
            ),
        ),
        "The cosine is the size of the inner product of the two vectors, each divided by its length.",
        (
            f"inner product: ${num(inner)}$, lengths: ${num(math.hypot(*a))}$ and ${num(math.hypot(*b))}$",
            f"cosine: ${num(abs(cosine))}$",
            f"angle: ${num(key)}$ degrees",
        ),
        values={"a": a, "b": b}, fits=5 < key < 85 and abs(key - 45) > 3,
    )  # fmt: skip


@template("pca/hybrid", CHAPTER, "number", label="pca-hybrid", relative=2e-3, tolerance=1e-3)
def hybrid(rng: random.Random) -> Draft:
    m, total = pick(rng, 8, 40), pick(rng, 40, 90) / 10
    kept = round(total * pick(rng, 80, 97) / 100, 2)
    mean = pick(rng, 5, 30) / 1000
    floor, score = total - kept, m * mean
    return Draft(
        f"Images have a total variance of ${num(total)}$. PCA to $M = {m}$ scores keeps ${num(kept)}$. An "
        f"autoencoder behind it has a mean squared error of ${num(mean)}$, averaged over ${m}$ scores and "
        "over the images. What is the squared error of an image, summed over its pixels, and which part "
        "of it could a better autoencoder remove?",
        (floor + score, score),
        (
            Distractor(
                (floor + mean, mean), "mean for sum",
                "The error was averaged over the scores: multiply by their number before you add.",
            ),
            Distractor(
                (score, score), "floor forgotten",
                "What PCA has cut off never comes back: its error is added.",
            ),
            Distractor(
                (floor + score, floor + score), "floor thought removable",
                "The error of PCA is outside the plane of the scores; no autoencoder on scores reaches it.",
            ),
        ),
        "Floor of the PCA plus the summed error in the scores; only the second can be lowered.",
        (
            f"floor: ${num(total)} - {num(kept)} = {num(floor)}$",
            f"scores: ${m} \\cdot {num(mean)} = {num(score)}$",
            f"together: ${num(floor + score)}$",
        ),
        asks=("error", "removable"),
        values={"m": m, "total": total, "kept": kept, "mean": mean}, fits=floor > 0.1,
    )  # fmt: skip
