"""The adversarial autoencoder on digits: how far its codes are from the prior, in many directions."""

__all__ = ["AdversaryResult", "critical", "distance", "run", "train_pair", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor
from coursekit.autoencoders import AdversarialAutoencoder
from coursekit.experiments.bench import BATCH_SIZE, plan, seeded
from coursekit.experiments.contractive_sweep import images

WIDTH, HIDDEN, EPOCHS, RATE, RAYS = 2, 64, 25, 2e-3, 20


class AdversaryResult(NamedTuple):
    """With weight 0 and 1 of the game, each (2, S); ``draws`` is the distance of as many true draws, (S,).

    ``distance`` is the largest Kolmogorov-Smirnov distance over twenty directions of the plane, ``error`` the
    squared error summed over the pixels, ``norm`` the mean length of a code; all on the test images.
    """

    seeds: tuple[int, ...]
    distance: Tensor
    error: Tensor
    norm: Tensor
    draws: Tensor


def distance(z: Tensor) -> float:
    r"""Return how far codes are from N(0, I): the largest KS distance over fixed directions.

    .. math:: \max_u \sup_c \Bigl| \frac1B \#\{b : u^\top z_b \le c\} - \Phi(c) \Bigr|

    Args:
        z: codes.

    Shape:
        z: (B, K).

    Raises:
        TypeError, ValueError: z is no floating-point tensor of the shape above.
    """
    check_tensor(z, "z", shape=("B", "K"), floating=True)
    rays = torch.randn(RAYS, z.shape[1], generator=seeded(9), dtype=torch.float64)
    rays = rays / rays.norm(dim=1, keepdim=True)
    shares = torch.special.ndtr((z.detach().double() @ rays.T).sort(dim=0).values)  # (B, RAYS)
    steps = torch.arange(len(z) + 1, dtype=torch.float64).unsqueeze(1) / len(z)
    return torch.maximum(shares - steps[:-1], steps[1:] - shares).max().item()


def critical(n: int, *, width: int = WIDTH, samples: int = 1000) -> float:
    """Return the :func:`distance` that n true draws from N(0, I) exceed in one of twenty cases.

    It is counted over samples of n draws: the largest of many directions has no law in a table.

    Args:
        n: how many draws.
        width: K of the draws.
        samples: how many samples are counted.

    Raises:
        TypeError, ValueError: a count is no positive integer.
    """
    check_positive_int(n, "n")
    check_positive_int(width, "width")
    generator = seeded(60_000)
    found = [
        distance(torch.randn(n, width, generator=generator))
        for _ in range(check_positive_int(samples, "samples"))
    ]
    return torch.tensor(found).quantile(0.95).item()


@torch.enable_grad()
def train_pair(model: AdversarialAutoencoder, x: Tensor, *, seed: int, epochs: int) -> None:
    """Train autoencoder and discriminator in turn, a step of each a batch, and leave evaluation mode on.

    Args:
        model: changed in place.
        x: images.
        seed: of the order of the rows and the draws from the prior.
        epochs: passes over the images.

    Shape:
        x: (N, D).
    """
    draws = seeded(10_000 + seed)
    own = torch.optim.Adam(model.autoencoder_parameters(), RATE)
    judge = torch.optim.Adam(model.discriminator.parameters(), RATE, betas=(0.5, 0.999))
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(x), generator=draws), BATCH_SIZE):
            if model.weight > 0:
                judge.zero_grad()
                model.discriminator_loss(x[rows], generator=draws).backward()  # type: ignore[no-untyped-call]
                judge.step()
            own.zero_grad()
            model.loss(x[rows]).loss.backward()  # type: ignore[no-untyped-call]
            own.step()
    model.eval()


@cache
def trained(weight: float, seed: int, epochs: int = EPOCHS) -> AdversarialAutoencoder:
    """Return a trained model with a code of two numbers; the same one for the same arguments.

    Args:
        weight: of passing for the prior, beside the reconstruction.
        seed: of the weights, the order of the rows and the draws.
        epochs: passes over the training images.
    """
    model = AdversarialAutoencoder(
        64, [HIDDEN], WIDTH, weight=weight, discriminator_dims=(HIDDEN,), generator=seeded(seed)
    )
    train_pair(model, images().x_train, seed=seed, epochs=epochs)
    return model


@torch.no_grad()
def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False
) -> AdversaryResult:
    """Train a model without and one with the game for each seed, and measure both on the test images.

    Args:
        seeds: one pair each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    x = images().x_test
    rows = []
    for weight in (0.0, 1.0):
        for seed in seeds:
            model = trained(weight, seed, epochs)
            z = model.encode(x)
            error = model.error(model.decode(z), x).mean().item()
            rows.append([distance(z), error, z.norm(dim=1).mean().item()])
    table = torch.tensor(rows).view(2, len(seeds), 3)
    draws = [distance(torch.randn(len(x), WIDTH, generator=seeded(30_000 + seed))) for seed in seeds]
    distances, errors, norms = table.unbind(2)
    return AdversaryResult(seeds, distances, errors, norms, torch.tensor(draws))
