"""The two networks of an autoencoder: a trunk with two heads, and a decoder that mirrors it."""

__all__ = ["GaussianHead", "mlp", "reset_linear"]

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_generator, check_positive_int, require

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}


def _linear(inputs: int, outputs: int) -> nn.Linear:
    # By way of "meta": torch's constructor would otherwise draw from the global generator.
    return nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")


def reset_linear(module: nn.Module, *, generator: torch.Generator | None = None) -> None:
    """Draw the weights of every linear layer below a module again, by torch's own default rule.

    Weights and biases are uniform in (-1/sqrt(fan in), 1/sqrt(fan in)).

    Args:
        module: the layer or network to initialise in place.
        generator: source of the draws; torch's default generator when None.

    Raises:
        TypeError: generator is no torch.Generator.
    """
    if generator is not None:
        check_generator(generator)
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


def mlp(sizes: Sequence[int], *, activation: str = "relu", last: bool = False) -> nn.Sequential:
    """Return linear layers with an activation between them; their weights are not initialised yet.

    Args:
        sizes: widths from the input to the output, two or more.
        activation: "relu" or "tanh".
        last: whether an activation follows the last layer too.

    Raises:
        ValueError: fewer than two sizes, a size that is no positive integer, or an unknown activation.

    Example:
        >>> [type(layer).__name__ for layer in mlp([4, 3, 2])]
        ['Linear', 'ReLU', 'Linear']
    """
    check_choice(activation, "activation", tuple(_ACTIVATIONS))
    require(len(sizes) >= 2, f"sizes must hold an input and an output width; got {list(sizes)}")
    for size in sizes:
        check_positive_int(size, "each of sizes")
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [_linear(inputs, outputs), _ACTIVATIONS[activation]()]
    return nn.Sequential(*(layers if last else layers[:-1]))


class GaussianHead(nn.Module):
    """Two linear heads on one trunk: the mean and the log-variance of a diagonal Gaussian.

    The heads have no activation, so both outputs reach either sign.

    Args:
        inputs: width of the trunk's output.
        latents: number of latents, Z.
    """

    def __init__(self, inputs: int, latents: int) -> None:
        super().__init__()
        self.mu = _linear(inputs, latents)
        self.logvar = _linear(inputs, latents)

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the log-variance.

        Shape:
            hidden: (B, H); returns (B, Z) twice.
        """
        return self.mu(hidden), self.logvar(hidden)
