"""Checkerboards: the entries that each output pixel reads, and the power at a period of two pixels."""

__all__ = ["checker_power", "random_pictures", "taps"]

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive_int, check_tensor, require
from coursekit.autoencoders import ConvolutionalAutoencoder
from coursekit.experiments.bench import seeded


def taps(side: int, kernel: int, stride: int) -> Tensor:
    r"""Return how many input entries each pixel of a transposed convolution reads.

    .. math:: n_o = \#\{(i, a) : s i + a = o,\ 0 \le i < n,\ 0 \le a < k\}

    :math:`n` is the side of the input, :math:`k` the kernel and :math:`s` the stride. Away from the borders
    it is k over s, rounded up or down: the same everywhere only where s divides k.

    Args:
        side: n, of a square input.
        kernel: k.
        stride: s.

    Shape:
        returns (m, m), m the side of the output without padding; an entry is the product of two counts.

    Raises:
        TypeError: an argument is no int.
        ValueError: an argument is below 1.
    """
    for value, name in ((side, "side"), (kernel, "kernel"), (stride, "stride")):
        check_positive_int(value, name)
    line = torch.zeros((side - 1) * stride + kernel)
    for entry in range(side):
        line[entry * stride : entry * stride + kernel] += 1
    return torch.outer(line, line)


def checker_power(x: Tensor) -> float:
    r"""Return the power at a period of two pixels over that at frequencies beside it.

    .. math:: \frac{\text{mean of } |\hat x_{uv}|^2 \text{ over } (N, N), (N, 0), (0, N)}
                   {\text{mean over the frequencies three steps beside them}}

    N is the highest frequency, half of the side. Spectra of pictures fall smoothly towards it, so a ratio
    well above 1 is a pattern that repeats every two pixels. A Hann window keeps the borders out of it.

    Args:
        x: pictures; their spectra are averaged before the ratio is taken.

    Shape:
        x: (B, C, H, H), H even and 16 or more.

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x does not have the shape above, or holds nothing but one value.
    """
    check_tensor(x, "x", shape=("B", "C", "H", "H"), floating=True, finite=True)
    side = x.shape[-1]
    require(side % 2 == 0 and side >= 16, f"x must have an even side of 16 or more; got {side}")
    window = torch.hann_window(side, dtype=x.dtype)
    centred = x - x.mean((2, 3), keepdim=True)
    power = torch.fft.fft2(centred * torch.outer(window, window)).abs().square().mean((0, 1))
    half = side // 2
    # The window smears a frequency over its neighbours: those two steps away are free of it.
    at = torch.stack([power[half, half], power[half, 0], power[0, half]]).mean()
    beside = torch.stack([
        power[half, half - 3], power[half - 3, half], power[half - 3, half - 3],
        power[half - 3, 0], power[half, 3], power[0, half - 3], power[3, half],
    ]).mean()  # fmt: skip
    require(beside > 0, "x must hold more than one value")
    return (at / beside).item()


@torch.no_grad()
def random_pictures(up: str, seed: int, *, kernel: int = 3, count: int = 50, side: int = 28) -> Tensor:
    """Return what a decoder with random weights makes of random codes.

    Args:
        up: "transpose" or "nearest".
        seed: of the weights and the codes.
        kernel: of the transposed convolutions, 3 or 4: with stride 2 their taps are uneven or even.
        count: pictures to make.
        side: of a picture, in pixels; a multiple of 4 with kernel 4.

    Shape:
        returns (count, 1, side, side).

    Raises:
        ValueError: the way up or the kernel is unknown, or kernel 4 was asked of a decoder without it.
    """
    check_choice(up, "up", ("transpose", "nearest"))
    require(kernel in (3, 4), f"kernel must be 3 or 4; got {kernel}")
    require(kernel == 3 or up == "transpose", 'kernel must be 3 where up is "nearest"; got 4')
    generator = seeded(seed)
    model = ConvolutionalAutoencoder((1, side, side), [8, 16], 16, up=up, generator=generator)
    if kernel == 4:
        for index, layer in enumerate(model.decoder):
            if isinstance(layer, nn.ConvTranspose2d):
                wide = nn.ConvTranspose2d(
                    layer.in_channels, layer.out_channels, 4, stride=2, padding=1, device="meta"
                )
                model.decoder[index] = wide.to_empty(device="cpu")
        model.reset_parameters(generator=generator)
    return model.decode(torch.randn(count, 16, generator=generator))
