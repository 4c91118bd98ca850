"""PCA, steps A and B: mean and components, scores and reconstructions."""

__all__ = ["CODES", "FIT"]

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._pca_reference import Array, codes, fit
from coursekit.assess.workshop._untouched import untouched

_SIZES = ((9, 4, 2), (8, 5, 3))
_SVD = "_, s, vt = np.linalg.svd(X - mean"
_SAME = "More rows of V transposed are computed, and the first K of them are the same."


def _cloud(seed: int, rows: int, width: int) -> Any:
    """Draw rows far from the origin, with variances that differ clearly."""
    rng = np.random.default_rng(seed + rows)
    turn, _ = np.linalg.qr(rng.standard_normal((width, width)))
    left, _ = np.linalg.qr(rng.standard_normal((rows, width)) - 0.5)
    left = left - left.mean(axis=0)
    return left * 3.0 ** np.arange(1, width + 1)[::-1] @ turn + rng.choice((-4.0, 5.0, 7.0), width)


def _fits(seed: int) -> tuple[Case, ...]:
    return tuple(
        Case(f"{rows} rows of {width}, {k} components", {"X": _cloud(seed, rows, width), "k": k})
        for rows, width, k in _SIZES
    )


def _signed(found: Any) -> Any:
    """Turn each row so that its entry of largest size is positive: the sign of a component is free."""
    rows: Any = plain(found)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or not rows.size:
        return rows
    largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    return rows * np.where(largest < 0, -1.0, 1.0)


def _observe_fit(candidate: Any, case: Case) -> Observation:
    X = np.array(case.inputs["X"])
    found = candidate(X, int(case.inputs["k"]))
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        return {"result": told(found)}
    mean, components, variances = found
    return {
        "mean": plain(mean),
        "components, up to their signs": _signed(components),
        "variances": plain(variances),
        "whether X is unchanged": float(np.array_equal(X, np.asarray(case.inputs["X"]))),
    }


def _by_covariance(X: Array, k: int) -> tuple[Array, Array, Array]:
    values, vectors = np.linalg.eigh(np.cov(X.T, ddof=0))
    return X.mean(0), vectors[:, ::-1][:, :k].T, values[::-1][:k]


def _by_gram(X: Array, k: int) -> tuple[Array, Array, Array]:
    mean = X.sum(axis=0) / len(X)
    values, left = np.linalg.eigh((X - mean) @ (X - mean).T)
    order = np.argsort(-values)[:k]
    rows = ((X - mean).T @ left[:, order] / np.sqrt(values[order])).T
    return mean, rows, values[order] / len(X)


def _ascending(X: Array, k: int) -> tuple[Array, Array, Array]:
    values, vectors = np.linalg.eigh(np.cov(X.T, ddof=0))
    return X.mean(0), vectors[:, :k].T, values[:k]


def _uncentred(X: Array, k: int) -> tuple[Array, Array, Array]:
    _, s, vt = np.linalg.svd(X, full_matrices=False)
    return X.mean(0), vt[:k], s[:k] ** 2 / len(X)


def _one_mean(X: Array, k: int) -> tuple[Any, Array, Array]:
    _, s, vt = np.linalg.svd(X - X.mean(), full_matrices=False)
    return X.mean(), vt[:k], s[:k] ** 2 / len(X)


def _in_place(X: Array, k: int) -> tuple[Array, Array, Array]:
    found = fit(X, k)
    X -= found[0]
    return found


def _changed(part: int, change: Callable[[Array, Array], Any]) -> Any:
    """Return a fit with one of its three results changed."""

    def wrong(X: Array, k: int) -> tuple[Any, ...]:
        found: list[Any] = list(fit(X, k))
        found[part] = change(found[part], X)
        return tuple(found)

    return wrong


def _transforms(seed: int) -> tuple[Case, ...]:
    """New rows for a fit of others, so that their own mean is a different one."""
    found = []
    for rows, width, k in _SIZES:
        X = _cloud(seed, rows, width)
        mean, V, _ = fit(X, k)
        new = _cloud(seed + 50, 4, width)[:, ::-1] if width <= 4 else X[:4] + 1.5
        found.append(Case(f"4 new rows of {width}, {k} components", {"X": new.copy(), "mean": mean, "V": V}))
    return tuple(found)


def _observe_codes(candidate: Any, case: Case) -> Observation:
    found = candidate(*(np.array(case.inputs[name]) for name in ("X", "mean", "V")))
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        return {"result": told(found)}
    return {"scores": plain(found[0]), "reconstructions": plain(found[1])}


def _kinds(before: float, after: float) -> Any:
    """Return codes that subtract and add the mean so many times."""

    def wrong(X: Array, mean: Array, V: Array) -> tuple[Array, Array]:
        Z = (X - before * mean) @ V.T
        return Z, after * mean + Z @ V

    return wrong


