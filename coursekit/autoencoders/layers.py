"""Two layers that torch lacks: one that shares another's weight, and dropout drawn from a generator."""

__all__ = ["GeneratorDropout", "TiedLinear", "dropout_drawn_from"]

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import check_generator, check_positive, require


class TiedLinear(nn.Module):
    r"""The mirror of a linear layer: the same weight transposed, a bias of its own.

    .. math:: y = W^\top x + b, \quad W \text{ the weight of the other layer}

    Nothing is copied: a step of either layer is a step of both, and the weight is one parameter, not two.

    Args:
        source: the layer whose weight is shared.
        bias: whether a constant is added.

    Shape:
        forward: (..., source.out_features) to (..., source.in_features).
    """

    def __init__(self, source: nn.Linear, *, bias: bool = True) -> None:
        super().__init__()
        # Inside a tuple, torch does not list the layer again: its weight is saved and counted once.
        self._source = (source,)
        self.bias = nn.Parameter(torch.zeros(source.in_features)) if bias else None

    @property
    def weight(self) -> Tensor:
        """The weight as this layer applies it, a view of the transposed weight that it shares."""
        return self._source[0].weight.t()

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw the bias again, by torch's default rule; the weight is the other layer's to draw.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
        if self.bias is not None:
            bound = float(self._source[0].out_features) ** -0.5
            nn.init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mirrored map of x.

        Args:
            x: rows.

        Shape:
            x: (..., source.out_features).
        """
        return F.linear(x, self.weight, self.bias)


class GeneratorDropout(nn.Module):
    r"""Dropout whose mask comes from a generator: torch's own layer knows the global stream only.

    .. math:: y_i = \frac{m_i}{1 - p}\, x_i, \quad m_i \sim \mathrm{Bernoulli}(1 - p)

    In evaluation mode it returns x. The generator is set by :func:`dropout_drawn_from`, for one pass.

    Args:
        p: probability of a zero, in [0, 1).

    Shape:
        forward: any; returned with the same shape.

    Raises:
        TypeError: p is no number.
        ValueError: p is outside [0, 1).

    Source:
        Srivastava et al. 2014, section 4; the division by 1 - p stands in section 10.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = check_positive(p, "dropout", zero=True)
        require(self.p < 1, f"dropout must be below 1; got {p}")
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x with entries at zero and the rest scaled up, in training mode.

        Args:
            x: activations, never changed.

        Shape:
            x: any.
        """
        if not self.training or self.p == 0:
            return x
        mask = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * mask / (1 - self.p)


@contextmanager
def dropout_drawn_from(module: nn.Module, generator: torch.Generator | None) -> Iterator[None]:
    """Let all dropout layers of a module draw from a generator while the block lasts.

    Args:
        module: the network.
        generator: source of the masks; torch's default generator when None.

    Raises:
        TypeError: generator is no torch.Generator.
    """
    if generator is not None:
        check_generator(generator)
    layers = [layer for layer in module.modules() if isinstance(layer, GeneratorDropout)]
    try:
        for layer in layers:
            layer.generator = generator
        yield
    finally:
        for layer in layers:
            layer.generator = None
