"""Activation functions on plain numbers."""

__all__ = ["relu", "sigmoid", "softmax"]

import math
from collections.abc import Iterable


def relu(u: float) -> float:
    """Return u, or 0 if it is negative."""
    return max(u, 0.0)


def sigmoid(u: float) -> float:
    """Return the logistic function of u."""
    return 1 / (1 + math.exp(-u))


def softmax(u: Iterable[float]) -> list[float]:
    """Return the shares of the exponentials."""
    powers = [math.exp(entry) for entry in u]
    total = sum(powers)
    return [power / total for power in powers]
