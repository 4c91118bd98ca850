"""Where the parameters of a convolutional autoencoder are, and what a pass costs."""

__all__ = ["Counts", "by_side", "count", "multiplications", "source_counts"]

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit.autoencoders import Autoencoder, ConvolutionalAutoencoder


class Counts(NamedTuple):
    """Numbers of parameters: all, those that training changes, and those of dense layers."""

    total: int
    trainable: int
    dense: int

    @property
    def share(self) -> float:
        """The part of all parameters that lies in dense layers."""
        return self.dense / self.total


def count(model: nn.Module) -> Counts:
    """Count the parameters of a model, each once.

    Args:
        model: any module.
    """
    parameters = list(model.parameters())
    dense = [p for layer in model.modules() if isinstance(layer, nn.Linear) for p in layer.parameters()]
    return Counts(
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(p.numel() for p in dense),
    )


def by_side(sides: Sequence[int], channels: Sequence[int] = (8, 16), latent_dim: int = 16) -> list[Counts]:
    """Return the counts of one design for images of several sizes.

    Args:
        sides: of square images with one channel.
        channels: of the stages.
        latent_dim: K, the width of the code.
    """
    return [count(ConvolutionalAutoencoder((1, side, side), channels, latent_dim)) for side in sides]


def source_counts() -> Counts:
    """Return the counts of the recipe of :mod:`~coursekit.experiments.conv_sizes` as it was written down.

    Four convolutions to 32, 64, 128 and 256 channels, each but the last of the decoder with a batch
    normalisation, and dense layers for maps of 3 x 3 around a code of 128 numbers. It cannot be run.
    """
    widths, entries = (1, 32, 64, 128, 256), 256 * 3 * 3
    layers: list[nn.Module] = [nn.Linear(entries, 128), nn.Linear(128, entries)]
    for less, more in itertools.pairwise(widths):
        layers += [nn.Conv2d(less, more, 3), nn.BatchNorm2d(more), nn.ConvTranspose2d(more, less, 3)]
        layers += [nn.BatchNorm2d(less)] if less > 1 else []
    return count(nn.ModuleList(layers))


def multiplications(model: Autoencoder) -> int:
    """Return how many products one image costs from input to output.

    Args:
        model: an autoencoder.
    """
    x: Tensor = torch.zeros(1, *model.input_shape)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(x)
    # A product and its sum are two operations to the counter.
    return int(counter.get_total_flops()) // 2
