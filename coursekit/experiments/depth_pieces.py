"""Straight pieces of a network with one input: counted exactly, for built, random and trained networks."""

__all__ = ["PieceCounts", "Pieces", "linear_pieces", "random_net", "random_pieces", "sawtooth_pieces"]

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from coursekit._check import check_positive_int, require
from coursekit.experiments.bench import plan
from coursekit.experiments.depth_nets import Floats, Net, sawtooth_deep, sawtooth_shallow, units

_SAME = 1e-9  # slopes closer than this, relative to the steepest, belong to one piece
_APART = 1e-12  # of the interval


class Pieces(NamedTuple):
    """A piecewise linear function: P pieces between P + 1 breaks, each with its slope and intercept."""

    breaks: Floats
    slopes: Floats
    intercepts: Floats


class PieceCounts(NamedTuple):
    """Pieces of random networks with equally many neurons, by depth; one row a depth, one entry a seed."""

    seeds: tuple[int, ...]
    depths: tuple[int, ...]
    neurons: int
    counts: tuple[tuple[int, ...], ...]


def _split(breaks: Floats, slope: Floats, intercept: Floats) -> tuple[Floats, Floats, Floats]:
    """Cut every segment where a neuron's net input changes its sign, and switch off what is below zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        zeros = -intercept / slope  # (S, H)
    apart = _APART * (breaks[-1] - breaks[0])  # nearer kinks are one
    left, right = breaks[:-1, None] + apart, breaks[1:, None] - apart
    inside = (zeros > left) & (zeros < right)
    finer = np.unique(np.concatenate([breaks, zeros[inside]]))
    finer = finer[np.diff(finer, prepend=-np.inf) > apart]
    middle = (finer[1:] + finer[:-1]) / 2
    home = np.searchsorted(breaks, middle) - 1
    slope, intercept = slope[home], intercept[home]
    on = slope * middle[:, None] + intercept > 0
    return finer, slope * on, intercept * on


def linear_pieces(net: Net, low: float = 0.0, high: float = 1.0) -> Pieces:
    r"""Return the straight pieces of a ReLU network with one input and one output on an interval.

    No grid is involved: each layer cuts the segments of the one before at the zeros of its net inputs, which
    are straight lines there, and equal neighbours are joined at the end.

    .. math:: u(x) = a x + c \ \Rightarrow\ \text{cut at } x = -c / a

    Args:
        net: of ReLU neurons.
        low: left end.
        high: right end, above ``low``.

    Raises:
        ValueError: if the network has another activation, input or output, or the interval is empty.

    Example:
        >>> linear_pieces(sawtooth_deep(2)).slopes
        array([ 4., -4.,  4., -4.])
    """
    require(net.activation == "relu", f"net must be of relu neurons; got {net.activation!r}")
    ends = net.weights[0].shape[0], net.weights[-1].shape[1]
    require(ends == (1, 1), f"net must have one input and one output; got {ends[0]} and {ends[1]}")
    require(low < high, f"low must be below high; got {low} and {high}")
    breaks: Floats = np.array([low, high], dtype=np.float64)
    slope: Floats = np.ones((1, 1))
    intercept: Floats = np.zeros((1, 1))
    for W, b in zip(net.weights[:-1], net.biases[:-1], strict=True):
        breaks, slope, intercept = _split(breaks, slope @ W, intercept @ W + b)
    a, c = (slope @ net.weights[-1])[:, 0], (intercept @ net.weights[-1] + net.biases[-1])[:, 0]
    # The function is continuous, so that neighbours with equal slope are one piece.
    new = np.abs(np.diff(a)) > _SAME * max(float(np.abs(a).max()), 1.0)
    first = np.concatenate([[True], new])
    return Pieces(np.concatenate([breaks[:-1][first], breaks[-1:]]), a[first], c[first])


def sawtooth_pieces(largest: int = 10) -> tuple[tuple[int, int, int], ...]:
    """Return the pieces of the sawtooth and the neurons of the deep and the shallow net, for k = 1, 2, ...

    Args:
        largest: the largest k, at least 1.

    Raises:
        TypeError: if ``largest`` is no int.
        ValueError: if it is below 1.

    Example:
        >>> sawtooth_pieces(3)
        ((2, 2, 2), (4, 4, 4), (8, 6, 8))
    """
    check_positive_int(largest, "largest")
    rows = []
    for k in range(1, largest + 1):
        deep = sawtooth_deep(k)
        rows.append((len(linear_pieces(deep).slopes), units(deep), units(sawtooth_shallow(k))))
    return tuple(rows)


def random_net(depth: int, width: int, *, generator: np.random.Generator) -> Net:
    r"""Draw a ReLU network with one input and one output as for training, with biases that spread the kinks.

    .. math:: W_l \sim N(0, 2 / n_{in}), \qquad b_l \sim N(0, \tfrac14)

    Args:
        depth: hidden layers, at least 1.
        width: neurons of each, at least 1.
        generator: source of the weights.

    Raises:
        TypeError: if a size is no int.
        ValueError: if a size is below 1.

    Source:
        The weights follow He et al. (2015), equation 10.

    Example:
        >>> units(random_net(3, 5, generator=np.random.default_rng(0)))
        15
    """
    check_positive_int(depth, "depth")
    sizes = (1, *[check_positive_int(width, "width")] * depth, 1)
    weights = tuple(
        generator.normal(0, (2 / rows) ** 0.5, (rows, columns)) for rows, columns in pairwise(sizes)
    )
    return Net(weights, tuple(generator.normal(0, 0.5, size) for size in sizes[1:]), "relu")


def random_pieces(
    seeds: Sequence[int] = tuple(range(20)), *, depths: Sequence[int] = (1, 2, 4, 8), neurons: int = 64,
    fast: bool = False,
) -> PieceCounts:  # fmt: skip
    """Count the pieces of random networks on [-3, 3] that share their neurons among more or fewer layers.

    Args:
        seeds: one network of each depth.
        depths: hidden layers; each divides the neurons.
        neurons: hidden neurons in all.
        fast: use two seeds.

    Raises:
        ValueError: if there is no seed, or a depth does not divide the neurons.
    """
    used, _ = plan(seeds, 1, fast)
    for depth in depths:
        require(neurons % depth == 0, f"depths must divide the {neurons} neurons; got {depth}")
    counts = tuple(
        tuple(
            len(linear_pieces(
                random_net(depth, neurons // depth, generator=np.random.default_rng((depth, seed))), -3, 3
            ).slopes)
            for seed in used
        )
        for depth in depths
    )  # fmt: skip
    return PieceCounts(used, tuple(depths), neurons, counts)
