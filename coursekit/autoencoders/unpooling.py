"""Max pooling that remembers where its maxima stood, and the unpooling that puts values back there."""

__all__ = ["Pooled", "max_pool", "max_unpool"]

from collections.abc import Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, describe, require


class Pooled(NamedTuple):
    """Maxima (B, C, h, w), their places in the map (B, C, h, w), counted row by row, and the map's sides."""

    values: Tensor
    places: Tensor
    sides: tuple[int, int]


def max_pool(x: Tensor, size: int = 2) -> Pooled:
    r"""Return the largest value of each square window, and where it stands.

    .. math:: v_{ij} = \max_{a, b < k} x_{ki + a,\, kj + b}, \qquad
              p_{ij} = \text{the place } W r + c \text{ of the entry } x_{rc} = v_{ij}

    :math:`k` is the size, W the width of the map. Windows do not overlap. Where a side is no multiple of k,
    the last windows are smaller: no row or column is lost.

    Args:
        x: maps, never changed.
        size: k, the side of a window.

    Shape:
        x: (B, C, H, W); values and places are (B, C, h, w), with h and w the sides over k, rounded up.

    Raises:
        TypeError: x is no floating-point tensor, or size no int.
        ValueError: x does not have the shape above, holds no entry or a NaN, or size is below 1.

    Example:
        >>> import torch
        >>> pooled = max_pool(torch.tensor([[[[0.0, 5, 2], [1, 0, 3]]]]))
        >>> pooled.values.tolist(), pooled.places.tolist(), pooled.sides
        ([[[[5.0, 3.0]]]], [[[[1, 5]]]], (2, 3))
    """
    check_tensor(x, "x", shape=("B", "C", "H", "W"), floating=True)
    require(x.numel() > 0, f"x must hold at least one entry; got shape {tuple(x.shape)}")
    require(not bool(x.isnan().any()), "x must hold no NaN: it is neither larger nor smaller than a number")
    check_positive_int(size, "size")
    values, places = F.max_pool2d(x, size, ceil_mode=True, return_indices=True)
    return Pooled(values, places, (x.shape[2], x.shape[3]))


def max_unpool(values: Tensor, places: Tensor, sides: Sequence[int]) -> Tensor:
    r"""Return maps that hold each value at its place, and 0 everywhere else.

    .. math:: y_{rc} = v_{ij} \ \text{ if } W r + c = p_{ij} \ \text{ for some } ij, \text{ else } 0

    It is no inverse: what a window held beside its maximum is gone. And it needs the places, which come from
    the picture and not from the values.

    Args:
        values: one for each window: the maxima, or what a decoder made in their stead.
        places: as :func:`max_pool` returned them.
        sides: height and width of the maps to return.

    Shape:
        values, places: (B, C, h, w); returns (B, C, \*sides).

    Raises:
        TypeError: values is no floating-point tensor, places no tensor of int64, or a side no int.
        ValueError: the shapes differ, there are not two sides, or a place lies outside the map.

    Source:
        Zeiler & Fergus 2014, section 2.1.

    Example:
        >>> import torch
        >>> pooled = max_pool(torch.tensor([[[[0.0, 5, 2], [1, 0, 3]]]]))
        >>> max_unpool(*pooled).tolist()
        [[[[0.0, 5.0, 0.0], [0.0, 0.0, 3.0]]]]
    """
    check_tensor(values, "values", shape=("B", "C", "H", "W"), floating=True)
    check_tensor(places, "places", shape=tuple(values.shape))
    if str(places.dtype) != "torch.int64":
        raise TypeError(f"places must be whole numbers of type torch.int64; got {describe(places)}")
    require(len(sides) == 2, f"sides must be height and width; got {len(sides)} sizes")
    height, width = (check_positive_int(side, "each of sides") for side in sides)
    if places.numel() > 0:
        low, high = int(places.min()), int(places.max())
        inside = low >= 0 and high < height * width
        require(inside, f"places must lie in a map of {height} x {width}; got {low} to {high}")
    empty = values.new_zeros(*values.shape[:2], height * width)
    filled = empty.scatter(2, places.flatten(2), values.flatten(2))
    return filled.reshape(*values.shape[:2], height, width)
