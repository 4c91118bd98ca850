"""Pooling that keeps its places, against windows looked at one by one and torch's own unpooling."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from coursekit.autoencoders.unpooling import max_pool, max_unpool

SIZES = [(1, 1, 2), (4, 6, 2), (5, 7, 2), (7, 4, 3), (8, 8, 3), (6, 5, 4), (3, 3, 5), (5, 4, 1)]


def maps(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("height", "width", "size"), SIZES)
def test_maxima_and_places_are_those_of_windows_looked_at_one_by_one(
    height: int, width: int, size: int
) -> None:
    x = maps(2, 3, height, width)
    pooled = max_pool(x, size)
    rows, columns = -(-height // size), -(-width // size)
    assert pooled.values.shape == pooled.places.shape == (2, 3, rows, columns)
    assert pooled.sides == (height, width)
    for b, c, i, j in itertools.product(range(2), range(3), range(rows), range(columns)):
        window = {
            (row, column): x[b, c, row, column].item()
            for row in range(size * i, min(size * (i + 1), height))
            for column in range(size * j, min(size * (j + 1), width))
        }
        row, column = max(window, key=lambda at: window[at])
        assert pooled.values[b, c, i, j] == window[row, column]
        assert pooled.places[b, c, i, j] == row * width + column


@pytest.mark.parametrize(("height", "width", "size"), SIZES)
def test_unpooling_is_torchs_and_keeps_the_maxima_where_they_stood(
    height: int, width: int, size: int
) -> None:
    x = maps(2, 3, height, width, seed=1)
    before = x.clone()
    pooled = max_pool(x, size)
    back = max_unpool(*pooled)
    twin = nn.MaxUnpool2d(size)(pooled.values, pooled.places, output_size=(height, width))
    assert torch.equal(back, twin)
    assert torch.equal(x, before)
    kept = back != 0
    assert torch.equal(back[kept], x[kept])
    # One entry a window, and no draw of the normal distribution is exactly 0.
    assert int(kept.sum()) == pooled.values.numel()


def test_other_values_go_to_the_same_places_and_pass_their_gradient() -> None:
    pooled, values = max_pool(maps(2, 2, 5, 5)), maps(2, 2, 3, 3, seed=2).requires_grad_()
    weight = maps(2, 2, 5, 5, seed=3)
    (max_unpool(values, pooled.places, pooled.sides) * weight).sum().backward()
    assert values.grad is not None
    for at in np.ndindex(2, 2, 3, 3):
        b, c = at[:2]
        assert values.grad[at] == weight[b, c].flatten()[pooled.places[at]]


def test_unpooling_is_the_transpose_of_picking_the_maxima() -> None:
    x, y = maps(2, 3, 7, 6), maps(2, 3, 4, 3, seed=4)
    pooled = max_pool(x)
    across = (max_unpool(y, pooled.places, pooled.sides) * x).sum()
    torch.testing.assert_close(across, (y * pooled.values).sum())


def test_what_does_not_fit_is_refused() -> None:
    pooled = max_pool(maps(1, 1, 4, 4))
    with pytest.raises(ValueError, match=r"x must have shape \(B, C, H, W\); got \(4, 4\)"):
        max_pool(torch.zeros(4, 4))
    with pytest.raises(ValueError, match="x must hold no NaN"):
        max_pool(torch.full((1, 1, 2, 2), torch.nan))
    with pytest.raises(ValueError, match="x must hold at least one entry; got shape"):
        max_pool(torch.zeros(0, 1, 2, 2))
    with pytest.raises(ValueError, match="size must be an int of at least 1; got 0"):
        max_pool(torch.zeros(1, 1, 2, 2), 0)
    with pytest.raises(ValueError, match=r"places must lie in a map of 3 x 4; got 1. to 2."):
        max_unpool(pooled.values, pooled.places + 10, (3, 4))
    with pytest.raises(ValueError, match=r"places must lie in a map of 4 x 4; got -"):
        max_unpool(pooled.values, -1 - pooled.places, (4, 4))
    with pytest.raises(TypeError, match=r"places must be whole numbers of type torch.int64; got"):
        max_unpool(pooled.values, pooled.values, (4, 4))
    with pytest.raises(ValueError, match="sides must be height and width; got 1 sizes"):
        max_unpool(pooled.values, pooled.places, (4,))
    with pytest.raises(ValueError, match=r"places must have shape \(1, 1, 2, 2\); got \(1, 1, 2, 1\)"):
        max_unpool(pooled.values, pooled.places[..., :1], (4, 4))
