"""What the places of the maxima know: digits told apart by them, every grey value thrown away."""

__all__ = ["PlacesResult", "nearest_accuracy", "run", "within_windows"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_tensor
from coursekit.autoencoders import max_pool
from coursekit.data import mnist5k
from coursekit.experiments.bench import plan

TRAINED, TESTED = 1500, 500


class PlacesResult(NamedTuple):
    """Share of test digits whose nearest neighbour is of their class, an entry a split of the pictures."""

    seeds: tuple[int, ...]
    pixels: tuple[float, ...]
    values: tuple[float, ...]
    places: tuple[float, ...]


def within_windows(x: Tensor) -> Tensor:
    """Return where in its window of 2 x 2 each maximum stands: one of four, and no grey value.

    Args:
        x: pictures.

    Shape:
        x: (B, C, H, W) with even sides; returns (B, C, H/2, W/2), whole numbers from 0 to 3.
    """
    places = max_pool(x).places
    width = x.shape[3]
    return 2 * (places // width % 2) + places % width % 2


def nearest_accuracy(x: Tensor, y: Tensor, x_test: Tensor, y_test: Tensor) -> float:
    """Return how often the nearest training row has the class of a test row.

    Args:
        x: training rows.
        y: their classes.
        x_test: test rows.
        y_test: their classes.

    Shape:
        x: (N, D); y: (N,); x_test: (M, D); y_test: (M,).

    Raises:
        TypeError: rows are no floating-point tensors.
        ValueError: the shapes differ from those above.
    """
    check_tensor(x, "x", shape=("N", "D"), floating=True)
    check_tensor(x_test, "x_test", shape=("M", x.shape[1]), floating=True)
    check_tensor(y, "y", shape=(len(x),))
    check_tensor(y_test, "y_test", shape=(len(x_test),))
    return (y[torch.cdist(x_test, x).argmin(1)] == y_test).double().mean().item()


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> PlacesResult:
    """Tell digits apart by their pixels, by the maxima of windows of 2 x 2, and by the places of the maxima.

    Args:
        seeds: of the split into training and test pictures.
        fast: two splits.

    Raises:
        ValueError: there is no seed.
    """
    seeds, _ = plan(seeds, 1, fast)
    found = []
    for seed in seeds:
        data = mnist5k(seed=seed)
        parts = [part.reshape(-1, 1, 28, 28) for part in (data.x_train[:TRAINED], data.x_test[:TESTED])]
        y, y_test = data.y_train[:TRAINED], data.y_test[:TESTED]
        told = [[F.one_hot(within_windows(x), 4).flatten(1).float() for x in parts]]
        told = [[x.flatten(1) for x in parts], [max_pool(x).values.flatten(1) for x in parts], *told]
        found.append([nearest_accuracy(x, y, test, y_test) for x, test in told])
    return PlacesResult(seeds, *(tuple(column) for column in zip(*found, strict=True)))
