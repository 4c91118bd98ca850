"""Kinds of noise: trained on one and tested on each, and how many pixels each of them really changes."""

__all__ = ["NOISES", "TypesResult", "changed", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_tensor
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.denoise_race import EPOCHS, digits_grey, mse, noisy_test, trained
from coursekit.noise import Corruption, corruption

NOISES = (
    corruption("gaussian", sigma=0.4),
    corruption("masking", p=0.3),
    corruption("salt_and_pepper", p=0.2),
)
WIDTH = 32


class TypesResult(NamedTuple):
    """Mean squared errors a pixel: trained on a row's noise, tested on a column's.

    ``errors`` is (S, 3, 3), ``nothing`` (3,) the error of leaving the noise where it is; the order is that
    of ``names``.
    """

    seeds: tuple[int, ...]
    names: tuple[str, ...]
    errors: Tensor
    nothing: Tensor


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> TypesResult:
    """Train a denoiser for each noise and test each on all of them.

    Args:
        seeds: one run each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared error a pixel.

    Raises:
        ValueError: if there is no seed.
    """
    used, epochs = plan(seeds, epochs, fast)
    clean = digits_grey().x_test
    noisy = [noisy_test(noise) for noise in NOISES]
    errors = [
        [
            [mse(trained(seed, WIDTH, own, epochs=epochs).reconstruct(x), clean) for x in noisy]
            for own in NOISES
        ]
        for seed in used
    ]
    names = tuple(noise.name.replace("_", " ") for noise in NOISES)
    return TypesResult(used, names, torch.tensor(errors), torch.tensor([mse(x, clean) for x in noisy]))


def changed(x: Tensor, noise: Corruption, *, seed: int = 0) -> float:
    """Return the share of entries that a corruption really changes.

    Args:
        x: samples, never changed.
        noise: from :func:`coursekit.noise.by_name.corruption`.
        seed: of the noise.

    Shape:
        x: as the corruption wants it.

    Raises:
        TypeError: if x is no floating-point tensor.

    Example:
        >>> changed(torch.zeros(10, 10), corruption("masking", p=0.9))
        0.0
    """
    check_tensor(x, "x", floating=True)
    return (noise(x, generator=seeded(seed) if noise.random else None) != x).double().mean().item()
