"""Small students of a large teacher: taught by the data or by its outputs, with many samples or few."""

__all__ = [
    "CASES",
    "DistilResult",
    "FewResult",
    "blend",
    "denoisers",
    "students",
    "teacher",
    "teacher_denoiser",
]

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import require
from coursekit.autoencoders import DenseAutoencoder
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.ship_models import error, fit_squares, held_out, training
from coursekit.noise import gaussian
from coursekit.train import Batch

WIDE, NARROW, CODE, EPOCHS, SIGMA = (256,), (16,), 8, 30, 0.4
CASES = {"data": 0.0, "teacher": 1.0}


class DistilResult(NamedTuple):
    """Errors summed over 64 pixels of a held-out digit, an entry a seed.

    ``teacher`` is the large model's error, ``error`` that of each student, ``distance`` the squared distance
    of its outputs from the teacher's.
    """

    seeds: tuple[int, ...]
    teacher: tuple[float, ...]
    error: Mapping[str, tuple[float, ...]]
    distance: Mapping[str, tuple[float, ...]]


class FewResult(NamedTuple):
    """Errors of denoisers on noisy held-out digits against the clean ones, an entry a seed."""

    seeds: tuple[int, ...]
    clean: int
    teacher: tuple[float, ...]
    error: Mapping[str, tuple[float, ...]]


def _noisy(batch: Batch, generator: torch.Generator) -> Batch:
    """Put fresh noise on the inputs and leave the targets."""
    return gaussian(batch[0], SIGMA, generator=generator), batch[1]


def _net(hidden: Sequence[int], seed: int, code: int = CODE) -> DenseAutoencoder:
    # Of 16 ReLUs one or two would die in most runs, which would hide what is compared here.
    return DenseAutoencoder(64, hidden, code, activation="tanh", generator=seeded(seed))


@cache
def teacher(seed: int, epochs: int = EPOCHS) -> DenseAutoencoder:
    """Return the large model of a seed, trained on the data: leave it as it is.

    Args:
        seed: of the weights and the order of the rows.
        epochs: passes over the digits.
    """
    return fit_squares(_net(WIDE, 500 + seed), (training(), training()), seed=seed, epochs=epochs)


@cache
def teacher_denoiser(seed: int, epochs: int = EPOCHS) -> DenseAutoencoder:
    """Return the large denoiser of a seed, trained on all clean digits: leave it as it is.

    Args:
        seed: of the weights, the noise and the order of the rows.
        epochs: passes over the digits.
    """
    x = training()
    return fit_squares(_net(WIDE, 500 + seed, 32), (x, x), seed=seed, epochs=epochs, draw=_noisy)


def blend(x: Tensor, told: Tensor, share: float) -> Tensor:
    r"""Return the one target whose squared error trains as the two errors of distillation do.

    .. math:: \bar x = (1 - \alpha)\, x + \alpha\, t(x)

    Args:
        x: the data.
        told: t(x), the teacher's outputs.
        share: :math:`\alpha`, the weight of the teacher, from 0 to 1.

    Shape:
        x, told: (B, D); returned with the same shape.

    Raises:
        ValueError: the shapes differ, or the share is out of range.

    Example:
        >>> blend(torch.zeros(1, 2), torch.ones(1, 2), 0.25).tolist()
        [[0.25, 0.25]]
    """
    require(0 <= share <= 1, f"share must lie in [0, 1]; got {share}")
    require(x.shape == told.shape, f"told must have shape {tuple(x.shape)}; got {tuple(told.shape)}")
    return torch.lerp(x, told, share)


def students(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False
) -> DistilResult:
    r"""Train small models on :math:`(1 - \alpha) x + \alpha\, t(x)` for the shares 0 and 1 of the teacher t.

    Args:
        seeds: a teacher and two students each; the students of a seed start alike and see the same order.
        epochs: passes over the digits.
        fast: two seeds, a quarter of the epochs.

    Units:
        Squared errors summed over the pixels of a held-out digit.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x, new = training(), held_out()
    teachers = [teacher(seed, epochs) for seed in seeds]
    errors, distances = {}, {}
    for name, share in CASES.items():
        own = [
            fit_squares(
                _net(NARROW, seed), (x, blend(x, big.reconstruct(x), share)), seed=seed, epochs=epochs
            )
            for seed, big in zip(seeds, teachers, strict=True)
        ]
        errors[name] = tuple(error(model.reconstruct, new) for model in own)
        distances[name] = tuple(
            error(model.reconstruct, new, big.reconstruct(new))
            for model, big in zip(own, teachers, strict=True)
        )
    return DistilResult(seeds, tuple(error(big.reconstruct, new) for big in teachers), errors, distances)


def _few(seed: int, clean: int, epochs: int) -> dict[str, DenseAutoencoder]:
    """Return three small denoisers: by few clean digits, by the teacher on them, by the teacher on all."""
    x, big = training(), teacher_denoiser(seed, epochs)

    def told(batch: Batch, generator: torch.Generator) -> Batch:
        inputs, _ = _noisy(batch, generator)
        return inputs, big.reconstruct(inputs)

    def train(rows: Tensor, *, by_teacher: bool) -> DenseAutoencoder:
        # As many rows a pass, and so as many steps, for all: few rows are seen more often.
        rows = rows.repeat(len(x) // len(rows), 1)
        draw = told if by_teacher else _noisy
        return fit_squares(_net(NARROW, seed), (rows, rows), seed=seed, epochs=epochs, draw=draw)

    return {
        "few clean": train(x[:clean], by_teacher=False),
        "teacher, few": train(x[:clean], by_teacher=True),
        "teacher, all": train(x, by_teacher=True),
        "all clean": train(x, by_teacher=False),
    }


def denoisers(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, clean: int = 50, epochs: int = EPOCHS, fast: bool = False
) -> FewResult:
    """Train small denoisers where few clean digits are at hand, with and without a large one's outputs.

    Args:
        seeds: a teacher and four students each.
        clean: how many clean digits the student has, a divisor of the teacher's 1,000.
        epochs: passes over 1,000 digits, or over few of them repeated.
        fast: two seeds, a quarter of the epochs.

    Units:
        Squared errors summed over the pixels of a held-out digit.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    clear = held_out()
    noisy = gaussian(clear, SIGMA, generator=seeded(99))
    made = [_few(seed, clean, epochs) for seed in seeds]
    bigs = tuple(error(teacher_denoiser(seed, epochs).reconstruct, noisy, clear) for seed in seeds)
    return FewResult(
        seeds, clean, bigs,
        {name: tuple(error(own[name].reconstruct, noisy, clear) for own in made) for name in made[0]},
    )  # fmt: skip
