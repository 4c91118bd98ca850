"""The time of one training step in NumPy and in torch, at two sizes, measured in turns."""

__all__ = ["SHAPES", "TimesResult", "run"]

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from threadpoolctl import threadpool_limits
from torch import nn

from coursekit._check import check_positive_int
from coursekit.experiments.bench import seeded
from coursekit.scratch.mlp import MLP

SHAPES = {"64-32-10, batch 32": ((64, 32, 10), 32), "784-512-10, batch 256": ((784, 512, 10), 256)}
STEPS = {"64-32-10, batch 32": 200, "784-512-10, batch 256": 4}


class TimesResult(NamedTuple):
    """Microseconds a step by round, and their ratio torch over NumPy, for each size."""

    rounds: int
    numpy: dict[str, list[float]]
    torch: dict[str, list[float]]

    def ratio(self, name: str) -> list[float]:
        """Return torch over NumPy in each round.

        Args:
            name: one of ``SHAPES``.
        """
        return [b / a for a, b in zip(self.numpy[name], self.torch[name], strict=True)]


def _steps(name: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return one step of the same network in float32, in NumPy and in torch."""
    (d, h, k), batch = SHAPES[name]
    rng = np.random.default_rng(0)
    x, labels = rng.random((batch, d), dtype=np.float32), rng.integers(0, k, batch)
    ours = MLP((d, h, k), generator=rng, dtype=np.float32)
    theirs = nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, k))
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=seeded(0)))
    optimiser = torch.optim.SGD(theirs.parameters(), lr=1e-3)
    tx, tl = torch.tensor(x), torch.tensor(labels)

    def torch_step() -> None:
        optimiser.zero_grad()
        torch.autograd.backward(F.cross_entropy(theirs(tx), tl))
        optimiser.step()

    return (lambda: ours.step(x, labels, learning_rate=1e-3)), torch_step


def _time(step: Callable[[], object], count: int) -> float:
    """Return microseconds a step of this process, whatever else the machine does."""
    start = time.process_time()
    for _ in range(count):
        step()
    return 1e6 * (time.process_time() - start) / count


def run(rounds: int = 9, *, fast: bool = False) -> TimesResult:
    """Time both in turns on one thread, so that what slows the machine down slows both.

    Args:
        rounds: how often each is timed, at least 1.
        fast: three rounds.

    Units:
        Microseconds of processor time.

    Raises:
        TypeError: if rounds is no int.
        ValueError: if it is below 1.
    """
    check_positive_int(rounds, "rounds")
    found = TimesResult(3 if fast else rounds, {}, {})
    for name, count in STEPS.items():
        pair = _steps(name)
        with threadpool_limits(1):  # threads that wait for one another would be counted as work
            for step in pair:
                _time(step, max(2, count // 10))  # the first steps fetch memory and plan kernels
            rows = [[_time(step, count) for step in pair] for _ in range(found.rounds)]
        found.numpy[name], found.torch[name] = (list(column) for column in zip(*rows, strict=True))
    return found
