"""What a code is worth: hand it to another picture and see how much worse the picture gets."""

__all__ = ["KINDS", "SkipResult", "SkipRow", "build", "pictures", "redrawn", "run", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_choice, check_same_length
from coursekit.autoencoders import Autoencoder, ConvolutionalAutoencoder, SkipAutoencoder
from coursekit.data import digits
from coursekit.experiments.bench import plan, seeded
from coursekit.metrics import auroc
from coursekit.train import fit, own_loss

SHAPE, CHANNELS, CODE, EPOCHS, RATE, BATCH = (1, 8, 8), [8, 16], 2, 10, 5e-3, 100
KINDS = ("skips", "bottleneck")


class SkipRow(NamedTuple):
    """Test errors of one kind, squared and summed over 64 pixels, an entry a seed.

    ``own`` is with each picture's own code, ``zero`` with codes of zeros, ``stranger`` with the code of
    another picture. ``shuffled`` and ``flipped`` say how well the error with its own code tells a digit from
    one whose pixels were shuffled, or one upside down: the area under the ROC curve.
    """

    name: str
    own: tuple[float, ...]
    zero: tuple[float, ...]
    stranger: tuple[float, ...]
    shuffled: tuple[float, ...]
    flipped: tuple[float, ...]

    @property
    def rise(self) -> list[float]:
        """What a stranger's code adds to the error, an absolute amount for each seed."""
        return [b - a for a, b in zip(self.own, self.stranger, strict=True)]


class SkipResult(NamedTuple):
    """The two kinds."""

    seeds: tuple[int, ...]
    epochs: int
    skips: SkipRow
    bottleneck: SkipRow


@cache
def pictures() -> tuple[Tensor, Tensor, Tensor]:
    """Return digits for training and for the test, and the test digits with their pixels shuffled."""
    data = digits(seed=0, test_size=297)
    x, test = (part.reshape(-1, *SHAPE) for part in (data.x_train, data.x_test))
    # An order of its own for every picture: the same grey values, and no stroke is left.
    places = torch.rand(len(test), 64, generator=seeded(0)).argsort(dim=1)
    return x, test, test.flatten(1).gather(1, places).reshape(-1, *SHAPE)


def build(name: str, seed: int) -> Autoencoder:
    """Return an untrained model with a code of two numbers.

    Args:
        name: "skips" or "bottleneck".
        seed: of the weights.

    Raises:
        ValueError: the name is unknown.
    """
    if check_choice(name, "name", KINDS) == "skips":
        return SkipAutoencoder(SHAPE, CHANNELS, CODE, generator=seeded(seed))
    return ConvolutionalAutoencoder(SHAPE, CHANNELS, CODE, down="pool", up="nearest", generator=seeded(seed))


@cache
def trained(name: str, seed: int, epochs: int = EPOCHS) -> Autoencoder:
    """Return the trained model of a kind and a seed: one object a process, so leave it as it is.

    Args:
        name: "skips" or "bottleneck".
        seed: of the weights and the order of the rows.
        epochs: passes over the training digits.

    Raises:
        ValueError: the name is unknown.
    """
    model = build(name, seed)
    fit(model, (pictures()[0],), loss=own_loss, epochs=epochs, batch_size=BATCH, lr=RATE,
        generator=seeded(10_000 + seed))  # fmt: skip
    return model.eval()


@torch.no_grad()
def redrawn(model: Autoencoder, z: Tensor, x: Tensor) -> Tensor:
    """Return what a model draws from codes, with the maps of x beside them if it has skips.

    Args:
        model: of either kind.
        z: codes, of these or of other pictures.
        x: pictures.

    Shape:
        z: (B, K); x: (B, C, H, W), as is what returns.

    Raises:
        ValueError: there is not one code a picture.
    """
    check_same_length((z, x), "codes and pictures")
    return model.decode(z, model.skips(x)) if isinstance(model, SkipAutoencoder) else model.decode(z)


@torch.no_grad()
def _row(name: str, seeds: Sequence[int], epochs: int) -> SkipRow:
    _, x, noise = pictures()
    found = []
    for seed in seeds:
        model = trained(name, seed, epochs)
        z = model.encode(x)
        # One step around a shuffled circle: no picture keeps its own code.
        circle = torch.randperm(len(z), generator=seeded(seed))
        strangers = torch.empty_like(z)
        strangers[circle] = z[circle.roll(1)]
        errors = [model.error(redrawn(model, code, x), x) for code in (z, torch.zeros_like(z), strangers)]
        truth = torch.cat([torch.zeros(len(x)), torch.ones(len(x))])
        odd = [model.error(model(other).outputs, other) for other in (noise, x.flip(2))]
        areas = [auroc(torch.cat([errors[0], error]), truth) for error in odd]
        found.append([*(error.mean().item() for error in errors), *areas])
    return SkipRow(name, *(tuple(column) for column in zip(*found, strict=True)))


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> SkipResult:
    """Train a model with skips and one without, once a seed, and measure what their codes are worth.

    Args:
        seeds: one run each.
        epochs: passes over the training digits.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared errors summed over the 64 pixels of a digit.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    return SkipResult(seeds, epochs, *(_row(name, seeds, epochs) for name in KINDS))
