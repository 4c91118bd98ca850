"""Sequences of different lengths: an autoencoder that knows them, and one that takes padding for data."""

__all__ = ["PaddingResult", "padded", "run", "trained", "waves"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import check_positive_int, check_tensor
from coursekit.autoencoders import SequenceAutoencoder, valid_steps
from coursekit.experiments.bench import plan, seeded, train
from coursekit.train import own_loss
from coursekit.train.terms import Batch

STEPS, SHORTEST, HIDDEN, WIDTH, EPOCHS, TRAIN, TEST, RATE = 12, 5, 24, 4, 12, 1000, 300, 1e-2


class PaddingResult(NamedTuple):
    """Mean squared error of a real step of test waves, (S,) each, by what the model was told of lengths.

    ``told`` knows the lengths, ``untold`` was trained on zeros as if they were data; ``moved`` and
    ``untold_moved`` are the same models with eight more steps of padding, and ``change`` and
    ``untold_change`` the largest change of a code by them. ``flat`` is the error of answering with the mean.
    """

    seeds: tuple[int, ...]
    flat: float
    told: Tensor
    moved: Tensor
    change: Tensor
    untold: Tensor
    untold_moved: Tensor
    untold_change: Tensor


def waves(n: int, seed: int) -> tuple[Tensor, Tensor]:
    r"""Draw sine waves of several lengths, with zeros behind them.

    .. math:: x_t = \sin(\varphi + \omega t), \quad \varphi \sim U(0, 2\pi), \; \omega \sim U(0.3, 1.2), \;
              \text{length} \sim U\{5, \dots, 12\}

    Args:
        n: how many.
        seed: of the draws.

    Shape:
        Returns x (n, 12, 1) and lengths (n,), int64.

    Raises:
        TypeError, ValueError: n is no positive integer.
    """
    generator = seeded(seed)
    phase = 2 * torch.pi * torch.rand(check_positive_int(n, "n"), 1, generator=generator)
    rate = 0.3 + 0.9 * torch.rand(n, 1, generator=generator)
    lengths = torch.randint(SHORTEST, STEPS + 1, (n,), generator=generator)
    x = torch.sin(phase + rate * torch.arange(STEPS))
    return x.masked_fill(~valid_steps(lengths, STEPS), 0.0).unsqueeze(2), lengths


def padded(x: Tensor, steps: int, value: float = 0.0) -> Tensor:
    """Return sequences with more padding behind them.

    Args:
        x: sequences.
        steps: how many steps more.
        value: of the padding; it may be NaN.

    Shape:
        x: (B, T, D); returns (B, T + steps, D).

    Raises:
        TypeError, ValueError: x is no tensor of the shape above, or steps is no positive integer.
    """
    check_tensor(x, "x", shape=("B", "T", "D"))
    return F.pad(x, (0, 0, 0, check_positive_int(steps, "steps")), value=value)


def _untold(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    return cast(SequenceAutoencoder, model).loss(batch[0], generator=generator)._asdict()


@cache
def trained(told: bool, seed: int, epochs: int = EPOCHS) -> SequenceAutoencoder:
    """Return a trained model; the same one for the same arguments.

    Args:
        told: whether the loss and the encoder get the lengths.
        seed: of the weights and the order of the rows.
        epochs: passes over the training waves.
    """
    model = SequenceAutoencoder((STEPS, 1), [HIDDEN], WIDTH, generator=seeded(seed))
    train(model, waves(TRAIN, 0), seed=seed, epochs=epochs, loss=own_loss if told else _untold, lr=RATE)
    return model


@torch.no_grad()
def _measure(told: bool, seed: int, epochs: int) -> tuple[float, float, float]:
    """Return the error of a real step, the same with more padding, and the largest change of a code."""
    model = trained(told, seed, epochs)
    x, lengths = waves(TEST, 1)
    known = lengths if told else None
    errors, codes = [], []
    for rows in (x, padded(x, 8)):
        output = model(rows, known)
        errors.append((model.error(output.outputs, rows, lengths).sum() / lengths.sum()).item())
        codes.append(output.z)
    return errors[0], errors[1], (codes[1] - codes[0]).abs().max().item()


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> PaddingResult:
    """Train a model that knows the lengths and one that doesn't, a pair a seed, and pad the waves further.

    Args:
        seeds: one pair each.
        epochs: passes over the training waves.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    found = torch.tensor([[_measure(told, seed, epochs) for seed in seeds] for told in (True, False)])
    x, lengths = waves(TEST, 1)
    real = x[valid_steps(lengths, STEPS)]
    flat = (real - real.mean()).square().mean().item()
    return PaddingResult(seeds, flat, *found[0].unbind(1), *found[1].unbind(1))
