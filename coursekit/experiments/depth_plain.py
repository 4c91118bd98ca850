"""What depth does to training: plain nets and nets with skips, probes of each layer, linear nets."""

__all__ = ["AccelerationResult", "DepthCase", "DepthResult", "ProbeResult", "accelerate", "probe", "run"]

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit._check import require
from coursekit.experiments.bench import plan
from coursekit.experiments.depth_nets import Floats
from coursekit.experiments.depth_stack import (
    Layers,
    batches,
    cross_entropies,
    digits_data,
    hidden,
    numbers,
    run_adam,
    share_right,
    stack,
)  # fmt: skip

WIDTH = 32


class DepthCase(NamedTuple):
    """Errors after training, as shares of the images, one entry a seed."""

    depth: int
    skip: bool
    train: tuple[float, ...]
    test: tuple[float, ...]


class DepthResult(NamedTuple):
    """Plain nets of each depth, then nets of the same depths with skip connections."""

    seeds: tuple[int, ...]
    steps: int
    cases: tuple[DepthCase, ...]

    def get(self, depth: int, *, skip: bool = False) -> DepthCase:
        """Return one case.

        Raises:
            ValueError: if it was not run.
        """
        known = [(case.depth, case.skip) for case in self.cases]
        require((depth, skip) in known, f"depth and skip must be one of {known}; got {(depth, skip)}")
        return self.cases[known.index((depth, skip))]


class ProbeResult(NamedTuple):
    """Test errors of a linear classifier on each layer, (S, L), pixels first, and of the network itself."""

    seeds: tuple[int, ...]
    random: Floats
    trained: Floats
    network: tuple[float, ...]


class AccelerationResult(NamedTuple):
    """Steps until the loss is small, at the best of many rates, (S,) for each depth of a linear network."""

    seeds: tuple[int, ...]
    depths: tuple[int, ...]
    steps: tuple[tuple[int, ...], ...]


def _errors(logits: Tensor, d: Tensor) -> tuple[float, ...]:
    """Return the share of wrong rows of each network."""
    return tuple(1 - right for right in share_right(logits, d))


def _train(net: Layers, seeds: Sequence[int], steps: int, *, skip: bool = False) -> None:
    """Train on the digits with Adam at a rate of 0.001."""
    data = digits_data()
    rows: Iterator[Tensor] = batches(len(data.x), seeds)

    def loss(_: int) -> Tensor:
        at = next(rows)
        return cross_entropies(hidden(net, data.x[at], skip=skip)[-1], data.d[at])

    run_adam(numbers(net), loss, steps=steps, learning_rate=1e-3)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, depths: Sequence[int] = (1, 4, 16, 40), steps: int = 200,
    fast: bool = False,
) -> DepthResult:  # fmt: skip
    """Train nets of 32 ReLU neurons a layer on the digits, all for the same number of steps.

    With skips each block adds to its input, and its weights start smaller by the root of the depth.

    Args:
        seeds: one network of each kind.
        depths: hidden layers.
        steps: of Adam, batches of 100.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    data, cases = digits_data(), []
    for skip in (False, True):
        for depth in depths:
            net = stack(used, (64, *[WIDTH] * depth, 10), dtype=torch.float32)
            if skip:
                net[1:-1] = [(W / depth**0.5, b) for W, b in net[1:-1]]
            _train(net, used, steps, skip=skip)
            train, test = (
                _errors(hidden(net, x, skip=skip)[-1], d)
                for x, d in ((data.x, data.d), (data.x_test, data.d_test))
            )
            cases.append(DepthCase(depth, skip, train, test))
    return DepthResult(used, steps, tuple(cases))


def _probe(values: Tensor, values_test: Tensor) -> tuple[float, ...]:
    """Fit a ridge classifier to the outputs of a layer, and return its test errors."""
    data = digits_data()
    rows, rows_test = (F.pad(v, (0, 1), value=1.0).double() for v in (values, values_test))
    gram = rows.transpose(-1, -2) @ rows + torch.eye(rows.shape[-1], dtype=torch.float64)
    W = torch.linalg.solve(gram, rows.transpose(-1, -2) @ F.one_hot(data.d, 10).double())
    return _errors(rows_test @ W, data.d_test)


def probe(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, depth: int = 6, steps: int = 300, fast: bool = False
) -> ProbeResult:
    """Read the class off each layer of a network with a linear classifier, before and after training.

    Args:
        seeds: one network each.
        depth: hidden layers of 64 ReLU neurons.
        steps: of Adam on the digits.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.

    Source:
        Alain and Bengio (2017), Understanding intermediate layers using linear classifier probes.
    """
    used, steps = plan(seeds, steps, fast)
    data, tables = digits_data(), []
    net = stack(used, (64, *[64] * depth, 10), dtype=torch.float32)
    pixels = [part.expand(len(used), -1, -1) for part in (data.x, data.x_test)]
    for trained in (False, True):
        if trained:
            _train(net, used, steps)
        values, values_test = (hidden(net, x)[:-1] for x in (data.x, data.x_test))
        pairs = zip([pixels[0], *values], [pixels[1], *values_test], strict=True)
        tables.append(np.array([_probe(*pair) for pair in pairs]).T)
    return ProbeResult(used, tables[0], tables[1], _errors(hidden(net, data.x_test)[-1], data.d_test))


def _first_below(depth: int, rates: Tensor, seed: int, steps: int, target: float) -> int:
    """Return the fewest steps that one of the rates needs to bring the loss below the target."""
    generator = torch.Generator().manual_seed(seed)
    spread = torch.tensor([1.0, 0.8, 0.6, 0.5, 0.3], dtype=torch.float64)
    X = spread * torch.randn(100, 5, generator=generator, dtype=torch.float64)
    d = X @ (2 * torch.randn(5, 1, generator=generator, dtype=torch.float64))
    start = 0.01 * torch.randn(5, 1, generator=generator, dtype=torch.float64)
    w, scalars = start.repeat(len(rates), 1, 1), torch.ones(len(rates), depth - 1, dtype=torch.float64)
    lr = rates[:, None, None]
    for step in range(steps):
        product = scalars.prod(1)[:, None, None]
        left = X @ w * product - d  # (rates, B, 1)
        if bool((left.pow(4).mean((1, 2)) / 4 < target).any()):
            return step
        gradient = X.T @ left.pow(3) / len(X)  # by w times the product
        shared = (gradient * w).sum((1, 2))[:, None] * product[:, 0]
        w, scalars = w - lr * gradient * product, scalars - lr[:, 0] * shared / scalars
    return steps


def accelerate(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, depths: Sequence[int] = (1, 2, 3), steps: int = 2000,
    fast: bool = False,
) -> AccelerationResult:  # fmt: skip
    r"""Fit a line with and without spare factors by the mean fourth power of its errors.

    .. math:: y = x^\top w\, a_1 \cdots a_{L-1}, \qquad J = \frac{1}{4B} \sum_{i=1}^{B} (y_i - d_i)^4

    The factors add nothing to what the model can say; each depth runs at the best of 40 rates.

    Args:
        seeds: one data set of 100 rows and one start each.
        depths: factors in all, 1 for plain regression.
        steps: of full-batch gradient descent at most.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.

    Source:
        Arora, Cohen and Hazan (2018), On the optimization of deep networks, sections 1 and 8.
    """
    used, steps = plan(seeds, steps, fast)
    rates = torch.logspace(-4, 0, 40, dtype=torch.float64)
    found = [tuple(_first_below(depth, rates, seed, steps, 1e-3) for seed in used) for depth in depths]
    return AccelerationResult(used, tuple(depths), tuple(found))
