"""One neuron told to separate two digits, by four rules and by two orders of its patterns."""

__all__ = ["RULES", "RulesResult", "pair", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import require
from coursekit.data import digits
from coursekit.scratch.neuron import forward, sgd_steps

Array = NDArray[np.float64]
RULES = ("linear", "logistic", "logistic-squared", "perceptron")
RATES = {"linear": 0.02, "logistic": 0.5, "logistic-squared": 0.5, "perceptron": 0.5}
PASSES = 3


class RulesResult(NamedTuple):
    """Test errors by rule, one a seed: with mixed patterns, and with the classes one after the other."""

    seeds: tuple[int, ...]
    mixed: dict[str, list[float]]
    by_class: dict[str, list[float]]


def pair(seed: int, *, first: int = 3, second: int = 8) -> tuple[Array, Array, Array, Array]:
    """Return two digits as patterns with targets 0 and 1: training rows and targets, then those for testing.

    Args:
        seed: of the split.
        first: the digit with target 0.
        second: the digit with target 1.

    Shape:
        Returns (B, 64), (B,), (T, 64), (T,).

    Example:
        >>> pair(0)[0].shape[1]
        64
    """
    split = digits(seed=seed, test_size=297)
    parts = []
    for x, y in ((split.x_train, split.y_train), (split.x_test, split.y_test)):
        rows = (y == first) | (y == second)
        parts += [x[rows].double().numpy(), (y[rows] == second).double().numpy()]
    return parts[0], parts[1], parts[2], parts[3]


def _error(w: Array, b: float, X: Array, d: Array, rule: str) -> float:
    """Return the share of patterns on the wrong side: at one half for outputs, at zero for net inputs."""
    level = 0.5 if rule == "linear" else 0.0
    return float(np.mean((forward(w, b, X) > level) != (d > 0.5)))


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> RulesResult:
    """Train one neuron for each rule and order with single steps, and count its mistakes on test digits.

    Args:
        seeds: one split of the digits and one mixing of the patterns each.
        fast: use two seeds.

    Raises:
        ValueError: if there is no seed.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    seeds = tuple(seeds[:2] if fast else seeds)
    found: tuple[dict[str, list[float]], ...] = ({}, {})
    for seed in seeds:
        X, d, X_test, d_test = pair(seed)
        rng = np.random.default_rng(seed)
        orders = (
            np.concatenate([rng.permutation(len(d)) for _ in range(PASSES)]),
            np.tile(np.argsort(d, kind="stable"), PASSES),
        )
        for rule in RULES:
            for errors, order in zip(found, orders, strict=True):
                path = sgd_steps(
                    np.zeros(X.shape[1]), 0.0, X, d, learning_rate=RATES[rule], rule=rule, order=order
                )
                wrong = _error(path.w[-1], float(path.b[-1]), X_test, d_test, rule)
                errors.setdefault(rule, []).append(wrong)
    return RulesResult(seeds, *found)
