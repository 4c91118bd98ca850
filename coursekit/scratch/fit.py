"""Mini-batch gradient descent over epochs, with the loss of each recorded."""

__all__ = ["History", "Trainable", "fit"]

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

from numpy.typing import ArrayLike, NDArray

from coursekit._check import CourseError, check_positive, check_positive_int, require
from coursekit.scratch._arrays import Floats, Ints, Rng, as_array, as_floats, check_rng

Callback: TypeAlias = Callable[[int, float], object]


class Trainable(Protocol):
    """What :func:`fit` needs from a model."""

    def step(self, X: ArrayLike, d: ArrayLike, *, learning_rate: float, loss: str) -> float:
        """Improve on a batch X of shape (B, D) with its targets; return the loss before the step."""


class History(NamedTuple):
    """The loss of every epoch: a mean over the rows, each taken just before the step on its batch."""

    loss: list[float]


def _matched(X: ArrayLike, d: ArrayLike) -> tuple[Floats, NDArray[Any]]:
    """Return the patterns and the targets as arrays with as many rows; what a target may be is the loss's."""
    rows, targets = as_floats(X, "X", shape=("N", "D")), as_array(d, "d")
    require(
        targets.ndim >= 1 and len(targets) == len(rows),
        f"d must have one target for each of the {len(rows)} rows of X; got shape {targets.shape}",
    )
    return rows, targets


def _epoch(
    model: Trainable, rows: Floats, targets: NDArray[Any], order: Ints,
    batch_size: int, learning_rate: float, loss: str, number: int,
) -> float:  # fmt: skip
    """Take a step on each batch of the rows in this order; return the mean of the losses over rows."""
    total = 0.0
    for start in range(0, len(order), batch_size):
        picked = order[start : start + batch_size]
        batch = rows[picked], targets[picked]
        value = model.step(*batch, learning_rate=learning_rate, loss=loss)
        _check_loss(value, number, start // batch_size + 1)
        total += value * len(picked)
    return total / len(order)


def _check_loss(value: float, epoch: int, batch: int) -> None:
    """Stop a run that has left the finite numbers."""
    if not math.isfinite(value):
        raise CourseError(
            f"the loss is not finite in epoch {epoch}, batch {batch} ({value:g}): "
            "the parameters are those before this batch; try a smaller learning_rate"
        )


def fit(
    model: Trainable, X: ArrayLike, d: ArrayLike, *, epochs: int, batch_size: int, learning_rate: float,
    generator: Rng, loss: str = "cross_entropy", callback: Callback | None = None,
) -> History:  # fmt: skip
    r"""Train a model on every row once an epoch, in batches drawn without replacement.

    .. math:: \theta \leftarrow \theta - \alpha \nabla_\theta J_{\mathcal B}, \qquad
              \mathcal B_1 \cup \dots \cup \mathcal B_m = \{1, \dots, N\}

    Args:
        model: changed in place, such as an ``MLP``.
        X: all patterns.
        d: all targets.
        epochs: how often every row is used, at least 1.
        batch_size: rows in a batch, at least 1; what remains at the end of an epoch is a smaller batch.
        learning_rate: :math:`\alpha`, above zero.
        generator: draws the order of the rows, anew for each epoch.
        loss: ``"cross_entropy"``, ``"bce"`` or ``"squared"``.
        callback: called after each epoch with its number, from 1, and its loss; show progress there.

    Shape:
        X: (N, D). d: (N,) or (N, K).

    Raises:
        TypeError: if a number, the generator or the data are of another kind.
        ValueError: if a number is out of range, an element of X not finite, or X and d differ in rows.
        CourseError: if the loss is not finite; the parameters are then those before that batch.

    Example:
        >>> import numpy as np; from coursekit.scratch.mlp import MLP
        >>> g, x = np.random.default_rng(0), np.linspace(-1, 1, 20)[:, None]
        >>> run = fit(MLP([1, 1], generator=g), x, 2 * x, loss="squared",
        ...           epochs=50, batch_size=5, learning_rate=0.5, generator=g)
        >>> run.loss[-1] < 1e-12
        True
    """
    rows, targets = _matched(X, d)
    rate, size = check_positive(learning_rate, "learning_rate"), check_positive_int(batch_size, "batch_size")
    history = History([])
    for number in range(1, check_positive_int(epochs, "epochs") + 1):
        order = check_rng(generator).permutation(len(rows))
        history.loss.append(_epoch(model, rows, targets, order, size, rate, loss, number))
        if callback is not None:
            callback(number, history.loss[-1])
    return history
