"""The steps of the denoising assignment as plain code, each as a student would write it."""

__all__ = ["add_noise", "best_denoiser", "denoising_loss", "salt_and_pepper", "wiener_filter"]

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Map = Callable[[Array], Array]


def add_noise(x: Array, sigma: float, rng: np.random.Generator) -> Array:
    """Return x with Gaussian noise of standard deviation sigma on every entry."""
    return x + sigma * rng.standard_normal(x.shape)


def salt_and_pepper(x: Array, p: float, rng: np.random.Generator) -> Array:
    """Return x with each entry set to 0 or to 1, each with probability p / 2."""
    u = rng.random(x.shape)
    noisy = x.copy()
    noisy[u < p / 2] = 0
    noisy[u > 1 - p / 2] = 1
    return noisy


def denoising_loss(x: Array, corrupt: Map, model: Map) -> Any:
    """Return the squared error against the clean x, summed over pixels and averaged over the batch."""
    noisy = corrupt(x)
    y = model(noisy)
    return ((y - x) ** 2).sum(axis=1).mean()


def wiener_filter(clean: Array, noisy: Array, sigma: float) -> Any:
    """Return the noisy rows, filtered by the mean and the covariance of the clean ones."""
    mean = clean.mean(axis=0)
    centred = clean - mean
    cov = centred.T @ centred / len(clean)
    gain = np.linalg.solve(cov + sigma**2 * np.eye(len(cov)), cov)
    return mean + (noisy - mean) @ gain


def best_denoiser(y: Array, values: Array, sigma: float) -> tuple[Array, Array]:
    """Return the mean of the clean value given each noisy one, and the score of the noisy density."""
    logits = -((y[:, None] - values) ** 2) / (2 * sigma**2)
    weights = np.exp(logits - logits.max(axis=1)[:, None])
    mean = (weights * values).sum(axis=1) / weights.sum(axis=1)
    return mean, (mean - y) / sigma**2
