"""The steps of the assignment on uses of autoencoders as plain code, each as a student would write it."""

__all__ = ["area", "roles", "scores", "threshold", "train_step"]

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def scores(x: Array, model: Callable[[Array], Array]) -> Any:
    """Return the squared error of each image, summed over its pixels, whatever its shape."""
    errors = (model(x) - x) ** 2
    return errors.reshape(len(x), -1).sum(axis=1)


def threshold(held_out: Array, q: int) -> float:
    """Return the smallest held-out score that q per cent of new normal scores stay at or below.

    Raises:
        ValueError: there are too few scores.
    """
    n = len(held_out)
    rank = -(-q * (n + 1) // 100)
    if rank > n:
        raise ValueError(f"{n} scores are too few for {q} %")
    return float(np.sort(held_out)[rank - 1])


def area(scores: Array, odd: Array) -> Any:
    """Return how often an odd sample scores above a normal one, ties counted half."""
    higher = scores[odd][:, None] - scores[~odd]
    return ((higher > 0) + 0.5 * (higher == 0)).mean()


def roles(
    y: Array, normal: int, train: int, held: int, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Return row numbers: of training, of the threshold, and all others for the test."""
    rows = rng.permutation(np.flatnonzero(y == normal))
    first, second = rows[:train], rows[train : train + held]
    used = np.concatenate([first, second])
    return first, second, np.setdiff1d(np.arange(len(y)), used)


def train_step(
    encoder: Array, head: Array, x: Array, targets: Array, rate: float, frozen: bool
) -> tuple[Array, Array]:
    """Return new matrices of encoder and head after a step down the loss |x A B - t|^2, mean over rows."""
    z = x @ encoder
    errors = 2 * (z @ head - targets) / len(x)
    new_head = head - rate * z.T @ errors
    new_encoder = encoder.copy()
    if not frozen:
        new_encoder -= rate * x.T @ (errors @ head.T)
    return new_encoder, new_head
