"""How far the ELBO lies from log p(x): importance-weighted estimates with more and more samples."""

__all__ = ["BoundResult", "run"]

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coursekit._check import check_positive_int, require
from coursekit.experiments.bench import digits_split, plan, seeded
from coursekit.experiments.digits_vae import trained
from coursekit.vae.elbo import iwae_nll


@dataclass(frozen=True)
class BoundResult:
    """Estimates of -log p(x) in nats per test image, for every K and seed.

    ``estimate`` (number of K, number of seeds) is the mean over repeats, ``error`` (same shape) its standard
    error over the repeats: the Monte Carlo part only, the images being fixed.
    """

    samples: tuple[int, ...]
    seeds: tuple[int, ...]
    repeats: int
    estimate: Tensor
    error: Tensor


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    samples: Sequence[int] = (1, 5, 50, 500),
    repeats: int = 5,
    epochs: int = 60,
    fast: bool = False,
) -> BoundResult:
    """Estimate -log p(x) of the test images with each K, several times over.

    Args:
        seeds: of the trained reference models.
        samples: the values of K, each 1 or more.
        repeats: independent estimates, 2 or more, from which the standard error comes.
        epochs: of the reference models.
        fast: two seeds, a quarter of the epochs, and no K above 50.

    Units:
        Nats per image.

    Raises:
        ValueError: there is no seed or no K, or a count is too small.
    """
    require(len(samples) > 0, "samples must hold at least one K; got none")
    check_positive_int(repeats, "repeats", minimum=2)
    seeds, epochs = plan(seeds, epochs, fast)
    ks = tuple(k for k in samples if k <= 50) if fast else tuple(samples)
    x = digits_split().x_test
    table = torch.empty(len(ks), len(seeds), repeats, dtype=torch.float64)
    for column, seed in enumerate(seeds):
        model, generator = trained(seed, epochs)[0], seeded(seed)
        for row, k in enumerate(ks):
            for repeat in range(repeats):
                table[row, column, repeat] = iwae_nll(model, x, samples=k, generator=generator).mean()
    return BoundResult(ks, seeds, repeats, table.mean(-1), table.std(-1) / repeats**0.5)
