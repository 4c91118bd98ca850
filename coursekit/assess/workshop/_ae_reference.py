"""The steps of the autoencoder assignment as plain code, each as a student would write it."""

__all__ = ["bernoulli_loss", "evaluate", "keep_best", "reconstruction_error", "tied_gradient"]

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def reconstruction_error(outputs: Array, x: Array) -> Any:
    """Return the squared errors, summed over the pixels of an image and averaged over the images."""
    return ((outputs - x) ** 2).sum(axis=(1, 2)).mean()


def bernoulli_loss(a: Array, x: Array) -> Any:
    """Return the cross-entropy of logits, summed over the pixels and averaged over the images."""
    return (np.logaddexp(0, a) - a * x).sum(axis=1).mean()


def tied_gradient(W: Array, b: Array, c: Array, X: Array) -> Array:
    """Return the gradient by the shared matrix of a linear autoencoder."""
    Z = X @ W.T + b
    E = Z @ W + c - X
    gradient: Array = 2 * (Z.T @ E + W @ E.T @ X) / len(X)
    return gradient


def evaluate(X: Array, size: int, loss: Callable[[Array], float]) -> float:
    """Return the mean loss over all images, from the mean losses of batches."""
    total = 0.0
    for start in range(0, len(X), size):
        batch = X[start : start + size]
        total += loss(batch) * len(batch)
    return total / len(X)


def keep_best(
    w: Array, step: Callable[[Array], None], validate: Callable[[Array], float], epochs: int
) -> tuple[Array, int]:
    """Return the weights of the epoch with the smallest validation loss, and its number from 1."""
    smallest, best, found = np.inf, w, 0
    for epoch in range(1, epochs + 1):
        step(w)
        value = validate(w)
        if value < smallest:
            smallest, best, found = value, w.copy(), epoch
    return best, found
