"""Units that a penalty cannot bring back: ReLUs that never answer, and sigmoids that always do."""

__all__ = ["DeadResult", "StuckResult", "dead", "stuck"]

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit.autoencoders import SparseAutoencoder, dead_units
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.sparse_codes import BATCH, CASES, EPOCHS, INPUTS, RATE, UNITS, split, trained
from coursekit.train import fit, own_loss


class DeadResult(NamedTuple):
    """Share of units dead on all training digits before and after training, by way of training, (S,) each."""

    seeds: tuple[int, ...]
    start: tuple[float, ...]
    after: dict[str, tuple[float, ...]]
    error: dict[str, tuple[float, ...]]


class StuckResult(NamedTuple):
    """Share of sigmoid units whose mean over the test digits is above 0.9, by the bias they start with."""

    seeds: tuple[int, ...]
    share: dict[str, tuple[float, ...]]
    error: dict[str, tuple[float, ...]]


def _fit(model: SparseAutoencoder, x: Tensor, seed: int, epochs: int, lr: float) -> SparseAutoencoder:
    fit(model, (x,), loss=own_loss, epochs=epochs, batch_size=BATCH, lr=lr, generator=seeded(10_000 + seed))
    return model.eval()


@torch.no_grad()
def _dead(model: SparseAutoencoder, x: Tensor) -> float:
    return dead_units(model.encode(x)).float().mean().item()


def _relu(seed: int) -> SparseAutoencoder:
    """Return the model of the case "L1 0.1" before its first step."""
    return SparseAutoencoder(INPUTS, [], UNITS, generator=seeded(seed), **CASES["L1 0.1"])


def _sigmoid(seed: int, bias: float | None, rho: float, epochs: int) -> SparseAutoencoder:
    """Return a trained sigmoid code, half of whose biases began at a given value."""
    model = SparseAutoencoder(INPUTS, [], UNITS, penalty="kl", weight=0.1, rho=rho, generator=seeded(seed))
    if bias is not None:
        with torch.no_grad():
            cast(nn.Linear, model.encoder[0]).bias[: UNITS // 2] = bias
    return _fit(model, split().x_train, seed, epochs, RATE)


def dead(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> DeadResult:
    """Train the ReLU code with price 0.1 as it is, with a smaller rate, and on pixels with mean 0.

    Args:
        seeds: one run of each kind.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x, mean = split().x_train, split().x_train.mean(0)
    start = tuple(_dead(_relu(seed), x) for seed in seeds)
    models = {
        "as it is": [trained("L1 0.1", seed, epochs) for seed in seeds],
        "rate 0.001": [_fit(_relu(seed), x, seed, epochs, 1e-3) for seed in seeds],
        "centred": [_fit(_relu(seed), x - mean, seed, epochs, RATE) for seed in seeds],
    }
    after, error = {}, {}
    for name, own in models.items():
        rows = x - mean if name == "centred" else x
        after[name] = tuple(_dead(model, rows) for model in own)
        error[name] = tuple(model.loss(rows).reconstruction.item() for model in own)
    return DeadResult(seeds, start, after, error)


def stuck(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, rho: float = 0.05, epochs: int = EPOCHS, fast: bool = False
) -> StuckResult:
    """Start half of the biases of a sigmoid code as drawn, at the logit of rho, or at 20; train with the KL.

    Args:
        seeds: one run of each kind.
        rho: target of the divergence.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    starts = {"as drawn": None, "logit of rho": math.log(rho / (1 - rho)), "20": 20.0}
    share, error, x = {}, {}, split().x_test
    for name, bias in starts.items():
        models = [_sigmoid(seed, bias, rho, epochs) for seed in seeds]
        with torch.no_grad():
            means = [model.encode(x).mean(0) for model in models]
            share[name] = tuple((mean > 0.9).float().mean().item() for mean in means)
            error[name] = tuple(model.loss(x).reconstruction.item() for model in models)
    return StuckResult(seeds, share, error)
