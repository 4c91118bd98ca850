"""A sigmoid unit under the loss that fits it and under squared error, and the way out of a bad start."""

__all__ = ["LOSSES", "WrongPair", "gradient_by_logit", "run"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from coursekit._check import check_choice, require
from coursekit.data import digits
from coursekit.experiments.bench import plan
from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.activations import sigmoid, sigmoid_slope

LOSSES = ("cross-entropy", "squared")
PAIR, STEPS, RATE = (3, 8), 200, 1.0


class WrongPair(NamedTuple):
    """Share of training digits on the right side after each step, (S, T) a loss, from one bad start."""

    seeds: tuple[int, ...]
    start: float
    accuracy: dict[str, Floats]


def gradient_by_logit(loss: str, u: Floats, d: Floats) -> Floats:
    r"""Return the derivative of a loss of y = sigmoid(u) with respect to the logit u.

    .. math:: \text{cross-entropy: } y - d, \qquad \text{half the squared error: } (y - d)\, y\, (1 - y)

    Args:
        loss: "cross-entropy" or "squared".
        u: logits.
        d: targets, 0 or 1.

    Shape:
        u, d: any two that broadcast; returns what they give.

    Raises:
        TypeError: if u or d holds anything but real numbers.
        ValueError: if the loss is unknown.

    Source:
        The chain rule; see Bishop 2006, section 5.2 for the pair without the extra factor.

    Example:
        >>> [gradient_by_logit(loss, np.array(0.0), np.array(1.0)).item() for loss in LOSSES]
        [-0.5, -0.125]
    """
    check_choice(loss, "loss", LOSSES)
    y, targets = sigmoid(u), as_floats(d, "d")
    error: Floats = y - targets
    return error if loss == "cross-entropy" else error * sigmoid_slope(u)


@cache
def _data() -> tuple[Floats, Floats]:
    """Return the training digits 3 and 8, with 8 as the class 1."""
    split = digits(seed=0, test_size=297)
    rows = (split.y_train == PAIR[0]) | (split.y_train == PAIR[1])
    return split.x_train[rows].double().numpy(), (split.y_train[rows] == PAIR[1]).double().numpy()


def _descend(loss: str, seed: int, start: float, steps: int) -> list[float]:
    """Follow gradient descent on all rows and return the share of rows on the right side after each step."""
    inputs, targets = _data()
    w: Floats = 0.1 * np.random.default_rng(seed).standard_normal((inputs.shape[1],))
    b, shares = start, []
    for _ in range(steps):
        by_logit = gradient_by_logit(loss, inputs @ w + b, targets) / len(targets)
        w -= RATE * inputs.T @ by_logit
        b -= RATE * float(by_logit.sum())
        shares.append(float((((inputs @ w + b) > 0) == (targets > 0)).mean()))
    return shares


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, start: float = -10.0, fast: bool = False) -> WrongPair:
    """Train one sigmoid unit to tell 8 from 3, from a bias that makes it sure of 3, under both losses.

    Args:
        seeds: one draw of the weights each.
        start: the first bias.
        fast: two seeds, a quarter of the steps.

    Raises:
        ValueError: there is no seed, or the start is no finite number.
    """
    used, steps = plan(seeds, STEPS, fast)
    require(np.isfinite(start), f"start must be a finite number; got {start}")
    accuracy = {loss: np.array([_descend(loss, seed, start, steps) for seed in used]) for loss in LOSSES}
    return WrongPair(used, start, accuracy)
