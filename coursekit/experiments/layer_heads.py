"""One layer of ten neurons on the digits, trained under four pairs of output activation and loss."""

__all__ = ["HEADS", "Head", "HeadsResult", "grey_digits", "run", "train_layer"]

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_positive, check_positive_int
from coursekit.data import digits
from coursekit.experiments.bench import named, plan
from coursekit.scratch.activations import sigmoid, softmax, softmax_vjp
from coursekit.scratch.losses import bce_with_logits, cross_entropy
from coursekit.scratch.losses import bce_with_logits_gradient as binary_delta
from coursekit.scratch.losses import cross_entropy_gradient as class_delta

Floats = NDArray[np.floating[Any]]
CLASSES = 10


class Head(NamedTuple):
    """What follows the net inputs: outputs, the loss from logits, its gradient with respect to the logits."""

    output: Callable[[Floats], Floats]
    loss: Callable[[Floats, Floats], float]
    delta: Callable[[Floats, Floats], Floats]


class Digits(NamedTuple):
    """Grey digits and one-hot targets: X (B, 64) and D (B, 10), then the test part with its labels."""

    x: Floats
    d: Floats
    x_test: Floats
    labels_test: NDArray[np.int64]


class HeadResult(NamedTuple):
    """One head: loss of each epoch, accuracy, row sums and weights, one entry a seed."""

    name: str
    curves: tuple[tuple[float, ...], ...]
    accuracy: tuple[float, ...]
    row_sum: tuple[tuple[float, float], ...]
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]


class HeadsResult(NamedTuple):
    """All heads over the same seeds, rows and order of batches."""

    seeds: tuple[int, ...]
    epochs: int
    heads: tuple[HeadResult, ...]

    def get(self, name: str) -> HeadResult:
        """Return the head of that name.

        Raises:
            ValueError: if there is none.
        """
        return named(self.heads, name)


def _squared(output: Callable[[Floats], Floats]) -> Callable[[Floats, Floats], float]:
    """Return half the squared error of an output, summed over neurons and averaged over rows."""
    return lambda u, d: float(0.5 * np.square(output(u) - d).sum(axis=1).mean())


def _sigmoid_squared_delta(u: Floats, d: Floats) -> Floats:
    """Return the error at the net inputs, in which the slope of the sigmoid stays as a factor."""
    y = sigmoid(u)
    return (y - d) * y * (1 - y) / len(u)


def _softmax_squared_delta(u: Floats, d: Floats) -> Floats:
    """Return the error at the net inputs, sent through the Jacobian of softmax."""
    y = softmax(u)
    return softmax_vjp(y, (y - d) / len(u))


HEADS = {
    "softmax, cross-entropy": Head(softmax, cross_entropy, class_delta),
    "sigmoid, binary cross-entropy": Head(sigmoid, bce_with_logits, binary_delta),
    "softmax, squared error": Head(softmax, _squared(softmax), _softmax_squared_delta),
    "sigmoid, squared error": Head(sigmoid, _squared(sigmoid), _sigmoid_squared_delta),
}


@cache
def grey_digits() -> Digits:
    """Return 1,500 training and 297 test digits with grey pixels in [0, 1], in float64."""
    split = digits(binarize=False, seed=0, test_size=297)
    one_hot = np.eye(CLASSES)[split.y_train.numpy()]
    return Digits(
        split.x_train.double().numpy(), one_hot, split.x_test.double().numpy(), split.y_test.numpy()
    )


def train_layer(
    x: Floats, d: Floats, head: Head, *, epochs: int, batch_size: int = 50, learning_rate: float = 0.5,
    spread: float = 0.01, generator: np.random.Generator,
) -> tuple[Floats, Floats, list[float]]:  # fmt: skip
    r"""Train one layer by gradient descent on batches and return W, b and the loss after each epoch.

    .. math:: W \leftarrow W - \alpha X^T \Delta, \qquad b \leftarrow b - \alpha \Delta^T 1

    Args:
        x: patterns, one a row.
        d: targets, one row a pattern.
        head: output, loss and delta.
        epochs: passes over the rows, 1 or more.
        batch_size: rows a step, 1 or more.
        learning_rate: :math:`\alpha`, above zero.
        spread: standard deviation of the first weights, zero or above.
        generator: decides the weights and the order of the rows.

    Shape:
        x: (N, D); d: (N, K); returns W (D, K) and b (K,).

    Raises:
        TypeError: if a number has a wrong type.
        ValueError: if a number is out of range.
    """
    check_positive_int(epochs, "epochs")
    check_positive_int(batch_size, "batch_size")
    check_positive(learning_rate, "learning_rate")
    check_positive(spread, "spread", zero=True)
    w: Floats = spread * generator.standard_normal((x.shape[1], d.shape[1]))
    b: Floats = np.zeros(d.shape[1])
    curve = []
    for _ in range(epochs):
        order = generator.permutation(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            delta = head.delta(x[rows] @ w + b, d[rows])
            w = w - learning_rate * x[rows].T @ delta
            b = b - learning_rate * delta.sum(axis=0)
        curve.append(float(head.loss(x @ w + b, d)))
    return w, b, curve


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 40, spread: float = 0.01, fast: bool = False
) -> HeadsResult:
    """Train every head from the same weights on the same batches and score it on the test digits.

    Args:
        seeds: one training each.
        epochs: passes over the rows, 1 or more.
        spread: standard deviation of the first weights; large ones start with confident mistakes.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data, results = grey_digits(), []
    for name, head in HEADS.items():
        rows = []
        for seed in used:
            rng = np.random.default_rng(seed)
            w, b, curve = train_layer(data.x, data.d, head, epochs=epochs, spread=spread, generator=rng)
            y = head.output(data.x_test @ w + b)
            right = float((y.argmax(axis=1) == data.labels_test).mean())
            sums = y.sum(axis=1)
            rows.append((tuple(curve), right, (float(sums.min()), float(sums.max())), w, b))
        curves, accuracy, row_sum, weights, biases = zip(*rows, strict=True)
        results.append(HeadResult(name, curves, accuracy, row_sum, weights, biases))
    return HeadsResult(used, epochs, tuple(results))
