"""The steps of the one-neuron assignment as plain code, each as a student would write it."""

__all__ = ["batch_step", "cost", "largest_rate", "logistic_sgd", "output", "sgd"]

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def output(w: Array, b: float, X: Array) -> Array:
    """Return the outputs (B,) of a linear neuron."""
    return X @ w + b


def cost(w: Array, b: float, X: Array, d: Array) -> tuple[float, Array, float]:
    """Return the cost and its gradients by w (D,) and b."""
    error = X @ w + b - d
    return (error**2).mean() / 2, X.T @ error / len(d), error.mean()


def sgd(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, Array]:
    """Return every w (B + 1, D) and b (B + 1,) of one pass, one row after the other."""
    ws, bs = [w], [b]
    for i in range(len(d)):
        error = d[i] - (X[i] @ w + b)
        w = w + lr * error * X[i]
        b = b + lr * error
        ws.append(w)
        bs.append(b)
    return np.array(ws), np.array(bs)


def batch_step(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, float]:
    """Return w (D,) and b after one step down the mean cost of all rows."""
    error = d - (X @ w + b)
    return w + lr * error @ X / len(d), b + lr * error.mean()


def logistic_sgd(w: Array, b: float, X: Array, d: Array, lr: float) -> tuple[Array, Array]:
    """Return every w (B + 1, D) and b (B + 1,) of one pass of a logistic neuron on the cross-entropy."""
    ws, bs = [w], [b]
    for i in range(len(d)):
        y = 1 / (1 + np.exp(-(X[i] @ w + b)))
        w = w + lr * (d[i] - y) * X[i]
        b = b + lr * (d[i] - y)
        ws.append(w)
        bs.append(b)
    return np.array(ws), np.array(bs)


def largest_rate(X: Array) -> Any:
    """Return 2 over the largest eigenvalue of the Hessian of the cost in (w, b)."""
    widened = np.column_stack([X, np.ones(len(X))])
    hessian = widened.T @ widened / len(X)
    return 2 / np.linalg.eigvalsh(hessian)[-1]
