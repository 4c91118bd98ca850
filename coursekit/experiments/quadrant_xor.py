"""Points labelled by their quadrant, and the small networks that do and do not learn them."""

__all__ = ["CASES", "Case", "Outcome", "XorResult", "plane", "points", "run", "trained"]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_choice, check_positive, check_positive_int
from coursekit.experiments.bench import named, plan
from coursekit.scratch.mlp import MLP

Floats = NDArray[np.floating[Any]]
TRAIN, TEST, STEPS, EVERY = 100, 20_000, 5000, 25


class Case(NamedTuple):
    """A hidden layer: its width, activation, standard deviation of the first weights, learning rate."""

    hidden: int
    activation: str
    spread: float
    learning_rate: float


class Outcome(NamedTuple):
    """What became of one case: loss every 25 steps (S, T), last loss and accuracies, one entry a seed."""

    name: str
    curves: Floats
    loss: list[float]
    train: list[float]
    test: list[float]


class XorResult(NamedTuple):
    """The cases, with what they have in common."""

    seeds: tuple[int, ...]
    steps: int
    outcomes: tuple[Outcome, ...]

    def get(self, name: str) -> Outcome:
        """Return a case by its name.

        Raises:
            ValueError: if there is none of that name.
        """
        return named(self.outcomes, name)


CASES = {
    "3 sigmoid, small": Case(3, "sigmoid", 0.1, 0.5),
    "3 sigmoid, unit": Case(3, "sigmoid", 1.0, 0.5),
    "8 sigmoid, small": Case(8, "sigmoid", 0.1, 0.5),
    "8 sigmoid, unit": Case(8, "sigmoid", 1.0, 0.5),
    "8 tanh, unit": Case(8, "tanh", 1.0, 2.0),
}


def points(n: int, *, generator: np.random.Generator) -> tuple[Floats, Floats]:
    r"""Draw points of the plane, and whether their coordinates have different signs.

    .. math:: x \sim N(0, I), \qquad d = [\,x_1 x_2 < 0\,]

    Args:
        n: how many, at least 1.
        generator: draws them.

    Shape:
        Returns x (n, 2) and d (n, 1), which holds 0 and 1.

    Raises:
        TypeError: if n is no int.
        ValueError: if n is below 1.

    Example:
        >>> x, d = points(4, generator=np.random.default_rng(0))
        >>> (x.prod(axis=1) < 0).tolist() == d[:, 0].astype(bool).tolist()
        True
    """
    check_positive_int(n, "n")
    x = generator.standard_normal((n, 2))
    return x, (x[:, :1] * x[:, 1:] < 0).astype(np.float64)


def trained(name: str, seed: int, *, steps: int = STEPS) -> tuple[MLP, list[float]]:
    """Train one case on 100 points, all of them in every step, and return it with the loss of each step.

    Args:
        name: one of ``CASES``.
        seed: of the points and of the weights.
        steps: of gradient descent.

    Raises:
        TypeError: if steps is no int.
        ValueError: if the case is unknown or steps below 1.
    """
    case = CASES[check_choice(name, "name", CASES)]
    check_positive_int(steps, "steps")
    x, d = points(TRAIN, generator=np.random.default_rng(100 + seed))
    model = MLP(
        (2, case.hidden, 1), activation=case.activation, initialiser="normal", std=case.spread,
        generator=np.random.default_rng(seed),
    )  # fmt: skip
    return model, [model.step(x, d, learning_rate=case.learning_rate, loss="bce") for _ in range(steps)]


def plane(model: MLP, *, limit: float = 3.0, side: int = 81) -> tuple[Floats, Floats]:
    """Evaluate a network on a square grid of the plane; what is above zero is class 1.

    Args:
        model: with two inputs and one logit, or two, whose difference is taken.
        limit: the grid runs from minus this to this, above zero.
        side: points a side, at least 1.

    Shape:
        Returns the coordinates (side,) of both axes and the logits (side, side), x2 by x1.

    Raises:
        TypeError: if side is no int.
        ValueError: if side is below 1 or limit not above zero.
    """
    check_positive_int(side, "side")
    at = np.linspace(-check_positive(limit, "limit"), limit, side)
    x1, x2 = np.meshgrid(at, at)
    logits = model.forward(np.stack([x1.ravel(), x2.ravel()], axis=1))
    return at, (logits[:, -1] - (logits[:, 0] if logits.shape[1] == 2 else 0)).reshape(side, side)


def _accuracy(model: MLP, x: Floats, d: Floats) -> float:
    """Return the share of points on the right side."""
    return float(((model.forward(x) > 0) == (d > 0.5)).mean())


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, names: Sequence[str] = tuple(CASES), steps: int = STEPS,
    fast: bool = False,
) -> XorResult:  # fmt: skip
    """Train the cases on the same points, and judge each on 20,000 fresh ones.

    Args:
        seeds: one draw of points and weights each.
        names: the cases.
        steps: of gradient descent, 1 or more.
        fast: two seeds and a quarter of the steps.

    Units:
        Losses in nats, accuracies as shares.

    Raises:
        TypeError: if steps is no int.
        ValueError: if there is no seed, a case is unknown, or steps below 1.
    """
    used, steps = plan(seeds, steps, fast)
    fresh = points(TEST, generator=np.random.default_rng(99))
    outcomes = []
    for name in names:
        rows: list[tuple[list[float], float, float, float]] = []
        for seed in used:
            model, losses = trained(name, seed, steps=steps)
            own = points(TRAIN, generator=np.random.default_rng(100 + seed))
            rows.append((losses[::EVERY], losses[-1], _accuracy(model, *own), _accuracy(model, *fresh)))
        curves, loss, train, test = zip(*rows, strict=True)
        outcomes.append(Outcome(name, np.array(curves), list(loss), list(train), list(test)))
    return XorResult(used, steps, tuple(outcomes))
