"""The steps of the engine assignment as plain code, each as a student would write it."""

__all__ = ["accumulate", "order", "rule", "step", "unbroadcast"]

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Lists = Sequence[Sequence[int]]


def rule(op: str, arguments: Sequence[Array], g: Array) -> tuple[Array, ...]:
    """Return the gradient by each argument, of shape (B, D) each, from that by the result."""
    if op == "add":
        return g, g
    if op == "multiply":
        return g * arguments[1], g * arguments[0]
    if op == "sin":
        return (g * np.cos(arguments[0]),)
    if op == "exp":
        return (g * np.exp(arguments[0]),)
    return (np.where(arguments[0] > 0, g, 0.0),)


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Return a gradient (B, K) summed down to the shape of what was repeated."""
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def order(parents: Lists, output: int) -> list[int]:
    """Return the nodes that an output was made of, each after all nodes made of it."""
    finished: list[int] = []
    seen: set[int] = set()
    waiting = [(output, False)]
    while waiting:
        node, left = waiting.pop()
        if left:
            finished.append(node)
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting.extend((parent, False) for parent in parents[node])
    return finished[::-1]


def accumulate(way: Sequence[int], parents: Lists, slopes: Sequence[Sequence[float]]) -> list[float]:
    """Return the derivative of the first node of the way by every node."""
    total = [0.0] * len(parents)
    total[way[0]] = 1.0
    for node in way:
        for use, parent in enumerate(parents[node]):
            total[parent] += total[node] * slopes[node][use]
    return total


def step(
    X: Array, d: Array, W1: Array, b1: Array, W2: Array, b2: Array, lr: float
) -> tuple[Array, Array, Array, Array]:
    """Return W1 (D, H), b1 (H,), W2 (H, K) and b2 (K,) after one step on half the squared error."""
    H = np.tanh(X @ W1 + b1)
    error = (H @ W2 + b2 - d) / len(X)
    back = error @ W2.T * (1 - H**2)
    return (
        W1 - lr * X.T @ back,
        b1 - lr * back.sum(axis=0),
        W2 - lr * H.T @ error,
        b2 - lr * error.sum(axis=0),
    )
