"""Convolutional against dense autoencoders on MNIST: at equal parameters, and on shuffled pixels."""

__all__ = ["CASES", "RaceResult", "RaceRow", "build", "order", "pictures", "run", "split", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_choice
from coursekit.autoencoders import Autoencoder, ConvolutionalAutoencoder, DenseAutoencoder
from coursekit.data import mnist5k
from coursekit.experiments.bench import named, plan, seeded
from coursekit.experiments.conv_counts import count
from coursekit.train import fit, own_loss

SHAPE, CODE, EPOCHS, RATE, BATCH, TRAINED, TESTED = (1, 28, 28), 16, 5, 4e-3, 40, 800, 500
CONVOLUTIONAL = ("strided", "strided, nearest", "pooled, nearest", "strided, shuffled pixels")
CASES = (*CONVOLUTIONAL, "dense 17", "dense 256")


class Pictures(NamedTuple):
    """Pictures for training (800, 1, 28, 28) and for the test (500, 1, 28, 28)."""

    x_train: Tensor
    x_test: Tensor


class RaceRow(NamedTuple):
    """One way of building: its parameters, and a test error a seed, squared and summed over the pixels."""

    name: str
    parameters: int
    error: tuple[float, ...]


class RaceResult(NamedTuple):
    """The cases in the order in which they were run."""

    seeds: tuple[int, ...]
    epochs: int
    rows: tuple[RaceRow, ...]

    def get(self, name: str) -> RaceRow:
        """Return a case by its name.

        Raises:
            ValueError: there is no such case.
        """
        return named(self.rows, name)


@cache
def split() -> Pictures:
    """Return the pictures that all of these runs use: grey MNIST digits, in [0, 1]."""
    data = mnist5k(seed=0)
    return Pictures(data.x_train[:TRAINED].reshape(-1, *SHAPE), data.x_test[:TESTED].reshape(-1, *SHAPE))


@cache
def order() -> Tensor:
    """Return one order of the 784 pixels, the same for every picture: what is near is far afterwards."""
    return torch.randperm(784, generator=seeded(0))


def pictures(name: str) -> Pictures:
    """Return the pictures that a case is trained and tested on.

    Args:
        name: one of ``CASES``.

    Raises:
        ValueError: there is no such case.
    """
    found = split()
    if "shuffled" not in check_choice(name, "name", CASES):
        return found
    return Pictures(*(x.flatten(1)[:, order()].reshape(x.shape) for x in found))


def build(name: str, seed: int) -> Autoencoder:
    """Return the untrained model of a case.

    Args:
        name: one of ``CASES``.
        seed: of the weights.

    Raises:
        ValueError: there is no such case.
    """
    generator = seeded(seed)
    if check_choice(name, "name", CASES).startswith("dense"):
        return DenseAutoencoder(SHAPE, [int(name.split()[1])], CODE, generator=generator)
    down = "pool" if "pooled" in name else "stride"
    up = "nearest" if "nearest" in name else "transpose"
    return ConvolutionalAutoencoder(SHAPE, [8, 16], CODE, down=down, up=up, generator=generator)


@cache
def trained(name: str, seed: int, epochs: int = EPOCHS) -> Autoencoder:
    """Return the model of a case and a seed: one object a process, so leave it as it is.

    Args:
        name: one of ``CASES``.
        seed: of the weights and the order of the rows.
        epochs: passes over the training pictures.

    Raises:
        ValueError: there is no such case.
    """
    model = build(name, seed)
    fit(model, (pictures(name).x_train,), loss=own_loss, epochs=epochs, batch_size=BATCH, lr=RATE,
        generator=seeded(10_000 + seed))  # fmt: skip
    return model.eval()


@torch.no_grad()
def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, names: Sequence[str] = CASES, epochs: int = EPOCHS,
    fast: bool = False,
) -> RaceResult:  # fmt: skip
    """Train each case once a seed and return its test error.

    Args:
        seeds: one run each.
        names: the cases, of ``CASES``.
        epochs: passes over the training pictures.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared errors summed over the 784 pixels of a picture.

    Raises:
        ValueError: there is no seed, epochs is below 1, or a case is unknown.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    rows = []
    for name in names:
        models = [trained(name, seed, epochs) for seed in seeds]
        x = pictures(name).x_test
        errors = [model.loss(x).loss.item() for model in models]
        rows.append(RaceRow(name, count(models[0]).total, tuple(errors)))
    return RaceResult(seeds, epochs, tuple(rows))
