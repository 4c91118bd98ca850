"""Named initialisers of weights, each with its variance, drawn from a generator."""

__all__ = [
    "initialise",
    "kaiming_normal",
    "kaiming_uniform",
    "linear",
    "names",
    "normal",
    "xavier_uniform",
    "zeros",
]

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive, check_positive_int, check_tensor, require


def _fans(weight: Tensor) -> tuple[int, int]:
    """Return how many inputs a unit sums over and how many units an input feeds."""
    check_tensor(weight, "weight", floating=True)
    shape = tuple(weight.shape)
    require(len(shape) >= 2, f"weight must have shape (fan_out, fan_in, ...); got {shape}")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def xavier_uniform(weight: Tensor, *, gain: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
    r"""Fill a weight so that variances neither grow nor shrink, forward and backward, in linear layers.

    .. math:: w \sim U(-a, a), \quad a = g \sqrt{\frac{6}{n_{in} + n_{out}}}, \quad
              \operatorname{Var} w = \frac{2 g^2}{n_{in} + n_{out}}

    Args:
        weight: changed in place.
        gain: :math:`g`, above zero.
        generator: the source of randomness; PyTorch's own stream if None.

    Shape:
        weight: (n_out, n_in, ...); returned.

    Raises:
        TypeError: if ``weight`` is no floating tensor.
        ValueError: if it has fewer than two axes, or the gain is not above zero.

    Source:
        Glorot and Bengio (2010), Understanding the difficulty of training deep networks, equation 16.

    Example:
        >>> w = xavier_uniform(torch.empty(3, 3), generator=torch.Generator().manual_seed(0))
        >>> bool(w.abs().max() <= 1)
        True
    """
    fan_in, fan_out = _fans(weight)
    bound = check_positive(gain, "gain") * math.sqrt(6 / (fan_in + fan_out))
    with torch.no_grad():
        return weight.uniform_(-bound, bound, generator=generator)


def kaiming_uniform(weight: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    r"""Fill a weight so that variances survive layers of ReLU, uniformly.

    .. math:: w \sim U(-a, a), \quad a = \sqrt{6 / n_{in}}, \quad \operatorname{Var} w = 2 / n_{in}

    Args:
        weight: changed in place.
        generator: the source of randomness; PyTorch's own stream if None.

    Shape:
        weight: (n_out, n_in, ...); returned.

    Raises:
        TypeError: if ``weight`` is no floating tensor.
        ValueError: if it has fewer than two axes.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 10, as a uniform distribution.

    Example:
        >>> w = kaiming_uniform(torch.empty(5, 6), generator=torch.Generator().manual_seed(0))
        >>> bool(w.abs().max() <= 1)
        True
    """
    bound = math.sqrt(6 / _fans(weight)[0])
    with torch.no_grad():
        return weight.uniform_(-bound, bound, generator=generator)


def kaiming_normal(weight: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    r"""Fill a weight so that variances survive layers of ReLU, from a Gaussian.

    .. math:: w \sim N(0, 2 / n_{in})

    Args:
        weight: changed in place.
        generator: the source of randomness; PyTorch's own stream if None.

    Shape:
        weight: (n_out, n_in, ...); returned.

    Raises:
        TypeError: if ``weight`` is no floating tensor.
        ValueError: if it has fewer than two axes.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 10.

    Example:
        >>> kaiming_normal(torch.empty(5, 6), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([5, 6])
    """
    return normal(weight, std=math.sqrt(2 / _fans(weight)[0]), generator=generator)


def normal(weight: Tensor, *, std: float = 0.02, generator: torch.Generator | None = None) -> Tensor:
    r"""Fill a weight from :math:`N(0, \sigma^2)`.

    Args:
        weight: changed in place.
        std: :math:`\sigma`, above zero.
        generator: the source of randomness; PyTorch's own stream if None.

    Shape:
        weight: any; returned.

    Raises:
        TypeError: if ``weight`` is no floating tensor.
        ValueError: if ``std`` is not above zero.

    Example:
        >>> normal(torch.empty(4), generator=torch.Generator().manual_seed(0)).shape
        torch.Size([4])
    """
    check_tensor(weight, "weight", floating=True)
    with torch.no_grad():
        return weight.normal_(0.0, check_positive(std, "std"), generator=generator)


def zeros(weight: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Fill a weight with zeros.

    Args:
        weight: changed in place.
        generator: not drawn from; here so that all initialisers are called alike.

    Shape:
        weight: any; returned.

    Raises:
        TypeError: if ``weight`` is no floating tensor.

    Example:
        >>> zeros(torch.empty(2)).tolist()
        [0.0, 0.0]
    """
    del generator
    check_tensor(weight, "weight", floating=True)
    with torch.no_grad():
        return weight.zero_()


_INITIALISERS: dict[str, Callable[..., Tensor]] = {
    "xavier_uniform": xavier_uniform,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
    "normal": normal,
    "zeros": zeros,
}


def names() -> tuple[str, ...]:
    """Return the names of the initialisers.

    Example:
        >>> names()
        ('xavier_uniform', 'kaiming_uniform', 'kaiming_normal', 'normal', 'zeros')
    """
    return tuple(_INITIALISERS)


def initialise(module: nn.Module, name: str, *, generator: torch.Generator | None = None) -> None:
    """Give every weight of two or more axes in a module a named initialiser, and every bias zeros.

    Only parameters called ``weight`` and ``bias`` in linear and convolutional layers are touched, in the
    order of ``module.modules()``.

    Args:
        module: changed in place.
        name: one of :func:`~coursekit.init.names`.
        generator: the source of randomness; PyTorch's own stream if None.

    Raises:
        ValueError: if the name is unknown.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> initialise(layer, "zeros")
        >>> layer.weight.sum().item()
        0.0
    """
    fill = _INITIALISERS[check_choice(name, "initialiser", names())]
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, nn.modules.conv._ConvNd)):
            fill(layer.weight, generator=generator)
            if layer.bias is not None:
                zeros(layer.bias)


def linear(
    fan_in: int, fan_out: int, *, name: str = "xavier_uniform", generator: torch.Generator | None = None
) -> nn.Linear:
    """Return a linear layer that was initialised from a generator alone.

    ``nn.Linear`` draws from PyTorch's own stream when it is made, which this one leaves untouched.

    Args:
        fan_in: inputs, at least 1.
        fan_out: outputs, at least 1.
        name: one of :func:`~coursekit.init.names`; the bias is zero.
        generator: the source of randomness; PyTorch's own stream if None.

    Shape:
        The layer maps (..., fan_in) to (..., fan_out).

    Raises:
        TypeError: if a size is no int.
        ValueError: if a size is below 1 or the name unknown.

    Example:
        >>> linear(64, 8, generator=torch.Generator().manual_seed(0)).weight.shape
        torch.Size([8, 64])
    """
    check_positive_int(fan_in, "fan_in")
    check_positive_int(fan_out, "fan_out")
    # On the meta device no memory is filled, hence no number drawn.
    layer = nn.Linear(fan_in, fan_out, device="meta").to_empty(device="cpu")
    initialise(layer, name, generator=generator)
    return layer
