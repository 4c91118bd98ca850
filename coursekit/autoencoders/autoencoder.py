"""The plain autoencoder: dense layers down to a code, and mirrored ones up again."""

__all__ = ["DenseAutoencoder"]

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive_int, require
from coursekit.autoencoders.interface import AELoss, Autoencoder
from coursekit.autoencoders.layers import GeneratorDropout, TiedLinear, dropout_drawn_from
from coursekit.dense import activations, linear, make_activation


class DenseAutoencoder(Autoencoder):
    r"""An autoencoder of dense layers; with no hidden layer, one layer down and one up.

    .. math:: z = s(W_L h_{L-1} + b_L), \quad h_l = a(W_l h_{l-1} + b_l), \quad h_0 = x

    :math:`a` is the activation, :math:`s` that of the code; the decoder has the widths in reverse and no
    activation at its end, so that its outputs reach any value. ``encoder`` and ``decoder`` are sequences of
    layers; a hidden layer is linear, batch norm, activation, dropout, in this order.

    Args:
        input_shape: shape of one sample, such as (64,) or (1, 28, 28), which is flattened and restored.
        hidden_dims: widths of the encoder's hidden layers, any number of them, none too.
        latent_dim: K, the width of the code.
        activation: one of :func:`coursekit.dense.activations`, after each hidden layer.
        code_activation: the same, after the encoder's last layer.
        tied: whether the decoder's weights are the encoder's, transposed: one parameter, not two alike.
        bias: whether linear layers add a constant.
        batch_norm: whether hidden layers are normalised over the batch.
        dropout: probability that a hidden unit is zero in a training step.
        loss: "squared", "bernoulli" (the decoder returns logits), "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Raises:
        TypeError: a size is no integer, or dropout no number.
        ValueError: a size is below 1, an option is unknown, dropout is outside [0, 1), or batch_norm or
            dropout has no hidden layer to act on.

    Source:
        Hinton & Salakhutdinov 2006; Goodfellow, Bengio & Courville 2016, section 14.1.

    Example:
        >>> model = DenseAutoencoder((1, 8, 8), [32], 4, generator=torch.Generator().manual_seed(0))
        >>> model.encode(torch.rand(5, 1, 8, 8)).shape
        torch.Size([5, 4])
    """

    def __init__(
        self, input_shape: int | Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        activation: str = "relu", code_activation: str = "linear", tied: bool = False, bias: bool = True,
        batch_norm: bool = False, dropout: float = 0.0, loss: str = "squared", delta: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(input_shape, latent_dim, loss=loss, delta=delta)
        for size in hidden_dims:
            check_positive_int(size, "each of hidden_dims")
        require(
            len(hidden_dims) > 0 or not batch_norm, "batch_norm needs a hidden layer; got hidden_dims empty"
        )
        require(len(hidden_dims) > 0 or not dropout, "dropout needs a hidden layer; got hidden_dims empty")
        self.hidden_dims = tuple(hidden_dims)
        self.activation = check_choice(activation, "activation", activations())
        self.code_activation = check_choice(code_activation, "code_activation", activations())
        self.tied, self.bias, self.batch_norm, self.dropout = tied, bias, batch_norm, dropout
        widths = [math.prod(self.input_shape), *self.hidden_dims, latent_dim]
        down = self._linears(widths)
        up = (
            [TiedLinear(layer, bias=bias) for layer in reversed(down)]
            if tied
            else self._linears(widths[::-1])
        )
        self.encoder = self._stack(down, widths[1:-1], make_activation(code_activation))
        self.decoder = self._stack(up, widths[-2:0:-1])
        self.reset_parameters(generator=generator)

    def _linears(self, widths: Sequence[int]) -> list[nn.Linear]:
        """Return one linear layer for each step from a width to the next."""
        return [linear(inputs, outputs, bias=self.bias) for inputs, outputs in itertools.pairwise(widths)]

    def _stack(
        self, linears: Sequence[nn.Module], hidden: Sequence[int], end: nn.Module | None = None
    ) -> nn.Sequential:
        """Return linear layers with what follows each hidden one, and what comes at the end."""
        layers: list[nn.Module] = []
        for layer, width in zip(linears, hidden, strict=False):
            layers.append(layer)
            if self.batch_norm:
                layers.append(nn.BatchNorm1d(width))
            layers.append(make_activation(self.activation))
            if self.dropout:
                layers.append(GeneratorDropout(self.dropout))
        layers.append(linears[-1])
        return nn.Sequential(*layers, *([] if end is None else [end]))

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw all weights again and forget the statistics of batch norm.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
        super().reset_parameters(generator=generator)
        for layer in self.modules():
            if isinstance(layer, TiedLinear):
                layer.reset_parameters(generator=generator)
            elif isinstance(layer, nn.BatchNorm1d):
                layer.reset_parameters()

    def _check_batch(self, rows: Tensor) -> Tensor:
        """Refuse a batch of one where batch norm would divide by its variance."""
        if self.training and self.batch_norm and len(rows) < 2:
            raise ValueError(
                f"batch norm needs a batch of at least 2 in training mode; got {len(rows)}: "
                "call eval() on the model, or leave out a last batch that is too small"
            )
        return rows

    def _encode(self, x: Tensor) -> Tensor:
        codes: Tensor = self.encoder(self._check_batch(x).flatten(1))
        return codes

    def _decode(self, z: Tensor) -> Tensor:
        outputs: Tensor = self.decoder(self._check_batch(z))
        return outputs.reshape(z.shape[0], *self.input_shape)

    def loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> AELoss:
        r"""Return the loss of a batch and its two terms; the masks of dropout come from the generator too.

        Args:
            x: clean samples; in [0, 1] for the loss "bernoulli".
            generator: source of noise and dropout; torch's default generator when None.

        Shape:
            x: (B, \*input_shape).

        Units:
            Summed over the entries of a sample, averaged over the batch.
        """
        with dropout_drawn_from(self, generator):
            return super().loss(x, generator=generator)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again."""
        return {
            "input_shape": list(self.input_shape),
            "hidden_dims": list(self.hidden_dims),
            "latent_dim": self.latent_dim,
            "activation": self.activation,
            "code_activation": self.code_activation,
            "tied": self.tied,
            "bias": self.bias,
            "batch_norm": self.batch_norm,
            "dropout": self.dropout,
            "loss": self.likelihood,
            "delta": self.delta,
        }
