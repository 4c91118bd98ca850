"""A code of one number that learns twenty images by heart: capacity is more than the width of the code."""

__all__ = ["Memory", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import require
from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.experiments.ae_parts import digits_in_three, per_pixel
from coursekit.experiments.bench import plan, seeded
from coursekit.train import fit, own_loss
from coursekit.train.schedule import Cosine

IMAGES, STEPS = 20, 800


class Memory(NamedTuple):
    """Squared errors per pixel, one a seed, and the pictures of the first seed, (20, 64) each.

    ``train`` and ``test`` are those of a network with one number as code; ``line_train`` and ``line_test``
    those of one principal component; ``mean_test`` that of the mean image.
    """

    train: tuple[float, ...]
    test: tuple[float, ...]
    line_train: tuple[float, ...]
    line_test: tuple[float, ...]
    mean_test: tuple[float, ...]
    images: Tensor
    copies: Tensor
    line_copies: Tensor
    fresh: Tensor
    fresh_copies: Tensor


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, images: int = IMAGES, steps: int = STEPS, fast: bool = False
) -> Memory:
    """Train a 64-128-128-1 autoencoder on twenty digits or more, other ones for each seed.

    Args:
        seeds: of the choice of images and of the weights.
        images: to train on, a multiple of twenty up to 1,200.
        steps: of Adam, twenty images in each.
        fast: two seeds and a quarter of the steps.

    Units:
        Squared pixel values, averaged over images and pixels.

    Raises:
        ValueError: there is no seed, steps is below 1, or images is another number.
    """
    used, steps = plan(seeds, steps, fast)
    parts = digits_in_three()
    fits = images % IMAGES == 0 and 0 < images <= len(parts.x_train)
    require(fits, f"images must be a multiple of {IMAGES} up to {len(parts.x_train)}; got {images}")
    epochs = max(1, steps * IMAGES // images)
    rows: list[tuple[float, ...]] = []
    shown: list[Tensor] = []
    for seed in used:
        x = parts.x_train[torch.randperm(len(parts.x_train), generator=seeded(seed))[:images]]
        model = DenseAutoencoder(64, [128, 128], 1, activation="tanh", generator=seeded(seed))
        fit(
            model, (x,), loss=own_loss, epochs=epochs, batch_size=IMAGES, lr=5e-3,
            schedule=Cosine(epochs * images // IMAGES), generator=seeded(10_000 + seed),
        )  # fmt: skip
        line = fit_pca(x, 1)
        copies, fresh = model.reconstruct(x), model.reconstruct(parts.x_test)
        mean = x.mean(0).expand_as(parts.x_test)
        rows.append((
            per_pixel(copies, x), per_pixel(fresh, parts.x_test), per_pixel(line.reconstruct(x), x),
            per_pixel(line.reconstruct(parts.x_test), parts.x_test), per_pixel(mean, parts.x_test),
        ))  # fmt: skip
        if not shown:
            shown = [part[:IMAGES] for part in (x, copies, line.reconstruct(x), parts.x_test, fresh)]
    train, test, line_train, line_test, mean_test = (tuple(column) for column in zip(*rows, strict=True))
    return Memory(train, test, line_train, line_test, mean_test, *shown)
