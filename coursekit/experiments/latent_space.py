"""What the latent space holds: aggregate posterior, the two parts of the KL, samples and paths."""

__all__ = ["KLParts", "LatentResult", "kl_parts", "plain_autoencoder", "run"]

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive_int, check_tensor
from coursekit.experiments.bench import digits_split, plan, seeded, train
from coursekit.experiments.digits_vae import trained
from coursekit.metrics import mmd_squared
from coursekit.train.terms import Batch
from coursekit.vae.elbo import kl_standard_normal, reparameterize
from coursekit.vae.model import VAE


class KLParts(NamedTuple):
    """Mean KL over the rows, the mutual information between row and code, and KL(q(z) || p(z)), in nats."""

    mean_kl: float
    mutual_information: float
    marginal_kl: float


@dataclass(frozen=True)
class LatentResult:
    """One entry a seed; MMD^2 is unbiased, so it may be slightly negative.

    ``aggregate_variance`` (S, Z) is the variance of z over the mixture q(z). ``parts`` splits the mean KL of
    the training images; their mutual information cannot exceed ``log_rows``. ``mmd_vae`` and
    ``mmd_autoencoder`` compare decoded prior draws with the test images, ``mmd_real`` training images with
    them. ``path`` (steps, D) is an interpolation of the first seed; ``samples`` and ``autoencoder_samples``
    (n, D) are pixel means.
    """

    seeds: tuple[int, ...]
    aggregate_variance: Tensor
    parts: tuple[KLParts, ...]
    log_rows: float
    mmd_vae: tuple[float, ...]
    mmd_autoencoder: tuple[float, ...]
    mmd_real: float
    path: Tensor
    samples: Tensor
    autoencoder_samples: Tensor


def _log_density(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return log q_j(z_i) of every row of z under every Gaussian: (N, N), in nats."""
    precision = torch.exp(-logvar)  # (N, Z)
    # (z - mu)^2 / var, summed over latents, by matrix products: (N, N) in memory instead of (N, N, Z).
    offset = (mu.square() * precision).sum(-1)
    distance = z.square() @ precision.T - 2 * z @ (mu * precision).T + offset
    return -0.5 * (distance + logvar.sum(-1) + mu.shape[1] * math.log(2 * math.pi))


@torch.no_grad()
def kl_parts(mu: Tensor, logvar: Tensor, *, draws: int = 10, generator: torch.Generator) -> KLParts:
    r"""Split the mean KL into mutual information and marginal KL, with q(z) the full mixture over the rows.

    .. math:: \frac1N \sum_{i=1}^{N} \mathrm{KL}(q(z \mid x_i) \,\|\, p(z))
              = I_q(i; z) + \mathrm{KL}(q(z) \,\|\, p(z)), \qquad q(z) = \frac1N \sum_{i=1}^{N} q(z \mid x_i)

    :math:`I_q(i; z)` says how well a code tells its row among the N, so it is at most log N. Both parts are
    Monte Carlo means over draws; mean_kl is exact, and the two parts add up to it within their error.

    Args:
        mu: means of q(z | x).
        logvar: log-variances of q(z | x).
        draws: draws of z a row, 1 or more.
        generator: source of the noise.

    Shape:
        mu, logvar: (N, Z).

    Units:
        Nats.

    Raises:
        TypeError: mu or logvar is no floating-point tensor.
        ValueError: the two are not both (N, Z), or draws is below 1.

    Source:
        Hoffman & Johnson 2016.
    """
    check_tensor(mu, "mu", shape=("N", "Z"), floating=True)
    check_tensor(logvar, "logvar", shape=mu.shape, floating=True)
    check_positive_int(draws, "draws")
    information, marginal = [], []
    for _ in range(draws):
        z = reparameterize(mu, logvar, generator=generator)  # (N, Z)
        log_q = _log_density(z, mu, logvar)  # (N, N): row of z, row of q
        log_mixture = torch.logsumexp(log_q, dim=1) - math.log(len(mu))
        log_prior = -0.5 * (z.square().sum(-1) + mu.shape[1] * math.log(2 * math.pi))
        information.append((log_q.diagonal() - log_mixture).mean())
        marginal.append((log_mixture - log_prior).mean())
    mean_kl = kl_standard_normal(mu, logvar).mean().item()
    return KLParts(mean_kl, torch.stack(information).mean().item(), torch.stack(marginal).mean().item())


def _reconstruction_only(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    del generator  # a plain autoencoder draws nothing
    vae = cast(VAE, model)
    return {"loss": vae.nll(vae(batch[0], noise=False).logits, batch[0]).mean()}


@cache
def plain_autoencoder(seed: int, epochs: int = 60) -> VAE:
    """Train the same network as a plain autoencoder: z = mu, reconstruction term only; once a process.

    Args:
        seed: of the weights and the order of the rows.
        epochs: passes over the training images.
    """
    model = VAE(64, [128], 8, generator=seeded(seed))
    train(model, (digits_split().x_train,), seed=seed, epochs=epochs, loss=_reconstruction_only)
    return model


@torch.no_grad()
def _aggregate(model: VAE, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    mu, logvar = model.encode(x)
    return mu, logvar, mu.var(0) + logvar.exp().mean(0)  # law of total variance


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 60, fast: bool = False) -> LatentResult:
    """Measure the codes of the reference VAE and the samples of its decoder, beside a plain autoencoder's.

    Args:
        seeds: one run each.
        epochs: of both models.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats for the KL parts.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    split = digits_split()
    vaes = [trained(seed, epochs)[0] for seed in seeds]
    plain = [plain_autoencoder(seed, epochs) for seed in seeds]
    codes = [_aggregate(model, split.x_train) for model in vaes]
    n = len(split.x_test)

    def mmd(model: VAE, seed: int) -> float:
        return float(mmd_squared(model.sample(n, draw=True, generator=seeded(seed)), split.x_test))

    return LatentResult(
        seeds=seeds,
        aggregate_variance=torch.stack([variance for _, _, variance in codes]),
        parts=tuple(kl_parts(mu, v, generator=seeded(s)) for s, (mu, v, _) in zip(seeds, codes, strict=True)),
        log_rows=math.log(len(split.x_train)),
        mmd_vae=tuple(mmd(m, s) for m, s in zip(vaes, seeds, strict=True)),
        mmd_autoencoder=tuple(mmd(m, s) for m, s in zip(plain, seeds, strict=True)),
        mmd_real=float(mmd_squared(split.x_train[:n], split.x_test)),
        path=vaes[0].interpolate(split.x_test[0], split.x_test[1], 9),
        samples=vaes[0].sample(24, generator=seeded(0)),
        autoencoder_samples=plain[0].sample(24, generator=seeded(0)),
    )
