"""Residual blocks, and an autoencoder that stays trainable however many of them it has."""

__all__ = ["ResidualAutoencoder", "ResidualBlock"]

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from coursekit._check import check_positive_int, require
from coursekit.autoencoders.interface import Autoencoder
from coursekit.dense import linear, make_activation, reset_weights


class ResidualBlock(nn.Module):
    r"""Two dense layers beside a path that leaves the input as it is.

    .. math:: y = x + W_2\, a(W_1\, a(x) + b_1) + b_2

    With all weights at zero the block is the identity, for inputs of either sign: the activation stands
    before the layers, so that nothing cuts the path.

    Args:
        width: width of the rows, in and out.
        activation: one of :func:`coursekit.dense.activations`.
        skip: False leaves x out of the sum: the same layers as a plain network, to compare with.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: (B, width) to (B, width).

    Raises:
        TypeError: width is no int.
        ValueError: width is below 1, or the activation unknown.

    Source:
        He et al. 2016, Identity mappings in deep residual networks, figure 4 (e).

    Example:
        >>> block = ResidualBlock(3, generator=torch.Generator().manual_seed(0))
        >>> _ = [weight.data.zero_() for weight in block.parameters()]
        >>> block(torch.tensor([[-1.0, 0.0, 2.0]])).tolist()
        [[-1.0, 0.0, 2.0]]
    """

    def __init__(
        self, width: int, *, activation: str = "relu", skip: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        check_positive_int(width, "width")
        self.skip = skip
        first, second = linear(width, width), linear(width, width)
        self.branch = nn.Sequential(make_activation(activation), first, make_activation(activation), second)
        reset_weights(self, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus what the two layers add.

        Args:
            x: rows.

        Shape:
            x: (B, width); returned with the same shape.
        """
        added: Tensor = self.branch(x)
        return x + added if self.skip else added


class ResidualAutoencoder(Autoencoder):
    r"""A dense autoencoder with residual blocks behind every hidden layer.

    .. math:: h_1 = R(W_1 x + b_1), \quad h_l = R(W_l\, a(h_{l-1}) + b_l), \quad z = W_L\, a(h_{L-1}) + b_L

    :math:`R` are n blocks in a row, new ones at each width; the decoder has the widths in reverse.

    Args:
        input_shape: shape of one sample, such as (64,) or (1, 28, 28), which is flattened and restored.
        hidden_dims: widths of the encoder's hidden layers, at least one.
        latent_dim: K, the width of the code.
        blocks: n, the blocks at each width on each side; 0 for none.
        skip: False makes it a plain network with the same layers, to compare with.
        activation: one of :func:`coursekit.dense.activations`.
        loss: "squared", "bernoulli" (the decoder returns logits), "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Raises:
        TypeError: a size is no int.
        ValueError: a size is too small, an option is unknown, or hidden_dims is empty.

    Example:
        >>> model = ResidualAutoencoder(64, [32], 4, blocks=2, generator=torch.Generator().manual_seed(0))
        >>> sum(type(layer).__name__ == "ResidualBlock" for layer in model.modules())
        4
    """

    def __init__(
        self, input_shape: int | Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        blocks: int = 1, skip: bool = True, activation: str = "relu", loss: str = "squared",
        delta: float = 1.0, generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_shape, latent_dim, loss=loss, delta=delta)
        require(len(hidden_dims) > 0, "hidden_dims must hold at least one width; got none")
        for size in hidden_dims:
            check_positive_int(size, "each of hidden_dims")
        self.hidden_dims = tuple(hidden_dims)
        self.blocks = check_positive_int(blocks, "blocks", minimum=0)
        self.skip, self.activation = skip, activation
        widths = [math.prod(self.input_shape), *self.hidden_dims, latent_dim]
        self.encoder = self._stack(widths)
        self.decoder = self._stack(widths[::-1])
        self.reset_parameters(generator=generator)

    def _stack(self, widths: Sequence[int]) -> nn.Sequential:
        """Return the layers of one side."""
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(widths[:-1]):
            layers.append(linear(inputs, outputs))
            for _ in range(self.blocks):
                # A throwaway generator: the draws that count are those of reset_parameters.
                throwaway = torch.Generator()
                layers.append(
                    ResidualBlock(outputs, activation=self.activation, skip=self.skip, generator=throwaway)
                )
            layers.append(make_activation(self.activation))
        return nn.Sequential(*layers, linear(*widths[-2:]))

    def _encode(self, x: Tensor) -> Tensor:
        codes: Tensor = self.encoder(x.flatten(1))
        return codes

    def _decode(self, z: Tensor) -> Tensor:
        outputs: Tensor = self.decoder(z)
        return outputs.reshape(z.shape[0], *self.input_shape)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again."""
        return {
            "input_shape": list(self.input_shape),
            "hidden_dims": list(self.hidden_dims),
            "latent_dim": self.latent_dim,
            "blocks": self.blocks,
            "skip": self.skip,
            "activation": self.activation,
            "loss": self.likelihood,
            "delta": self.delta,
        }
