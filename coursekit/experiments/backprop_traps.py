"""What shapes cannot tell: products that fit and are wrong, and a network whose slopes are all at zero."""

__all__ = ["ProductsResult", "ZeroResult", "products", "zero_start"]

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit.experiments.bench import plan
from coursekit.experiments.layer_heads import grey_digits
from coursekit.scratch.activations import activation
from coursekit.scratch.initialisers import xavier_normal
from coursekit.scratch.mlp import two_layer_backward, two_layer_forward

Floats = NDArray[np.floating[Any]]


class ProductsResult(NamedTuple):
    """How many products of a gradient fit by shape, how many are right, and the errors of the wrong ones."""

    fitting: int
    right: int
    errors: tuple[float, ...]


class ZeroResult(NamedTuple):
    """Test accuracy of a network whose first layer starts at zero, for each hidden activation, by seed."""

    seeds: tuple[int, ...]
    accuracy: dict[str, tuple[float, ...]]
    slope_at_zero: dict[str, float]


def products(sizes: tuple[int, int, int, int], *, seed: int = 0) -> ProductsResult:
    r"""Try every way to build :math:`\nabla_{W_1} J` from X, W2 and the error by transposing until it fits.

    .. math:: \nabla_{W_1} J = X^T \big((\Delta_2 W_2^T) \odot f'(U)\big)

    Args:
        sizes: rows, inputs, hidden neurons and outputs.
        seed: of the numbers.
    """
    rows, inputs, hidden, outputs = sizes
    rng = np.random.default_rng(seed)
    draw = rng.standard_normal
    parameters = {
        "W1": draw((inputs, hidden)), "b1": draw(hidden), "W2": draw((hidden, outputs)), "b2": draw(outputs),
    }  # fmt: skip
    x, d = draw((rows, inputs)), draw((rows, outputs))
    cache = two_layer_forward(x, *parameters.values(), hidden="tanh", output="linear")
    exact = two_layer_backward(cache, d)["W1"]
    delta2, slope = (cache.Y - d) / rows, 1 - cache.H**2
    errors = []
    for w, x_turned, error_first, outer_first in product(
        (cache.W2, cache.W2.T), (x, x.T), (True, False), (True, False)
    ):
        pair = (delta2, w) if error_first else (w, delta2)
        if pair[0].shape[1] != pair[1].shape[0] or (pair[0] @ pair[1]).shape != slope.shape:
            continue
        delta1 = (pair[0] @ pair[1]) * slope
        outer = (x_turned, delta1) if outer_first else (delta1, x_turned)
        if outer[0].shape[1] != outer[1].shape[0] or (outer[0] @ outer[1]).shape != exact.shape:
            continue
        errors.append(float(np.linalg.norm(outer[0] @ outer[1] - exact) / np.linalg.norm(exact)))
    wrong = tuple(sorted(error for error in errors if error > 1e-10))
    return ProductsResult(len(errors), len(errors) - len(wrong), wrong)


def _train_from_zero(name: str, seed: int, epochs: int) -> float:
    """Train a 64-32-10 network whose first layer starts at zero; return its test accuracy."""
    data, rng = grey_digits(), np.random.default_rng(seed)
    labels = data.d.argmax(axis=1)
    second = xavier_normal(32, 10, generator=rng)
    parameters = {"W1": np.zeros((64, 32)), "b1": np.zeros(32), "W2": second, "b2": np.zeros(10)}
    for _ in range(epochs):
        order = rng.permutation(len(data.x))
        for start in range(0, len(order), 50):
            rows = order[start : start + 50]
            cache = two_layer_forward(data.x[rows], *parameters.values(), hidden=name)
            found = two_layer_backward(cache, labels[rows])
            parameters = {key: value - 0.5 * found[key] for key, value in parameters.items()}
    guess = two_layer_forward(data.x_test, *parameters.values(), hidden=name).Y.argmax(axis=1)
    return float((guess == data.labels_test).mean())


def zero_start(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, names: Sequence[str] = ("relu", "leaky_relu", "tanh"),
    epochs: int = 20, fast: bool = False,
) -> ZeroResult:  # fmt: skip
    """Train with all weights of the first layer at zero: every hidden net input starts on the kink.

    Args:
        seeds: one training of each activation.
        names: hidden activations.
        epochs: passes over the rows, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, an activation is unknown, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    slopes = {name: float(activation(name).slope(np.zeros(1))[0]) for name in names}
    accuracy = {name: tuple(_train_from_zero(name, seed, epochs) for seed in used) for name in names}
    return ZeroResult(used, accuracy, slopes)
