"""Does the condition decide the class? A classifier judges the samples of a conditional VAE."""

__all__ = ["ConditionalResult", "run", "train_judge"]

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit.dense import mlp, reset_weights
from coursekit.experiments.bench import digits_split, plan, score, seeded, train
from coursekit.metrics import accuracy
from coursekit.train.terms import Batch
from coursekit.vae.conditional import ConditionalVAE


@dataclass(frozen=True)
class ConditionalResult:
    """Fractions in [0, 1], one entry a seed; negative ELBOs in nats per test image.

    ``ceiling`` is the judge's accuracy on real test images; ``means`` and ``draws`` the share of samples that
    it puts in the class asked for (pixel means, drawn pixels); ``same_code`` that share when one code z is
    decoded under all ten classes. ``pictures`` (codes, 10, 64) shows some of these, from the first seed.
    """

    seeds: tuple[int, ...]
    per_class: int
    ceiling: tuple[float, ...]
    means: tuple[float, ...]
    draws: tuple[float, ...]
    same_code: tuple[float, ...]
    negative_elbo: tuple[float, ...]
    pictures: Tensor


def _cross_entropy(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    del generator  # nothing here is random
    x, y = batch
    return {"loss": F.cross_entropy(model(x), y)}


def train_judge(seed: int, epochs: int = 30) -> nn.Module:
    """Train a 64-128-10 classifier on the training images alone.

    Args:
        seed: of its weights and the order of the rows.
        epochs: passes over the training images.
    """
    judge = mlp([64, 128, 10])
    reset_weights(judge, generator=seeded(500 + seed))
    split = digits_split()
    train(judge, (split.x_train, split.y_train), seed=500 + seed, epochs=epochs, loss=_cross_entropy, lr=3e-3)
    return judge


@torch.no_grad()
def _consistency(judge: nn.Module, x: Tensor, wanted: Tensor) -> float:
    return float(accuracy(judge(x), wanted))


@torch.no_grad()
def _same_code(model: ConditionalVAE, classes: Tensor, codes: int) -> Tensor:
    """Decode each of some prior draws under every class: (codes, 10, D)."""
    z = torch.randn(codes, model.latent_dim, generator=seeded(1))
    rows = z.repeat_interleave(len(classes), dim=0)  # (codes 10, Z)
    means = model.means(model.decode(rows, classes.repeat(codes, 1)))
    return means.view(codes, len(classes), -1)


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, per_class: int = 100, epochs: int = 60, fast: bool = False
) -> ConditionalResult:
    """Train a conditional VAE and a judge a seed, sample every class, and count the agreements.

    Args:
        seeds: one run each.
        per_class: samples a class, 1 or more.
        epochs: of the conditional VAE; the judge takes half.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or a count is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    split, classes = digits_split(), torch.eye(10)
    wanted = torch.arange(10).repeat_interleave(per_class)
    rows, pictures = [], []
    for seed in seeds:
        model = ConditionalVAE(64, [128], 8, 10, generator=seeded(seed))
        train(model, (split.x_train, classes[split.y_train]), seed=seed, epochs=epochs)
        judge = train_judge(seed, max(1, epochs // 2))
        grid = _same_code(model, classes, per_class)
        pictures.append(grid[:8])
        smooth = model.sample(classes, per_class, generator=seeded(seed))
        drawn = model.sample(classes, per_class, draw=True, generator=seeded(seed))
        rows.append(
            (
                _consistency(judge, split.x_test, split.y_test),
                _consistency(judge, smooth, wanted),
                _consistency(judge, drawn, wanted),
                _consistency(judge, grid.flatten(0, 1), torch.arange(10).repeat(per_class)),
                score(model, split.x_test, classes[split.y_test]).negative_elbo,
            )
        )
    ceiling, means, draws, same_code, negative_elbo = zip(*rows, strict=True)
    return ConditionalResult(
        seeds, per_class, ceiling, means, draws, same_code, negative_elbo, pictures=pictures[0]
    )
