"""The steps of the PCA assignment as plain code, each as a student would write it."""

__all__ = ["angles", "codes", "fit", "gradients", "hybrid_error", "keep"]

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def fit(X: Array, k: int) -> tuple[Array, Array, Array]:
    """Return the mean (D,), the components (K, D) and the variances that they hold (K,)."""
    mean = X.mean(axis=0)
    _, s, vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, vt[:k], s[:k] ** 2 / len(X)


def codes(X: Array, mean: Array, V: Array) -> tuple[Array, Array]:
    """Return the scores (N, K) and the reconstructions (N, D)."""
    Z = (X - mean) @ V.T
    return Z, mean + Z @ V


def keep(variances: Array, share: float) -> int:
    """Return the smallest number of components that keep a share of all variance."""
    kept = np.cumsum(variances) / np.sum(variances)
    return int(np.sum(kept < share)) + 1


def angles(A: Array, B: Array) -> Any:
    """Return the principal angles of the row spaces of A and B, in degrees, the largest first."""
    qa, _ = np.linalg.qr(A.T)
    qb, _ = np.linalg.qr(B.T)
    cosines = np.linalg.svd(qa.T @ qb, compute_uv=False)
    return np.rad2deg(np.arccos(np.clip(cosines, 0, 1)))[::-1]


def gradients(X: Array, We: Array, Wd: Array) -> tuple[Any, Array, Array]:
    """Return the loss of a linear autoencoder and its gradients by encoder and decoder."""
    Z = X @ We.T
    E = Z @ Wd.T - X
    return (E**2).sum(axis=1).mean(), 2 * (E @ Wd).T @ X / len(X), 2 * E.T @ Z / len(X)


def hybrid_error(X: Array, mean: Array, V: Array, S: Array) -> tuple[Any, Any]:
    """Return the floor of the PCA and the error that wrong scores S add to it."""
    Z = (X - mean) @ V.T
    floor = ((X - mean - Z @ V) ** 2).sum(axis=1).mean()
    return floor, ((Z - S) ** 2).sum(axis=1).mean()
