"""The convolutional autoencoder: halve the picture on the way down, restore the very sizes on the way up."""

__all__ = ["ConvolutionalAutoencoder", "conv", "up_stage"]

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive_int, require
from coursekit.autoencoders.interface import Autoencoder
from coursekit.autoencoders.sizes import halvings, output_padding
from coursekit.dense import linear, make_activation

_KERNEL = 3


def conv(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    """Return a 3 x 3 convolution whose weights are not initialised: its owner draws them from a generator.

    With stride 1 it keeps the sides, with stride 2 it halves them, rounded up.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        stride: 1 or 2.
    """
    layer = nn.Conv2d(inputs, outputs, _KERNEL, stride=stride, padding=1, device="meta")
    return layer.to_empty(device="cpu")


def up_stage(inputs: int, outputs: int, sides: Sequence[int], *, up: str) -> nn.Module:
    """Return the layer that brings a halved picture back to the sides it had.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        sides: height and width before the halving.
        up: "transpose" (a transposed convolution) or "nearest" (repeat pixels, then convolve).

    Raises:
        ValueError: the way up is unknown.
    """
    check_choice(up, "up", ("transpose", "nearest"))
    if up == "nearest":
        repeated = nn.Upsample(size=tuple(sides), mode="nearest")
        return nn.Sequential(repeated, conv(inputs, outputs))
    row, column = (output_padding(side, _KERNEL, stride=2, padding=1) for side in sides)
    layer = nn.ConvTranspose2d(
        inputs,
        outputs,
        _KERNEL,
        stride=2,
        padding=1,
        output_padding=(row, column),
        device="meta",
    )
    return layer.to_empty(device="cpu")


class ConvolutionalAutoencoder(Autoencoder):
    r"""An autoencoder of convolutions around a dense code, for images of any height and width.

    .. math:: n_{i+1} = \lceil n_i / 2 \rceil \text{ down}, \qquad n_{i+1} \to n_i \text{ up}

    :math:`n_i` is a side before stage i. Doubling undoes the rounded half of even sides only: each stage up
    therefore knows the sides that its partner on the way down has met.

    Args:
        input_shape: channels, height and width of an image.
        channels: channels after each stage, one or more; the decoder has them in reverse.
        latent_dim: K, the width of the code.
        down: "stride" (convolutions of stride 2) or "pool" (convolutions, each before a 2 x 2 maximum).
        up: "transpose" (transposed convolutions) or "nearest" (repeated pixels, then a convolution).
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, C, H, W) to outputs (B, C, H, W) and z (B, K).

    Units:
        ``loss`` is summed over the entries of a sample and averaged over the batch.

    Raises:
        ValueError: a size is no positive integer, an option is unknown, or a side is too short.

    Source:
        Masci et al. 2011; Odena, Dumoulin & Olah 2016 for the way up by "nearest".

    Example:
        >>> model = ConvolutionalAutoencoder((1, 27, 13), [8, 16], 4)
        >>> model.sides, model.decode(torch.zeros(2, 4)).shape
        ([(27, 13), (14, 7), (7, 4)], torch.Size([2, 1, 27, 13]))
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        channels: Sequence[int],
        latent_dim: int,
        *,
        down: str = "stride",
        up: str = "transpose",
        loss: str = "squared",
        delta: float = 1.0,
        activation: str = "relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(input_shape, latent_dim, loss=loss, delta=delta)
        require(len(self.input_shape) == 3, f"input_shape must be (C, H, W); got {self.input_shape}")
        require(len(channels) > 0, "channels must hold at least one count; got none")
        self.channels = tuple(check_positive_int(count, "each of channels") for count in channels)
        self.down = check_choice(down, "down", ("stride", "pool"))
        self.up = check_choice(up, "up", ("transpose", "nearest"))
        self.activation = activation
        self.sides = halvings(self.input_shape[1:], len(self.channels))
        widths = [self.input_shape[0], *self.channels]
        self.coded_shape = (widths[-1], *self.sides[-1])
        entries = math.prod(self.coded_shape)
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [
                conv(inputs, outputs, stride=2 if down == "stride" else 1),
                make_activation(activation),
            ]
            # Rounding up keeps the last row of an odd side, and gives both ways down the same sizes.
            layers += [nn.MaxPool2d(2, ceil_mode=True)] if down == "pool" else []
        self.encoder = nn.Sequential(*layers, nn.Flatten(), linear(entries, latent_dim))
        layers = [linear(latent_dim, entries), nn.Unflatten(1, self.coded_shape)]
        for stage in reversed(range(len(self.channels))):
            layers += [make_activation(activation)]
            layers += [up_stage(widths[stage + 1], widths[stage], self.sides[stage], up=up)]
        self.decoder = nn.Sequential(*layers)
        self.reset_parameters(generator=generator)

    def _encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    def _decode(self, z: Tensor) -> Tensor:
        outputs: Tensor = self.decoder(z)
        return outputs

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again, plain values only."""
        return {
            "input_shape": list(self.input_shape),
            "channels": list(self.channels),
            "latent_dim": self.latent_dim,
            "down": self.down,
            "up": self.up,
            "loss": self.likelihood,
            "delta": self.delta,
            "activation": self.activation,
        }
