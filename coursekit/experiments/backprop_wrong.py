"""Wrong gradients that lower the loss all the same, and what tells them from the right one."""

__all__ = ["RULES", "WrongResult", "gradients", "run"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_choice
from coursekit.experiments.bench import plan
from coursekit.experiments.layer_heads import grey_digits
from coursekit.scratch.initialisers import xavier_normal
from coursekit.scratch.mlp import Cache, two_layer_backward, two_layer_forward, two_layer_loss

Floats = NDArray[np.floating[Any]]
HIDDEN = CLASSES = 10  # equal, so that the weights behind the hidden layer are a square
RULES = ("right", "W2 not transposed", "slope left out", "updated W2 used")


class WrongResult(NamedTuple):
    """For each rule, by seed: loss of each epoch, test accuracy, and the first gradient's relative error."""

    seeds: tuple[int, ...]
    epochs: int
    curves: dict[str, Floats]
    accuracy: dict[str, tuple[float, ...]]
    error: dict[str, tuple[float, ...]]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules in their order."""
        return tuple(self.curves)


def gradients(
    rule: str, cache: Cache, labels: NDArray[np.int64], *, learning_rate: float
) -> dict[str, Floats]:
    r"""Return all four gradients of a tanh network under one rule.

    .. math:: \Delta_1 = (\Delta_2 W_2^T) \odot f'(U) \quad \text{if it is right}

    Args:
        rule: one of ``RULES``.
        cache: what the forward pass left.
        labels: of the batch, counted from 0.
        learning_rate: with which ``"updated W2 used"`` has moved :math:`W_2` already.

    Shape:
        labels: (B,); returns W1 (D, H), b1 (H,), W2 (H, K) and b2 (K,).

    Raises:
        ValueError: if the rule is unknown.
    """
    check_choice(rule, "rule", RULES)
    found = two_layer_backward(cache, labels)
    if rule == "right":
        return found
    delta2 = (cache.Y - np.eye(cache.Y.shape[1])[labels]) / len(labels)
    back, slope = cache.W2.T, 1 - cache.H**2
    if rule == "W2 not transposed":
        back = cache.W2
    elif rule == "slope left out":
        slope = np.ones_like(cache.H)
    else:
        back = (cache.W2 - learning_rate * found["W2"]).T
    delta1 = (delta2 @ back) * slope
    return {**found, "W1": cache.X.T @ delta1, "b1": delta1.sum(axis=0)}


def _started(seed: int) -> tuple[dict[str, Floats], np.random.Generator]:
    """Draw the weights of a 64-10-10 network."""
    rng = np.random.default_rng(seed)
    first = xavier_normal(64, HIDDEN, generator=rng)
    second = xavier_normal(HIDDEN, CLASSES, generator=rng)
    return {"W1": first, "b1": np.zeros(HIDDEN), "W2": second, "b2": np.zeros(CLASSES)}, rng


def _train(rule: str, seed: int, epochs: int, learning_rate: float) -> tuple[list[float], float, float]:
    """Train under one rule; return the loss of each epoch, the test accuracy and the first error."""
    data = grey_digits()
    labels = data.d.argmax(axis=1)
    parameters, rng = _started(seed)
    curve, first = [], -1.0
    for _ in range(epochs):
        order = rng.permutation(len(data.x))
        for start in range(0, len(order), 50):
            rows = order[start : start + 50]
            cache = two_layer_forward(data.x[rows], *parameters.values(), hidden="tanh")
            found = gradients(rule, cache, labels[rows], learning_rate=learning_rate)
            if first < 0:
                exact = two_layer_backward(cache, labels[rows])["W1"]
                first = float(np.linalg.norm(found["W1"] - exact) / np.linalg.norm(exact))
            parameters = {name: value - learning_rate * found[name] for name, value in parameters.items()}
        curve.append(two_layer_loss(two_layer_forward(data.x, *parameters.values(), hidden="tanh"), labels))
    guess = two_layer_forward(data.x_test, *parameters.values(), hidden="tanh").Y.argmax(axis=1)
    return curve, float((guess == data.labels_test).mean()), first


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    epochs: int = 20,
    learning_rate: float = 0.2,
    fast: bool = False,
) -> WrongResult:
    """Train a 64-10-10 tanh network on the digits under every rule, from the same weights and batches.

    Args:
        seeds: one training of each rule.
        epochs: passes over the rows, 1 or more.
        learning_rate: of gradient descent.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    curves, accuracy, error = {}, {}, {}
    for rule in RULES:
        rows = [_train(rule, seed, epochs, learning_rate) for seed in used]
        curves[rule] = np.array([row[0] for row in rows])
        accuracy[rule], error[rule] = tuple(row[1] for row in rows), tuple(row[2] for row in rows)
    return WrongResult(used, epochs, curves, accuracy, error)
