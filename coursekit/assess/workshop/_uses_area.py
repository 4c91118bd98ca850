"""Uses of autoencoders, step C: the area under the ROC curve."""

__all__ = ["AREA"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._uses_reference import Array, area


def _pairs(seed: int) -> tuple[Case, ...]:
    rng, scores, masks = np.random.default_rng(seed), [], []
    counts = ((4, 6, 9), (7, 5, 4), (3, 9, 3), (5, 5, 4))
    for at, (odd, normal, levels) in enumerate(counts):
        truth = rng.permutation(np.arange(odd + normal) < odd)
        lift = -6 if at == 3 else 1.6
        value = np.round(2 * rng.normal(size=odd + normal) + lift * truth).clip(-levels, levels)
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
    given = [(row.copy(), mask > 0) for row, mask in zip(rows, masks, strict=True)]
    found = plain([candidate(*pair) for pair in given])
    same = [
        np.array_equal(row, scores) and np.array_equal(mask > 0, odd)
        for row, mask, (scores, odd) in zip(rows, masks, given, strict=True)
    ]
    return {"areas": found, "what was handed in": "unchanged" if all(same) else "changed"}


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
        Mutant(
            "never below one half",
            "A ranking can be worse than a coin: leave an area below one half as it is.",
            lambda: lambda s, odd: max(area(s, odd), 1 - area(s, odd)),
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
        "Differences of a column of the anomalies and a row of the normal samples hold all pairs at once.",
        "Add one half where the difference is 0, and take the mean.",
    ),
)  # fmt: skip
