"""Starts for deep networks: which variance, by which fan, and what each layer puts out before training."""

__all__ = ["STARTS", "Signal", "fan_out_code", "gains", "signal", "start"]

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, require
from coursekit.autoencoders import Autoencoder, DenseAutoencoder
from coursekit.experiments.bench import seeded

STARTS = ("default", "xavier", "fan_in", "fan_out", "small", "zeros")


class Signal(NamedTuple):
    """Standard deviations before training, (S, L): what each linear layer puts out, from input to output."""

    start: str
    deviations: Tensor


def gains(activation: str) -> float:
    """Return by how much a layer's weights must be larger because of the activation that follows it.

    Args:
        activation: of :func:`coursekit.dense.activations`.

    Raises:
        ValueError: no gain is known for it.

    Example:
        >>> gains("linear"), round(gains("relu") ** 2, 6)
        (1.0, 2.0)
    """
    known = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}
    known["leaky_relu"] = math.sqrt(2 / (1 + 0.2**2))
    return known[check_choice(activation, "activation", tuple(known))]


def fan_out_code(widths: Sequence[int]) -> float:
    r"""Return how much too large the code's deviation is when all weights have variance 2 / n_out.

    .. math:: \sqrt{\prod_{l=1}^{L} \frac{n_{l-1}}{n_l}} = \sqrt{\frac{D}{K}}

    Args:
        widths: :math:`n_0 = D` to :math:`n_L = K`, two or more.

    Raises:
        ValueError: there are fewer than two widths.

    Example:
        >>> fan_out_code([64, 128, 32, 16])
        2.0
    """
    require(len(widths) >= 2, f"widths must hold an input and a code; got {list(widths)}")
    return math.sqrt(widths[0] / widths[-1])


def start(
    model: Autoencoder, name: str, *, activation: str = "relu", generator: torch.Generator | None = None
) -> None:
    r"""Give the linear layers of a model another start, and zero biases.

    .. math:: \operatorname{Var} w = \frac{2}{n_{in} + n_{out}}, \quad \frac{g^2}{n_{in}}, \quad
              \frac{2}{n_{out}}, \quad 10^{-4}, \quad 0

    for "xavier", "fan_in", "fan_out", "small" and "zeros". The gain g of "fan_in" is that of the activation
    that follows the layer, 1 before the code and the output; "fan_out" is the recipe that forgets this.

    Args:
        model: changed in place.
        name: one of ``STARTS``; "default" leaves the model as it is.
        activation: of the hidden layers.
        generator: source of the draws.

    Raises:
        ValueError: the name is unknown.
    """
    check_choice(name, "start", STARTS)
    if name == "default":
        return
    for half in (model.encoder, model.decoder):
        layers = [layer for layer in cast(nn.Module, half).modules() if isinstance(layer, nn.Linear)]
        for layer in layers:
            gain = 1.0 if layer is layers[-1] else gains(activation)
            rows, columns = layer.weight.shape
            deviation = {
                "xavier": math.sqrt(2 / (rows + columns)),
                "fan_in": gain / math.sqrt(columns),
                "fan_out": math.sqrt(2 / rows),
                "small": 0.01,
                "zeros": 0.0,
            }[name]
            nn.init.normal_(layer.weight, 0.0, deviation, generator=generator)
            nn.init.zeros_(layer.bias)


@torch.no_grad()
def signal(
    name: str, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, hidden: Sequence[int] = (128, 64, 64, 32),
    latents: int = 8, x: Tensor | None = None,
) -> Signal:  # fmt: skip
    """Return the deviation of what every linear layer puts out, for images of the digits' mean square.

    Args:
        name: one of ``STARTS``.
        seeds: of the weights.
        hidden: widths of the encoder.
        latents: K.
        x: images; Gaussian noise with the digits' mean square of 0.23 when None.

    Shape:
        x: (N, 64).

    Raises:
        ValueError: the name is unknown, or there is no seed.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    rows = torch.randn(400, 64, generator=seeded(7)) * math.sqrt(0.23) if x is None else x
    told = []
    for seed in seeds:
        model = DenseAutoencoder(64, hidden, latents, generator=seeded(seed))
        start(model, name, generator=seeded(seed))
        h, found = rows, []
        for layer in [*model.encoder, *model.decoder]:
            h = layer(h)
            if isinstance(layer, nn.Linear):
                found.append(h.square().mean().sqrt())
        told.append(torch.stack(found))
    return Signal(name, torch.stack(told))
