"""Training loops with one of their parts exchanged: the right one, and the mistakes that are often made."""

__all__ = [
    "dropping", "ignored", "in_the_callers_arrays", "labels_left", "loop", "once", "one_step", "summed",
    "uphill",
]  # fmt: skip

from collections.abc import Callable
from typing import Any

from coursekit.assess.workshop._network_reference import Array, Arrays, backward, forward, initialise, update


def one_step(p: Arrays, x: Array, d: Array, rate: float) -> Arrays:
    """Return the parameters after one right step on x, (B, D), and d, (B,)."""
    return update(p, backward(x, d, p, forward(x, p)), rate)


def loop(
    step: Callable[[Arrays, Array, Array, float], Arrays] = one_step,
    order: Callable[[Any, int, int], Array] = lambda generator, n, _epoch: generator.permutation(n),
    width: Callable[[int], int] = lambda hidden: hidden,
    length: Callable[[int], int] = lambda epochs: epochs,
    size: Callable[[int, int], int] = lambda batch, _n: batch,
    rate: Callable[[float], float] = lambda learning_rate: learning_rate,
    own: Callable[[Any], Any] = lambda generator: generator,
    most: int | None = None,
) -> Callable[..., Arrays]:
    """Write the training loop with one of its parts exchanged."""

    def run(
        X: Any, d: Any, hidden: Any, epochs: Any, batch_size: Any, learning_rate: Any, generator: Any
    ) -> Arrays:
        source = own(generator)
        p, bs = initialise((X.shape[1], width(hidden), d.max() + 1), source), size(batch_size, len(X))
        for epoch in range(length(epochs)):
            rows = order(source, len(X), epoch)
            for at in range(0, len(X), bs)[:most]:
                p = step(p, X[rows[at : at + bs]], d[rows[at : at + bs]], rate(learning_rate))
        return p

    return run


def uphill(p: Arrays, x: Array, d: Array, rate: float) -> Arrays:
    """Return the parameters after a step along the gradient."""
    return one_step(p, x, d, -rate)


def summed(p: Arrays, x: Array, d: Array, rate: float) -> Arrays:
    """Return the parameters after a step on the sum of the gradients."""
    return one_step(p, x, d, rate * len(x))


def ignored(p: Arrays, _x: Array, _d: Array, _rate: float) -> Arrays:
    """Return the parameters as they are."""
    return p


def once() -> Callable[..., Arrays]:
    """Draw an order before the loop, and keep it."""

    def run(
        X: Any, d: Any, hidden: Any, epochs: Any, batch_size: Any, learning_rate: Any, generator: Any
    ) -> Arrays:
        p, rows = initialise((X.shape[1], hidden, d.max() + 1), generator), generator.permutation(len(X))
        for _ in range(epochs):
            for at in range(0, len(X), batch_size):
                p = one_step(p, X[rows[at : at + batch_size]], d[rows[at : at + batch_size]], learning_rate)
        return p

    return run


def in_the_callers_arrays(
    X: Any, d: Any, hidden: Any, epochs: Any, batch_size: Any, learning_rate: Any, generator: Any
) -> Arrays:
    """Train on the caller's own rows, (B, D), mixed in place."""
    p = initialise((X.shape[1], hidden, d.max() + 1), generator)
    for _ in range(epochs):
        rows = generator.permutation(len(X))
        X[:], d[:] = X[rows], d[rows]
        for at in range(0, len(X), batch_size):
            p = one_step(p, X[at : at + batch_size], d[at : at + batch_size], learning_rate)
    return p


def dropping(
    X: Any, d: Any, hidden: Any, epochs: Any, batch_size: Any, learning_rate: Any, generator: Any
) -> Arrays:
    """Train on whole batches only."""
    most = len(X) // batch_size
    return loop(most=most)(X, d, hidden, epochs, batch_size, learning_rate, generator)


def labels_left(
    X: Any, d: Any, hidden: Any, epochs: Any, batch_size: Any, learning_rate: Any, generator: Any
) -> Arrays:
    """Train on rows in a new order, their labels in the old one."""
    p = initialise((X.shape[1], hidden, d.max() + 1), generator)
    for _ in range(epochs):
        rows = generator.permutation(len(X))
        for at in range(0, len(X), batch_size):
            p = one_step(p, X[rows[at : at + batch_size]], d[at : at + batch_size], learning_rate)
    return p
