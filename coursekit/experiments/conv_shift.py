"""What a shift of the picture does to a map: moved along, garbled, or not noticed."""

__all__ = ["KINDS", "ShiftResult", "code_moves", "map_error", "run", "shifted"]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_tensor, require
from coursekit.autoencoders import Autoencoder
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.conv_race import split

Map = Callable[[Tensor], Tensor]
SHIFTS, CHANNELS = (0, 1, 2, 3, 4), 8


class ShiftResult(NamedTuple):
    """By kind of layer: the relative error of its map, one row a seed and one entry a shift."""

    seeds: tuple[int, ...]
    shifts: tuple[int, ...]
    errors: dict[str, list[list[float]]]


def shifted(x: Tensor, by: int) -> Tensor:
    """Return pictures moved to the right; what leaves on one side comes in on the other.

    Args:
        x: pictures or maps.
        by: columns.

    Shape:
        x: (B, C, H, W); returned with the same shape.

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x does not have the shape above.
    """
    check_tensor(x, "x", shape=("B", "C", "H", "W"), floating=True)
    return x.roll(by, dims=3)


def _layer(kind: str, weight: Tensor) -> Map:
    """Return a layer on a torus: the picture goes on where it ends, so that no border disturbs."""

    def convolved(x: Tensor, stride: int = 1) -> Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), weight, stride=stride).relu()

    kinds: dict[str, Map] = {
        "stride 1": convolved,
        "stride 2": lambda x: convolved(x, 2),
        "max pooling 2": lambda x: F.max_pool2d(convolved(x), 2),
        "mean over places": lambda x: convolved(x).mean((2, 3), keepdim=True),
    }
    return kinds[kind]


KINDS = ("stride 1", "stride 2", "max pooling 2", "mean over places")


def map_error(layer: Map, x: Tensor, by: int) -> float:
    r"""Return how far the map of a shifted picture is from the map of the picture, best shifted itself.

    .. math:: \min_m \frac{\|f(T_s x) - T_m f(x)\|}{\|f(x)\|}

    :math:`T_s` moves by s columns; m runs over all shifts of the map. A layer is equivariant if this is 0 for
    every s, and invariant if it is 0 with m = 0.

    Args:
        layer: from pictures to maps.
        x: pictures.
        by: s, in columns.

    Shape:
        x: (B, C, H, W).

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x does not have the shape above, or its map is 0 everywhere.
    """
    before, after = layer(x), layer(shifted(x, by))
    norm = before.norm().item()
    require(norm > 0, "the map of x must not be 0 everywhere")
    gaps = [(after - shifted(before, m)).norm().item() for m in range(before.shape[3])]
    return float(min(gaps) / norm)


@torch.no_grad()
def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, shifts: Sequence[int] = SHIFTS, fast: bool = False
) -> ShiftResult:
    """Measure the error of four kinds of layers with random weights, on 50 pictures of 28 x 28.

    Args:
        seeds: of the weights.
        shifts: in columns.
        fast: two seeds.

    Raises:
        ValueError: there is no seed.
    """
    seeds, _ = plan(seeds, 1, fast)
    x = split().x_test[:50].double()
    errors: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    for seed in seeds:
        weight = torch.randn(CHANNELS, 1, 3, 3, generator=seeded(seed), dtype=torch.float64)
        for kind in KINDS:
            errors[kind].append([map_error(_layer(kind, weight), x, by) for by in shifts])
    return ShiftResult(seeds, tuple(shifts), errors)


@torch.no_grad()
def code_moves(model: Autoencoder, x: Tensor, by: int = 1) -> float:
    """Return how far a shift moves a code, as a part of the median distance between codes of two pictures.

    Args:
        model: a trained autoencoder of pictures.
        x: two pictures or more.
        by: columns.

    Shape:
        x: (B, C, H, W).

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x does not have the shape above, or holds fewer than two pictures.
    """
    require(len(x) > 1, f"x must hold 2 pictures or more; got {len(x)}")
    z, moved = model.encode(x), model.encode(shifted(x, by))
    apart = torch.pdist(z).median()
    return float((moved - z).norm(dim=1).median() / apart)
