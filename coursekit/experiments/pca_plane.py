"""One number for a point of the plane: the line that PCA finds, and the curve that an autoencoder bends."""

__all__ = ["PlaneRun", "run", "world"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_choice, check_positive_int
from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.experiments.bench import plan, seeded
from coursekit.train import Cosine

ROWS, FRESH, STEPS, RATE = 400, 2000, 500, 2e-2
WORLDS = ("arc", "gaussian")


class PlaneRun(NamedTuple):
    """Squared errors on fresh points, one entry a seed, and what the first seed drew and got back.

    ``points`` (N, 2) are fresh points, ``line`` and ``curve`` (N, 2) their reconstructions.
    """

    seeds: tuple[int, ...]
    pca: tuple[float, ...]
    autoencoder: tuple[float, ...]
    points: Tensor
    line: Tensor
    curve: Tensor


def world(name: str, rows: int, *, generator: torch.Generator) -> Tensor:
    """Draw points of the plane.

    Args:
        name: "arc", two thirds of a circle with a little noise, or "gaussian", N(0, I).
        rows: how many.
        generator: source of the draws.

    Shape:
        Returns (rows, 2).

    Raises:
        TypeError: rows is no int.
        ValueError: the name is unknown, or rows is below 1.
    """
    check_positive_int(rows, "rows")
    noise = torch.randn(rows, 2, generator=generator)
    if check_choice(name, "world", WORLDS) == "gaussian":
        return noise
    at = torch.rand(rows, generator=generator) * 4.2
    return torch.stack([at.cos(), at.sin()], 1) + 0.05 * noise


def _curve(x: Tensor, steps: int, generator: torch.Generator) -> DenseAutoencoder:
    """Train an autoencoder with one code on all points at once."""
    model = DenseAutoencoder(2, [32, 32], 1, activation="tanh", generator=generator)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, Cosine(steps, warmup=steps // 10))
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(x).loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return model


def _error(x: Tensor, outputs: Tensor) -> float:
    """Return the squared distance of a point and its reconstruction."""
    return (x - outputs).square().sum(1).mean().item()


def run(
    name: str, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = STEPS, fast: bool = False
) -> PlaneRun:
    """Compress points of the plane to one number, by PCA and by a 2-32-32-1 autoencoder.

    Args:
        name: the world to draw from, "arc" or "gaussian".
        seeds: of the points and the initial weights.
        steps: Adam steps on 400 points.
        fast: two seeds and a quarter of the steps.

    Units:
        Squared distances, averaged over 2,000 fresh points.

    Raises:
        TypeError: steps is no int.
        ValueError: there is no seed, the world is unknown, or steps is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    results = []
    for seed in used:
        generator = seeded(seed)
        x, fresh = (world(name, rows, generator=generator) for rows in (ROWS, FRESH))
        line = fit_pca(x, 1).reconstruct(fresh)
        results.append((fresh, line, _curve(x, steps, generator).reconstruct(fresh)))
    pca, autoencoder = (tuple(_error(each[0], each[at]) for each in results) for at in (1, 2))
    return PlaneRun(used, pca, autoencoder, *results[0])
