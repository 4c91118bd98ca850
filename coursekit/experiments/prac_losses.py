"""Losses against each other: train with each, score with each, and what a single answer should be."""

__all__ = ["LOSSES", "SCORES", "Cross", "cross_table", "minimiser", "scores", "two_modes"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_choice, check_in_unit, check_positive, check_tensor, require
from coursekit.autoencoders.losses import losses
from coursekit.experiments.ae_parts import digits_in_three
from coursekit.experiments.prac_stack import Recipe, run

LOSSES = {
    "squared": ("squared", 1.0),
    "cross-entropy": ("bernoulli", 1.0),
    "absolute": ("absolute", 1.0),
    "Huber 1": ("huber", 1.0),
    "Huber 0.1": ("huber", 0.1),
}
SCORES = ("squared", "cross-entropy", "absolute", "Huber 1", "Huber 0.1", "black")
EDGE, BLACK = 1e-3, 0.02


class Cross(NamedTuple):
    """Scores on test images, (L, C, S), of models trained with a row's loss; ``data``: share of black."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Tensor
    data: float

    def get(self, row: str, column: str) -> Tensor:
        """Return the scores of all seeds for a loss trained with and a score."""
        return self.values[self.rows.index(row), self.columns.index(column)]


def scores(outputs: Tensor, x: Tensor) -> list[float]:
    """Score pixel values by every loss, averaged over images and pixels, and count the black ones.

    The cross-entropy needs values strictly inside (0, 1), so they are cut at 0.001 and 0.999 for it alone.

    Args:
        outputs: reconstructions, any values.
        x: images in [0, 1].

    Shape:
        outputs, x: (N, D); returns one number for each of ``SCORES``.

    Raises:
        TypeError: a tensor is none, or not floating.
        ValueError: the shapes differ, or x is outside [0, 1].

    Example:
        >>> [round(value, 3) for value in scores(torch.zeros(1, 4), torch.ones(1, 4))]
        [1.0, 6.908, 1.0, 0.5, 0.095, 1.0]
    """
    check_in_unit(x, "x")
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    error = outputs - x
    return [
        error.square().mean().item(),
        F.binary_cross_entropy(outputs.clamp(EDGE, 1 - EDGE), x).item(),
        error.abs().mean().item(),
        F.huber_loss(outputs, x, delta=1.0).item(),
        F.huber_loss(outputs, x, delta=0.1).item(),
        (outputs.abs() < BLACK).double().mean().item(),
    ]


def cross_table(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 50, fast: bool = False) -> Cross:
    """Train one model for each loss and seed, and score all of them by every loss.

    Args:
        seeds: one run each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Averaged over images and pixels.

    Raises:
        ValueError: there is no seed.
    """
    x = digits_in_three().x_test
    recipes = [Recipe(loss=name, delta=delta, epochs=epochs) for name, delta in LOSSES.values()]
    told = [
        [scores(trained.model.reconstruct(x), x) for trained in outcome.runs]
        for outcome in run(recipes, seeds, fast=fast)
    ]
    black = (x < BLACK).double().mean().item()
    return Cross(tuple(LOSSES), SCORES, torch.tensor(told).transpose(1, 2), black)


def minimiser(x: Tensor, *, loss: str = "squared", delta: float = 1.0) -> Tensor:
    r"""Return the one image that costs least against a set of images, for a loss that sums over pixels.

    .. math:: \arg\min_c \sum_n \ell(c, x_n) = \text{mean}, \text{mean}, \text{median}, \quad
              \text{or } c: \textstyle\sum_n \operatorname{clip}(c - x_n, -\delta, \delta) = 0

    for the squared error, the cross-entropy, the absolute error and Huber's loss. Between two middle values
    every median is a minimum; the lower one is returned.

    Args:
        x: images.
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: of Huber's loss.

    Shape:
        x: (N, D); returns (D,).

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: there is no image, the loss is unknown, or delta is not above 0.

    Example:
        >>> [minimiser(torch.tensor([[0.0], [0.0], [0.9]]), loss=name).item() for name in ("absolute",)]
        [0.0]
    """
    check_tensor(x, "x", ndim=2, floating=True)
    require(len(x) > 0, "x must hold at least one image; got none")
    check_choice(loss, "loss", losses())
    check_positive(delta, "delta")
    if loss in ("squared", "bernoulli"):
        return x.mean(0)
    if loss == "absolute":
        return x.median(0).values
    low, high = x.amin(0), x.amax(0)
    for _ in range(60):  # the slope rises with c, so halving the interval finds its zero
        middle = (low + high) / 2
        below = (middle - x).clamp(-delta, delta).sum(0) < 0
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return (low + high) / 2


def two_modes(share: float = 0.6, count: int = 100) -> dict[str, Tensor]:
    """Return the best single answer, by loss, to images that show a bar at the left or at the right.

    Args:
        share: of images with the bar at the left, between 0 and 1.
        count: images in all.

    Shape:
        Returns images (64,) by name: the two kinds, then one answer a loss.

    Raises:
        ValueError: the share is outside (0, 1).
    """
    require(0 < share < 1, f"share must lie between 0 and 1; got {share}")
    left, right = torch.zeros(8, 8), torch.zeros(8, 8)
    left[1:7, 1:3] = 1
    right[1:7, 5:7] = 1
    many = round(share * count)
    x = torch.stack([left.flatten()] * many + [right.flatten()] * (count - many))
    answers = {name: minimiser(x, loss=loss, delta=delta) for name, (loss, delta) in LOSSES.items()}
    return {"left": left.flatten(), "right": right.flatten()} | answers
