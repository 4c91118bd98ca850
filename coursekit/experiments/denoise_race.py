"""Noisy digits: a plain and a denoising autoencoder of several widths against filters without a network."""

__all__ = [
    "EPOCHS",
    "HIDDEN",
    "RATE",
    "RaceResult",
    "budget",
    "digits_grey",
    "mean_filter",
    "mse",
    "noisy_test",
    "run",
    "trained",
]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor
from coursekit.autoencoders import Autoencoder, DenoisingAutoencoder, DenseAutoencoder, fit_pca, fit_wiener
from coursekit.data import Split, digits
from coursekit.experiments.bench import plan, seeded, train
from coursekit.noise import Corruption, corruption
from coursekit.train import Hook, Run, own_loss

HIDDEN, EPOCHS, RATE = 128, 30, 3e-3
TEST_SEED = 99  # one noisy test set for every model, so that they differ by the model alone


class RaceResult(NamedTuple):
    """Mean squared errors a pixel against the clean test digits: (S, W) for seeds and widths, or a number.

    ``plain`` and ``denoiser`` were fed the noisy digits, ``plain_clean`` and ``denoiser_clean`` the clean
    ones; ``noisy`` is the error of doing nothing.
    """

    seeds: tuple[int, ...]
    widths: tuple[int, ...]
    plain: Tensor
    denoiser: Tensor
    plain_clean: Tensor
    denoiser_clean: Tensor
    noisy: float
    mean_filter: float
    pca: float
    wiener: float


def mse(outputs: Tensor, x: Tensor) -> float:
    r"""Return the squared error, averaged over samples and pixels.

    .. math:: \frac{1}{BD} \sum_{b=1}^{B} \lVert y_b - x_b \rVert^2

    Args:
        outputs: y, what came out.
        x: what should have.

    Shape:
        outputs, x: any, the same.

    Raises:
        TypeError: if one is no floating-point tensor.
        ValueError: if the shapes differ.

    Example:
        >>> mse(torch.tensor([[1.0, 3.0]]), torch.zeros(1, 2))
        5.0
    """
    check_tensor(x, "x", floating=True)
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    return (outputs - x).square().mean().item()


def mean_filter(x: Tensor, side: int) -> Tensor:
    """Return square images in which each pixel is the mean of its 3 by 3 neighbourhood, edges repeated.

    Args:
        x: flattened images.
        side: their height and width.

    Shape:
        x: (B, side * side); returned with the same shape.

    Raises:
        TypeError: if x is no floating-point tensor.
        ValueError: if x does not have the shape above.
    """
    check_positive_int(side, "side")
    check_tensor(x, "x", shape=("B", side * side), floating=True)
    padded = F.pad(x.reshape(-1, 1, side, side), (1, 1, 1, 1), mode="replicate")
    return F.avg_pool2d(padded, 3, stride=1).flatten(1)


@cache
def digits_grey() -> Split:
    """Return the digits with grey pixels: 1,500 train and 297 test images, seed 0."""
    return digits(seed=0, test_size=297)


def noisy_test(noise: Corruption) -> Tensor:
    """Return the test digits with a corruption whose seed is fixed.

    Args:
        noise: from :func:`coursekit.noise.by_name.corruption`.

    Shape:
        Returns (297, 64).
    """
    return noise(digits_grey().x_test, generator=seeded(TEST_SEED) if noise.random else None)


class _Watch(Hook):
    """Keep the error on the noisy test digits after each epoch."""

    def __init__(self, noise: Corruption) -> None:
        self.noisy = noisy_test(noise)
        self.errors: list[float] = []

    def on_epoch_end(self, run: Run) -> None:
        model = cast(Autoencoder, run.model)
        self.errors.append(mse(model.reconstruct(self.noisy), digits_grey().x_test))


@cache
def _watched(
    seed: int, width: int, noise: Corruption | None, epochs: int
) -> tuple[DenseAutoencoder, tuple[float, ...]]:
    """Return a trained network, and for a denoiser its test error after each epoch."""
    if noise is None:
        model, hooks = DenseAutoencoder(64, [HIDDEN], width, generator=seeded(seed)), []
    else:
        hooks = [_Watch(noise)]
        model = DenoisingAutoencoder(64, [HIDDEN], width, corruption=noise, generator=seeded(seed))
    data = (digits_grey().x_train,)
    train(model, data, seed=seed, epochs=epochs, loss=own_loss, lr=RATE, hooks=hooks)
    return model, tuple(hooks[0].errors) if hooks else ()


def trained(
    seed: int, width: int, noise: Corruption | None = None, *, epochs: int = EPOCHS
) -> DenseAutoencoder:
    """Return a trained 64-128-width-128-64 network: one object a process, so leave it as it is.

    Args:
        seed: of the weights, the order of the rows and the noise.
        width: of the code.
        noise: what training corrupts the digits with; nothing if None.
        epochs: passes over the training images.
    """
    return _watched(seed, width, noise, epochs)[0]


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sigma: float = 0.4, widths: Sequence[int] = (8, 32, 128),
    epochs: int = EPOCHS, fast: bool = False,
) -> RaceResult:  # fmt: skip
    """Train both kinds of each width, and score them and the filters on the same noisy test digits.

    Args:
        seeds: one run each.
        sigma: of the noise, Gaussian and not clamped, in training and in the test.
        widths: of the code.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared error a pixel.

    Raises:
        ValueError: if there is no seed, or sigma is not above 0.
    """
    used, epochs = plan(seeds, epochs, fast)
    noise, split = corruption("gaussian", sigma=sigma), digits_grey()
    noisy, clean = noisy_test(noise), split.x_test
    tables = torch.zeros(4, len(used), len(widths))
    for i, seed in enumerate(used):
        for j, width in enumerate(widths):
            for k, kind in enumerate((None, noise)):
                model = trained(seed, width, kind, epochs=epochs)
                tables[k, i, j] = mse(model.reconstruct(noisy), clean)
                tables[k + 2, i, j] = mse(model.reconstruct(clean), clean)
    pca = fit_pca(split.x_train, 32).reconstruct(noisy)
    linear = fit_wiener(split.x_train, sigma).denoise(noisy)
    filters = [mse(y, clean) for y in (noisy, mean_filter(noisy, 8), pca, linear)]
    return RaceResult(used, tuple(widths), *tables, *filters)


def budget(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sigma: float = 0.4, width: int = 32, epochs: int = EPOCHS,
    fast: bool = False,
) -> Tensor:  # fmt: skip
    """Return the error of a denoiser on noisy test digits after each epoch.

    Args:
        seeds: one run each.
        sigma: of the noise.
        width: of the code.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Shape:
        Returns (S, epochs).

    Units:
        Squared error a pixel.

    Raises:
        ValueError: if there is no seed, or sigma is not above 0.
    """
    used, epochs = plan(seeds, epochs, fast)
    noise = corruption("gaussian", sigma=sigma)
    return torch.tensor([_watched(seed, width, noise, epochs)[1] for seed in used])
