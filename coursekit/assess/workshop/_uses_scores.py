"""Uses of autoencoders, steps A to C: a score for each image, a threshold, the area under the ROC curve."""

__all__ = ["AREA", "SCORES", "THRESHOLD"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._uses_reference import Array, area, scores, threshold


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
    value = candidate(x, lambda rows: np.tanh(weights * rows))
    return {"scores": plain(value), "change of the input": float(np.abs(x - kept).max())}


def _score_loop(x: Array, model: Any) -> Array:
    return np.array([((a - b) ** 2).sum() for a, b in zip(model(x), x, strict=True)])


# Rounding down and taking n go wrong alike on all of these but the first: look at all at once.
_LISTS = ((13, 85), (19, 95), (39, 95), (49, 94), (30, 90), (9, 90))


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


def _pairs(seed: int) -> tuple[Case, ...]:
    rng, scores, masks = np.random.default_rng(seed), [], []
    counts = ((4, 6, 9), (7, 5, 4), (3, 9, 3), (5, 5, 4))
    for odd, normal, levels in counts:
        truth = rng.permutation(np.arange(odd + normal) < odd)
        value = np.round(2 * rng.normal(size=odd + normal) + 1.6 * truth).clip(-levels, levels)
        value[np.flatnonzero(truth)[:2]] = [1.0, 2.75]
        value[np.flatnonzero(~truth)[:3]] = [1.0, 0.5, 3.0]
        scores.append(value)
        masks.append(truth.astype(float))
    inputs: dict[str, Plain] = {
        "scores": np.concatenate(scores),
        "odd": np.concatenate(masks),
        "lengths": np.array([odd + normal for odd, normal, _ in counts]),
    }
    return (Case("four lists of scores with ties", inputs),)


def _observe_area(candidate: Any, case: Case) -> Observation:
    ends = np.cumsum(np.array(case.inputs["lengths"]))[:-1]
    rows, masks = (np.split(np.array(case.inputs[name]), ends) for name in ("scores", "odd"))
    found = [candidate(row.copy(), mask > 0) for row, mask in zip(rows, masks, strict=True)]
    return {"areas": plain(found)}


def _by_curve(scores: Array, odd: Array) -> Any:
    true, false = [0.0], [0.0]
    for level in sorted(set(scores), reverse=True):
        true.append((scores[odd] >= level).mean())
        false.append((scores[~odd] >= level).mean())
    return np.trapezoid(true, false)


def _by_loops(scores: Array, odd: Array) -> float:
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a in scores[odd] for b in scores[~odd]]
    return sum(wins) / len(wins)


def _higher(scores: Array, odd: Array, tie: float) -> Any:
    gap = scores[odd][:, None] - scores[~odd]
    return ((gap > 0) + tie * (gap == 0)).mean()


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
AREA = Exercise(
    "autoencoder-uses/area",
    "The area under the ROC curve",
    "area(scores, odd) -> a number, from scores (N,) and a mask (N,) that is True for anomalies",
    3.0,
    lambda: area,
    _pairs,
    _observe_area,
    (Alternate("loops", lambda: _by_loops), Alternate("under the curve", lambda: _by_curve)),
    (
        Mutant(
            "upside down", "Below one half the ranking is inverted: count where the *anomaly* scores higher.",
            lambda: lambda s, odd: _higher(-s, odd, 0.5), "001-M-44",
        ),
        Mutant("ties lost", "A tie counts one half: add it.", lambda: lambda s, odd: _higher(s, odd, 0)),
        Mutant("ties won", "A tie counts one half, not one.", lambda: lambda s, odd: _higher(s, odd, 1)),
        Mutant(
            "sum of the pairs", "Divide by the number of pairs.",
            lambda: lambda s, odd: area(s, odd) * odd.sum() * (~odd).sum(),
        ),
        Mutant(
            "pairs of all", "Each anomaly was compared with all samples. Compare it with the normal ones.",
            lambda: lambda s, odd: ((s[odd][:, None] > s) + 0.5 * (s[odd][:, None] == s)).mean(),
        ),
        Mutant(
            "against the largest normal score",
            "Compare with every normal score, not with the largest alone.",
            lambda: lambda s, odd: (s[odd] > s[~odd].max()).mean(),
        ),
        Mutant(
            "against the mean normal score", "Compare with every normal score, not with their mean.",
            lambda: lambda s, odd: (s[odd] > s[~odd].mean()).mean(),
        ),
        Mutant(
            "half subtracted", "One half was taken off: that is how far the ranking is from a coin.",
            lambda: lambda s, odd: area(s, odd) - 0.5,
        ),
    ),
    (
        "The area is the share of pairs, an anomaly and a normal sample, in which the anomaly is higher.",
        "scores[odd][:, None] - scores[~odd] has a row for each anomaly and a column for each normal sample.",
        "Add one half where the difference is 0, and take the mean.",
    ),
)  # fmt: skip
