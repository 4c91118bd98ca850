"""What the experiments share: the digits, one way to train and one way to score."""

__all__ = [
    "Score",
    "digits_split",
    "named",
    "plan",
    "score",
    "seeded",
    "train",
]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive_int, require
from coursekit.data import Split, digits
from coursekit.train import Hook, fit, own_loss
from coursekit.train.terms import Batch, LossFunction
from coursekit.vae.core import LatentGaussianModel

BATCH_SIZE = 100
FAST_SEEDS = 2


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Case = TypeVar("Case", bound=_Named)


class Score(NamedTuple):
    """Means over a data set, in nats per sample: the negative ELBO and its two terms."""

    negative_elbo: float
    reconstruction: float
    kl: float


def seeded(seed: int) -> torch.Generator:
    """Return a new generator with a seed.

    Args:
        seed: any integer.

    Example:
        >>> torch.equal(torch.rand(2, generator=seeded(3)), torch.rand(2, generator=seeded(3)))
        True
    """
    return torch.Generator().manual_seed(seed)


def plan(seeds: Sequence[int], epochs: int, fast: bool) -> tuple[tuple[int, ...], int]:
    """Return the seeds and epochs to use: those given, or for a fast run two seeds and a quarter of them.

    Args:
        seeds: one run each.
        epochs: of the full run, 1 or more.
        fast: whether to shorten the run.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.

    Example:
        >>> plan((0, 1, 2), 60, fast=True)
        ((0, 1), 15)
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    check_positive_int(epochs, "epochs")
    if not fast:
        return tuple(seeds), epochs
    return tuple(seeds[:FAST_SEEDS]), max(1, epochs // 4)


def named(cases: Sequence[Case], name: str) -> Case:
    """Return the case of an experiment that bears a name.

    Args:
        cases: each with a ``name``.
        name: of one of them.

    Raises:
        ValueError: there is no such case.
    """
    check_choice(name, "name", [case.name for case in cases])
    return next(case for case in cases if case.name == name)


@cache
def digits_split() -> Split:
    """Return the split that all digit experiments use: binarised, 1,500 train and 297 test images, seed 0."""
    return digits(binarize=True, seed=0, test_size=297)


def train(
    model: nn.Module,
    data: Batch,
    *,
    seed: int,
    epochs: int,
    loss: LossFunction = own_loss,
    lr: float = 1e-3,
    hooks: Sequence[Hook] = (),
) -> list[float]:
    """Train with Adam on batches of 100 and return the mean loss of each epoch.

    Args:
        model: the model, changed in place and left in evaluation mode.
        data: tensors with equal first dimension.
        seed: decides the order of the rows and the noise.
        epochs: passes over the data, 1 or more.
        loss: returns the terms of a batch, "loss" among them.
        lr: learning rate.
        hooks: passed to ``fit``.

    Shape:
        data: each (N, ...).

    Units:
        Nats per sample, if the loss is in nats.
    """
    generator = seeded(10_000 + seed)  # another stream than the one that drew the weights
    history = fit(
        model,
        data,
        loss=loss,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        lr=lr,
        hooks=hooks,
        generator=generator,
    )
    model.eval()
    return history.column("loss")


@torch.no_grad()
def score(
    model: LatentGaussianModel,
    x: Tensor,
    condition: Tensor | None = None,
    *,
    draws: int = 50,
    seed: int = 0,
) -> Score:
    """Return the negative ELBO with its exact KL and the reconstruction term averaged over draws of z.

    The plain ELBO is reported whatever weights the model was trained with.

    Args:
        model: any of the VAEs.
        x: data rows.
        condition: one row for each row of x, if the model takes one.
        draws: draws of z a row, 1 or more.
        seed: of the draws.

    Shape:
        x: (B, D); condition: (B, C).

    Units:
        Nats per sample.

    Raises:
        TypeError: draws is no int, or x no floating-point tensor.
        ValueError: draws is below 1, or x does not fit the model.
    """
    generator = seeded(seed)
    check_positive_int(draws, "draws")
    mu, logvar = model.encode(x, condition)
    kl = model.kl(mu, logvar, condition).mean().item()
    passes = (model(x, condition, generator=generator).logits for _ in range(draws))
    nll = torch.stack([model.nll(logits, x).mean() for logits in passes]).mean().item()
    return Score(nll + kl, nll, kl)
