"""How the gradient of the first hidden layer changes with the depth of a network, by start and wiring."""

__all__ = ["DEPTHS", "WIRINGS", "DepthResult", "Profile", "Wiring", "gradients", "rms_slope", "run"]

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_choice, check_positive, check_positive_int, require
from coursekit.data import digits
from coursekit.experiments.bench import named, seeded

WIDTH, ROWS = 100, 256
DEPTHS = (5, 10, 20)


class Wiring(NamedTuple):
    """One row of the table: activation, deviation of the weights by fan-in, what a layer is, the factor.

    ``factor`` is what theory predicts for one more layer; None where it only bounds the factor or is silent.
    """

    activation: Callable[[Tensor], Tensor]
    spread: Callable[[int], float]
    layer: str
    factor: float | None


class Profile(NamedTuple):
    """Norms of the first hidden gradient by depth, (S, L), and the factor a layer from 5 to 20, (S,)."""

    name: str
    norms: list[list[float]]
    factor: list[float]
    theory: float | None


class DepthResult(NamedTuple):
    """The profiles, with what they have in common."""

    seeds: tuple[int, ...]
    depths: tuple[int, ...]
    profiles: tuple[Profile, ...]

    def get(self, name: str) -> Profile:
        """Return a profile by its name.

        Raises:
            ValueError: if there is none of that name.
        """
        return named(self.profiles, name)


def _xavier(fan_in: int) -> float:
    return math.sqrt(1 / fan_in)


def _he(fan_in: int) -> float:
    return math.sqrt(2 / fan_in)


def _torch(fan_in: int) -> float:
    return math.sqrt(1 / (3 * fan_in))  # nn.Linear: uniform within 1/sqrt(fan_in)


def _times(factor: float, spread: Callable[[int], float]) -> Callable[[int], float]:
    return lambda fan_in: factor * spread(fan_in)


_HALF = math.sqrt(0.5)
WIRINGS = {
    "sigmoid, PyTorch start": Wiring(torch.sigmoid, _torch, "plain", 0.25 / math.sqrt(3)),
    "sigmoid, Xavier": Wiring(torch.sigmoid, _xavier, "plain", 0.25),
    "ReLU, PyTorch start": Wiring(torch.relu, _torch, "plain", _HALF / math.sqrt(3)),
    "tanh, PyTorch start": Wiring(torch.tanh, _torch, "plain", 1 / math.sqrt(3)),
    "sigmoid, 4 × Xavier": Wiring(torch.sigmoid, _times(4, _xavier), "plain", None),
    "ReLU, Xavier": Wiring(torch.relu, _xavier, "plain", _HALF),
    "tanh, Xavier": Wiring(torch.tanh, _xavier, "plain", None),
    "ReLU, He": Wiring(torch.relu, _he, "plain", 1.0),
    "ReLU, He, layer norm": Wiring(torch.relu, _he, "layer norm", None),
    "ReLU, He, residual over √L": Wiring(torch.relu, _he, "scaled residual", None),
    "ReLU, He, batch norm": Wiring(torch.relu, _he, "batch norm", math.sqrt(math.pi / (math.pi - 1))),
    "ReLU, 1.5 × He": Wiring(torch.relu, _times(1.5, _he), "plain", 1.5),
    "ReLU, He, residual": Wiring(torch.relu, _he, "residual", None),
}


def rms_slope(slope: Callable[[float], float], *, variance: float) -> float:
    r"""Return the root mean square of a slope under a normal net input.

    .. math:: \operatorname{rms}(f') = \sqrt{\mathbb{E}\, f'(u)^2}, \qquad u \sim N(0, q)

    Args:
        slope: :math:`f'`, continuous but for a jump at 0.
        variance: :math:`q`, above zero.

    Raises:
        TypeError: if the variance is no number.
        ValueError: if it is not above zero.

    Source:
        Poole et al. (2016), Exponential expressivity in deep neural networks, section 3.

    Example:
        >>> round(rms_slope(lambda u: float(u > 0), variance=2.0) ** 2, 6)
        0.5
    """
    deviation = math.sqrt(check_positive(variance, "variance"))
    edges = np.linspace(-12, 12, 24_001)  # 0 is an edge: midpoints step around a jump there
    u = (edges[1:] + edges[:-1]) / 2
    mass = np.exp(-u * u / 2) * (edges[1] - edges[0]) / math.sqrt(2 * math.pi)
    return math.sqrt(sum(m * slope(deviation * at) ** 2 for m, at in zip(mass, u.tolist(), strict=True)))


def _layer(wiring: Wiring, h: Tensor, w: Tensor, depth: int) -> Tensor:
    """Apply one hidden layer."""
    u = h @ w
    if wiring.layer == "batch norm":
        u = F.batch_norm(u, None, None, training=True)
    if wiring.layer == "layer norm":
        u = F.layer_norm(u, u.shape[1:])
    y = wiring.activation(u)
    if wiring.layer == "residual":
        return h + y
    return h + y / math.sqrt(depth) if wiring.layer == "scaled residual" else y


def gradients(name: str, depth: int, seed: int) -> list[float]:
    """Return the gradient's norm for every square hidden layer of a new network, first layer first.

    The network reads 256 standardised digits through one layer 64-100 and then ``depth`` layers 100-100, all
    without bias, and ends in ten logits with cross-entropy.

    Args:
        name: one of ``WIRINGS``.
        depth: how many square layers, at least 1.
        seed: of the weights and the choice of digits.

    Raises:
        TypeError: if depth is no int.
        ValueError: if the name is unknown or depth below 1.
    """
    wiring = WIRINGS[check_choice(name, "name", WIRINGS)]
    check_positive_int(depth, "depth")
    split, generator = digits(binarize=False, seed=0), seeded(seed)
    rows = torch.randperm(len(split.x_train), generator=generator)[:ROWS]
    x = split.x_train[rows].double()
    x = (x - x.mean()) / x.std()

    def draw(fan_in: int, fan_out: int, spread: float) -> Tensor:
        w = spread * torch.randn(fan_in, fan_out, generator=generator, dtype=torch.float64)
        return w.requires_grad_()

    first, last = draw(64, WIDTH, wiring.spread(64)), draw(WIDTH, 10, _xavier(WIDTH))
    hidden = [draw(WIDTH, WIDTH, wiring.spread(WIDTH)) for _ in range(depth)]
    h = wiring.activation(x @ first)
    for w in hidden:
        h = _layer(wiring, h, w, depth)
    found = torch.autograd.grad(F.cross_entropy(h @ last, split.y_train[rows]), hidden)
    return [float(gradient.norm()) for gradient in found]


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, names: Sequence[str] = tuple(WIRINGS), fast: bool = False
) -> DepthResult:
    """Measure the first hidden gradient at depths 5, 10 and 20.

    Args:
        seeds: one draw of weights and digits each.
        names: the wirings.
        fast: use two seeds.

    Raises:
        ValueError: if there is no seed, or a name is unknown.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    used = tuple(seeds[:2] if fast else seeds)
    profiles = []
    for name in names:
        norms = np.array([[gradients(name, depth, seed)[0] for depth in DEPTHS] for seed in used])
        factor = (norms[:, -1] / norms[:, 0]) ** (1 / (DEPTHS[-1] - DEPTHS[0]))
        profiles.append(Profile(name, norms.tolist(), factor.tolist(), WIRINGS[name].factor))
    return DepthResult(used, DEPTHS, tuple(profiles))
