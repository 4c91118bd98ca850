"""Posterior collapse: three ways into it, how to see it, and which cure helps against which cause."""

__all__ = ["CollapseCase", "CollapseResult", "KLWarmup", "pixel_mean_terms", "run"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_positive_int
from coursekit.experiments.bench import digits_split, plan, score, seeded, train
from coursekit.experiments.digits_vae import trained
from coursekit.metrics import active_units
from coursekit.train import Hook, Run, own_loss
from coursekit.train.terms import Batch
from coursekit.vae.beta import BetaVAE
from coursekit.vae.model import VAE


@dataclass(frozen=True)
class CollapseCase:
    """One way of training, one entry a seed, in nats per test image; ``kl_per_latent`` is (S, Z)."""

    name: str
    negative_elbo: tuple[float, ...]
    reconstruction: tuple[float, ...]
    kl: tuple[float, ...]
    active: tuple[int, ...]
    kl_per_latent: Tensor


@dataclass(frozen=True)
class CollapseResult:
    """The cases in the order in which they were run."""

    seeds: tuple[int, ...]
    cases: tuple[CollapseCase, ...]

    def get(self, name: str) -> CollapseCase:
        """Return a case by its name.

        Raises:
            ValueError: there is no such case.
        """
        for case in self.cases:
            if case.name == name:
                return case
        raise ValueError(f"name must be one of {', '.join(c.name for c in self.cases)}; got {name!r}")


class KLWarmup(Hook):
    """Raise the beta of a :class:`coursekit.vae.beta.BetaVAE` linearly from 0 over its first epochs.

    Args:
        beta: final weight, 0 or more, reached when the warm-up ends.
        epochs: length of the warm-up, 1 or more.

    Raises:
        ValueError: beta is negative, or epochs below 1.

    Source:
        Bowman et al. 2016; Sønderby et al. 2016.
    """

    def __init__(self, beta: float, epochs: int) -> None:
        self.beta = check_positive(beta, "beta", zero=True)
        self.epochs = check_positive_int(epochs, "epochs")

    def on_epoch_start(self, run: Run) -> None:
        """Set the weight for the epoch that begins."""
        cast(BetaVAE, run.model).beta = self.beta * min(1.0, run.epoch / self.epochs)


def pixel_mean_terms(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    """Return the loss with the reconstruction averaged over pixels, the KL summed over latents: a mistake.

    Args:
        model: a VAE.
        batch: x, and the condition if the model takes one.
        generator: source of the noise.

    Shape:
        batch: (B, D), then (B, C); returns scalars.

    Units:
        None: nats per pixel plus nats per image. The same as a KL weight of D, up to a factor.
    """
    terms = own_loss(model, batch, generator)
    reconstruction = terms["reconstruction"] / batch[0].shape[1]
    return {"loss": reconstruction + terms["kl"], "reconstruction": reconstruction, "kl": terms["kl"]}


def _case(name: str, models: Sequence[VAE]) -> CollapseCase:
    x = digits_split().x_test
    scores = [score(model, x) for model in models]
    with torch.no_grad():
        posteriors = [model.encode(x) for model in models]
    per_latent = [0.5 * (mu.square() + torch.expm1(v) - v).mean(0) for mu, v in posteriors]
    return CollapseCase(
        name=name,
        negative_elbo=tuple(s.negative_elbo for s in scores),
        reconstruction=tuple(s.reconstruction for s in scores),
        kl=tuple(s.kl for s in scores),
        active=tuple(active_units(mu) for mu, _ in posteriors),
        kl_per_latent=torch.stack(per_latent),
    )


def _pixel_mean(seed: int, epochs: int) -> VAE:
    model = VAE(64, [128], 8, generator=seeded(seed))
    train(model, (digits_split().x_train,), seed=seed, epochs=max(1, epochs // 2), loss=pixel_mean_terms)
    return model


def _large_beta(seed: int, epochs: int) -> VAE:
    model = BetaVAE(64, [128], 8, beta=8.0, generator=seeded(seed))
    train(model, (digits_split().x_train,), seed=seed, epochs=max(1, epochs // 2))
    return model


def _hasty(seed: int, epochs: int) -> VAE:
    model = BetaVAE(64, [128], 8, beta=1.0, generator=seeded(seed))
    train(model, (digits_split().x_train,), seed=seed, epochs=epochs, lr=1e-2)
    return model


def _hasty_warm(seed: int, epochs: int) -> VAE:
    model = BetaVAE(64, [128], 8, beta=1.0, generator=seeded(seed))
    warmup = KLWarmup(1.0, max(1, epochs // 2))
    train(model, (digits_split().x_train,), seed=seed, epochs=epochs, lr=1e-2, hooks=(warmup,))
    return model


def _reference(seed: int, epochs: int) -> VAE:
    return trained(seed, epochs)[0]


CASES: dict[str, Callable[[int, int], VAE]] = {
    "reference": _reference,
    "pixel mean": _pixel_mean,
    "beta 8": _large_beta,
    "lr 0.01": _hasty,
    "lr 0.01, warm-up": _hasty_warm,
}


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 60, fast: bool = False) -> CollapseResult:
    """Train the digits VAE in five ways and measure how many latents carry information.

    "reference" is the right loss. "pixel mean" averages over pixels and sums over latents, "beta 8" weighs
    the KL by 8: both are collapsed at the optimum of their loss. "lr 0.01" loses latents on the way, because
    at first the KL is cheaper to lower than the reconstruction; "lr 0.01, warm-up" starts it at weight 0.

    Args:
        seeds: one run each.
        epochs: passes over the training images; the two collapsed cases take half of them.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats per image.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    cases = [_case(name, [make(seed, epochs) for seed in seeds]) for name, make in CASES.items()]
    return CollapseResult(seeds, tuple(cases))
