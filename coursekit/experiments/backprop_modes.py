"""Reverse against forward mode by the number of passes, and gradients through many layers."""

__all__ = ["DepthResult", "ModesResult", "depth_norms", "modes"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_positive_int
from coursekit.experiments.layer_heads import grey_digits
from coursekit.scratch import autodiff, dual
from coursekit.scratch.mlp import MLP

Floats = NDArray[np.floating[Any]]


class ModesResult(NamedTuple):
    """Passes that each mode needs for a whole Jacobian, and the largest difference between the two."""

    shapes: tuple[tuple[int, int], ...]
    reverse: tuple[int, ...]
    forward: tuple[int, ...]
    difference: float


class DepthResult(NamedTuple):
    """Size of the gradient of each layer's weights, one row a seed, for two ways to start a deep network."""

    seeds: tuple[int, ...]
    norms: dict[str, Floats]


def modes(shapes: Sequence[tuple[int, int]] = ((1, 40), (10, 10), (40, 1)), *, seed: int = 0) -> ModesResult:
    r"""Compute the Jacobian of :math:`\tanh(A \sin x)` in both modes and count the passes.

    .. math:: J = \operatorname{diag}(1 - y^2)\, A\, \operatorname{diag}(\cos x)

    Args:
        shapes: pairs of outputs and inputs.
        seed: of A and x.
    """
    rng, reverse, forward, gaps = np.random.default_rng(seed), [], [], []
    for outputs, inputs in shapes:
        a, x = rng.standard_normal((outputs, inputs)) / inputs, rng.standard_normal(inputs)

        def function(z: Any, a: Floats = a) -> Any:
            return np.tanh(a @ np.sin(z))

        back, ahead = autodiff.jacobian(function, x), dual.jacobian(function, x)
        reverse.append(back.passes)
        forward.append(ahead.passes)
        gaps.append(float(np.abs(back.matrix - ahead.matrix).max()))
    return ModesResult(tuple(shapes), tuple(reverse), tuple(forward), max(gaps))


def depth_norms(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, depth: int = 10, width: int = 64) -> DepthResult:
    """Measure the first gradient of every layer in a deep network on 200 digits.

    Args:
        seeds: one draw of weights each.
        depth: layers with weights, 2 or more.
        width: of the hidden layers.

    Raises:
        TypeError: depth or width is no int.
        ValueError: depth is below 2, or width below 1.
    """
    check_positive_int(depth, "depth", minimum=2)
    check_positive_int(width, "width")
    data, norms = grey_digits(), {}
    sizes = (64, *[width] * (depth - 1), 10)
    labels = data.d[:200].argmax(axis=1)
    for hidden, start in (("sigmoid", "xavier_normal"), ("relu", "he_normal")):
        rows = []
        for seed in seeds:
            rng = np.random.default_rng(seed)
            model = MLP(sizes, activation=hidden, initialiser=start, generator=rng)
            _, found = model.loss_and_gradients(data.x[:200], labels)
            rows.append([float(np.linalg.norm(each["W"])) for each in found])
        norms[f"{hidden}, {start.partition('_')[0].capitalize()}"] = np.array(rows)
    return DepthResult(tuple(seeds), norms)
