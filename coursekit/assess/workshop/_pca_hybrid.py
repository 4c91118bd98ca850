"""PCA, step F: the error of PCA and an autoencoder behind it, in its two parts."""

__all__ = ["HYBRID"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._pca_reference import Array, fit, hybrid_error
from coursekit.assess.workshop._untouched import untouched


def _hybrids(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, width, k in ((6, 4, 2), (7, 5, 3)):
        rng = np.random.default_rng(seed + rows)
        X = rng.normal(0, 2, (rows, width)) + rng.choice((-3.0, 4.0), width)
        mean, V, _ = fit(X[:-1], k)
        S = (X - mean) @ V.T + rng.normal(0, 0.5, (rows, k))
        found.append(Case(f"{rows} rows of {width}, {k} scores", {"X": X, "mean": mean, "V": V, "S": S}))
    return tuple(found)


def _observe_hybrid(candidate: Any, case: Case) -> Observation:
    found = candidate(*(np.array(case.inputs[name]) for name in ("X", "mean", "V", "S")))
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return {"result": told(found)}
    return {"floor": plain(found[0]), "what the scores add": plain(found[1])}


def _by_pixels(X: Array, mean: Array, V: Array, S: Array) -> tuple[Any, Any]:
    nearest, decoded = mean + (X - mean) @ V.T @ V, mean + S @ V
    return np.mean(np.sum((X - nearest) ** 2, 1)), np.mean(np.sum((nearest - decoded) ** 2, 1))


def _by_difference(X: Array, mean: Array, V: Array, S: Array) -> tuple[Any, Any]:
    floor = ((X - mean) ** 2).sum(1).mean() - (((X - mean) @ V.T) ** 2).sum(1).mean()
    return floor, ((X - mean - S @ V) ** 2).sum(1).mean() - floor


def _uncentred(X: Array, mean: Array, V: Array, S: Array) -> tuple[Any, Any]:
    del mean
    return hybrid_error(X, np.zeros(X.shape[1]), V, S)


HYBRID = Exercise(
    "autoencoder-pca/hybrid-error",
    "The account of a hybrid",
    "hybrid_error(X, mean, V, S) -> error of the PCA alone, and what wrong scores S (N, K) add to it",
    3.0,
    lambda: hybrid_error,
    _hybrids,
    untouched(_observe_hybrid, "X", "mean", "V", "S"),
    (Alternate("in pixels", lambda: _by_pixels), Alternate("by difference", lambda: _by_difference)),
    (
        Mutant(
            "not centred", "The rows were not centred: subtract the mean of the fit before you project.",
            lambda: _uncentred,
        ),
        Mutant(
            "total for a part", "The second number holds the floor as well. Return what is added to it.",
            lambda: lambda *a: (hybrid_error(*a)[0], sum(hybrid_error(*a))),
        ),
        Mutant(
            "total for the floor", "The first number holds the error of the scores too: use the true scores.",
            lambda: lambda *a: (sum(hybrid_error(*a)), hybrid_error(*a)[1]),
        ),
        Mutant(
            "scores averaged",
            "The error of the scores is averaged over the K entries. Sum, or the two do not add up.",
            lambda: lambda X, m, V, S: (hybrid_error(X, m, V, S)[0], hybrid_error(X, m, V, S)[1] / len(V)),
        ),
        Mutant(
            "pixels averaged", "The floor is averaged over the pixels. Sum over the pixels of a row.",
            lambda: lambda X, m, V, S: (hybrid_error(X, m, V, S)[0] / len(m), hybrid_error(X, m, V, S)[1]),
        ),
        Mutant(
            "swapped", "The two parts are swapped: the floor comes first.",
            lambda: lambda *a: hybrid_error(*a)[::-1],
        ),
        Mutant(
            "summed over rows", "Both parts are sums over the rows. Average over them.",
            lambda: lambda X, *a: tuple(part * len(X) for part in hybrid_error(X, *a)),
        ),
        Mutant(
            "roots", "Roots were taken. Squared errors add up, their roots do not.",
            lambda: lambda *a: tuple(np.sqrt(hybrid_error(*a))),
        ),
    ),
    (
        "The true scores are those of the centred rows; the floor is what they leave of X.",
        "Z = (X - mean) @ V.T; the floor is about X - mean - Z @ V, the addition about Z - S.",
    ),
)  # fmt: skip
