"""Layers without activation: one affine map by value and by rank, another path in training."""

__all__ = ["Paths", "collapse", "run", "stack"]

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from coursekit._check import check_positive_int, require
from coursekit.experiments.bench import plan
from coursekit.scratch._arrays import Floats, as_floats

Layer = tuple[Floats, Floats]
_STEPS, _RATE = 150, 0.1


class Paths(NamedTuple):
    """Loss after each step of gradient descent for one layer and for three in a row, (S, T) each."""

    seeds: tuple[int, ...]
    one: Floats
    three: Floats


def stack(sizes: Sequence[int], *, generator: np.random.Generator) -> list[Layer]:
    """Return weights and biases of layers without activation, each with variance 1/fan-in.

    Args:
        sizes: features before, between and after the layers, such as (6, 2, 6).
        generator: source of the weights.

    Raises:
        ValueError: if there are fewer than two sizes.

    Example:
        >>> [w.shape for w, _ in stack((6, 2, 6), generator=np.random.default_rng(0))]
        [(6, 2), (2, 6)]
    """
    require(len(sizes) >= 2, f"sizes must hold two numbers or more; got {len(sizes)}")
    return [
        (generator.standard_normal((a, b)) / a**0.5, generator.standard_normal(b)) for a, b in pairwise(sizes)
    ]


def collapse(layers: Sequence[Layer]) -> Layer:
    r"""Return the one layer that equals a stack of layers without activation.

    .. math:: W = W_1 W_2 \cdots W_L, \qquad b^\top = \sum_{l=1}^{L} b_l^\top W_{l+1} \cdots W_L

    Args:
        layers: weights and biases, in the order of the forward pass.

    Shape:
        layers: each W (D_in, D_out), b (D_out,); returns W (D, K), b (K,).

    Raises:
        ValueError: if there is no layer or two do not fit.

    Source:
        Matrix products are associative; Goodfellow, Bengio & Courville 2016, section 6.1.

    Example:
        >>> collapse([(np.full((1, 1), 2.0), np.ones(1)), (np.full((1, 1), 3.0), np.ones(1))])
        (array([[6.]]), array([4.]))
    """
    require(len(layers) > 0, "layers must hold at least one layer; got none")
    w, b = (as_floats(part, "layers") for part in layers[0])
    for weights, bias in layers[1:]:
        fault = f"got {w.shape[1]} outputs, {len(weights)} inputs"
        require(w.shape[1] == len(weights), f"layers must fit; {fault}")
        w, b = w @ weights, b @ weights + bias
    return w, b


def _descend(depth: int, seed: int, steps: int) -> list[float]:
    """Fit a random linear map by gradient descent through a product of square matrices."""
    rng = np.random.default_rng(seed)
    d, rows = 4, 200
    x, truth = rng.standard_normal((rows, d)), rng.standard_normal((d, d))
    weights = [0.5 * rng.standard_normal((d, d)) for _ in range(depth)]
    losses = []
    for _ in range(steps):
        outputs = [x]
        for w in weights:
            outputs.append(outputs[-1] @ w)
        error = outputs[-1] - x @ truth
        losses.append(float((error**2).sum(1).mean() / 2))
        delta = error / rows
        for at in reversed(range(depth)):
            gradient = outputs[at].T @ delta
            delta = delta @ weights[at].T
            weights[at] = weights[at] - _RATE * gradient
    return losses


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, depth: int = 3, fast: bool = False) -> Paths:
    """Follow gradient descent through one linear layer and through several.

    Args:
        seeds: one task and start each.
        depth: layers of the deep one, 2 or more.
        fast: two seeds, a quarter of the steps.

    Raises:
        TypeError: if the depth is no int.
        ValueError: there is no seed, or the depth is below 2.
    """
    check_positive_int(depth, "depth", minimum=2)
    used, steps = plan(seeds, _STEPS, fast)
    one, deep = (np.array([_descend(n, seed, steps) for seed in used]) for n in (1, depth))
    return Paths(used, one, deep)
