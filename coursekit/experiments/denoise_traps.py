"""Denoising gone wrong: the noisy target, the clean input, data changed in place, noise that is clamped."""

__all__ = ["ClampResult", "TrapResult", "clamped", "run"]

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_positive_int
from coursekit.autoencoders import Autoencoder, DenseAutoencoder
from coursekit.experiments.bench import plan, seeded, train
from coursekit.experiments.denoise_race import EPOCHS, HIDDEN, RATE, digits_grey, mse, noisy_test, trained
from coursekit.noise import corruption, gaussian
from coursekit.train.terms import Batch

SIGMA, WIDTH = 0.4, 32
NAMES = ("right", "noisy target", "no noise", "in place")


class TrapResult(NamedTuple):
    """Mean squared errors a pixel, (S,) a step: fed noisy digits and clean ones; drift of the data."""

    seeds: tuple[int, ...]
    noisy: dict[str, Tensor]
    clean: dict[str, Tensor]
    drift: dict[str, Tensor]


class ClampResult(NamedTuple):
    """Mean and mean square of what is added to a black pixel, drawn and by formula."""

    mean: float
    square: float
    mean_formula: float
    square_formula: float


def _loss(model: nn.Module, x: Tensor, target: Tensor) -> dict[str, Tensor]:
    ours = cast(Autoencoder, model)
    return {"loss": ours.error(ours(x).outputs, target).mean()}


def _noisy_target(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    noisy = gaussian(batch[0], SIGMA, generator=generator)
    return _loss(model, noisy, noisy)


def _in_place(model: DenseAutoencoder, data: Tensor, seed: int, epochs: int) -> None:
    """Train by ``x += noise`` on views of the data: ``fit`` shuffles copies, so the loop is written out."""
    optimizer, generator = torch.optim.Adam(model.parameters(), lr=RATE), seeded(10_000 + seed)
    for _ in range(epochs):
        for x in torch.split(data, 100):
            target = x.clone()
            x += SIGMA * torch.randn(x.shape, generator=generator)
            optimizer.zero_grad()
            _loss(model, x, target)["loss"].backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> TrapResult:
    """Train the same network by the right step and by three wrong ones.

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
    x, y = digits_grey().x_train, digits_grey().x_test
    noise = corruption("gaussian", sigma=SIGMA)
    noisy = noisy_test(noise)
    tables: list[dict[str, Tensor]] = [{name: torch.zeros(len(used)) for name in NAMES} for _ in range(3)]
    for i, seed in enumerate(used):
        target, place = (DenseAutoencoder(64, [HIDDEN], WIDTH, generator=seeded(seed)) for _ in range(2))
        data = x.clone()
        train(target, (x,), seed=seed, epochs=epochs, loss=_noisy_target, lr=RATE)
        _in_place(place, data, seed, epochs)
        right, none = (trained(seed, WIDTH, kind, epochs=epochs) for kind in (noise, None))
        for name, model in zip(NAMES, (right, target, none, place), strict=True):
            tables[0][name][i] = mse(model.reconstruct(noisy), y)
            tables[1][name][i] = mse(model.reconstruct(y), y)
        tables[2]["in place"][i] = mse(data, x)
    return TrapResult(used, *tables)


def clamped(sigma: float, *, n: int = 200_000, seed: int = 0) -> ClampResult:
    r"""Return what Gaussian noise cut to [0, 1] adds to a black pixel.

    .. math:: E[\max(0, \sigma\varepsilon)] = \frac{\sigma}{\sqrt{2\pi}}, \qquad
              E[\max(0, \sigma\varepsilon)^2] = \frac{\sigma^2}{2}

    The upper end is left out of the formulas: noise that exceeds 1 is rare for sigma well below one half.

    Args:
        sigma: of the noise before it is cut, above 0.
        n: draws.
        seed: of the draws.

    Raises:
        ValueError: if sigma is not above 0, or n is below 1.
    """
    check_positive(sigma, "sigma")
    black = torch.zeros(check_positive_int(n, "n"), dtype=torch.float64)
    added = gaussian(black, sigma, clamp=True, generator=seeded(seed))
    return ClampResult(
        added.mean().item(), added.square().mean().item(), sigma / math.sqrt(2 * math.pi), sigma**2 / 2
    )
