"""A denoiser in use: any number of images in their order, and decibels against filters."""

__all__ = ["SIGMAS", "TRAINED_AT", "cleaned", "decibels"]

from collections.abc import Sequence

import torch
from torch import Tensor

from coursekit._check import check_positive_int
from coursekit.autoencoders import Autoencoder, fit_wiener
from coursekit.experiments.bench import plan
from coursekit.experiments.denoise_race import EPOCHS, digits_grey, mean_filter, noisy_test, trained
from coursekit.metrics import psnr
from coursekit.noise import corruption

SIGMAS, TRAINED_AT, WIDTH = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 0.3, 32


def cleaned(model: Autoencoder, x: Tensor, batch_size: int = 256) -> Tensor:
    r"""Return the reconstructions of many noisy samples, a batch at a time, in the order they came.

    Args:
        model: a denoiser.
        x: noisy samples, of the model's input shape.
        batch_size: rows at once; the result doesn't depend on it.

    Shape:
        x: (N, \*input_shape); returned with the same shape.

    Raises:
        TypeError: batch_size is no int, or x no floating tensor.
        ValueError: batch_size is below 1, or x has another shape.
    """
    rows = torch.split(x, check_positive_int(batch_size, "batch_size"))
    return torch.cat([model.reconstruct(part) for part in rows])


def decibels(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sigmas: Sequence[float] = SIGMAS, epochs: int = EPOCHS,
    fast: bool = False,
) -> dict[str, Tensor]:  # fmt: skip
    """Return the mean ratio of peak to error of test digits, by what was done to them and by noise level.

    The network and one Wiener filter were made for a noise of 0.3; the other filter is told the level.

    Args:
        seeds: of the networks.
        sigmas: levels of the noise, Gaussian and not clamped.
        epochs: of the networks.
        fast: two seeds and a quarter of the epochs.

    Shape:
        "network" (S, L), the others (L,).

    Units:
        Decibels, averaged over images.

    Raises:
        ValueError: there is no seed, or a level is not above 0.
    """
    used, epochs = plan(seeds, epochs, fast)
    data, made_for = digits_grey(), corruption("gaussian", sigma=TRAINED_AT)
    models = [trained(seed, WIDTH, made_for, epochs=epochs) for seed in used]
    fixed = fit_wiener(data.x_train, TRAINED_AT)
    columns: list[dict[str, Tensor]] = []
    for sigma in sigmas:
        noisy = noisy_test(corruption("gaussian", sigma=sigma))
        told = fit_wiener(data.x_train, sigma)
        outputs = {
            "nothing": noisy,
            "3×3 mean": mean_filter(noisy, 8),
            "Wiener, made for 0.3": fixed.denoise(noisy),
            "Wiener, told the level": told.denoise(noisy),
        }
        column = {name: psnr(out, data.x_test).mean() for name, out in outputs.items()}
        column["network"] = torch.stack([psnr(cleaned(m, noisy), data.x_test).mean() for m in models])
        columns.append(column)
    return {name: torch.stack([column[name] for column in columns], -1) for name in columns[0]}
