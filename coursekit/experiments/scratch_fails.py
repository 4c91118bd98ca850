"""Ways in which a network written from scratch fails without an error, each beside the right way."""

__all__ = [
    "NeighbourResult",
    "PairResult",
    "RateResult",
    "SeedResult",
    "ZeroResult",
    "neighbours",
    "one_seed",
    "rates",
    "sorted_rows",
    "zero_start",
]

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import CourseError, check_positive_int, require
from coursekit.experiments.bench import plan
from coursekit.experiments.layer_heads import grey_digits
from coursekit.experiments.quadrant_xor import points
from coursekit.scratch.mlp import MLP, fit

Floats = NDArray[np.floating[Any]]
SIZES, BATCH, RATE = (64, 32, 10), 32, 0.1


class ZeroResult(NamedTuple):
    """Test accuracy from zero and from random weights, and the largest change of a hidden weight, by seed."""

    seeds: tuple[int, ...]
    zero: list[float]
    random: list[float]
    moved: list[float]


class PairResult(NamedTuple):
    """Test accuracy after each epoch, (S, T), with the rows sorted by class and in a new order each time."""

    seeds: tuple[int, ...]
    ordered: Floats
    shuffled: Floats


class RateResult(NamedTuple):
    """Test accuracy for each learning rate (columns) and seed (rows); the epochs end where the loss does."""

    seeds: tuple[int, ...]
    rates: tuple[float, ...]
    accuracy: Floats


class NeighbourResult(NamedTuple):
    """Share of digits whose class changes with their neighbours, and the largest error of a logit."""

    seeds: tuple[int, ...]
    row: list[float]
    column: list[float]
    off: list[float]


class SeedResult(NamedTuple):
    """Test losses of the runs that all used one seed, of runs with a generator each, and what was shared."""

    same: list[float]
    own: list[float]
    copied: float


def _accuracy(model: MLP) -> float:
    """Return the test accuracy of a network for digits."""
    data = grey_digits()
    return float((model.forward(data.x_test).argmax(axis=1) == data.labels_test).mean())


def zero_start(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 10, fast: bool = False) -> ZeroResult:
    """Train on the digits from weights that are all zero, and from random ones.

    Args:
        seeds: one training of each kind.
        epochs: passes over the digits, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data, found = grey_digits(), ZeroResult(used, [], [], [])
    labels = data.d.argmax(axis=1)
    for seed in used:
        rng = np.random.default_rng(seed)
        zero = MLP(SIZES, initialiser="constant", value=0, generator=rng)
        for model, column in ((zero, found.zero), (MLP(SIZES, generator=rng), found.random)):
            fit(model, data.x, labels, epochs=epochs, batch_size=BATCH, learning_rate=RATE, generator=rng)
            column.append(_accuracy(model))
        found.moved.append(float(np.abs(zero.parameters[0]["W"]).max()))
    return found


def _epoch(model: MLP, x: Floats, labels: NDArray[np.intp]) -> None:
    """Go through the rows once, in the order in which they come."""
    for start in range(0, len(x), BATCH):
        rows = slice(start, start + BATCH)
        model.step(x[rows], labels[rows], learning_rate=RATE)


def sorted_rows(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 12, fast: bool = False
) -> PairResult:
    """Train on digits that come class by class, and on the same digits in a new order each epoch.

    Args:
        seeds: one training of each kind.
        epochs: passes over the digits, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data = grey_digits()
    labels = data.d.argmax(axis=1)
    by_class = np.argsort(labels, kind="stable")
    curves = np.empty((2, len(used), epochs))
    for row, seed in enumerate(used):
        order = np.random.default_rng(10_000 + seed)
        models = [MLP(SIZES, generator=np.random.default_rng(seed)) for _ in range(2)]
        for epoch in range(epochs):
            for kind, rows in enumerate((by_class, order.permutation(len(labels)))):
                _epoch(models[kind], data.x[rows], labels[rows])
                curves[kind, row, epoch] = _accuracy(models[kind])
    return PairResult(used, curves[0], curves[1])


