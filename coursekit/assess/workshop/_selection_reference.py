"""The steps of the model-selection assignment as plain code, each as a student would write it."""

__all__ = ["choose", "error_rate", "holdout", "kfold", "leave_one_out", "mse", "ridge"]

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Fit = Callable[[Array, Array, float], Array]


def error_rate(y: Array, d: Array) -> Any:
    """Return the share of patterns with a wrong class."""
    return (y != d).mean()


def mse(Y: Array, D: Array) -> Any:
    """Return the squared errors, summed over the outputs and averaged over the patterns."""
    return ((Y - D) ** 2).sum(axis=1).mean()


def holdout(X: Array, d: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, ...]:
    """Return X and d of the training part, then X and d of the test part, in random order."""
    order = rng.permutation(len(d))
    count = int(fraction * len(d))
    test, train = order[:count], order[count:]
    return X[train], d[train], X[test], d[test]


def kfold(B: int, k: int) -> list[Array]:
    """Return the pattern numbers of k folds, whose sizes differ by at most one."""
    folds, start = [], 0
    for i in range(k):
        size = B // k + (i < B % k)
        folds.append(np.arange(start, start + size))
        start = start + size
    return folds


def choose(
    X: Array, d: Array, penalties: list[float], folds: list[Array], fit: Fit
) -> tuple[Array, int, Array]:
    """Return the error of each penalty by folds, the place of the best, and its weights on all patterns."""
    errors = np.zeros((len(penalties), len(folds)))
    for i, penalty in enumerate(penalties):
        for j, test in enumerate(folds):
            train = np.setdiff1d(np.arange(len(d)), test)
            w = fit(X[train], d[train], penalty)
            errors[i, j] = ((X[test] @ w - d[test]) ** 2).mean()
    means = errors.mean(axis=1)
    best = int(np.argmin(means))
    return means, best, fit(X, d, penalties[best])


def leave_one_out(X: Array, d: Array, penalty: float) -> Any:
    """Return the mean squared leave-one-out error of ridge regression from one fit."""
    hat = X @ np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T)
    residual = (d - hat @ d) / (1 - np.diag(hat))
    return (residual**2).mean()


def ridge(X: Array, d: Array, penalty: float) -> Array:
    """Return the weights of ridge regression: given to the students."""
    return np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ d)
