"""Dense networks for every model room, and torch's default start drawn from a generator."""

__all__ = ["activations", "linear", "make_activation", "mlp", "reset_weights"]

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import nn

from coursekit._check import check_choice, check_generator, check_positive_int, require

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "linear": nn.Identity,
}
_WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def activations() -> tuple[str, ...]:
    """Return the names that :func:`mlp` knows.

    Example:
        >>> "leaky_relu" in activations()
        True
    """
    return tuple(_ACTIVATIONS)


def make_activation(name: str) -> nn.Module:
    """Return a new module of an activation.

    Args:
        name: one of :func:`activations`.

    Raises:
        ValueError: the name is unknown.

    Example:
        >>> make_activation("tanh")
        Tanh()
    """
    return _ACTIVATIONS[check_choice(name, "activation", tuple(_ACTIVATIONS))]()


def linear(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    """Return a linear layer whose weights are not initialised: its owner draws them from a generator.

    Args:
        inputs: width of the rows that come in.
        outputs: width of the rows that go out.
        bias: whether a constant is added.
    """
    # By way of "meta": torch's constructor would otherwise draw from the global generator.
    return nn.Linear(inputs, outputs, bias=bias, device="meta").to_empty(device="cpu")


def mlp(sizes: Sequence[int], *, activation: str = "relu", last: bool = False) -> nn.Sequential:
    """Return linear layers with an activation between them; their weights are not initialised yet.

    Args:
        sizes: widths from the input to the output, two or more.
        activation: one of :func:`activations`.
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
        layers += [linear(inputs, outputs), make_activation(activation)]
    return nn.Sequential(*(layers if last else layers[:-1]))


def reset_weights(module: nn.Module, *, generator: torch.Generator | None = None) -> None:
    r"""Draw the weights of all linear and convolution layers of a module again, by torch's default rule.

    .. math:: w, b \sim U(-n^{-1/2}, n^{-1/2})

    :math:`n` is what torch counts as the fan-in: the entries of one slice of the weight along its first axis.

    Args:
        module: the layer or network to initialise in place.
        generator: source of the draws; torch's default generator when None.

    Raises:
        TypeError: generator is no torch.Generator.
    """
    if generator is not None:
        check_generator(generator)
    for layer in module.modules():
        if isinstance(layer, _WEIGHTED):
            bound = layer.weight[0].numel() ** -0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
