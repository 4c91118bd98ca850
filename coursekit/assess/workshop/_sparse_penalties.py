"""Sparse codes, steps A and B: the price of absolute values, and the divergence from a target mean."""

__all__ = ["KL", "L1"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._sparse_reference import Array, kl_penalty, l1_penalty
from coursekit.assess.workshop._untouched import untouched


def _codes(seed: int) -> tuple[Case, ...]:
    """Codes of both signs, whose sums by row and by column differ."""
    found = []
    for rows, units in ((4, 3), (3, 6)):
        z = np.random.default_rng(seed + 10 * units).normal(0, 2, (rows, units)).round(2)
        found.append(Case(f"{rows} samples, {units} units", {"z": z}))
    return tuple(found)


def _activations(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, units, rho in ((6, 3, 0.1), (4, 5, 0.2)):
        rng = np.random.default_rng(seed + 100 * units)
        # Units of different means, so that every mean matters.
        a = 1 / (1 + np.exp(-(rng.normal(0, 1, (rows, units)) + rng.normal(-0.5, 1, units))))
        a[:, 0] = 0.02 + 0.02 * a[:, 0]  # nearly dead
        a[:, -1] = 0.97 + 0.02 * a[:, -1]  # nearly always on
        found.append(Case(f"{rows} samples, {units} units, target {rho}", {"a": a.round(3), "rho": rho}))
    return tuple(found)


def _observe_l1(candidate: Any, case: Case) -> Observation:
    return {"penalty": plain(candidate(np.array(case.inputs["z"])))}


def _observe_kl(candidate: Any, case: Case) -> Observation:
    return {"penalty": plain(candidate(np.array(case.inputs["a"]), float(case.inputs["rho"])))}


def _terms(mean: Any, rho: Any) -> Any:
    """Return the divergences of coins."""
    return rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))


def _by_logs(a: Array, rho: float) -> Any:
    total = 0.0
    for unit in a.T:
        mean = sum(unit) / len(unit)
        total += rho * (np.log(rho) - np.log(mean)) + (1 - rho) * (np.log(1 - rho) - np.log(1 - mean))
    return total


L1 = Exercise(
    "sparse/l1-penalty",
    "The price of absolute values",
    "l1_penalty(z) -> a number, from codes (B, K)",
    1.0,
    lambda: l1_penalty,
    _codes,
    untouched(_observe_l1, "z"),
    (
        Alternate("one sum", lambda: lambda z: np.abs(z).sum() / len(z)),
        Alternate("norms", lambda: lambda z: np.mean(np.linalg.norm(z, ord=1, axis=1))),
    ),
    (
        Mutant(
            "mean over everything",
            "The units were averaged too, so a wider code would cost no more. Sum over the units.",
            lambda: lambda z: np.abs(z).mean(),
            "001-M-35",
        ),
        Mutant(
            "sum over everything",
            "The samples were added up, so the price depends on the batch size. Average over them.",
            lambda: lambda z: np.abs(z).sum(),
            "001-M-26",
        ),
        Mutant(
            "axes swapped",
            "You summed over the samples and averaged over the units: it is the other way round.",
            lambda: lambda z: np.abs(z).sum(axis=0).mean(),
        ),
        Mutant(
            "signs kept",
            "Entries of opposite sign cancel. Take absolute values before you sum.",
            lambda: lambda z: z.sum(axis=1).mean(),
        ),
        Mutant(
            "absolute value last",
            "The absolute value was taken of the sum: take it of every entry.",
            lambda: lambda z: np.abs(z.sum(axis=1)).mean(),
        ),
        Mutant(
            "squares",
            "These are squares, whose pull vanishes near zero. Take absolute values.",
            lambda: lambda z: (z**2).sum(axis=1).mean(),
        ),
        Mutant(
            "one number a sample",
            "There is a number for each sample. Average them.",
            lambda: lambda z: np.abs(z).sum(axis=1),
        ),
    ),
    (
        "Two steps: a number for each sample, then their mean.",
        "np.abs(z).sum(axis=1) has the shape (B,).",
    ),
)
KL = Exercise(
    "sparse/kl-penalty",
    "The divergence from a target mean",
    "kl_penalty(a, rho) -> a number, from activations (B, K) in (0, 1) and a target in (0, 1)",
    3.0,
    lambda: kl_penalty,
    _activations,
    untouched(_observe_kl, "a"),
    (
        Alternate("a loop over units", lambda: _by_logs),
        Alternate("a mean by hand", lambda: lambda a, rho: np.sum(_terms(np.sum(a, 0) / len(a), rho))),
    ),
    (
        Mutant(
            "arguments swapped",
            "The divergence is not symmetric, and this is the other one: the target comes first.",
            lambda: lambda a, rho: _terms(rho, a.mean(axis=0)).sum(),
            "001-M-13",
        ),
        Mutant(
            "mean over the units",
            "Your mean activation has one entry for each sample. You need one for each unit: average over "
            "the batch.",
            lambda: lambda a, rho: _terms(a.mean(axis=1), rho).sum(),
            "001-M-14",
        ),
        Mutant(
            "divergence before mean",
            "This asks every activation to equal the target. The constraint is on the mean: average first.",
            lambda: lambda a, rho: _terms(a, rho).sum(axis=1).mean(),
            "001-M-16",
        ),
        Mutant(
            "second term missing",
            "A divergence cannot be negative, and yours can: the term with 1 - rho is missing.",
            lambda: lambda a, rho: (rho * np.log(rho / a.mean(axis=0))).sum(),
            "001-M-17",
        ),
        Mutant(
            "a second sigmoid",
            "The activations are between 0 and 1 already: take their mean as it is.",
            lambda: lambda a, rho: _terms((1 / (1 + np.exp(-a))).mean(axis=0), rho).sum(),
        ),
        Mutant(
            "mean over divergences",
            "The divergences of the units were averaged. Sum them.",
            lambda: lambda a, rho: _terms(a.mean(axis=0), rho).mean(),
        ),
        Mutant(
            "one number a unit",
            "There is a divergence for each unit. Sum them.",
            lambda: lambda a, rho: _terms(a.mean(axis=0), rho),
        ),
        Mutant(
            "one mean for all",
            "All activations went into a single mean, so a busy unit can hide behind a dead one. Average "
            "over the batch only.",
            lambda: lambda a, rho: a.shape[1] * _terms(a.mean(), rho),
        ),
        Mutant(
            "second sign",
            "The second term was subtracted. Both are added.",
            lambda: (
                lambda a, rho: (
                    2 * (rho * np.log(rho / a.mean(axis=0))).sum() - _terms(a.mean(axis=0), rho).sum()
                )
            ),
        ),
    ),
    (
        "First the mean of each unit over the batch: an array of shape (K,).",
        "mean = a.mean(axis=0). Then two terms for each unit, with rho and with 1 - rho.",
        "The first is rho * np.log(rho / mean); sum both over the units.",
    ),
)
