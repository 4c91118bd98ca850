"""The weight beta as a dial between rate (the KL) and distortion (the reconstruction term)."""

__all__ = ["BetaSweepResult", "run"]

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coursekit._check import require
from coursekit.experiments.bench import digits_split, plan, score, seeded, train
from coursekit.metrics import active_units
from coursekit.vae.beta import BetaVAE


@dataclass(frozen=True)
class BetaSweepResult:
    """Tensors of shape (betas, seeds), in nats per test image; ``active`` counts latents."""

    betas: tuple[float, ...]
    seeds: tuple[int, ...]
    reconstruction: Tensor
    kl: Tensor
    negative_elbo: Tensor
    active: Tensor


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    betas: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0),
    epochs: int = 25,
    fast: bool = False,
) -> BetaSweepResult:
    """Train a beta-VAE for every beta and seed; score all by the plain ELBO on the test images.

    Args:
        seeds: one run each.
        betas: weights of the KL, 0 or more.
        epochs: passes over the training images, at learning rate 3e-3.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats per image.

    Raises:
        ValueError: there is no seed or no beta, or a number is out of range.
    """
    require(len(betas) > 0, "betas must hold at least one weight; got none")
    seeds, epochs = plan(seeds, epochs, fast)
    split = digits_split()
    rows = []
    for beta in betas:
        for seed in seeds:
            model = BetaVAE(64, [128], 8, beta=beta, generator=seeded(seed))
            train(model, (split.x_train,), seed=seed, epochs=epochs, lr=3e-3)
            active = active_units(model.encode(split.x_test)[0].detach())
            rows.append([*score(model, split.x_test), active])
    table = torch.tensor(rows, dtype=torch.float64).view(len(betas), len(seeds), 4)
    negative_elbo, reconstruction, kl, active_count = table.unbind(-1)
    return BetaSweepResult(
        tuple(betas), seeds, reconstruction, kl, negative_elbo, active_count.to(torch.int64)
    )