FIT = Exercise(
    "autoencoder-pca/fit",
    "Mean, components, variances",
    "fit(X, k) -> mean (D,), components (K, D), variances (K,), from rows (N, D)",
    4.0,
    lambda: fit,
    _fits,
    _observe_fit,
    (
        Alternate("eigenvectors of the covariance", lambda: _by_covariance),
        Alternate("eigenvectors of the Gram matrix", lambda: _by_gram),
    ),
    (
        Mutant(
            "not centred",
            "The rows were not centred before the decomposition, so the first component points at the mean.",
            lambda: _uncentred,
        ),
        Mutant(
            "one mean for all",
            "One number was subtracted from all columns. Each column has its own mean.",
            lambda: _one_mean,
        ),
        Mutant(
            "smallest first",
            "These are the directions of smallest variance: eigh sorts upwards. Take the largest.",
            lambda: _ascending,
        ),
        Mutant(
            "order reversed",
            "The right components in the wrong order: the largest variance comes first.",
            lambda: lambda X, k: (fit(X, k)[0], fit(X, k)[1][::-1], fit(X, k)[2][::-1]),
        ),
        Mutant(
            "components as columns",
            "The components are columns here. Return one component a row, (K, D).",
            lambda: _changed(1, lambda v, _: v.T),
        ),
        Mutant(
            "singular values",
            "These are singular values. A variance is the square of one, divided by N.",
            lambda: _changed(2, lambda v, X: np.sqrt(v * len(X))),
        ),
        Mutant(
            "not divided",
            "The squares of the singular values are sums over the rows: divide by N.",
            lambda: _changed(2, lambda v, X: v * len(X)),
        ),
        Mutant(
            "divided by one less",
            "These variances divide by N - 1. Here the error is a mean over rows, so divide by N.",
            lambda: _changed(2, lambda v, X: v * len(X) / (len(X) - 1)),
        ),
        Mutant(
            "caller's rows changed",
            "X was centred in place: the caller's rows have changed. Work on a copy.",
            lambda: _in_place,
        ),
    ),
    (
        "Centre the columns, then one singular value decomposition does the rest.",
        "np.linalg.svd(X - mean, full_matrices=False) returns U, s and V transposed; its rows are sorted.",
        "The first K rows of V transposed are the components; s[:k] ** 2 / N are the variances.",
    ),
    survivors={
        f"{_SVD}, full_matrices=False)  ->  {_SVD})": _SAME,
        f"{_SVD}, full_matrices=False)  ->  {_SVD}, full_matrices=True)": _SAME,
    },
)


CODES = Exercise(
    "autoencoder-pca/codes",
    "Scores and reconstructions",
    "codes(X, mean, V) -> scores (N, K), reconstructions (N, D), for rows that were not in the fit",
    2.0,
    lambda: codes,
    _transforms,
    untouched(_observe_codes, "X", "mean", "V"),
    (
        Alternate("row by row", lambda: lambda X, mean, V: (
            np.array([V @ (x - mean) for x in X]), np.array([mean + V.T @ (V @ (x - mean)) for x in X]))),
        Alternate("einsum", lambda: lambda X, mean, V: (
            np.einsum("nd,kd->nk", X - mean, V), (X - mean) @ V.T @ V + mean)),
    ),
    (
        Mutant(
            "mean not subtracted", "These are scores of rows that were not centred: subtract the mean.",
            lambda: _kinds(0, 1),
        ),
        Mutant(
            "mean not added", "The scores are right; the reconstruction lacks the mean.",
            lambda: _kinds(1, 0),
        ),
        Mutant(
            "mean forgotten", "The mean was used nowhere: the plane does not pass through the origin.",
            lambda: _kinds(0, 0),
        ),
        Mutant(
            "mean subtracted at the end", "The scores are right, but the mean was taken off at the end: add.",
            lambda: _kinds(1, -1),
        ),
        Mutant(
            "own mean",
            "These rows were centred by their own mean. Use the mean of the fit, or new rows leak into it.",
            lambda: lambda X, _, V: codes(X, X.mean(axis=0), V), "001-M-43",
        ),
        Mutant(
            "swapped", "The two results are swapped: scores first, then reconstructions.",
            lambda: lambda X, mean, V: codes(X, mean, V)[::-1],
        ),
        Mutant(
            "what is lost", "The second result is what the plane misses. Return the point of the plane.",
            lambda: lambda X, mean, V: (codes(X, mean, V)[0], X - codes(X, mean, V)[1]),
        ),
    ),
    (
        "A score is the inner product of a centred row with a component.",
        "Z = (X - mean) @ V.T; going back, multiply by V and add the mean.",
    ),
)  # fmt: skip
