"""How much of a gradient comes through a stack of layers, how many units are silent, and what that saves."""

__all__ = ["DEPTHS", "KINDS", "Depths", "Ratios", "flops", "gradient_ratio", "run", "speed"]

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from coursekit._check import check_choice, check_positive_int
from coursekit.experiments.bench import plan, seeded

KINDS = ("sigmoid, Xavier", "ReLU, Xavier", "ReLU, He")
DEPTHS = (1, 5, 10, 20, 30, 40, 50)
_WIDTH, _ROWS = 256, 64


class Depths(NamedTuple):
    """Norm of the gradient at the input over that at the output, (S, T) a kind; active share of ReLUs."""

    seeds: tuple[int, ...]
    depths: tuple[int, ...]
    ratio: dict[str, torch.Tensor]
    active: tuple[float, ...]


class Ratios(NamedTuple):
    """Seconds of one operation over those of another, medians of repeats."""

    sigmoid_over_relu: float
    half_zero_over_dense: float


def gradient_ratio(
    kind: str, depth: int, seed: int, *, dtype: torch.dtype = torch.float64
) -> tuple[float, float]:
    """Send a random gradient back through a random net; return its shrinkage and the share of active units.

    Args:
        kind: "sigmoid, Xavier", "ReLU, Xavier" or "ReLU, He"; all 256 units wide.
        depth: layers, 1 or more.
        seed: of inputs, weights and gradient.
        dtype: of the numbers.

    Raises:
        TypeError: if the depth is no int.
        ValueError: if the kind is unknown or the depth below 1.
    """
    check_choice(kind, "kind", KINDS)
    check_positive_int(depth, "depth")
    draw = seeded(seed)
    gain = 2**0.5 if kind.endswith("He") else 1.0
    activation = torch.sigmoid if kind.startswith("sigmoid") else torch.relu
    x = torch.randn(_ROWS, _WIDTH, generator=draw, dtype=dtype).requires_grad_()
    h = x
    for _ in range(depth):
        h = activation(h @ (torch.randn(_WIDTH, _WIDTH, generator=draw, dtype=dtype) * gain / _WIDTH**0.5))
    upstream = torch.randn(h.shape, generator=draw, dtype=dtype)
    (gradient,) = torch.autograd.grad(h, x, upstream)
    return (gradient.norm() / upstream.norm()).item(), (h > 0).double().mean().item()


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> Depths:
    """Measure the gradient ratio by depth for three kinds of stacks.

    Args:
        seeds: one net each.
        fast: two seeds.

    Raises:
        ValueError: there is no seed.
    """
    used, _ = plan(seeds, 1, fast)
    ratio = {
        kind: torch.tensor([[gradient_ratio(kind, n, seed)[0] for n in DEPTHS] for seed in used])
        for kind in KINDS
    }
    active = tuple(gradient_ratio("ReLU, He", 1, seed)[1] for seed in used)
    return Depths(used, DEPTHS, ratio, active)


def speed(*, repeats: int = 15) -> Ratios:
    """Time a sigmoid against a ReLU, and a matrix product whose left side is half zeros against a full one.

    Args:
        repeats: of each, 1 or more; the median counts.

    Raises:
        TypeError: if repeats is no int.
        ValueError: if it is below 1.
    """
    check_positive_int(repeats, "repeats")
    x = torch.randn(512, 512, generator=seeded(0))
    sparse, w = torch.relu(x), torch.randn(512, 512, generator=seeded(1))
    jobs: tuple[Callable[[], Tensor], ...] = (
        lambda: torch.sigmoid(x),
        lambda: torch.relu(x),
        lambda: sparse @ w,
        lambda: x @ w,
    )
    seconds = []
    for job in jobs:
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            job()
            times.append(time.perf_counter() - start)
        seconds.append(sorted(times)[repeats // 2])
    return Ratios(seconds[0] / seconds[1], seconds[2] / seconds[3])


def flops(x: Tensor, w: Tensor) -> int:
    """Return how many additions and multiplications torch counts for a matrix product.

    Args:
        x: left factor.
        w: right factor.

    Shape:
        x: (B, D); w: (D, K).

    Example:
        >>> flops(torch.zeros(2, 3), torch.ones(3, 5))
        60
    """
    with FlopCounterMode(display=False) as counter:
        torch.mm(x, w)
    return int(counter.get_total_flops())
