"""Hidden neurons that start equal stay equal: their losses, their rank and their gradients."""

__all__ = ["Start", "SymmetryResult", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit.experiments.bench import named, plan
from coursekit.experiments.shallow import Shallow, digits_by_seed, error_rate, start, train

CONSTANTS = {"all 0": 0.0, "all 0.01": 0.01, "all 1": 1.0}
LEARNING_RATE = 0.5


class Start(NamedTuple):
    """What became of one way to start, one entry a seed.

    The hidden weights have shape (S, 64, 16), the losses (S, T). ``distinct`` counts the hidden neurons that
    differ, ``second`` is the second singular value of the hidden weights over the first, ``gradient`` the
    norm of the first hidden gradient, ``moved`` the norm of the change of the hidden weights.
    """

    name: str
    weights: Tensor
    losses: Tensor
    error: list[float]
    distinct: list[int]
    second: list[float]
    gradient: list[float]
    moved: list[float]


class SymmetryResult(NamedTuple):
    """The ways to start, with the seeds and steps used."""

    seeds: tuple[int, ...]
    steps: int
    starts: tuple[Start, ...]

    def get(self, name: str) -> Start:
        """Return one way to start by its name.

        Raises:
            ValueError: if there is none of that name.
        """
        return named(self.starts, name)


def _starts(seeds: Sequence[int]) -> dict[str, Shallow]:
    """Return the weights that each way begins with; the biases are zero in all of them."""
    drawn = start(seeds)
    starts = {"random": drawn}
    for name, value in CONSTANTS.items():
        W, V = (torch.full_like(part, value) for part in (drawn.W, drawn.V))
        starts[name] = Shallow(W, drawn.b, V, drawn.c)
    starts["hidden equal, output random"] = drawn._replace(W=torch.full_like(drawn.W, 0.01))
    return starts


def _distinct(columns: Tensor) -> int:
    """Count the columns that differ from every earlier one by more than rounding."""
    gaps = torch.cdist(columns.T, columns.T) > 1e-6 * (1 + columns.norm())
    return 1 + sum(bool(gaps[j, :j].all()) for j in range(1, columns.shape[1]))


def _second(weights: Tensor) -> float:
    """Return the second singular value over the first; 0 for a matrix of zeros."""
    values = torch.linalg.svdvals(weights)
    return float(values[1] / values[0]) if values[0] > 0 else 0.0


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = 200, fast: bool = False) -> SymmetryResult:
    """Train a 64-16-10 tanh network on the digits from random and from equal weights.

    Args:
        seeds: one split of the digits and one draw of the weights each.
        steps: of full-batch gradient descent, 1 or more.
        fast: use two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.
    """
    seeds, steps = plan(seeds, steps, fast)
    data = digits_by_seed(seeds)
    found = []
    for name, weights in _starts(seeds).items():
        done = train(
            weights, torch.tanh, data.x_train, data.d_train, learning_rate=LEARNING_RATE, steps=steps
        )
        found.append(Start(
            name,
            done.weights.W,
            done.losses,
            error_rate(done.weights, torch.tanh, data.x_test, data.d_test),
            [_distinct(W) for W in done.weights.W],
            [_second(W) for W in done.weights.W],
            done.gradients[:, 0].tolist(),
            torch.linalg.matrix_norm(done.weights.W - weights.W).tolist(),
        ))  # fmt: skip
    return SymmetryResult(seeds, steps, tuple(found))
