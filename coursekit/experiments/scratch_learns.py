"""The network in NumPy on moons and digits, beside its torch twin and logistic regression."""

__all__ = ["DigitsResult", "MoonsResult", "digits_run", "moons_net", "moons_run", "train_digits", "twin"]

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from coursekit.data import two_moons
from coursekit.experiments.bench import plan
from coursekit.experiments.layer_heads import grey_digits
from coursekit.scratch.mlp import MLP, fit

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.intp]
SIZES, EPOCHS, BATCH, RATE = (64, 32, 10), 40, 32, 0.1
MOONS, MOONS_TEST, NOISE = 200, 2000, 0.15


class MoonsResult(NamedTuple):
    """Test accuracy of the network and of a straight line, one entry a seed."""

    seeds: tuple[int, ...]
    network: list[float]
    line: list[float]


class DigitsResult(NamedTuple):
    """Test accuracies by seed, losses of the epochs (S, T), and how far the torch twin's weights are off."""

    seeds: tuple[int, ...]
    epochs: int
    network: list[float]
    twin: list[float]
    line: list[float]
    curves: Floats
    apart: list[float]


def _line(x: Floats, labels: Ints, x_test: Floats, truth: Ints) -> float:
    """Return the test accuracy of scikit-learn's logistic regression."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=2000).fit(x, labels)
    return float(model.score(x_test, truth))


def _moons(count: int, seed: int) -> tuple[Floats, Ints]:
    """Draw moons as arrays."""
    x, y = two_moons(count, seed=seed, noise=NOISE)
    return x.double().numpy(), y.numpy()


def moons_net(seed: int, *, epochs: int = 200) -> tuple[MLP, Floats, Ints]:
    """Train a 2-16-2 network on 200 points of two moons; return it with its points and their moons.

    Args:
        seed: of points, weights and batches.
        epochs: passes over the points, 1 or more.

    Raises:
        TypeError: if an argument is no int.
        ValueError: if epochs is below 1 or the seed negative.
    """
    x, y = _moons(MOONS, seed)
    rng = np.random.default_rng(seed)
    model = MLP((2, 16, 2), activation="tanh", initialiser="xavier_normal", generator=rng)
    fit(model, x, y, epochs=epochs, batch_size=20, learning_rate=0.5, generator=rng)
    return model, x, y


def moons_run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 200, fast: bool = False
) -> MoonsResult:
    """Compare the network with a straight line on 2,000 fresh points.

    Args:
        seeds: one draw of points and weights each.
        epochs: of the network.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    network, line = [], []
    for seed in used:
        model, x, y = moons_net(seed, epochs=epochs)
        fresh, truth = _moons(MOONS_TEST, 1000 + seed)
        network.append(float((model.forward(fresh).argmax(axis=1) == truth).mean()))
        line.append(_line(x, y, fresh, truth))
    return MoonsResult(used, network, line)


def train_digits(seed: int, *, epochs: int = EPOCHS) -> tuple[MLP, list[float]]:
    """Train a 64-32-10 network on 1,500 digits; return it and its loss after each epoch.

    Args:
        seed: of the weights; the order of the rows has a stream of its own.
        epochs: passes over the digits, 1 or more.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if it is below 1.
    """
    data = grey_digits()
    model = MLP(SIZES, generator=np.random.default_rng(seed))
    order = np.random.default_rng(10_000 + seed)
    history = fit(
        model, data.x, data.d.argmax(axis=1), epochs=epochs, batch_size=BATCH, learning_rate=RATE,
        generator=order,
    )  # fmt: skip
    return model, history.loss


def twin(seed: int, *, epochs: int = EPOCHS) -> tuple[nn.Linear, nn.Linear]:
    """Train the same network in torch: same first weights, same batches, autograd and torch's own SGD.

    Args:
        seed: as for ``train_digits``.
        epochs: passes over the digits.
    """
    data, start = grey_digits(), MLP(SIZES, generator=np.random.default_rng(seed))
    first, last = (nn.Linear(a, b, dtype=torch.float64) for a, b in pairwise(SIZES))
    with torch.no_grad():
        for layer, own in zip((first, last), start.parameters, strict=True):
            layer.weight.copy_(torch.tensor(own["W"].T))
            layer.bias.zero_()
    x, labels = torch.tensor(data.x), torch.tensor(data.d.argmax(axis=1))
    model = nn.Sequential(first, nn.ReLU(), last)
    optimiser, order = torch.optim.SGD(model.parameters(), lr=RATE), np.random.default_rng(10_000 + seed)
    for _ in range(epochs):
        for rows in torch.split(torch.tensor(order.permutation(len(x))), BATCH):
            optimiser.zero_grad()
            torch.autograd.backward(F.cross_entropy(model(x[rows]), labels[rows]))
            optimiser.step()
    return first, last


def _apart(model: MLP, other: tuple[nn.Linear, nn.Linear]) -> float:
    """Return the largest difference between the weights of both."""
    pairs = zip(model.parameters, other, strict=True)
    return max(float(np.abs(own["W"].T - layer.weight.detach().numpy()).max()) for own, layer in pairs)


def digits_run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False
) -> DigitsResult:
    """Compare the network with its torch twin and with logistic regression on 297 test digits.

    Args:
        seeds: one draw of weights and batches each.
        epochs: passes over the digits.
        fast: two seeds and a quarter of the epochs.

    Units:
        Losses in nats, accuracies as shares.

    Raises:
        TypeError: if epochs is no int.
        ValueError: if there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data = grey_digits()
    line = _line(data.x, data.d.argmax(axis=1), data.x_test, data.labels_test)
    found = DigitsResult(used, epochs, [], [], [line], np.empty((len(used), epochs)), [])
    for row, seed in enumerate(used):
        model, found.curves[row] = train_digits(seed, epochs=epochs)
        first, last = twin(seed, epochs=epochs)
        logits = last(torch.relu(first(torch.tensor(data.x_test)))).detach().numpy()
        found.network.append(float((model.forward(data.x_test).argmax(axis=1) == data.labels_test).mean()))
        found.twin.append(float((logits.argmax(axis=1) == data.labels_test).mean()))
        found.apart.append(_apart(model, (first, last)))
    return found
