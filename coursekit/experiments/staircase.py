"""A network built by hand from steep sigmoids, beside trained ones of the same width."""

__all__ = ["TARGETS", "Widths", "run", "slab", "staircase", "sup_error", "trained"]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from coursekit._check import check_choice, check_positive, check_positive_int, require
from coursekit.experiments.bench import plan, seeded
from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.activations import sigmoid

TARGETS: dict[str, Callable[[Floats], Floats]] = {
    "smooth": lambda x: np.sin(2 * np.pi * x),
    "wiggly": lambda x: np.sin(2 * np.pi * 12 * x),
}
WIDTHS, STEPS, RATE, _GRID, _STEEP = (10, 20, 40, 80, 160, 320), 800, 0.02, 2001, 1000.0


class Widths(NamedTuple):
    """Largest errors on [0, 1]: of nets built by hand by width (T,), of trained ones of one width (S,)."""

    seeds: tuple[int, ...]
    widths: tuple[int, ...]
    built: dict[str, tuple[float, ...]]
    trained: dict[str, tuple[float, ...]]


def staircase(x: Floats, f: Callable[[Floats], Floats], width: int, *, steep: float = _STEEP) -> Floats:
    r"""Return the output of a net of sigmoids that climbs to f at the middle of each of its steps.

    .. math:: y(x) = h_0 + \sum_{i=1}^{N-1} (h_i - h_{i-1})\, \sigma\big(a N (x - i/N)\big),
              \qquad h_i = f\big((i + \tfrac12)/N\big)

    Args:
        x: inputs in [0, 1].
        f: the target.
        width: N, steps; the net has N - 1 hidden units and a bias.
        steep: a, how fast a unit rises compared with the width of a step.

    Shape:
        x: (B,); returns (B,).

    Raises:
        TypeError: if the width is no int.
        ValueError: if the width is below 1 or steep not above zero.

    Source:
        The textbook construction in one dimension; the idea is that of Cybenko 1989 in its simplest case.

    Example:
        >>> staircase(np.array([0.2, 0.7]), lambda x: x, 2).round(6)
        array([0.25, 0.75])
    """
    inputs = as_floats(x, "x", shape=("B",))
    check_positive_int(width, "width")
    check_positive(steep, "steep")
    heights = f((np.arange(width) + 0.5) / width)
    edges = np.arange(1, width) / width
    climbs: Floats = sigmoid(steep * width * (inputs[:, None] - edges)) @ np.diff(heights)
    return climbs + float(heights[0])


def slab(points: Floats, *, steep: float = 20.0) -> Floats:
    r"""Return the difference of two sigmoids that look at the first of two inputs.

    .. math:: b(x) = \sigma\big(a (x_1 + \tfrac12)\big) - \sigma\big(a (x_1 - \tfrac12)\big)

    Args:
        points: rows of two inputs.
        steep: a.

    Shape:
        points: (B, 2); returns (B,).

    Raises:
        ValueError: if points has another shape.

    Example:
        >>> slab(np.array([[0.0, 0.0], [0.0, 100.0], [2.0, 0.0]])).round(3)
        array([1., 1., 0.])
    """
    first = as_floats(points, "points", shape=("B", 2))[:, 0]
    difference: Floats = sigmoid(steep * (first + 0.5)) - sigmoid(steep * (first - 0.5))
    return difference


def sup_error(y: Floats, d: Floats) -> float:
    """Return the largest distance between two functions given on one grid.

    Shape:
        y, d: (B,).

    Raises:
        ValueError: if the shapes differ.
    """
    outputs = as_floats(y, "y", shape=("B",))
    return float(np.abs(outputs - as_floats(d, "d", shape=outputs.shape)).max())


def trained(target: str, width: int, seed: int, *, steps: int = STEPS) -> float:
    """Train a net with one hidden layer of sigmoids on a dense grid and return its largest error on it.

    Args:
        target: "smooth" or "wiggly".
        width: hidden units.
        seed: of the weights.
        steps: of Adam on the mean squared error of all grid points.

    Raises:
        ValueError: if the target is unknown.
    """
    check_choice(target, "target", TARGETS)
    grid = np.linspace(0, 1, 201)
    x, d = torch.tensor(grid)[:, None], torch.tensor(TARGETS[target](grid))
    draw = seeded(seed)
    slopes = 20 * torch.randn(1, width, generator=draw, dtype=x.dtype)
    # Each unit bends somewhere inside the interval, so that none is idle from the start.
    shifts = -slopes[0] * torch.rand(width, generator=draw, dtype=x.dtype)
    top = torch.randn(width, generator=draw, dtype=x.dtype) / width**0.5
    weights = [part.requires_grad_() for part in (slopes, shifts, top, torch.zeros(1, dtype=x.dtype))]
    optimiser = torch.optim.Adam(weights, lr=RATE)

    def output() -> torch.Tensor:
        return torch.sigmoid(x @ weights[0] + weights[1]) @ weights[2] + weights[3]

    for _ in range(steps):
        optimiser.zero_grad()
        (output() - d).square().mean().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return sup_error(output().detach().numpy(), d.numpy())


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, width: int = 160, fast: bool = False) -> Widths:
    """Compare nets built by hand with trained ones, for a smooth and for a wiggly target.

    Args:
        seeds: one training each.
        width: of the trained nets.
        fast: two seeds, a quarter of the steps.

    Raises:
        ValueError: there is no seed.
    """
    used, steps = plan(seeds, STEPS, fast)
    require(width > 1, f"width must be an int above 1; got {width}")
    grid = np.linspace(0, 1, _GRID)
    built = {
        name: tuple(sup_error(staircase(grid, f, n), f(grid)) for n in WIDTHS) for name, f in TARGETS.items()
    }
    found = {name: tuple(trained(name, width, seed, steps=steps) for seed in used) for name in TARGETS}
    return Widths(used, WIDTHS, built, found)
