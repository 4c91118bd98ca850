"""What a denoiser knows of a density: its score, learned and exact, and points made by denoising alone."""

__all__ = ["MIXTURE", "ScoreResult", "draw", "generate", "run", "trained"]

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_positive_int, require
from coursekit.autoencoders import (
    DenoisingAutoencoder,
    Mixture,
    mixture_score,
    optimal_denoiser,
    score_of_denoiser,
)
from coursekit.experiments.bench import plan, seeded
from coursekit.noise import corruption, gaussian
from coursekit.train import Cosine, fit, own_loss

MIXTURE = Mixture(
    torch.tensor([0.5, 0.5]), torch.tensor([[1.0, 1.0], [-1.0, -1.0]]), 0.04 * torch.eye(2).expand(2, 2, 2)
)
POINTS, BATCH, EPOCHS, RATE = 4000, 250, 20, 1e-2


class ScoreResult(NamedTuple):
    """How well a denoiser's score fits the true one, (S, L) for seeds and noise levels.

    ``cosine`` is the mean cosine between the two arrows, ``gap`` the squared error over the squared size of
    the true one, ``excess`` the denoising error over the least possible one.
    """

    seeds: tuple[int, ...]
    sigmas: tuple[float, ...]
    cosine: Tensor
    gap: Tensor
    excess: Tensor


def draw(mixture: Mixture, n: int, *, generator: torch.Generator) -> Tensor:
    """Return points of a mixture of Gaussians.

    Args:
        mixture: weights, means and covariances.
        n: how many.
        generator: source of the draws.

    Shape:
        Returns (n, D).

    Raises:
        ValueError: if n is below 1.
    """
    check_positive_int(n, "n")
    kinds = torch.multinomial(mixture.weights, n, replacement=True, generator=generator)
    noise = torch.randn(n, mixture.means.shape[1], generator=generator, dtype=mixture.means.dtype)
    factor = torch.linalg.cholesky(mixture.covariances)[kinds]  # (n, D, D)
    points: Tensor = mixture.means[kinds] + (factor @ noise[..., None])[..., 0]
    return points


@cache
def trained(seed: int, sigma: float, *, epochs: int = EPOCHS) -> DenoisingAutoencoder:
    """Return a denoiser of the two clouds: one object a process, so leave it as it is.

    Args:
        seed: of points, weights and noise.
        sigma: of the noise.
        epochs: passes over 4,000 points.
    """
    x = draw(MIXTURE, POINTS, generator=seeded(20_000 + seed))
    noise = corruption("gaussian", sigma=sigma)
    model = DenoisingAutoencoder(2, [64], 64, corruption=noise, activation="tanh", generator=seeded(seed))
    steps = epochs * math.ceil(POINTS / BATCH)
    fit(model, (x,), loss=own_loss, epochs=epochs, batch_size=BATCH, lr=RATE, schedule=Cosine(steps),
        generator=seeded(10_000 + seed))  # fmt: skip
    return model.eval()


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sigmas: Sequence[float] = (0.25, 0.5, 1.0),
    epochs: int = EPOCHS, fast: bool = False,
) -> ScoreResult:  # fmt: skip
    """Train a denoiser for each level of noise, and hold the arrows that it draws against the true score.

    Args:
        seeds: one run each.
        sigmas: levels of noise, each above 0.
        epochs: passes over the points.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: if there is no seed, or a sigma is not above 0.

    Source:
        Vincent 2011; Alain and Bengio 2014.
    """
    used, epochs = plan(seeds, epochs, fast)
    table = torch.zeros(3, len(used), len(sigmas))
    clean = draw(MIXTURE, 2000, generator=seeded(77))
    for j, sigma in enumerate(sigmas):
        noisy = gaussian(clean, sigma, generator=seeded(78))
        truth, best = mixture_score(noisy, MIXTURE, sigma), optimal_denoiser(noisy, MIXTURE, sigma)
        for i, seed in enumerate(used):
            denoised = trained(seed, sigma, epochs=epochs).denoise(noisy)
            own = score_of_denoiser(denoised, noisy, sigma)
            table[0, i, j] = F.cosine_similarity(own, truth).mean()
            table[1, i, j] = (own - truth).square().sum() / truth.square().sum()
            table[2, i, j] = (denoised - clean).square().sum() / (best - clean).square().sum()
    return ScoreResult(used, tuple(sigmas), *table)


def generate(mixture: Mixture, sigmas: Tensor, n: int, *, generator: torch.Generator) -> Tensor:
    r"""Return points made from pure noise by the optimal denoiser, one small step at a time.

    .. math:: x_{k+1} = x_k + \frac{\sigma_{k+1} - \sigma_k}{\sigma_k}
              \bigl( x_k - r^*_{\sigma_k}(x_k) \bigr), \qquad x_0 \sim N(0, \sigma_0^2 I)

    Each step moves a point a little towards its denoised version: Euler's method on the flow that carries
    the noisy density to the clean one.

    Args:
        mixture: the clean density.
        sigmas: falling levels of noise, above 0; the first should be large beside the data.
        n: how many points.
        generator: source of the noise at the start; nothing else is drawn.

    Shape:
        sigmas: (T + 1,); returns the states (T + 1, n, D).

    Raises:
        ValueError: if the levels do not fall, one is not above 0, or n is below 1.

    Source:
        Song et al. 2021, the probability flow, in the variables of Karras et al. 2022.
    """
    check_positive_int(n, "n")
    falls = sigmas.ndim == 1 and len(sigmas) > 1 and bool((sigmas.diff() < 0).all()) and bool(sigmas[-1] > 0)
    require(falls, f"sigmas must fall and stay above 0; got {sigmas.tolist()}")
    x = sigmas[0] * torch.randn(n, mixture.means.shape[1], generator=generator, dtype=mixture.means.dtype)
    states = [x]
    for now, then in zip(sigmas[:-1].tolist(), sigmas[1:].tolist(), strict=True):
        x = x + (then - now) / now * (x - optimal_denoiser(x, mixture, now))
        states.append(x)
    return torch.stack(states)
