"""The chapter on layers: losses of a batch, from logits, and their gradients."""

__all__ = ["batch_loss", "logit_loss", "soft_target"]

import math
import random

from coursekit.assess.bank._activations import softmax
from coursekit.assess.bank._write import num, row
from coursekit.assess.template import Distractor, Draft, template

CHAPTER = "foundations/layers"


@template(
    "batch/mean-loss", CHAPTER, "number", label="layer-loss", relative=5e-3, tolerance=1e-3, unit="nats"
)
def batch_loss(rng: random.Random) -> Draft:
    p = [rng.randint(5, 95) / 100 for _ in range(3)]
    losses = [-math.log(entry) for entry in p]
    key = sum(losses) / 3
    return Draft(
        f"A softmax layer gives the true classes of three patterns the probabilities ${row(p)}$. What is the "
        "cross-entropy of this batch, averaged over the patterns?",
        key,
        (
            Distractor(sum(losses), "not averaged", "That is the sum over the batch; divide it by three."),
            Distractor(
                -math.log(sum(p) / 3), "logarithm of the mean",
                "The probabilities were averaged first; the loss is the mean of the logarithms.",
            ),
            Distractor(
                1 - sum(p) / 3, "mean missing probability",
                "Take logarithms: a pattern costs minus the logarithm of its probability.",
            ),
        ),
        "One logarithm a pattern, then the mean.",
        (
            f"$-\\ln p = {row(losses)}$",
            f"Mean: ${num(sum(losses))} / 3 = {num(key)}$",
        ),
        values={"p": p},
    )  # fmt: skip


@template(
    "batch/logit-loss", CHAPTER, "number", label="layer-logits", relative=1e-3, tolerance=5e-4, unit="nats"
)
def logit_loss(rng: random.Random) -> Draft:
    u = rng.choice([k / 10 for k in range(-50, 51) if abs(k) >= 3])
    d = rng.randint(0, 1)
    key = math.log1p(math.exp(-u if d else u))
    other = math.log1p(math.exp(u if d else -u))
    return Draft(
        f"A sigmoid neuron has the logit $u = {num(u)}$ for a pattern with the target $d = {d}$. What is its "
        "binary cross-entropy?",
        key,
        (
            Distractor(
                other, "classes swapped",
                "That is the loss for the other target: look at the term $-d u$.",
            ),
            Distractor(
                math.exp(-key), "probability given",
                "That is the probability of the target; the loss is minus its logarithm.",
            ),
            Distractor(
                key / math.log(10), "logarithm to base 10",
                "The logarithm is the natural one, not that to base $10$.",
            ),
        ),
        "The loss is $\\ln(1 + e^u) - d u$.",
        (
            f"$\\ln(1 + e^{{{num(u)}}}) = {num(math.log1p(math.exp(u)))}$",
            f"minus $d u = {num(d * u)}$: $J = {num(key)}$",
        ),
        values={"u": u, "d": d},
    )  # fmt: skip


@template("batch/soft-target", CHAPTER, "number", label="layer-gradient", relative=5e-3, tolerance=1e-3)
def soft_target(rng: random.Random) -> Draft:
    u = [float(rng.randint(-1, 1)) for _ in range(3)]
    d = [rng.randint(1, 10) / 10 for _ in range(3)]
    y = softmax(u)
    total = sum(d)
    key = tuple(p * total - t for p, t in zip(y, d, strict=True))
    return Draft(
        f"The logits of one pattern are $u = {row(u)}$. Its target row $d = {row(d)}$ does not sum to one. "
        "What is the gradient of $J = -\\sum_k d_k \\ln y_k$, with $y = \\operatorname{softmax}(u)$, by $u$?",
        key,
        (
            Distractor(
                tuple(p - t for p, t in zip(y, d, strict=True)), "target sum taken as 1",
                "$y - d$ needs a target that sums to one; keep the factor $\\sum_k d_k$ on $y$.",
            ),
            Distractor(
                tuple(-entry for entry in key), "sign reversed",
                "The sign is reversed: the logarithm comes with a minus.",
            ),
            Distractor(
                tuple(p - t / total for p, t in zip(y, d, strict=True)), "target normalised",
                "That is the gradient for the target divided by its sum, which is another loss.",
            ),
        ),
        "The softmax output times the sum of the target, minus the target.",
        (
            f"$y = {row(y)}$, $\\sum_k d_k = {num(total)}$",
            f"${num(total)}\\, y - d = {row(key)}$",
        ),
        asks=tuple(f"$\\partial J / \\partial u_{k}$" for k in (1, 2, 3)),
        values={"u": u, "d": d},
        fits=abs(total - 1) >= 0.3 and len(set(u)) > 1,
    )  # fmt: skip
