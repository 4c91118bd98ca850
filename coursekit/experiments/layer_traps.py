"""Mistakes in a layer that raise no error: wrong axis, sum for mean, lost logarithm, shifted labels."""

__all__ = [
    "BiasResult",
    "IndexResult",
    "ReductionResult",
    "SaturationResult",
    "bias_along_batch",
    "reduction",
    "saturation",
    "shifted_index",
]

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coursekit.experiments.bench import plan
from coursekit.experiments.layer_heads import HEADS, grey_digits, train_layer
from coursekit.scratch.activations import softmax
from coursekit.scratch.losses import cross_entropy, cross_entropy_gradient

Floats = NDArray[np.floating[Any]]
CLASSES = 3


class BiasResult(NamedTuple):
    """Accuracy with the bias along the neurons and along the batch, and how far each bias moved, by seed."""

    seeds: tuple[int, ...]
    right: tuple[float, ...]
    wrong: tuple[float, ...]
    moved_right: tuple[float, ...]
    moved_wrong: tuple[float, ...]
    points: Floats
    labels: NDArray[np.intp]


class ReductionResult(NamedTuple):
    """Size of the first gradient for each batch size, averaged and summed, one row a seed."""

    seeds: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    mean: Floats
    total: Floats


class SaturationResult(NamedTuple):
    """Loss of a wrong class against its logit gap: exact, from float32 probabilities, and clipped."""

    gap: Floats
    from_logits: Floats
    from_probabilities: Floats
    clipped: Floats


class IndexResult(NamedTuple):
    """Training loss and test accuracy when the labels were shifted by one, and with right labels, by seed."""

    seeds: tuple[int, ...]
    loss: tuple[float, ...]
    loss_right: tuple[float, ...]
    accuracy: tuple[float, ...]
    accuracy_right: tuple[float, ...]


def _three_in_a_row(count: int, generator: np.random.Generator) -> tuple[Floats, NDArray[np.intp]]:
    """Draw points of three classes in a row, all on one side of the origin."""
    labels = np.arange(count) % CLASSES
    centre = np.stack([2.0 + 2.0 * labels, np.zeros(count)], axis=1)
    return centre + 0.4 * generator.standard_normal((count, 2)), labels


def _fit(
    x: Floats, labels: NDArray[np.intp], along_batch: bool, steps: int, seed: int
) -> tuple[Floats, Floats]:
    """Train a softmax layer on batches of three rows, its bias a row or, by mistake, a column."""
    rng = np.random.default_rng(seed)
    w, b = 0.01 * rng.standard_normal((2, CLASSES)), np.zeros(CLASSES)
    for _ in range(steps):
        rows = rng.choice(len(x), CLASSES, replace=False)
        u = x[rows] @ w + (b[:, None] if along_batch else b)
        delta = cross_entropy_gradient(u, labels[rows])
        w = w - 0.1 * x[rows].T @ delta
        b = b - 0.1 * delta.sum(axis=1 if along_batch else 0)
    return w, b


def bias_along_batch(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = 4000, fast: bool = False
) -> BiasResult:
    """Train three softmax neurons on batches of three, with the bias on either axis of the logits.

    Args:
        seeds: one training of each kind.
        steps: batches of three rows.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: steps is no int.
        ValueError: there is no seed, or steps is below 1.
    """
    used, steps = plan(seeds, steps, fast)
    rows = []
    for seed in used:
        x, labels = _three_in_a_row(300, np.random.default_rng(100 + seed))
        fresh, truth = _three_in_a_row(300, np.random.default_rng(200 + seed))
        fitted = [_fit(x, labels, wrong, steps, seed) for wrong in (False, True)]
        # Batches of three again, the only size at which the wrong layer runs.
        (w, b), (w_wrong, b_wrong) = fitted
        guess = (fresh @ w + b).argmax(axis=1)
        batches = fresh.reshape(-1, CLASSES, 2) @ w_wrong + b_wrong[:, None]
        hits = (guess == truth).mean(), (batches.reshape(-1, CLASSES).argmax(axis=1) == truth).mean()
        rows.append((*map(float, hits), float(np.abs(b).max()), float(np.abs(b_wrong).max())))
    right, wrong, moved, still = zip(*rows, strict=True)
    points, labels = _three_in_a_row(300, np.random.default_rng(100 + used[0]))
    return BiasResult(used, right, wrong, moved, still, points, labels)


def reduction(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, batch_sizes: Sequence[int] = (1, 4, 16, 64, 256, 1024),
) -> ReductionResult:  # fmt: skip
    """Measure the gradient of a new softmax layer on the digits, averaged over a batch and summed over it.

    Args:
        seeds: one draw of weights and rows each.
        batch_sizes: how many rows the gradient is taken over.
    """
    data = grey_digits()
    mean = np.zeros((len(seeds), len(batch_sizes)))
    total = np.zeros_like(mean)
    for i, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        w, order = 0.01 * rng.standard_normal((64, 10)), rng.permutation(len(data.x))
        for j, size in enumerate(batch_sizes):
            x, d = data.x[order[:size]], data.d[order[:size]]
            errors = softmax(x @ w) - d
            mean[i, j] = np.linalg.norm(x.T @ errors / size)
            total[i, j] = np.linalg.norm(x.T @ errors)
    return ReductionResult(tuple(seeds), tuple(batch_sizes), mean, total)


def saturation(*, largest: int = 120, epsilon: float = 1e-8) -> SaturationResult:
    """Compute the loss of a pattern whose true class lies a gap below the other, in float32, in three ways.

    Args:
        largest: the largest gap between the two logits.
        epsilon: what the clipped version adds inside the logarithm.

    Units:
        Nats.
    """
    gap = np.arange(0.0, largest + 1.0, 2.0)
    u = np.stack([np.zeros_like(gap), gap], axis=1).astype(np.float32)  # the true class comes first
    exact = np.array([cross_entropy(row[None], np.array([0])) for row in u], dtype=np.float64)
    y = softmax(u)[:, 0]
    with np.errstate(divide="ignore"):
        plain = -np.log(y)
    return SaturationResult(gap, exact, plain.astype(np.float64), -np.log(y.astype(np.float64) + epsilon))


def shifted_index(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 10, fast: bool = False
) -> IndexResult:
    """Train on digits whose labels lost one before they became one-hot: ``eye(10)[d - 1]`` takes -1 for 9.

    Args:
        seeds: one training of each kind.
        epochs: passes over the rows, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data, head, rows = grey_digits(), HEADS["softmax, cross-entropy"], []
    labels = data.d.argmax(axis=1)
    for seed in used:
        measured: list[float] = []
        for targets in (np.eye(10)[labels - 1], data.d):
            w, b, curve = train_layer(
                data.x, targets, head, epochs=epochs, generator=np.random.default_rng(seed)
            )
            guess = (data.x_test @ w + b).argmax(axis=1)
            measured += [curve[-1], float((guess == data.labels_test).mean())]
        rows.append(tuple(measured))
    loss, accuracy, loss_right, accuracy_right = zip(*rows, strict=True)
    return IndexResult(used, loss, loss_right, accuracy, accuracy_right)
