"""Deep networks trained side by side, one a seed: what the experiments on depth share."""

__all__ = [
    "Digits",
    "Layers",
    "batches",
    "cross_entropies",
    "digits_data",
    "hidden",
    "numbers",
    "run_adam",
    "share_right",
    "stack",
    "weights_of",
]

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit._check import check_positive, check_positive_int, require
from coursekit.data import digits
from coursekit.experiments.bench import seeded

Layers = list[tuple[Tensor, Tensor]]
BATCH = 100


class Digits(NamedTuple):
    """The grey digits less their mean image: rows (N, 64) and classes (N,), for training and testing."""

    x: Tensor
    d: Tensor
    x_test: Tensor
    d_test: Tensor


@cache
def digits_data() -> Digits:
    """Return 1,500 training and 297 test images.

    Example:
        >>> digits_data().x.shape
        torch.Size([1500, 64])
    """
    split = digits(seed=0, test_size=297)
    mean = split.x_train.mean(0)
    return Digits(split.x_train - mean, split.y_train, split.x_test - mean, split.y_test)


def batches(count: int, seeds: Sequence[int]) -> Iterator[Tensor]:
    """Yield without end the rows of a batch of 100, drawn by each seed for itself.

    Args:
        count: rows to draw from, at least 1.
        seeds: one a network, R in all; yields (R, 100).
    """
    sources = [seeded(10_000 + seed) for seed in seeds]  # other streams than those of the weights
    while True:
        yield torch.stack([torch.randint(count, (BATCH,), generator=g) for g in sources])


def stack(
    seeds: Sequence[int], sizes: Sequence[int], *, gain: float = 2.0**0.5, shift: float = 0.0,
    dtype: torch.dtype = torch.float64,
) -> Layers:  # fmt: skip
    r"""Draw the weights of one network a seed.

    .. math:: W_l \sim N(0, g^2 / n_{in}), \qquad b_l \sim U(-s, s)

    Args:
        seeds: one network each, R in all.
        sizes: inputs, the hidden layers, outputs.
        gain: :math:`g`; the root of two suits ReLU.
        shift: :math:`s`, zero or above.
        dtype: of the weights.

    Raises:
        ValueError: if there is no seed, there are fewer than two sizes, or the shift is negative.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 10.

    Example:
        >>> [tuple(W.shape) for W, _ in stack((0, 1), (8, 5, 2))]
        [(2, 8, 5), (2, 5, 2)]
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    require(len(sizes) > 1, f"sizes must hold at least two; got {len(sizes)}")
    check_positive(shift, "shift", zero=True)
    sources = [seeded(seed) for seed in seeds]
    layers = []
    for rows, columns in pairwise(sizes):
        W = torch.stack([torch.randn(rows, columns, generator=g, dtype=torch.float64) for g in sources])
        b = torch.stack([2 * torch.rand(1, columns, generator=g, dtype=torch.float64) - 1 for g in sources])
        layers.append(((gain / rows**0.5 * W).to(dtype), (shift * b).to(dtype)))
    return layers


def hidden(layers: Layers, x: Tensor, *, skip: bool = False) -> list[Tensor]:
    """Return what each ReLU layer puts out; the last one is linear.

    Args:
        layers: R networks.
        x: the rows of each, or rows common to all.
        skip: whether a layer adds its input to its output where the sizes allow.

    Shape:
        x: (R, B, D) or (B, D); returns (R, B, H) for each layer.
    """
    values = []
    for W, b in layers[:-1]:
        y = torch.relu(x @ W + b)
        x = x + y if skip and y.shape[-1] == x.shape[-1] else y
        values.append(x)
    W, b = layers[-1]
    return [*values, x @ W + b]


def numbers(layers: Layers) -> list[Tensor]:
    """Return the weights and biases as a flat list, for an optimiser.

    Args:
        layers: R networks.

    Example:
        >>> len(numbers(stack((0,), (8, 5, 2))))
        4
    """
    return [part for layer in layers for part in layer]


def weights_of(layers: Layers) -> int:
    """Return how many numbers one of the networks learns.

    Example:
        >>> weights_of(stack((0, 1), (8, 5, 2)))
        57
    """
    return sum(part[0].numel() for part in numbers(layers))


def run_adam(
    parameters: Sequence[Tensor], loss: Callable[[int], Tensor], *, steps: int, learning_rate: float
) -> Tensor:
    """Minimise R losses at once with Adam, which steps each number by itself: no network meets another.

    Args:
        parameters: changed in place; the first axis counts the networks.
        loss: given the step, returns one loss a network.
        steps: at least 1.
        learning_rate: above zero.

    Shape:
        parameters: each (R, ...); returns the losses (R, T).

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if ``steps`` is below 1 or the rate is not above zero.

    Source:
        Kingma and Ba (2015), Adam, algorithm 1.
    """
    check_positive_int(steps, "steps")
    check_positive(learning_rate, "learning_rate")
    for part in parameters:
        part.requires_grad_()
    optimiser = torch.optim.Adam(parameters, learning_rate)
    losses = []
    for step in range(steps):
        each = loss(step)
        optimiser.zero_grad()
        each.sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(each.detach())
    for part in parameters:
        part.requires_grad_(False)
    return torch.stack(losses, 1)


def cross_entropies(logits: Tensor, d: Tensor) -> Tensor:
    """Return the cross-entropy of each network.

    Args:
        logits: of R networks.
        d: classes.

    Shape:
        logits: (R, B, K); d: (R, B) or (B,); returns (R,).

    Units:
        Nats per row.
    """
    classes = d.expand(logits.shape[:2])
    return F.cross_entropy(logits.transpose(1, 2), classes, reduction="none").mean(1)


@torch.no_grad()
def share_right(logits: Tensor, d: Tensor) -> list[float]:
    """Return the share of rows that each network puts into the right class.

    Args:
        logits: of R networks.
        d: classes.

    Shape:
        logits: (R, B, K); d: (R, B) or (B,).
    """
    right: list[float] = (logits.argmax(2) == d).double().mean(1).tolist()
    return right
