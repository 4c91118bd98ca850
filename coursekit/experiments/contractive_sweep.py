"""Contractive autoencoders of one layer on digits, tied and untied: what the penalty does to the code."""

__all__ = [
    "GainCurves",
    "SweepResult",
    "curves",
    "expected_move",
    "images",
    "measure",
    "run",
    "trained",
]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive, check_positive_int, check_tensor
from coursekit.autoencoders import ContractiveAutoencoder, Gain, gain
from coursekit.data import Split, digits
from coursekit.experiments.bench import plan, seeded, train
from coursekit.train import own_loss

WIDTH, SIZE, LR = 64, 0.5, 5e-3


class SweepResult(NamedTuple):
    """Measurements on the test images, one row a weight and one entry a seed, each (R, S).

    ``error`` is the squared error summed over the pixels, ``contraction`` the squared norm of the encoder's
    Jacobian; the rest is a :class:`~coursekit.autoencoders.contractive.Gain` for a move of 0.5.
    """

    seeds: tuple[int, ...]
    weights: tuple[float, ...]
    error: Tensor
    contraction: Tensor
    change: Tensor
    spread: Tensor
    normalised: Tensor
    relative: Tensor


class GainCurves(NamedTuple):
    """How far codes move by the length of the move, (R, S, M): in their own units, and over their spread."""

    seeds: tuple[int, ...]
    weights: tuple[float, ...]
    sizes: tuple[float, ...]
    change: Tensor
    normalised: Tensor


@cache
def images() -> Split:
    """Return the split of these experiments: grey digits in [0, 1], 1,500 train and 297 test images."""
    return digits(seed=0, test_size=297)


@cache
def trained(seed: int, weight: float, *, tied: bool, epochs: int) -> ContractiveAutoencoder:
    """Return a trained model of one sigmoid layer of 64 units; the same one for the same arguments.

    Args:
        seed: of the weights and of the order of the rows.
        weight: of the penalty.
        tied: whether the decoder uses the encoder's weights.
        epochs: 1 or more.
    """
    model = ContractiveAutoencoder(WIDTH, [], WIDTH, weight=weight, tied=tied, generator=seeded(seed))
    train(model, (images().x_train,), seed=seed, epochs=epochs, loss=own_loss, lr=LR)
    return model


@torch.no_grad()
def measure(model: ContractiveAutoencoder, x: Tensor, *, seed: int) -> tuple[float, float, Gain]:
    """Return the error and the contraction of a model on given images, and its gain for a move of 0.5.

    Args:
        model: in evaluation mode.
        x: images.
        seed: of the directions, and of the probes where the model uses any.

    Shape:
        x: (B, D).
    """
    error = model.error(model(x).outputs, x).mean().item()
    contraction = model.contraction(x, generator=seeded(seed)).mean().item()
    return error, contraction, gain(model.encode, x, size=SIZE, generator=seeded(seed))


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, tied: bool = True, weights: Sequence[float] = (0.0, 0.1, 1.0),
    epochs: int = 30, fast: bool = False,
) -> SweepResult:  # fmt: skip
    """Train one model a weight and seed, and measure all of them on the same test images.

    Args:
        seeds: one training each.
        tied: whether the decoder uses the encoder's weights.
        weights: of the penalty.
        epochs: of each training.
        fast: two seeds, a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    rows = []
    for weight in weights:
        models = [trained(seed, weight, tied=tied, epochs=epochs) for seed in used]
        found = [measure(model, images().x_test, seed=seed) for model, seed in zip(models, used, strict=True)]
        rows.append([(error, contraction, *moved) for error, contraction, moved in found])
    return SweepResult(used, tuple(weights), *torch.tensor(rows).permute(2, 0, 1))


def curves(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, tied: bool = False, weights: Sequence[float] = (0.0, 1.0),
    sizes: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0), epochs: int = 30, fast: bool = False,
) -> GainCurves:  # fmt: skip
    """Measure the gain of the models of :func:`run` for moves of several lengths, three directions each.

    Args:
        seeds: one training each.
        tied: as in ``run``.
        weights: as in ``run``.
        sizes: lengths of the move, each above 0.
        epochs: as in ``run``.
        fast: as in ``run``.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, epochs is below 1, or a size is not above 0.
    """
    used, epochs = plan(seeds, epochs, fast)
    x = images().x_test
    rows = []
    for weight in weights:
        for seed in used:
            encode = trained(seed, weight, tied=tied, epochs=epochs).encode
            rows.append([gain(encode, x, size=size, generator=seeded(seed)) for size in sizes])
    table = torch.tensor(rows).view(len(weights), len(used), len(sizes), -1)
    fields = Gain._fields
    change, normalised = (table[..., fields.index(name)] for name in ("change", "normalised"))
    return GainCurves(used, tuple(weights), tuple(sizes), change, normalised)


def expected_move(contraction: Tensor, size: float, dimension: int) -> Tensor:
    r"""Return the mean squared move of a code, to first order, for a move of x in a random direction.

    .. math:: E\,\|J \delta\|_2^2 = \frac{\|\delta\|_2^2}{D} \|J\|_F^2

    Args:
        contraction: the squared norm of the Jacobian.
        size: length of the move of x, above 0.
        dimension: D, the number of inputs.

    Shape:
        contraction: any; returned with the same shape.

    Raises:
        TypeError: contraction is no floating-point tensor, or dimension no int.
        ValueError: size or dimension is not positive.

    Source:
        The mean of :math:`\delta \delta^\top` over a sphere is a multiple of the identity.

    Example:
        >>> expected_move(torch.tensor(8.0), 0.5, 4).item()
        0.5
    """
    check_tensor(contraction, "contraction", floating=True)
    return contraction * check_positive(size, "size") ** 2 / check_positive_int(dimension, "dimension")
