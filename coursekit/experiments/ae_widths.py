"""How the error falls with the width of the code, and what a choice by the test set does to the number."""

__all__ = ["Choice", "Widths", "best_epoch", "overcomplete", "run"]

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor

from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.experiments.ae_parts import EPOCHS, digits_in_three, per_pixel, trained
from coursekit.experiments.bench import plan, seeded
from coursekit.train import Hook, fit, own_loss
from coursekit.train.hooks import Run
from coursekit.train.schedule import Cosine

WIDTHS = (1, 2, 8, 32)


class Widths(NamedTuple):
    """Errors per pixel on the test images: ``network`` (S, W) for each seed, ``line`` (W,) for PCA."""

    widths: tuple[int, ...]
    network: Tensor
    train: Tensor
    line: Tensor


class Choice(NamedTuple):
    """Errors per image, one a seed: the smallest of all epochs on the test part, and the test error of the
    epoch that the validation part chose, and of the last one; ``epoch`` is the one chosen, from 1."""

    smallest: tuple[float, ...]
    chosen: tuple[float, ...]
    last: tuple[float, ...]
    epoch: tuple[int, ...]


class _Watch(Hook):
    """Writes down the error on other images after each epoch, and changes nothing."""

    def __init__(self, x: Tensor) -> None:
        self.x = x
        self.errors: list[float] = []

    def on_epoch_end(self, run: Run) -> None:
        """Note the error per image."""
        model = cast(DenseAutoencoder, run.model)
        self.errors.append(self.x.shape[1] * per_pixel(model.reconstruct(self.x), self.x))


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, widths: Sequence[int] = WIDTHS, epochs: int = EPOCHS,
    fast: bool = False,
) -> Widths:  # fmt: skip
    """Train a 64-128-K autoencoder for each width and seed, and fit as many principal components.

    Args:
        seeds: one run each.
        widths: K, one model each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared pixel values, averaged over images and pixels.

    Raises:
        ValueError: there is no seed, or a count is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts = digits_in_three()
    network, own, line = [], [], []
    for seed in used:
        models = [trained(seed, width, epochs)[0] for width in widths]
        network.append([per_pixel(model.reconstruct(parts.x_test), parts.x_test) for model in models])
        own.append([per_pixel(model.reconstruct(parts.x_train), parts.x_train) for model in models])
    for width in widths:
        line.append(per_pixel(fit_pca(parts.x_train, width).reconstruct(parts.x_test), parts.x_test))
    return Widths(tuple(widths), torch.tensor(network), torch.tensor(own), torch.tensor(line))


def best_epoch(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, rows: int = 100, epochs: int = 40, fast: bool = False
) -> Choice:
    """Train on few images and choose the epoch by the test part, by another part, or not at all.

    Both parts have 60 images, so that neither choice has the larger sample.

    Args:
        seeds: of the images, the weights and the order.
        rows: training images.
        epochs: passes over them.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared pixel values, summed over the pixels of an image.

    Raises:
        ValueError: there is no seed, or a count is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts, cuts = digits_in_three(), ((0, rows), (rows, 60), (rows + 60, 60))
    found: list[tuple[float, float, float, int]] = []
    for seed in used:
        order = torch.randperm(len(parts.x_train), generator=seeded(seed))
        x, valid, test = (parts.x_train[order[at : at + n]] for at, n in cuts)
        watch = _Watch(test)
        history = fit(
            DenseAutoencoder(64, [256, 256], 16, generator=seeded(seed)), (x,), loss=own_loss, epochs=epochs,
            batch_size=20, lr=3e-3, validation=(valid,), hooks=[watch], generator=seeded(10_000 + seed),
        )  # fmt: skip
        at, tested = history.best_epoch("val_loss"), watch.errors
        found.append((min(tested), tested[at], tested[-1], at + 1))
    smallest, chosen, last, epoch = zip(*found, strict=True)
    return Choice(smallest, chosen, last, epoch)


def overcomplete(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, width: int = 80, epochs: int = 40, fast: bool = False
) -> Tensor:
    """Train a linear autoencoder whose code is wider than its input and test it on uniform noise.

    Args:
        seeds: one run each.
        width: K, above 64 for a code that is wider than the image.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Shape:
        Returns (S, 2): the error per pixel on test digits, and on images of uniform noise.

    Raises:
        ValueError: there is no seed, or a count is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts, found = digits_in_three(), []
    for seed in used:
        model = DenseAutoencoder(64, [], width, generator=seeded(seed))
        fit(
            model, (parts.x_train,), loss=own_loss, epochs=epochs, batch_size=100, lr=5e-3,
            schedule=Cosine(12 * epochs), generator=seeded(10_000 + seed),
        )  # fmt: skip
        noise = torch.rand(300, 64, generator=seeded(seed))
        found.append([per_pixel(model.reconstruct(x), x) for x in (parts.x_test, noise)])
    return torch.tensor(found)
