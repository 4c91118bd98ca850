"""Diffusion over the codes of a digit autoencoder, against a Gaussian fitted to the same codes."""

__all__ = ["LatentResult", "gaussian_codes", "run", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive_int, check_tensor
from coursekit.autoencoders import DenseAutoencoder
from coursekit.autoencoders.latent_denoiser import LatentDiffusion, NoisePredictor
from coursekit.autoencoders.latent_diffusion import gaussian_predictor, noise_loss
from coursekit.experiments.bench import plan, seeded, train
from coursekit.experiments.contractive_sweep import images
from coursekit.metrics import mmd_squared
from coursekit.train import Cosine, fit, own_loss
from coursekit.train.terms import Batch

WIDTH, HIDDEN, STEPS, EPOCHS, BATCH, DRAWS, BANDWIDTH = 2, 64, 30, 180, 300, 1000, 0.4


class LatentResult(NamedTuple):
    """Squared MMD of drawn codes to the codes of test images, by source of the draws, (S,) each.

    ``prior`` draws from N(0, I), which is what the standardised codes would be if each unit were normal and
    on its own; ``gaussian`` adds their covariance; ``codes`` are those of training images, the best that is
    possible. ``loss`` is the noise loss of the trained denoiser on test codes and ``linear`` that of the best
    denoiser for a Gaussian.
    """

    seeds: tuple[int, ...]
    diffusion: Tensor
    gaussian: Tensor
    prior: Tensor
    codes: Tensor
    loss: Tensor
    linear: Tensor


def gaussian_codes(z: Tensor, n: int, *, generator: torch.Generator) -> Tensor:
    """Draw from the Gaussian with the mean and the covariance of some codes.

    Args:
        z: codes.
        n: how many draws.
        generator: source of the draws.

    Shape:
        z: (N, K); returns (n, K).

    Raises:
        TypeError, ValueError: z is no floating-point tensor of the shape above, or n no positive integer.
    """
    check_tensor(z, "z", shape=("N", "K"), floating=True)
    root = torch.linalg.cholesky(torch.cov(z.T))
    noise = torch.randn(check_positive_int(n, "n"), z.shape[1], generator=generator, dtype=z.dtype)
    draws: Tensor = z.mean(0) + noise @ root.T
    return draws


@cache
def trained(seed: int, epochs: int = EPOCHS) -> LatentDiffusion:
    """Return an autoencoder of the digits with a trained denoiser of its codes.

    Args:
        seed: of all weights, the orders of the rows and the noise.
        epochs: of the denoiser; the autoencoder has a third of them.
    """
    x = images().x_train
    inner = DenseAutoencoder(64, [HIDDEN], WIDTH, generator=seeded(seed))
    train(inner, (x,), seed=seed, epochs=max(1, epochs // 3), loss=own_loss, lr=3e-3)
    model = LatentDiffusion(inner, x, [HIDDEN, HIDDEN], steps=STEPS, generator=seeded(40_000 + seed))

    def guess(predictor: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        network = cast(NoisePredictor, predictor)
        return {"loss": noise_loss(network, batch[0], model.alpha_bar, generator=generator)}

    # Large batches and a rate that falls: each row draws one step and one noise, and the loss is noisy.
    codes, draws = (model.encode(x),), seeded(10_000 + seed)
    fall = Cosine(epochs * len(x) // BATCH)
    fit(
        model.predictor, codes, loss=guess, epochs=epochs, batch_size=BATCH, lr=1e-2, schedule=fall,
        generator=draws,
    )  # fmt: skip
    return model.eval()


@torch.no_grad()
def _measure(seed: int, epochs: int) -> list[float]:
    model = trained(seed, epochs)
    own, new = model.encode(images().x_train), model.encode(images().x_test)
    draws = seeded(50_000 + seed)
    sources = (
        model.draw_codes(DRAWS, generator=draws),
        gaussian_codes(own, DRAWS, generator=draws),
        torch.randn(DRAWS, WIDTH, generator=draws),
        own[:DRAWS],
    )
    best = gaussian_predictor(own.mean(0), torch.cov(own.T), model.alpha_bar)
    many = new.repeat(20, 1)
    losses = (
        noise_loss(p, many, model.alpha_bar, generator=seeded(7)).item() for p in (model.predictor, best)
    )
    return [*(mmd_squared(source, new, BANDWIDTH) for source in sources), *losses]


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> LatentResult:
    """Train an autoencoder and a denoiser for each seed, and compare what three sources draw with test codes.

    Args:
        seeds: one run each.
        epochs: of the denoiser.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    return LatentResult(seeds, *torch.tensor([_measure(seed, epochs) for seed in seeds]).T)
