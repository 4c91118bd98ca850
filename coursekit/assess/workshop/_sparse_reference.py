"""The steps of the sparse-code assignment as plain code, each as a student would write it."""

__all__ = ["hoyer", "kl_penalty", "l1_penalty", "proximal_step", "sparse_loss", "top_k"]

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def l1_penalty(z: Array) -> Any:
    """Return the absolute values, summed over the units and averaged over the samples."""
    return np.abs(z).sum(axis=1).mean()


def kl_penalty(a: Array, rho: float) -> Any:
    """Return the divergence of the target from each unit's mean, summed over the units."""
    mean = a.mean(axis=0)
    return (rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean))).sum()


def hoyer(z: Array) -> Array:
    """Return Hoyer's sparseness of each sample."""
    K = z.shape[1]
    ratio = np.abs(z).sum(axis=1) / np.sqrt((z**2).sum(axis=1))
    return np.asarray((np.sqrt(K) - ratio) / (np.sqrt(K) - 1))


def top_k(z: Array, k: int) -> Array:
    """Return a copy in which only the k largest entries of each row are left."""
    kept = np.zeros_like(z)
    for b in range(len(z)):
        best = np.argsort(z[b])[-k:]
        kept[b, best] = z[b, best]
    return kept


def proximal_step(z: Array, x: Array, W: Array, weight: float, rate: float) -> Array:
    """Return the codes after one step down the gradient, the soft threshold, and the cut at 0."""
    slope = 2 * (z @ W.T - x) @ W
    return np.maximum(z - rate * slope - rate * weight, 0.0)


def sparse_loss(
    x: Array, V: Array, b: Array, W: Array, c: Array, rho: float, weight: float
) -> tuple[Any, Array]:
    """Return the loss of a sparse autoencoder with a sigmoid code, and its outputs."""
    a = 1 / (1 + np.exp(-(x @ V.T + b)))
    y = a @ W.T + c
    error = ((y - x) ** 2).sum(axis=1).mean()
    return error + weight * kl_penalty(a, rho), y
