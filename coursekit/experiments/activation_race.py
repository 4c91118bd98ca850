"""One hidden layer, one activation after the other: how much the choice changes the error."""

__all__ = ["ACTIVATIONS", "Entrant", "RaceResult", "run"]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit.experiments.bench import named, plan
from coursekit.experiments.shallow import digits_by_seed, error_rate, rings_by_seed, start, train


def _step(u: Tensor) -> Tensor:
    """Fire above zero; the comparison cuts the graph, as the slope of a step is zero."""
    return (u > 0).to(u.dtype)


def _linear(u: Tensor) -> Tensor:
    return u


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "step": _step,
    "linear": _linear,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
}
LEARNING_RATE = 0.5


class Entrant(NamedTuple):
    """One activation: its test error on both tasks and the change of its digit weights, one entry a seed."""

    name: str
    digits: list[float]
    rings: list[float]
    moved: list[float]


class RaceResult(NamedTuple):
    """All activations, trained alike from the same draws."""

    seeds: tuple[int, ...]
    steps: int
    entrants: tuple[Entrant, ...]

    def get(self, name: str) -> Entrant:
        """Return one activation's result.

        Raises:
            ValueError: if it did not take part.
        """
        return named(self.entrants, name)


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = 200, fast: bool = False) -> RaceResult:
    """Train one hidden layer of 16 neurons on digits and on rings, once for each activation and seed.

    Args:
        seeds: one draw of the data and one of the weights each, the same for every activation.
        steps: of full-batch gradient descent, 1 or more.
        fast: use two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.
    """
    seeds, steps = plan(seeds, steps, fast)
    tasks = (digits_by_seed(seeds), (64, 16, 10)), (rings_by_seed(seeds), (2, 16, 2))
    found = []
    for name, f in ACTIVATIONS.items():
        errors: list[list[float]] = []
        moved: list[list[float]] = []
        for data, sizes in tasks:
            weights = start(seeds, sizes=sizes)
            done = train(weights, f, data.x_train, data.d_train, learning_rate=LEARNING_RATE, steps=steps)
            errors.append(error_rate(done.weights, f, data.x_test, data.d_test))
            moved.append(torch.linalg.matrix_norm(done.weights.W - weights.W).tolist())
        found.append(Entrant(name, errors[0], errors[1], moved[0]))
    return RaceResult(seeds, steps, tuple(found))
