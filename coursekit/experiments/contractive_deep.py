"""A deep contractive encoder: the code that shrinks to a point, and one random probe against all passes."""

__all__ = ["DeepResult", "ProbeTraining", "mean_image_error", "probe_training", "run"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit.autoencoders import ContractiveAutoencoder, frobenius_exact
from coursekit.experiments.bench import plan, seeded, train
from coursekit.experiments.contractive_sweep import LR, images, measure
from coursekit.train import own_loss

INPUTS, HIDDEN, CODE = 64, 64, 16


class DeepResult(NamedTuple):
    """Measurements on the test images, each (R, S), and the training losses (R, S, T) of T epochs.

    ``error`` is summed over the pixels; ``change``, ``spread`` and ``normalised`` are those of a gain for a
    move of 0.5. ``mean_image`` is the error of answering every image with the mean of the training images.
    """

    seeds: tuple[int, ...]
    weights: tuple[float, ...]
    error: Tensor
    contraction: Tensor
    change: Tensor
    spread: Tensor
    normalised: Tensor
    losses: Tensor
    mean_image: float


class ProbeTraining(NamedTuple):
    """Error and exact contraction, each (2, S), of models trained with all K passes and with one probe."""

    seeds: tuple[int, ...]
    error: Tensor
    contraction: Tensor


def mean_image_error(x_train: Tensor, x: Tensor) -> float:
    r"""Return the error of a decoder that answers everything with one image, the best one.

    .. math:: \frac1B \sum_{b=1}^{B} \|x_b - \bar x\|_2^2

    Args:
        x_train: the images whose mean is the answer.
        x: the images to answer.

    Shape:
        x_train: (N, D); x: (B, D).

    Units:
        Summed over the pixels.

    Example:
        >>> mean_image_error(torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [4.0]]))
        5.0
    """
    return (x - x_train.mean(0)).square().sum(1).mean().item()


@cache
def _fit(seed: int, weight: float, method: str, epochs: int) -> tuple[ContractiveAutoencoder, list[float]]:
    model = ContractiveAutoencoder(
        INPUTS, [HIDDEN], CODE, weight=weight, tied=False, method=method, generator=seeded(seed)
    )
    return model, train(model, (images().x_train,), seed=seed, epochs=epochs, loss=own_loss, lr=LR)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, weights: Sequence[float] = (0.0, 0.1, 1.0, 10.0, 100.0),
    epochs: int = 12, fast: bool = False,
) -> DeepResult:  # fmt: skip
    """Train an untied encoder with one hidden layer for growing weights of the penalty.

    Args:
        seeds: one training each.
        weights: of the penalty, estimated by one probe.
        epochs: of each training.
        fast: two seeds, a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    x = images().x_test
    rows, losses = [], []
    for weight in weights:
        for seed in used:
            model, loss = _fit(seed, weight, "hutchinson", epochs)
            mistake, _, moved = measure(model, x, seed=seed)
            exact = frobenius_exact(model.encode, x).mean().item()
            rows.append((mistake, exact, moved.change, moved.spread, moved.normalised))
            losses.append(loss)
    shape = (len(weights), len(used), -1)
    error, contraction, change, spread, normalised = torch.tensor(rows).view(shape).permute(2, 0, 1)
    return DeepResult(
        used, tuple(weights), error, contraction, change, spread, normalised,
        torch.tensor(losses).view(shape), mean_image_error(images().x_train, x),
    )  # fmt: skip


def probe_training(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, weight: float = 0.1, epochs: int = 12, fast: bool = False
) -> ProbeTraining:
    """Train the same model twice: with the exact penalty and with one random probe a sample.

    Args:
        seeds: one pair of trainings each.
        weight: of the penalty.
        epochs: of each training.
        fast: two seeds, a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    x = images().x_test
    rows = []
    for method in ("autograd", "hutchinson"):
        for seed in used:
            model, _ = _fit(seed, weight, method, epochs)
            error = measure(model, x, seed=seed)[0]
            rows.append((error, frobenius_exact(model.encode, x).mean().item()))
    return ProbeTraining(used, *torch.tensor(rows).view(2, len(used), 2).permute(2, 0, 1))
