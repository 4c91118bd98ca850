"""Denoising, step E: the best denoiser of a number that takes few values, and the score."""

__all__ = ["BEST_DENOISER"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain
from coursekit.assess.workshop._denoising_reference import Array, best_denoiser
from coursekit.assess.workshop._untouched import untouched


def _values(seed: int) -> tuple[Case, ...]:
    found = []
    for index, (count, sigma) in enumerate(((3, 0.5), (4, 1.5))):
        rng = np.random.default_rng(seed + count)
        values = np.sort(rng.uniform(-3, 3, count)) + 0.5 * np.arange(count)
        inputs: dict[str, Plain] = {"y": rng.uniform(-3, 4, 6), "values": values, "sigma": sigma}
        found.append(Case(f"{count} values, σ = {sigma}", inputs, 1 + index))
    far: dict[str, Plain] = {"y": np.array([-80.0, 90.0]), "values": np.array([-1.0, 0.5, 2.0]), "sigma": 0.7}
    cases = [*found, Case("noisy values far away", far, 3)]
    return tuple(
        Case(case.name, case.inputs, case.layer + 3 * (group == "score"), group=group)
        for group in ("mean", "score")
        for case in cases
    )


def _observe_best(candidate: Any, case: Case) -> Observation:
    y, values = (np.array(case.inputs[name]) for name in ("y", "values"))
    with np.errstate(all="ignore"):
        found = candidate(y, values, float(case.inputs["sigma"]))
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return {case.group: plain(found) if case.group == "mean" else "not returned"}
    return {case.group: plain(found[case.group == "score"])}


def _best(y: Array, values: Array, sigma: float, *, scale: float, shift: bool = True) -> tuple[Array, Array]:
    """Weigh by exp(-distance squared / scale)."""
    logits = -((y[:, None] - values) ** 2) / scale
    weights = np.exp(logits - (logits.max(1, keepdims=True) if shift else 0))
    mean = weights @ values / weights.sum(1)
    return mean, (mean - y) / sigma**2


def _other_score(y: Array, values: Array, sigma: float, power: int, sign: int = 1) -> tuple[Array, Array]:
    mean, _ = best_denoiser(y, values, sigma)
    return mean, sign * (mean - y) / sigma**power


def _nearest(y: Array, values: Array, sigma: float) -> tuple[Array, Array]:
    mean = values[np.abs(y[:, None] - values).argmin(1)]
    return mean, (mean - y) / sigma**2


def _logsumexp(y: Array, values: Array, sigma: float) -> tuple[Array, Array]:
    logits = -0.5 * ((y[:, None] - values) / sigma) ** 2
    weights = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    mean = weights @ values
    return mean, (mean - y) / sigma**2


def _row_by_row(y: Array, values: Array, sigma: float) -> tuple[Array, Array]:
    means = []
    for one in y:
        distances = (one - values) ** 2
        weights = np.exp((distances.min() - distances) / (2 * sigma**2))
        means.append(np.average(values, weights=weights))
    return np.array(means), (np.array(means) - y) / sigma**2


def _no_weights(y: Array, values: Array, sigma: float) -> tuple[Array, Array]:
    mean = np.full(len(y), values.mean())
    return mean, (mean - y) / sigma**2


def _unnormalised(y: Array, values: Array, sigma: float) -> tuple[Array, Array]:
    mean = np.exp(-((y[:, None] - values) ** 2) / (2 * sigma**2)) @ values
    return mean, (mean - y) / sigma**2


BEST_DENOISER = Exercise(
    "denoising/best-denoiser",
    "The best denoiser, and the score",
    "best_denoiser(y, values, sigma) -> (mean, score), both (B,), from (B,), (M,) and a number",
    3.0,
    lambda: best_denoiser,
    _values,
    untouched(_observe_best, "y", "values"),
    (Alternate("log-sum-exp", lambda: _logsumexp), Alternate("row by row", lambda: _row_by_row)),
    (
        Mutant(
            "nearest value",
            "That is the most probable value. The smallest squared error belongs to the weighted mean.",
            lambda: _nearest,
        ),
        Mutant(
            "no weights",
            "All values count alike. Weigh each by how probable it makes the noisy value.",
            lambda: _no_weights,
        ),
        Mutant(
            "factor 2 missing",
            "The exponent of a Gaussian is divided by 2 σ²: the 2 is missing.",
            lambda: lambda y, v, s: _best(y, v, s, scale=s**2),
        ),
        Mutant(
            "sigma not squared",
            "The exponent of a Gaussian is divided by 2 σ²: square sigma.",
            lambda: lambda y, v, s: _best(y, v, s, scale=2 * s),
        ),
        Mutant(
            "weights that do not add up",
            "The weights don't add up to one: divide by their sum.",
            lambda: _unnormalised,
        ),
        Mutant(
            "underflow",
            "Far away all weights are 0, and 0/0 is no number. Take the largest exponent off before exp.",
            lambda: lambda y, v, s: _best(y, v, s, scale=2 * s**2, shift=False),
        ),
        Mutant(
            "score over sigma",
            "The means are right. The score divides the step by σ², not by σ.",
            lambda: lambda y, v, s: _other_score(y, v, s, 1),
        ),
        Mutant(
            "score downhill",
            "The means are right, but the score points downhill: it is the mean minus the noisy value.",
            lambda: lambda y, v, s: _other_score(y, v, s, 2, -1),
        ),
        Mutant(
            "step for score",
            "The means are right. The step is not the score yet: divide it by σ².",
            lambda: lambda y, v, s: _other_score(y, v, s, 0),
        ),
    ),
    (
        "The weight of a value is the density of the noisy value around it: exp(-(y - value)² / 2σ²).",
        "y[:, None] - values has the shape (B, M). Subtract each row's largest exponent before np.exp.",
        "mean = weighted sum over sum of weights; score = (mean - y) / sigma**2.",
    ),
    groups=(("mean", 2.0), ("score", 1.0)),
)
