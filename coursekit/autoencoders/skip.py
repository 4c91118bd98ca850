"""An encoder and decoder joined by skip connections: a model whose pictures do not pass through its code."""

__all__ = ["SkipAutoencoder"]

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from coursekit._check import check_positive_int, check_tensor, describe, require
from coursekit.autoencoders.convolutional import conv
from coursekit.autoencoders.interface import AEOutput, Autoencoder
from coursekit.autoencoders.sizes import halvings
from coursekit.dense import linear, make_activation


class SkipAutoencoder(Autoencoder):
    r"""A U-shaped network with a code at its bottom, to measure what skip connections leave for the code.

    .. math:: \hat x = g(f(x), s_1(x), \dots, s_n(x))

    :math:`s_i` are the encoder's maps before each halving, the first at full resolution. The decoder reads
    them beside the code: it can draw x without :math:`f(x)`, so the code need not carry anything, and the
    error is no measure of what the code knows. Good for picture to picture (denoising), not for compression.

    Args:
        input_shape: channels, height and width of an image.
        channels: channels of each stage, one or more; the decoder has them in reverse.
        latent_dim: K, the width of the code.
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
        Ronneberger, Fischer & Brox 2015, figure 1, with a dense code added at the bottom.

    Example:
        >>> model, x = SkipAutoencoder((1, 9, 9), [4, 8], 2), torch.rand(3, 1, 9, 9)
        >>> model.decode(torch.zeros(3, 2), model.skips(x)).shape
        torch.Size([3, 1, 9, 9])
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        channels: Sequence[int],
        latent_dim: int,
        *,
        loss: str = "squared",
        delta: float = 1.0,
        activation: str = "relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(input_shape, latent_dim, loss=loss, delta=delta)
        require(len(self.input_shape) == 3, f"input_shape must be (C, H, W); got {self.input_shape}")
        require(len(channels) > 0, "channels must hold at least one count; got none")
        self.channels = tuple(check_positive_int(count, "each of channels") for count in channels)
        self.activation = activation
        self.sides = halvings(self.input_shape[1:], len(self.channels))
        widths = [self.input_shape[0], *self.channels]
        bottom = (widths[-1], *self.sides[-1])
        entries = math.prod(bottom)
        pairs = list(itertools.pairwise(widths))
        self.stages = nn.ModuleList(
            nn.Sequential(conv(inputs, outputs), make_activation(activation)) for inputs, outputs in pairs
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.to_code = nn.Sequential(nn.Flatten(), linear(entries, latent_dim))
        self.from_code = nn.Sequential(linear(latent_dim, entries), nn.Unflatten(1, bottom))
        self.activate = make_activation(activation)
        # Twice the channels come in: those from below, and as many from the encoder's map of this stage.
        self.ups = nn.ModuleList(conv(2 * outputs, inputs) for inputs, outputs in reversed(pairs))
        self.resize = nn.ModuleList(nn.Upsample(size=side) for side in reversed(self.sides[:-1]))
        self.reset_parameters(generator=generator)

    def skips(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what the decoder sees of x beside the code: the encoder's maps, the finest first.

        Args:
            x: samples.

        Shape:
            x: (B, C, H, W); returns one (B, channels[i], H_i, W_i) for each stage.

        Raises:
            TypeError: x is no floating-point tensor.
            ValueError: x does not have the shape above, or holds a number that is not finite.
        """
        check_tensor(x, "x", shape=("B", *self.input_shape), floating=True, finite=True)
        return self._maps(x)

    def _maps(self, x: Tensor) -> tuple[Tensor, ...]:
        maps: list[Tensor] = []
        for stage in self.stages:
            maps.append(stage(self.pool(maps[-1]) if maps else x))
        return tuple(maps)

    def _encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.to_code(self.pool(self._maps(x)[-1]))
        return z

    def decode(self, z: Tensor, skips: Sequence[Tensor] | None = None) -> Tensor:
        """Return the decoder's outputs for codes and maps, which may come from different images.

        Args:
            z: codes.
            skips: what :meth:`skips` returned. There is no decoding without them: a code alone is no picture.

        Shape:
            z: (B, K); skips: one (B, channels[i], H_i, W_i) for each stage; returns (B, C, H, W).

        Raises:
            TypeError: z or one of skips is no floating-point tensor.
            ValueError: skips is missing, or a shape differs from those above.
        """
        check_tensor(z, "z", shape=("B", self.latent_dim), floating=True)
        stages = len(self.channels)
        if skips is None or len(skips) != stages:
            got = describe(skips) if skips is None else f"{len(skips)} maps"
            raise ValueError(f"skips must be the {stages} maps of model.skips(x), beside the code; got {got}")
        for index, (channels, sides) in enumerate(zip(self.channels, self.sides[:-1], strict=True)):
            check_tensor(skips[index], f"skips[{index}]", shape=(len(z), channels, *sides), floating=True)
        return self._join(z, skips)

    def _join(self, z: Tensor, maps: Sequence[Tensor]) -> Tensor:
        hidden: Tensor = self.from_code(z)
        for up, resize, skip in zip(self.ups, self.resize, reversed(maps), strict=True):
            hidden = up(torch.cat([resize(self.activate(hidden)), skip], dim=1))
        return hidden

    def forward(self, x: Tensor) -> AEOutput:
        """Encode, and decode the code together with the encoder's maps.

        Args:
            x: samples.

        Shape:
            x: (B, C, H, W).

        Raises:
            TypeError: x is no floating-point tensor.
            ValueError: x does not have the shape above, or holds a number that is not finite.
        """
        # torch.export stops at a branch on values; the graph that it makes lets NaN pass.
        check_tensor(
            x,
            "x",
            shape=("B", *self.input_shape),
            floating=True,
            finite=not torch.compiler.is_exporting(),
        )
        maps = self._maps(x)
        z: Tensor = self.to_code(self.pool(maps[-1]))
        return AEOutput(self._join(z, maps), z)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again, plain values only."""
        return {
            "input_shape": list(self.input_shape),
            "channels": list(self.channels),
            "latent_dim": self.latent_dim,
            "loss": self.likelihood,
            "delta": self.delta,
            "activation": self.activation,
        }
