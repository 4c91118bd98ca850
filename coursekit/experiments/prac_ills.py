"""Autoencoders with one fault each, and the numbers that tell which: vital signs instead of a loss curve."""

__all__ = ["ILLS", "Leak", "Vitals", "dead_units", "leak", "sick", "vitals"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_tensor, require
from coursekit.autoencoders import Autoencoder, DenseAutoencoder
from coursekit.experiments.ae_parts import digits_in_three, per_pixel
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.prac_stack import Outcome, Recipe, run
from coursekit.train import fit, own_loss

ILLS = {
    "healthy": Recipe(),
    "dead": Recipe(rate=0.1),
    "too wide": Recipe(hidden=(256,), latents=64),
    "by heart": Recipe(hidden=(256,), latents=32, rows=60, batch=20, epochs=80),
    "wrong mode": Recipe(batch_norm=True, drop=(0.2, 0.2)),
}


class Vitals(NamedTuple):
    """What to look at besides the loss; ``error``, ``gap`` and ``mode`` are ratios, the others shares.

    error: test error over that of the mean image; spread: deviation of the outputs over the samples, over
    that of the images; dead: hidden units of the encoder that answer to no training image; noise: share of
    small noise on the input that comes out again; gap: test over training error; mode: error in training
    mode over the one in evaluation mode.
    """

    error: float
    spread: float
    dead: float
    noise: float
    gap: float
    mode: float


class Leak(NamedTuple):
    """Errors per pixel, one a seed: on a test part cut from copies, and on images never seen in any copy."""

    told: tuple[float, ...]
    true: tuple[float, ...]


@torch.no_grad()
def dead_units(model: Autoencoder, x: Tensor | None = None) -> float:
    """Return the share of ReLU units of the encoder that are zero for all images.

    Args:
        model: with a sequence of layers as ``encoder``, in evaluation mode.
        x: images; the training digits when None.

    Shape:
        x: (N, D).
    """
    h, shares = digits_in_three().x_train if x is None else x, []
    for layer in model.encoder:  # type: ignore[union-attr]
        h = layer(h)
        if isinstance(layer, nn.ReLU):
            shares.append((h <= 0).all(0).double().mean())
    return torch.stack(shares).mean().item() if shares else 0.0


def vitals(model: Autoencoder, train: Tensor, test: Tensor, *, generator: torch.Generator) -> Vitals:
    """Measure the vital signs of a dense autoencoder; the model is as before afterwards.

    Args:
        model: with a sequence of layers as ``encoder``.
        train: the images it was trained on.
        test: images it has not seen.
        generator: source of the noise.

    Shape:
        train, test: (N, D), two images or more.

    Raises:
        TypeError: a tensor is none, or not floating.
        ValueError: the shapes do not fit the model.
    """
    check_tensor(train, "train", shape=("N", "D"), floating=True)
    check_tensor(test, "test", shape=("N", train.shape[1]), floating=True)
    require(min(len(train), len(test)) > 1, "train and test must hold at least two images each")
    mode, state = model.training, {name: value.clone() for name, value in model.state_dict().items()}
    model.eval()
    told = model.reconstruct(test)
    own = per_pixel(told, test)
    push = 0.05 * torch.randn(test.shape, generator=generator, dtype=test.dtype)
    moved = model.reconstruct(test + push) - told
    dead = dead_units(model, train)
    with torch.no_grad():
        calm = model.loss(test).reconstruction.item()
        busy = model.train().loss(test, generator=generator).reconstruction.item()
    model.load_state_dict(state)
    model.train(mode)
    return Vitals(
        own / per_pixel(train.mean(0).expand_as(test), test),
        (told.std(0).mean() / test.std(0).mean()).item(),
        dead,
        (moved.square().sum() / push.square().sum()).item(),
        own / max(per_pixel(model.reconstruct(train), train), 1e-12),
        busy / max(calm, 1e-12),
    )


def sick(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False
) -> tuple[dict[str, Outcome], dict[str, Tensor]]:
    """Train the healthy model and those with one fault each, and measure the vital signs of all.

    Args:
        seeds: one run each.
        fast: two seeds and a quarter of the epochs.

    Shape:
        Returns the runs by name, and the signs by name, (S, 6) each.

    Raises:
        ValueError: there is no seed.
    """
    parts, told = digits_in_three(), {}
    outcomes = dict(zip(ILLS, run(list(ILLS.values()), seeds, fast=fast), strict=True))
    for name, outcome in outcomes.items():
        train = parts.x_train[: outcome.recipe.rows]
        told[name] = torch.tensor(
            [vitals(t.model, train, parts.x_test, generator=seeded(s)) for s, t in enumerate(outcome.runs)]
        )
    return outcomes, told


def leak(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, originals: int = 150, copies: int = 4, epochs: int = 60,
    fast: bool = False,
) -> Leak:  # fmt: skip
    """Copy each image a few times with slight noise, and only then cut them into training and test part.

    Args:
        seeds: of images, noise, cut and run.
        originals: images before copying.
        copies: of each image.
        epochs: passes over the training part, four fifths of the copies.
        fast: two seeds and a quarter of the epochs.

    Units:
        Squared pixel values, averaged over images and pixels.

    Raises:
        ValueError: there is no seed, or a count is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts, told, true = digits_in_three(), [], []
    for seed in used:
        g = seeded(30_000 + seed)
        chosen = parts.x_train[torch.randperm(len(parts.x_train), generator=g)[:originals]]
        x = chosen.repeat(copies, 1)
        x = (x + 0.03 * torch.randn(x.shape, generator=g)).clamp(0, 1)
        x = x[torch.randperm(len(x), generator=g)]
        cut = len(x) * 4 // 5
        model = DenseAutoencoder(64, [128], 16, generator=seeded(seed))
        fit(model, (x[:cut],), loss=own_loss, epochs=epochs, batch_size=60, lr=3e-3, generator=g)
        told.append(per_pixel(model.reconstruct(x[cut:]), x[cut:]))
        true.append(per_pixel(model.reconstruct(parts.x_test), parts.x_test))
    return Leak(tuple(told), tuple(true))
