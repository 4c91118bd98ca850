"""Uses of autoencoders, steps A and B: a score for each image, and a threshold."""

__all__ = ["SCORES", "THRESHOLD"]

import math
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._uses_reference import Array, scores, threshold


def _images(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    shapes = (3, 6), (4, 2, 3, 2)
    found = []
    for shape in shapes:
        inputs = {"x": rng.random(shape), "weights": rng.normal(size=shape[1:])}
        found.append(Case(f"{shape[0]} images of shape {shape[1:]}", inputs))
    return tuple(found)


def _observe_scores(candidate: Any, case: Case) -> Observation:
    kept, weights = (np.array(case.inputs[name]) for name in ("x", "weights"))
    x = kept.copy()

    def model(rows: Array) -> Array:
        if np.shape(rows)[1:] != kept.shape[1:]:
            wanted = ", ".join(map(str, kept.shape[1:]))
            raise ValueError(f"the model takes a batch of images (B, {wanted}); got shape {np.shape(rows)}")
        return np.asarray(np.tanh(weights * rows))

    value = candidate(x, model)
    return {"scores": plain(value), "change of the input": float(np.abs(x - kept).max())}


def _score_loop(x: Array, model: Any) -> Array:
    return np.array([((a - b) ** 2).sum() for a, b in zip(model(x), x, strict=True)])


# Rounding down and taking n go wrong alike on some of these: look at all at once. The second and the fifth
# have ranks of 2.4 and 29.45; with the last, 55 / 100 * 100 is a little above 55 in floating point.
_LISTS = ((13, 85), (11, 20), (39, 95), (49, 94), (30, 95), (99, 55))


def _held(seed: int) -> tuple[Case, ...]:
    rng, names = np.random.default_rng(seed), ("six lists of scores", "too few scores")
    found = []
    for name, group, pairs in zip(names, ("rank", "refusal"), (_LISTS, ((18, 95), (8, 90))), strict=True):
        rows = [np.roll(np.sort(rng.normal(0, 2, n)), n // 2) for n, _ in pairs]
        inputs: dict[str, Plain] = {
            "scores": np.concatenate(rows),
            "lengths": np.array([n for n, _ in pairs]),
            "per cent": np.array([q for _, q in pairs]),
        }
        found.append(Case(name, inputs, group=group))
    return tuple(found)


def _observe_threshold(candidate: Any, case: Case) -> Observation:
    lengths = np.array(case.inputs["lengths"])
    rows = np.split(np.array(case.inputs["scores"]), np.cumsum(lengths)[:-1])
    values, refused, change = [], [], 0.0
    for row, q in zip(rows, np.array(case.inputs["per cent"]), strict=True):
        held_out = row.copy()
        try:
            values.append(candidate(held_out, int(q)))
            refused.append(0.0)
        except ValueError:
            values.append(0.0)
            refused.append(1.0)
        change = max(change, float(np.abs(held_out - row).max()))
    return {"refused": plain(refused), "thresholds": plain(values), "change of the input": change}


def _at(held_out: Array, q: int, *, extra: int = 1, up: bool = True, shift: int = 0, sign: int = 1) -> float:
    """Return a score of some other rank."""
    n = len(held_out)
    rank = (-(-q * (n + extra) // 100) if up else q * (n + extra) // 100) + shift
    if -(-q * (n + 1) // 100) > n:
        raise ValueError("too few")
    return float(sign * np.sort(sign * held_out)[min(rank, n) - 1])


def _counted(held_out: Array, q: int) -> float:
    """Try each score, from the smallest."""
    n = len(held_out)
    for value in sorted(held_out):
        above = n + 1 - sum(other <= value for other in held_out)
        if 100 * above <= (100 - q) * (n + 1):
            return float(value)
    raise ValueError("too few")


SCORES = Exercise(
    "autoencoder-uses/scores",
    "A score for each image",
    "scores(x, model) -> (B,), the squared error of each image, from images (B, ...) and a function of them",
    2.0,
    lambda: scores,
    _images,
    _observe_scores,
    (
        Alternate("a loop", lambda: _score_loop),
        Alternate("axes", lambda: lambda x, m: np.square(m(x) - x).sum(axis=tuple(range(1, x.ndim)))),
    ),
    (
        Mutant(
            "one number for the batch",
            "That is one number for the whole batch. Keep the first axis: a score for each image.",
            lambda: lambda x, m: ((m(x) - x) ** 2).sum() / len(x),
        ),
        Mutant(
            "mean over pixels", "The pixels were averaged. Sum over them, as the loss does.",
            lambda: lambda x, m: scores(x, m) / x[0].size, "001-M-35",
        ),
        Mutant(
            "absolute errors", "Square the errors; their absolute values were added.",
            lambda: lambda x, m: np.abs(m(x) - x).reshape(len(x), -1).sum(axis=1),
        ),
        Mutant(
            "root taken", "That is the distance. The score is its square.",
            lambda: lambda x, m: np.sqrt(scores(x, m)),
        ),
        Mutant(
            "sign turned", "A badly copied image must have a *large* score.",
            lambda: lambda x, m: -scores(x, m), "001-M-44",
        ),
        Mutant(
            "length of the output", "That measures the output. Take its difference to the input.",
            lambda: lambda x, m: (m(x) ** 2).reshape(len(x), -1).sum(axis=1),
        ),
        Mutant(
            "first axis summed", "The images were added up, pixel by pixel. Sum over all axes but the first.",
            lambda: lambda x, m: ((m(x) - x) ** 2).sum(axis=0),
        ),
    ),
    (
        "The squared difference to the input has the shape of x.",
        "Images may have any number of axes: reshape to (B, -1) first.",
        "((model(x) - x) ** 2).reshape(len(x), -1), then a sum over axis 1.",
    ),
    survivors={
        "return errors.reshape(len(x), -1).sum(axis=1)  ->  return errors.reshape(len(x), -2).sum(axis=1)": (
            "NumPy takes any negative number for the one size that it has to find."
        ),
    },
)  # fmt: skip
THRESHOLD = Exercise(
    "autoencoder-uses/threshold",
    "A threshold that keeps its promise",
    "threshold(held_out, q) -> one of the held-out scores, from (n,) and a whole number of per cent",
    3.0,
    lambda: threshold,
    _held,
    _observe_threshold,
    (
        Alternate("counting", lambda: _counted),
        Alternate("another ceiling", lambda: lambda h, q: _at(h, q)),
    ),
    (
        Mutant(
            "n instead of n + 1", "n scores leave n + 1 gaps for the next one: take q per cent of n + 1.",
            lambda: lambda h, q: _at(h, q, extra=0),
        ),
        Mutant(
            "rounded down", "Rounded down, the promise is broken. Round the rank up.",
            lambda: lambda h, q: _at(h, q, up=False),
        ),
        Mutant(
            "rounded to the nearest",
            "A rank of 29.45 is rounded to 29 here, and the promise is broken. Round up.",
            lambda: lambda h, q: (_at(h, q), float(np.sort(h)[round(q * (len(h) + 1) / 100) - 1]))[1],
        ),
        Mutant(
            "a hundredth in floating point",
            "0.55 * 100 is a little above 55 in floating point, and the ceiling makes it 56. Divide last.",
            lambda: lambda h, q: (_at(h, q), float(np.sort(h)[math.ceil(q / 100 * (len(h) + 1)) - 1]))[1],
        ),
        Mutant(
            "index as rank", "The k-th smallest has the index k - 1.",
            lambda: lambda h, q: _at(h, q, shift=1),
        ),
        Mutant(
            "wrong tail", "Anomalies score high: count the rank from the smallest, not from the largest.",
            lambda: lambda h, q: _at(h, q, sign=-1), "001-M-47",
        ),
        Mutant(
            "not sorted", "The scores were not sorted: the rank is a place among the sorted ones.",
            lambda: lambda h, q: (_at(h, q), float(h[-(-q * (len(h) + 1) // 100) - 1]))[1],
        ),
        Mutant(
            "the largest score", "That is the largest score, which finds fewest anomalies. Count the rank.",
            lambda: lambda h, q: (_at(h, q), float(h.max()))[1],
        ),
        Mutant(
            "interpolated quantile",
            "np.quantile interpolates between scores, with n - 1 steps: more alarms than promised.",
            lambda: lambda h, q: (_at(h, q), float(np.quantile(h, q / 100)))[1],
        ),
        Mutant(
            "mean and standard deviations", "That assumes a bell curve. Ranks need no assumption.",
            lambda: lambda h, q: (_at(h, q), float(h.mean() + 2 * h.std()))[1],
        ),
        Mutant(
            "never refuses", "With so few scores no rank keeps the promise: raise a ValueError.",
            lambda: lambda h, q: float(np.sort(h)[min(-(-q * (len(h) + 1) // 100), len(h)) - 1]),
        ),
        Mutant(
            "sorted in place", "The caller's scores were sorted in place. Use np.sort, which copies.",
            lambda: lambda h, q: (_at(h, q), h.sort())[0],
        ),
    ),
    (
        "The rank is k = ⌈q (n + 1) / 100⌉, and the k-th smallest has the index k - 1.",
        "With whole numbers -(-a // b) rounds a / b up, exactly.",
        "If k is above n, raise a ValueError that names n.",
    ),
    groups=(("rank", 2.0), ("refusal", 1.0)),
    survivors={
        "raise ValueError(f'{n} scores are too few for {q} %')  ->  "
        "raise ValueError(f'{n} scores are too few for {held_out} %')": "The words of the message are free.",
        "return float(np.sort(held_out)[rank - 1])  ->  return np.sort(held_out)[rank - 1]": (
            "A number of NumPy is a number, too."
        ),
    },
)  # fmt: skip
