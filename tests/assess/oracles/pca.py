"""Questions on principal components, by linear algebra on data and matrices that have the drawn spectrum."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.linalg import subspace_angles

from tests.assess.oracles.concepts import by_stem


def _project(v: Mapping[str, Any]) -> list[float]:
    direction, mean, x = (np.array(v[name], dtype=float) for name in ("v", "mean", "x"))
    # The nearest point of the line by least squares, without a projection.
    z = np.linalg.lstsq(direction[:, None], x - mean, rcond=None)[0]
    return [*z, *(mean + direction * z)]


def _turned(values: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return a covariance with these eigenvalues, and its eigenvectors in the same order."""
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((len(values), len(values))))[0]
    return q @ np.diag(values) @ q.T, q


def _lost(covariance: np.ndarray, basis: np.ndarray) -> float:
    rest = np.eye(len(covariance)) - basis @ basis.T
    return float(np.trace(rest @ covariance @ rest))


def _residual(v: Mapping[str, Any]) -> tuple[float, float]:
    covariance, _ = _turned(v["values"])
    _, vectors = np.linalg.eigh(covariance)
    error = _lost(covariance, vectors[:, -v["k"] :])
    return error, 1 - error / np.trace(covariance)


def _saddle(v: Mapping[str, Any]) -> tuple[float, float]:
    covariance, vectors = _turned(v["values"])
    best = _lost(covariance, np.linalg.eigh(covariance)[1][:, -2:])
    error = _lost(covariance, vectors[:, v["chosen"]])
    return error, error - best


def _angle(v: Mapping[str, Any]) -> float:
    a, b = (np.array(v[name], dtype=float)[:, None] for name in ("a", "b"))
    return float(np.rad2deg(subspace_angles(a, b)[0]))


def _hybrid(v: Mapping[str, Any]) -> tuple[float, float]:
    # A plane of M axes in M + 1 dimensions: the floor lies along the last one.
    inside = np.full(v["m"], v["mean"] ** 0.5)
    outside = (v["total"] - v["kept"]) ** 0.5
    whole = np.append(inside, outside)
    return float(whole @ whole), float(inside @ inside)


ORACLES = {
    "pca/project": _project,
    "pca/residual": _residual,
    "pca/saddle": _saddle,
    "pca/angle": _angle,
    "pca/hybrid": _hybrid,
    "pca/linear": by_stem(
        {
            "trained to the best possible error": "Their outputs",
            "five layers with GELU": "At best the error of PCA",
            "a principal angle of 60 degrees": "nearly equal",
            "need the components themselves": "Run PCA on its reconstructions",
        }
    ),
    "pca/compare": by_stem(
        {
            "has a smaller test error than PCA": "after clipping",
            "could hold PCA exactly": "did not find weights",
            "lies below what the components": "with the test images in it",
            "is trained on PCA scores": "to a linear one",
        }
    ),
}
