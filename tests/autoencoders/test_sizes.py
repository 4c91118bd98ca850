"""The sizes of convolutions against torch's own layers, and the transposed convolution as an adjoint."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.autoencoders.sizes import conv_size, conv_transpose_size, halvings, output_padding

GRID = list(itertools.product((1, 2, 3, 5), (1, 2, 3, 4), (0, 1, 2), (1, 2, 3)))  # kernel, stride, padding, d


def fits(n: int, kernel: int, padding: int, dilation: int) -> bool:
    return dilation * (kernel - 1) + 1 <= n + 2 * padding


def test_conv_size_equals_torch_over_a_sweep() -> None:
    seen = 0
    for kernel, stride, padding, dilation in GRID:
        layer = nn.Conv2d(1, 1, kernel, stride=stride, padding=padding, dilation=dilation)
        for n in range(1, 16):
            if fits(n, kernel, padding, dilation):
                # The other side is never the shorter one: torch would refuse the pair for it.
                height, width = layer(torch.zeros(1, 1, n, n + 3)).shape[2:]
                for size, result in ((n, height), (n + 3, width)):
                    got = conv_size(size, kernel, stride=stride, padding=padding, dilation=dilation)
                    assert got == result
                seen += 1
    assert seen > 1000


def test_conv_transpose_size_equals_torch_over_a_sweep() -> None:
    seen = 0
    for kernel, stride, padding, dilation in GRID:
        for extra in range(max(stride, dilation)):
            layer = nn.ConvTranspose2d(
                1, 1, kernel, stride=stride, padding=padding, output_padding=extra, dilation=dilation
            )
            for n in (2, 5, 9):
                if (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra < 0:
                    continue
                height, width = layer(torch.zeros(1, 1, n, n + 2)).shape[2:]
                for size, result in ((n, height), (n + 2, width)):
                    assert result == conv_transpose_size(
                        size, kernel, stride=stride, padding=padding, output_padding=extra, dilation=dilation
                    )
                seen += 1
    assert seen > 800


def test_output_padding_brings_every_length_back() -> None:
    for (kernel, stride, padding, dilation), n in itertools.product(GRID, range(1, 20)):
        if not fits(n, kernel, padding, dilation):
            continue
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        extra = output_padding(n, kernel, **options)
        assert 0 <= extra < stride
        shorter = conv_size(n, kernel, **options)
        assert conv_transpose_size(shorter, kernel, output_padding=extra, **options) == n


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"), [(3, 2, 1, 1), (5, 3, 2, 1), (3, 2, 2, 2), (2, 2, 0, 3)]
)
@pytest.mark.parametrize("n", [7, 8, 9, 13])
def test_the_transposed_convolution_is_the_adjoint(
    kernel: int, stride: int, padding: int, dilation: int, n: int
) -> None:
    g = torch.Generator().manual_seed(n)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    shapes = [conv_size(side, kernel, **options) for side in (n, n + 1)]
    extra = [output_padding(side, kernel, **options) for side in (n, n + 1)]
    w = torch.randn(4, 3, kernel, kernel, generator=g, dtype=torch.float64)
    x = torch.randn(2, 3, n, n + 1, generator=g, dtype=torch.float64)
    y = torch.randn(2, 4, *shapes, generator=g, dtype=torch.float64)
    back = F.conv_transpose2d(y, w, output_padding=extra, **options)
    assert back.shape == x.shape
    torch.testing.assert_close((F.conv2d(x, w, **options) * y).sum(), (x * back).sum(), rtol=1e-12, atol=0)


def test_a_forgotten_output_padding_and_a_forgotten_dilation() -> None:
    # 001-M-41 and 001-D-40: 28 comes back as 25; the formula without dilation says 14 for 16.
    n = 4
    for _ in range(3):
        n = conv_transpose_size(n, 3, stride=2, padding=1)
    assert n == 25
    layer = nn.ConvTranspose1d(1, 1, 3, stride=2, padding=1, output_padding=1, dilation=2)
    assert layer(torch.zeros(1, 1, 7)).shape[2] == 16
    assert conv_transpose_size(7, 3, stride=2, padding=1, output_padding=1, dilation=2) == 16


def test_halvings_are_ceilings_of_the_first_side() -> None:
    for n in range(2, 200):
        stages = math.ceil(math.log2(n))
        sizes = halvings((n, 2 * n), stages)
        assert [size[0] for size in sizes] == [math.ceil(n / 2**i) for i in range(stages + 1)]
        assert [size[1] for size in sizes] == [math.ceil(2 * n / 2**i) for i in range(stages + 1)]


def test_bad_sizes_are_refused_with_their_numbers() -> None:
    with pytest.raises(ValueError, match=r"padded side of 4 pixels; got a reach of 5"):
        conv_size(4, 3, dilation=2)
    with pytest.raises(ValueError, match=r"output_padding must be at most 1 here; got 2"):
        conv_transpose_size(4, 3, stride=2, output_padding=2)
    with pytest.raises(ValueError, match=r"must leave at least 1 pixel; got -1 of a side of 1"):
        conv_transpose_size(1, 2, padding=2, stride=2, output_padding=1)
    with pytest.raises(ValueError, match=r"before each of 4 halvings; got 5 x 28, 3 x 14, 2 x 7, 1 x 4"):
        halvings((5, 28), 4)
    with pytest.raises(TypeError, match=r"n must be an int of at least 1; got float 4.0"):
        conv_size(4.0, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"stride must be an int of at least 1; got 0"):
        output_padding(4, 3, stride=0)
