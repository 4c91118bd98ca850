"""What the Bernoulli loss is on grey pixels: a loss, but no likelihood, for it does not integrate to one."""

__all__ = ["LikelihoodResult", "bernoulli_mass", "clipped_loss", "run"]

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coursekit._check import check_tensor, require
from coursekit.data import digits


@dataclass(frozen=True)
class LikelihoodResult:
    """The mass of the Bernoulli formula over [0, 1], and what it makes of grey digits.

    ``mass`` is the closed form, ``numeric`` a quadrature; ``grey_floor`` the loss of a perfect reconstruction
    of the grey digits (nats per image), ``binary_floor`` the same for binary ones.
    """

    p: tuple[float, ...]
    mass: tuple[float, ...]
    numeric: tuple[float, ...]
    grey_floor: float
    binary_floor: float
    grey_share: float


def bernoulli_mass(p: Tensor) -> Tensor:
    r"""Return the integral of the Bernoulli formula over a grey pixel.

    .. math:: \int_0^1 p^x (1 - p)^{1 - x}\,dx = \frac{2p - 1}{\log\frac{p}{1 - p}}

    :math:`p` is the decoder's probability; at p = 1/2 the value is 1/2. A density would give 1 for every p.

    Args:
        p: probabilities, strictly between 0 and 1.

    Shape:
        p: any; returns the same.

    Raises:
        ValueError: a value lies outside (0, 1).

    Source:
        Loaiza-Ganem & Cunningham 2019: the inverse of the continuous Bernoulli's normalising constant.

    Example:
        >>> bernoulli_mass(torch.tensor([0.5]))
        tensor([0.5000])
    """
    check_tensor(p, "p", floating=True)
    require(bool(((p > 0) & (p < 1)).all()), "p must lie strictly between 0 and 1")
    logit = torch.logit(p)
    near = logit.abs() < 1e-3
    # Near 1/2 the quotient is 0/0: mass = tanh(l/2)/l = 1/2 - l^2/24 + ..., with l the logit.
    series = 0.5 - logit.square() / 24
    return torch.where(near, series, torch.tanh(logit / 2) / torch.where(near, 1.0, logit))


def clipped_loss(logit: float, *, epsilon: float = 1e-8) -> tuple[float, float]:
    """Return loss and gradient of -log(1 - p + epsilon) at a logit, in float32: how clipping hides a mistake.

    Args:
        logit: the decoder's output for a pixel that is off.
        epsilon: what is added inside the logarithm.

    Units:
        Nats; the exact loss is softplus(logit), its gradient sigmoid(logit).

    Example:
        >>> [round(value, 2) for value in clipped_loss(40.0)]
        [18.42, 0.0]
    """
    a = torch.tensor(logit, dtype=torch.float32, requires_grad=True)
    loss = -torch.log(1 - torch.sigmoid(a) + epsilon)
    (gradient,) = torch.autograd.grad(loss, a)
    return loss.item(), gradient.item()


def _entropy_floor(x: Tensor) -> float:
    """Return the Bernoulli loss of x under p = x, its smallest value, as a mean over images."""
    return -(torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x)).sum(-1).mean().item()


def run(
    p: Sequence[float] = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99), *, points: int = 20_001
) -> LikelihoodResult:
    """Compare closed form and quadrature, and measure the floor of the loss on the test digits.

    Args:
        p: probabilities, strictly between 0 and 1.
        points: of the trapezoid rule, 2 or more.

    Units:
        Nats per image for the floors; ``grey_share`` is the fraction of pixels strictly between 0 and 1.

    Raises:
        ValueError: a probability lies outside (0, 1).
    """
    chances = torch.tensor(p, dtype=torch.float64)
    mass = bernoulli_mass(chances)
    x = torch.linspace(0, 1, points, dtype=torch.float64)[:, None]  # (points, 1)
    integrand = torch.exp(x * chances.log() + (1 - x) * torch.log1p(-chances))
    numeric = torch.trapezoid(integrand, x, dim=0)
    grey = digits(binarize=False, seed=0, test_size=297).x_test.double()
    binary = digits(binarize=True, seed=0, test_size=297).x_test.double()
    return LikelihoodResult(
        p=tuple(p),
        mass=tuple(mass.tolist()),
        numeric=tuple(numeric.tolist()),
        grey_floor=_entropy_floor(grey),
        binary_floor=math.fabs(_entropy_floor(binary)),
        grey_share=((grey > 0) & (grey < 1)).double().mean().item(),
    )