def rates(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, values: Sequence[float] = (0.001, 0.01, 0.1, 0.5, 2, 8),
    epochs: int = 8, fast: bool = False,
) -> RateResult:  # fmt: skip
    """Train on the digits with learning rates from too small to too large.

    Args:
        seeds: one training for each rate.
        values: the learning rates, each above zero.
        epochs: passes over the digits, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if there is no seed or rate, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    require(len(values) > 0, "values must hold at least one learning rate; got none")
    data = grey_digits()
    labels, accuracy = data.d.argmax(axis=1), np.empty((len(used), len(values)))
    for row, seed in enumerate(used):
        for column, rate in enumerate(values):
            rng = np.random.default_rng(seed)
            model = MLP(SIZES, generator=rng)
            with suppress(CourseError):  # the weights before the loss was lost are judged
                fit(model, data.x, labels, epochs=epochs, batch_size=BATCH, learning_rate=rate, generator=rng)
            accuracy[row, column] = _accuracy(model)
    return RateResult(used, tuple(values), accuracy)


def neighbours(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 40, fast: bool = False
) -> NeighbourResult:
    """Run a trained network on batches as large as its hidden layer, with the hidden bias on either axis.

    Then mix the rows of every batch, and count the digits whose class is another one beside new neighbours.

    Args:
        seeds: one training each.
        epochs: passes over the digits, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data, found, side = grey_digits(), NeighbourResult(used, [], [], []), SIZES[1]
    whole = data.x_test[: len(data.x_test) // side * side].reshape(-1, side, SIZES[0])
    for seed in used:
        rng = np.random.default_rng(seed)
        model = MLP(SIZES, generator=rng)
        fit(
            model, data.x, data.d.argmax(axis=1), epochs=epochs, batch_size=BATCH, learning_rate=RATE,
            generator=rng,
        )  # fmt: skip
        first, last = model.parameters
        mixed, logits = rng.permutation(side), []
        for bias, column in ((first["b"], found.row), (first["b"][:, None], found.column)):
            before, after = (
                np.maximum(x @ first["W"] + bias, 0) @ last["W"] + last["b"] for x in (whole, whole[:, mixed])
            )
            column.append(float((before[:, mixed].argmax(axis=2) != after.argmax(axis=2)).mean()))
            logits.append(before)
        found.off.append(float(np.abs(logits[1] - logits[0]).max()))
    return found


def _small(draw: np.random.Generator, weights: np.random.Generator, steps: int) -> tuple[float, float]:
    """Train on quadrants; return the test loss, and how far the first weights are from the first points."""
    x, d = points(100, generator=draw)
    model = MLP((2, 3, 1), activation="tanh", initialiser="normal", std=0.1, generator=weights)
    copied = float(np.abs(model.parameters[0]["W"].ravel() - 0.1 * x.ravel()[:6]).max())
    for _ in range(steps):
        model.step(x, d, learning_rate=2.0, loss="bce")
    fresh = points(2000, generator=np.random.default_rng(99))
    return model.loss_and_gradients(*fresh, loss="bce")[0], copied


def one_seed(runs: int = 5, *, steps: int = 500) -> SeedResult:
    """Repeat a small training: once every function seeds itself with 42, once each run has its generators.

    Args:
        runs: how often, 1 or more.
        steps: of gradient descent.

    Units:
        Nats.

    Raises:
        TypeError: if runs is no int.
        ValueError: if it is below 1.
    """
    check_positive_int(runs, "runs")
    same = [_small(np.random.default_rng(42), np.random.default_rng(42), steps) for _ in range(runs)]
    own = []
    for run in range(runs):
        draw, weights = np.random.default_rng(run).spawn(2)
        own.append(_small(draw, weights, steps)[0])
    return SeedResult([loss for loss, _ in same], own, max(copied for _, copied in same))
