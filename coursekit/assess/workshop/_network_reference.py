"""The network from scratch as a student writes it: plain functions on arrays, no layers, no checks."""

__all__ = ["Arrays", "backward", "forward", "initialise", "loss", "train", "update"]

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Arrays: TypeAlias = dict[str, Array]


def initialise(sizes: tuple[int, int, int], generator: np.random.Generator) -> Arrays:
    """Return W1 (D, H) and W2 (H, K) by He's rule, and biases b1 (H,) and b2 (K,) of zero."""
    inputs, hidden, outputs = sizes
    return {
        "W1": generator.normal(0, np.sqrt(2 / inputs), (inputs, hidden)),
        "b1": np.zeros(hidden),
        "W2": generator.normal(0, np.sqrt(2 / hidden), (hidden, outputs)),
        "b2": np.zeros(outputs),
    }


def forward(X: Array, parameters: Arrays) -> Arrays:
    """Return U and H, (B, H), and the logits V, (B, K), for a batch X, (B, D)."""
    U = X @ parameters["W1"] + parameters["b1"]
    H = np.tanh(U)
    V = H @ parameters["W2"] + parameters["b2"]
    return {"U": U, "H": H, "V": V}


def loss(V: Array, d: Array) -> float:
    """Return the mean cross-entropy of logits V, (B, K), and labels d, (B,)."""
    shifted = V - V.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(d)), d]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - right))


def backward(X: Array, d: Array, parameters: Arrays, cache: Arrays) -> Arrays:
    """Return the gradients by W1, b1, W2 and b2, given X, (B, D), labels d, (B,), and what forward left."""
    shifted = cache["V"] - cache["V"].max(axis=1, keepdims=True)
    Y = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    delta2 = (Y - np.eye(Y.shape[1])[d]) / len(d)
    delta1 = (delta2 @ parameters["W2"].T) * (1 - cache["H"] ** 2)
    return {
        "W1": X.T @ delta1,
        "b1": delta1.sum(axis=0),
        "W2": cache["H"].T @ delta2,
        "b2": delta2.sum(axis=0),
    }


def update(parameters: Arrays, gradients: Arrays, learning_rate: float) -> Arrays:
    """Return new parameters, each (D, H), (H,), (H, K) or (K,); the given ones stay as they are."""
    return {name: value - learning_rate * gradients[name] for name, value in parameters.items()}


def train(
    X: Array,
    d: Array,
    hidden: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    generator: np.random.Generator,
) -> Arrays:
    """Return the parameters after some epochs of gradient descent on X, (N, D), and labels d, (N,)."""
    parameters = initialise((X.shape[1], hidden, d.max() + 1), generator)
    for _ in range(epochs):
        order = generator.permutation(len(X))
        for rows in np.split(order, range(batch_size, len(X), batch_size)):
            cache = forward(X[rows], parameters)
            gradients = backward(X[rows], d[rows], parameters, cache)
            parameters = update(parameters, gradients, learning_rate)
    return parameters
