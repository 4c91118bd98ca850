"""The reference run: a 64-128-8 VAE on binarised digits, scored on images that it has not seen."""

__all__ = ["DigitsResult", "pixel_marginal_nll", "run", "trained"]

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from coursekit._check import check_tensor
from coursekit.experiments.bench import digits_split, plan, score, seeded, train
from coursekit.metrics import active_units
from coursekit.train import own_loss
from coursekit.vae.elbo import iwae_nll
from coursekit.vae.model import VAE

HIDDEN, LATENTS, EPOCHS = 128, 8, 60


@dataclass(frozen=True)
class DigitsResult:
    """One number a seed, in nats per test image unless the name says otherwise.

    ``nll`` is the importance-weighted estimate of -log p(x); ``mean_code`` what the loss formula gives when z
    is set to mu, which is no bound; ``gap`` the test minus the training value of the negative ELBO;
    ``curves`` the mean training loss of each epoch; ``baseline`` the score of independent pixels.
    """

    seeds: tuple[int, ...]
    epochs: int
    negative_elbo: tuple[float, ...]
    reconstruction: tuple[float, ...]
    kl: tuple[float, ...]
    nll: tuple[float, ...]
    mean_code: tuple[float, ...]
    gap: tuple[float, ...]
    active: tuple[int, ...]
    curves: tuple[tuple[float, ...], ...]
    baseline: float
    parameters: int


def pixel_marginal_nll(train_x: Tensor, test_x: Tensor) -> float:
    r"""Return the mean -log p(x) of a model in which every pixel is independent.

    .. math:: p_d = \frac{1 + \sum_i x_{id}}{2 + N}

    :math:`p_d` is the chance that pixel d is on; one pseudo-count of each kind keeps it off 0 and 1.

    Args:
        train_x: binary images that set the chances.
        test_x: binary images that are scored.

    Shape:
        train_x: (N, D); test_x: (M, D).

    Units:
        Nats per image.

    Raises:
        ValueError: the widths differ.
    """
    check_tensor(train_x, "train_x", shape=("N", "D"), floating=True)
    check_tensor(test_x, "test_x", shape=("M", train_x.shape[1]), floating=True)
    p = (1 + train_x.sum(0)) / (2 + len(train_x))  # (D,)
    return -(test_x * p.log() + (1 - test_x) * torch.log1p(-p)).sum(-1).mean().item()


@cache
def trained(seed: int, epochs: int = EPOCHS) -> tuple[VAE, tuple[float, ...]]:
    """Return the reference VAE of a seed and its training curve: one object a process, so leave it as it is.

    Args:
        seed: of the weights, the order of the rows and the noise.
        epochs: passes over the training images.
    """
    model = VAE(64, [HIDDEN], LATENTS, generator=seeded(seed))
    curve = train(model, (digits_split().x_train,), seed=seed, epochs=epochs, loss=own_loss)
    return model, tuple(curve)


@torch.no_grad()
def _mean_code(model: VAE, x: Tensor) -> float:
    outputs = model(x, noise=False)
    return (model.nll(outputs.logits, x) + model.kl(outputs.mu, outputs.logvar)).mean().item()


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, samples: int = 500, fast: bool = False
) -> DigitsResult:
    """Train the reference VAE once a seed and score it on the test images.

    Args:
        seeds: one run each.
        epochs: passes over the training images.
        samples: K of the importance-weighted estimate.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats per image.

    Raises:
        ValueError: there is no seed, or a count is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    split = digits_split()
    models = [trained(seed, epochs)[0] for seed in seeds]
    test = [score(model, split.x_test) for model in models]
    own = [score(model, split.x_train) for model in models]
    nll = [iwae_nll(model, split.x_test, samples=samples, generator=seeded(0)) for model in models]
    means = [model.encode(split.x_test)[0].detach() for model in models]
    return DigitsResult(
        seeds=seeds,
        epochs=epochs,
        negative_elbo=tuple(s.negative_elbo for s in test),
        reconstruction=tuple(s.reconstruction for s in test),
        kl=tuple(s.kl for s in test),
        nll=tuple(value.mean().item() for value in nll),
        mean_code=tuple(_mean_code(model, split.x_test) for model in models),
        gap=tuple(t.negative_elbo - o.negative_elbo for t, o in zip(test, own, strict=True)),
        active=tuple(active_units(mu) for mu in means),
        curves=tuple(trained(seed, epochs)[1] for seed in seeds),
        baseline=pixel_marginal_nll(split.x_train, split.x_test),
        parameters=sum(p.numel() for p in models[0].parameters()),
    )
