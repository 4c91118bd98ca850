"""Networks with one hidden layer, several at a time: what the experiments on single neurons share."""

__all__ = [
    "Rows",
    "Shallow",
    "Trained",
    "digits_by_seed",
    "error_rate",
    "hidden_inputs",
    "rings_by_seed",
    "start",
    "train",
]

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit._check import check_positive, check_positive_int, require
from coursekit.data import digits, rings
from coursekit.experiments.bench import seeded

TEST_ROWS = 297


class Shallow(NamedTuple):
    """The weights of R networks: hidden (R, D, H) and (R, 1, H), output (R, H, K) and (R, 1, K)."""

    W: Tensor
    b: Tensor
    V: Tensor
    c: Tensor


class Trained(NamedTuple):
    """Weights after training, and of each step the loss and the norm of the hidden gradient, each (R, T)."""

    weights: Shallow
    losses: Tensor
    gradients: Tensor


class Rows(NamedTuple):
    """R data sets: rows (R, N, D) and their classes (R, N), for training and for testing."""

    x_train: Tensor
    d_train: Tensor
    x_test: Tensor
    d_test: Tensor


@cache
def digits_by_seed(seeds: tuple[int, ...]) -> Rows:
    """Return the grey digits, split once a seed into 1,500 training and 297 test images.

    Args:
        seeds: one split each.

    Raises:
        ValueError: if there is no seed.

    Example:
        >>> digits_by_seed((0, 1)).x_test.shape
        torch.Size([2, 297, 64])
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    splits = [digits(seed=seed, test_size=TEST_ROWS) for seed in seeds]
    return Rows(
        torch.stack([split.x_train for split in splits]).double(),
        torch.stack([split.y_train for split in splits]),
        torch.stack([split.x_test for split in splits]).double(),
        torch.stack([split.y_test for split in splits]),
    )


@cache
def rings_by_seed(seeds: tuple[int, ...], *, n: int = 400) -> Rows:
    """Return noisy points on two rings around the origin, drawn once a seed.

    Args:
        seeds: one draw each.
        n: points for training, and again for testing.

    Raises:
        ValueError: if there is no seed.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    drawn = [rings(2 * n, seed=seed) for seed in seeds]
    x, d = (torch.stack(parts) for parts in zip(*drawn, strict=True))
    return Rows(x[:, :n].double(), d[:, :n], x[:, n:].double(), d[:, n:])


def start(seeds: Sequence[int], *, sizes: tuple[int, int, int] = (64, 16, 10), gain: float = 1.0) -> Shallow:
    r"""Draw the weights of one network a seed from :math:`N(0, 2 g^2 / (n_{in} + n_{out}))`; biases are zero.

    Args:
        seeds: one network each.
        sizes: inputs, hidden neurons, outputs.
        gain: :math:`g`, above zero.

    Raises:
        ValueError: if the gain is not above zero.

    Source:
        Glorot and Bengio (2010), equation 12.

    Example:
        >>> start((0, 1)).W.shape
        torch.Size([2, 64, 16])
    """
    check_positive(gain, "gain")
    inputs, hidden, outputs = sizes

    def drawn(rows: int, columns: int, shift: int) -> Tensor:
        spread = gain * (2 / (rows + columns)) ** 0.5
        draws = [
            torch.randn(rows, columns, generator=seeded(shift + seed), dtype=torch.float64) for seed in seeds
        ]
        whole: Tensor = spread * torch.stack(draws)
        return whole

    zeros = [torch.zeros(len(seeds), 1, size, dtype=torch.float64) for size in (hidden, outputs)]
    return Shallow(drawn(inputs, hidden, 0), zeros[0], drawn(hidden, outputs, 10_000), zeros[1])


def hidden_inputs(weights: Shallow, x: Tensor) -> Tensor:
    """Return the net inputs of the hidden neurons.

    Args:
        weights: R networks.
        x: the rows of each.

    Shape:
        x: (R, N, D); returns (R, N, H).
    """
    u: Tensor = x @ weights.W + weights.b
    return u


def _loss(weights: Shallow, f: Callable[[Tensor], Tensor], x: Tensor, d: Tensor) -> Tensor:
    """Return the cross-entropy of each network, (R,)."""
    logits = f(hidden_inputs(weights, x)) @ weights.V + weights.c  # (R, B, K)
    each = F.cross_entropy(logits.flatten(0, 1), d.flatten(), reduction="none")
    return each.reshape(d.shape).mean(1)


def _batch(x: Tensor, d: Tensor, size: int, sources: Sequence[torch.Generator]) -> tuple[Tensor, Tensor]:
    """Return rows drawn without replacement, for each network from its own source."""
    at = torch.stack([torch.randperm(x.shape[1], generator=source)[:size] for source in sources])  # (R, size)
    return x.gather(1, at[..., None].expand(-1, -1, x.shape[2])), d.gather(1, at)


def train(
    weights: Shallow, f: Callable[[Tensor], Tensor], x: Tensor, d: Tensor, *,
    learning_rate: float, steps: int, batch: int | None = None, seeds: Sequence[int] = (),
) -> Trained:  # fmt: skip
    """Train R networks side by side by gradient descent on the cross-entropy.

    Args:
        weights: where they start.
        f: the activation of the hidden neurons.
        x: the rows of each network.
        d: their classes.
        learning_rate: above zero.
        steps: at least 1.
        batch: rows a step, drawn anew each time; all rows if None.
        seeds: of the draws, one a network, if a batch size is given.

    Shape:
        x: (R, N, D); d: (R, N).

    Units:
        Nats per row.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if the learning rate is not above zero, ``steps`` is below 1, or the seeds do not fit.
    """
    check_positive(learning_rate, "learning_rate")
    check_positive_int(steps, "steps")
    if batch is not None:
        require(len(seeds) == len(x), f"seeds must hold {len(x)} seeds, one a network; got {len(seeds)}")
    sources = [seeded(20_000 + seed) for seed in seeds]
    weights = Shallow(*(part.clone().requires_grad_() for part in weights))
    losses, norms = [], []
    for _ in range(steps):
        loss = _loss(weights, f, *(_batch(x, d, batch, sources) if batch else (x, d)))
        gradients = torch.autograd.grad(loss.sum(), weights, materialize_grads=True)
        with torch.no_grad():
            for part, gradient in zip(weights, gradients, strict=True):
                part -= learning_rate * gradient
        losses.append(loss.detach())
        norms.append(torch.linalg.matrix_norm(gradients[0]))
    final = Shallow(*(part.detach() for part in weights))
    return Trained(final, torch.stack(losses, 1), torch.stack(norms, 1))


@torch.no_grad()
def error_rate(weights: Shallow, f: Callable[[Tensor], Tensor], x: Tensor, d: Tensor) -> list[float]:
    """Return the share of rows that each network puts into a wrong class.

    Args:
        weights: R networks.
        f: the activation of their hidden neurons.
        x: the rows of each.
        d: their classes.

    Shape:
        x: (R, N, D); d: (R, N).
    """
    logits = f(hidden_inputs(weights, x)) @ weights.V + weights.c
    wrong: list[float] = (logits.argmax(2) != d).double().mean(1).tolist()
    return wrong
