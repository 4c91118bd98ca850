"""Random hidden units and a fitted output: errors by width, activation, dimension, and on random labels."""

__all__ = [
    "ACTIVATIONS",
    "WIDTHS",
    "Features",
    "dimension_errors",
    "fit_error",
    "random_labels",
    "run",
    "target",
]

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from coursekit._check import check_choice, check_positive_int
from coursekit.data import digits
from coursekit.experiments.bench import plan
from coursekit.scratch._arrays import Floats, as_floats
from coursekit.scratch.activations import relu, tanh

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {"relu": relu, "tanh": tanh, "square": np.square}
WIDTHS = (5, 10, 20, 50, 100, 200)
_CUT = 1e-10  # singular values below this share of the largest are noise


class Features(NamedTuple):
    """Largest errors inside [-3, 3] and on [3, 6], (S, T) an activation: a row a seed, a column a width."""

    seeds: tuple[int, ...]
    widths: tuple[int, ...]
    inside: dict[str, Floats]
    outside: dict[str, Floats]


def target(x: Floats) -> Floats:
    r"""Return :math:`\sin 2x + 0.3\,|x|`, a function with a kink.

    Shape:
        x: any; returns the same.
    """
    numbers = as_floats(x, "x")
    return np.sin(2 * numbers) + 0.3 * np.abs(numbers)


def fit_error(activation: str, width: int, seed: int) -> tuple[float, float]:
    r"""Fit the output weights of random units by least squares; return the largest error inside and outside.

    .. math:: y(x) = \sum_{j=1}^{N} v_j f(w_j x + b_j) + c, \qquad w_j, b_j \text{ random and fixed}

    Args:
        activation: "relu", "tanh" or "square".
        width: N.
        seed: of the units.

    Raises:
        TypeError: if the width is no int.
        ValueError: if the activation is unknown or the width below 1.

    Source:
        Leshno et al. 1993 for which activations can work; random units as in Rahimi & Recht 2008.

    Example:
        >>> inside, outside = fit_error("tanh", 100, 0)
        >>> inside < 0.1 < outside
        True
    """
    check_choice(activation, "activation", ACTIVATIONS)
    check_positive_int(width, "width")
    w, b = np.random.default_rng(seed).standard_normal((2, width)) * [[1.0], [3.0]]
    f = ACTIVATIONS[activation]

    def features(x: Floats) -> Floats:
        return np.column_stack([f(np.outer(x, w) + b), np.ones_like(x)])

    inside, outside = np.linspace(-3, 3, 601), np.linspace(3, 6, 301)
    v = np.linalg.lstsq(features(inside), target(inside), rcond=_CUT)[0]
    errors = [np.abs(features(x) @ v - target(x)).max() for x in (inside, outside)]
    return float(errors[0]), float(errors[1])


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> Features:
    """Measure errors by width for three activations, one of which is a polynomial.

    Args:
        seeds: one draw of the units each.
        fast: two seeds.

    Raises:
        ValueError: there is no seed.
    """
    used, _ = plan(seeds, 1, fast)
    tables = {
        name: np.array([[fit_error(name, width, seed) for width in WIDTHS] for seed in used])
        for name in ACTIVATIONS
    }
    inside = {name: table[..., 0] for name, table in tables.items()}
    outside = {name: table[..., 1] for name, table in tables.items()}
    return Features(used, WIDTHS, inside, outside)


def dimension_errors(
    dimensions: Sequence[int] = (1, 2, 4, 8), *, width: int = 200, rows: int = 1000, seed: int = 0
) -> tuple[float, ...]:
    r"""Return the root mean squared test error of one width on a bump in more and more dimensions.

    .. math:: f(x) = \prod_{k=1}^{D} \cos(2 x_k), \qquad x \in [-1, 1]^D

    Errors are shares of the standard deviation of the target, so that 1 means nothing was learned.

    Args:
        dimensions: values of D, each 1 or more.
        width: random ReLU units.
        rows: for the fit; as many again for the test.
        seed: of units and inputs.

    Raises:
        TypeError: if the width is no int.
        ValueError: if the width is below 1.
    """
    check_positive_int(width, "width")
    found = []
    for d in dimensions:
        rng = np.random.default_rng(seed)
        w, b = rng.standard_normal((d, width)), rng.uniform(-2, 2, width)
        x = rng.uniform(-1, 1, (2 * rows, d))
        aim = np.cos(2 * x).prod(1)
        units = np.column_stack([relu(x @ w + b), np.ones(2 * rows)])
        v = np.linalg.lstsq(units[:rows], aim[:rows], rcond=_CUT)[0]
        error = units[rows:] @ v - aim[rows:]
        found.append(float(np.sqrt((error**2).mean()) / aim[rows:].std()))
    return tuple(found)


def random_labels(seed: int, *, rows: int = 300, width: int = 1000) -> tuple[float, float]:
    """Fit digits whose labels were drawn at random; return the accuracy there and on test labels drawn alike.

    Args:
        seed: of units and labels.
        rows: training digits.
        width: random ReLU units.

    Raises:
        TypeError: if the width is no int.
        ValueError: if the width is below 1.

    Source:
        Zhang et al. 2017, the experiment in small.
    """
    check_positive_int(width, "width")
    split, rng = digits(seed=0, test_size=297), np.random.default_rng(seed)
    x = split.x_train[:rows].double().numpy(), split.x_test.double().numpy()
    labels = tuple(rng.integers(10, size=len(part)) for part in x)
    w, b = rng.standard_normal((x[0].shape[1], width)), rng.standard_normal(width)
    units = tuple(relu(part @ w + b) for part in x)
    v = np.linalg.lstsq(units[0], np.eye(10)[labels[0]], rcond=_CUT)[0]
    train, test = (float(((u @ v).argmax(1) == said).mean()) for u, said in zip(units, labels, strict=True))
    return train, test
