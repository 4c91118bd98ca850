"""How sparse a code is: by sample, by unit, and the ways in which a mean can deceive."""

__all__ = [
    "Activity",
    "active_fraction",
    "activity",
    "dead_units",
    "hoyer",
    "lifetime_sparseness",
    "population_sparseness",
]

import math
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive, check_tensor, require


class Activity(NamedTuple):
    """What a set of codes looks like, each number one float.

    ``mean`` is the mean absolute value, ``active`` and ``zeros`` the shares of entries above the threshold
    and exactly 0; ``hoyer`` and ``population`` are means over the samples, ``lifetime`` over the units that
    are not dead; ``spread`` is the mean over the units of their standard deviation over the samples: near 0,
    the code says nothing about x; ``dead`` is the share of units that are active for no sample.
    """

    mean: float
    active: float
    zeros: float
    hoyer: float
    population: float
    lifetime: float
    spread: float
    dead: float


def _codes(z: Tensor) -> Tensor:
    """Return the absolute values of a batch of codes that is not empty."""
    check_tensor(z, "z", shape=("B", "K"), floating=True, finite=True)
    require(z.numel() > 0, f"z must hold at least one code; got shape {tuple(z.shape)}")
    return z.detach().abs()


def hoyer(z: Tensor) -> Tensor:
    r"""Return Hoyer's sparseness of each code: 1 for one entry that is not 0, 0 for equal absolute values.

    .. math:: H(z) = \frac{\sqrt K - \|z\|_1 / \|z\|_2}{\sqrt K - 1}

    It does not change when z is scaled. A code of zeros, for which the fraction has no value, gets 0: a code
    that says nothing is not counted as sparse.

    Args:
        z: the codes that the decoder receives.

    Shape:
        z: (B, K), K at least 2; returns (B,), in [0, 1].

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z does not have the shape above, is empty, or not finite.

    Source:
        Hoyer 2004, section 3.1.

    Example:
        >>> hoyer(torch.tensor([[0.0, 3.0, 0.0, 0.0], [1.0, -1.0, 1.0, 1.0]])).tolist()
        [1.0, 0.0]
    """
    size = _codes(z)
    root = math.sqrt(_width(size))
    length = size.norm(dim=1)
    ratio = size.sum(1) / length
    return torch.where(length > 0, (root - ratio) / (root - 1), torch.zeros_like(length)).clamp(0, 1)


def _width(size: Tensor) -> int:
    """Return K where it leaves room for a sparse code."""
    width = size.shape[1]
    require(width > 1, f"z must have at least 2 units to be sparse in; got {width}")
    return width


def _treves_rolls(size: Tensor, dim: int) -> Tensor:
    """Return 1 minus the Treves-Rolls activity along an axis, scaled to [0, 1]."""
    n = size.shape[dim]
    square = size.square().mean(dim)
    share = size.mean(dim).square() / square
    return torch.where(square > 0, (1 - share) / (1 - 1 / n), torch.zeros_like(square)).clamp(0, 1)


def population_sparseness(z: Tensor) -> Tensor:
    r"""Return, for each sample, how few of the units carry its code.

    .. math:: S_b = \frac{1 - a_b}{1 - 1/K}, \qquad
              a_b = \frac{(\frac1K \sum_k |z_{bk}|)^2}{\frac1K \sum_k z_{bk}^2}

    1 when one unit answers, 0 when all answer alike, and 0 for a code of zeros.

    Args:
        z: the codes that the decoder receives.

    Shape:
        z: (B, K), K at least 2; returns (B,), in [0, 1].

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z does not have the shape above, is empty, or not finite.

    Source:
        Treves & Rolls 1991; Vinje & Gallant 2000 for the scaling; Willmore & Tolhurst 2001 for the names.

    Example:
        >>> population_sparseness(torch.tensor([[0.0, 2.0], [1.0, 1.0]])).tolist()
        [1.0, 0.0]
    """
    size = _codes(z)
    _width(size)
    return _treves_rolls(size, 1)


def lifetime_sparseness(z: Tensor) -> Tensor:
    r"""Return, for each unit, how few of the samples it answers to.

    .. math:: S_k = \frac{1 - a_k}{1 - 1/B}, \qquad
              a_k = \frac{(\frac1B \sum_b |z_{bk}|)^2}{\frac1B \sum_b z_{bk}^2}

    1 for a unit that answers to one sample, 0 for one that is constant or dead. The share of samples that a
    unit answers to is the opposite of this: a density.

    Args:
        z: the codes that the decoder receives.

    Shape:
        z: (B, K), B at least 2; returns (K,), in [0, 1].

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z does not have the shape above, is empty, or not finite.

    Source:
        Treves & Rolls 1991; Vinje & Gallant 2000 for the scaling; Willmore & Tolhurst 2001 for the names.

    Example:
        >>> lifetime_sparseness(torch.tensor([[0.0, 2.0], [1.0, 2.0]])).tolist()
        [1.0, 0.0]
    """
    size = _codes(z)
    require(len(size) > 1, f"z must hold at least 2 samples for a unit to choose from; got {len(size)}")
    return _treves_rolls(size, 0)


def active_fraction(z: Tensor, *, threshold: float = 0.0) -> Tensor:
    """Return, for each unit, the share of samples for which its absolute value is above a threshold.

    Args:
        z: the codes that the decoder receives.
        threshold: 0 or more; say which one you took, since a sigmoid is never exactly 0.

    Shape:
        z: (B, K); returns (K,).

    Raises:
        TypeError: z is no floating-point tensor.
        ValueError: z does not have the shape above, is empty or not finite, or the threshold is negative.

    Example:
        >>> active_fraction(torch.tensor([[0.0, 2.0], [0.0, 0.0]])).tolist()
        [0.0, 0.5]
    """
    check_positive(threshold, "threshold", zero=True)
    size = _codes(z)
    return (size > threshold).to(size.dtype).mean(0)


def dead_units(z: Tensor, *, threshold: float = 0.0) -> Tensor:
    """Return which units are above a threshold for no sample at all.

    Args:
        z: the codes that the decoder receives, of as many samples as you have.
        threshold: 0 or more.

    Shape:
        z: (B, K); returns (K,), of bool.

    Example:
        >>> dead_units(torch.tensor([[0.0, 2.0], [0.0, 0.0]])).tolist()
        [True, False]
    """
    return active_fraction(z, threshold=threshold) == 0


def activity(z: Tensor, *, threshold: float = 0.0) -> Activity:
    """Return all statistics of a set of codes.

    Args:
        z: the codes that the decoder receives.
        threshold: above which absolute value an entry counts as active, 0 or more.

    Shape:
        z: (B, K), both at least 2.

    Example:
        >>> activity(torch.eye(4)).zeros
        0.75
    """
    size, live = _codes(z), ~dead_units(z, threshold=threshold)
    lifetime = lifetime_sparseness(z)[live]
    return Activity(
        mean=size.mean().item(),
        active=active_fraction(z, threshold=threshold).mean().item(),
        zeros=(size == 0).to(size.dtype).mean().item(),
        hoyer=hoyer(z).mean().item(),
        population=population_sparseness(z).mean().item(),
        lifetime=lifetime.mean().item() if len(lifetime) else 0.0,
        spread=z.detach().std(0).mean().item(),
        dead=1 - live.to(size.dtype).mean().item(),
    )
