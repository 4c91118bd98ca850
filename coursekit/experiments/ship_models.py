"""The model that the chapter on shipping ships: 64 to 128 to 16 and back, on 1,000 digits."""

__all__ = [
    "EPOCHS",
    "HIDDEN",
    "LATENT",
    "error",
    "fit_squares",
    "held_labels",
    "held_out",
    "trained",
    "training",
]

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from coursekit._check import check_tensor
from coursekit.autoencoders import DenseAutoencoder
from coursekit.data import Split, digits
from coursekit.experiments.bench import seeded
from coursekit.train import Batch, fit

ROWS, HIDDEN, LATENT, EPOCHS, RATE, BATCH = 1000, 128, 16, 40, 5e-3, 100


@cache
def _split() -> Split:
    return digits(seed=0, test_size=297)


def training() -> Tensor:
    """Return the digits that models are trained on.

    Shape:
        Returns (1000, 64), pixels in [0, 1].
    """
    return _split().x_train[:ROWS]


@cache
def held_out() -> Tensor:
    """Return the digits that no model has seen.

    Shape:
        Returns (797, 64).
    """
    return torch.cat([_split().x_train[ROWS:], _split().x_test])


@cache
def held_labels() -> Tensor:
    """Return their labels.

    Shape:
        Returns (797,).
    """
    return torch.cat([_split().y_train[ROWS:], _split().y_test])


def error(run: Callable[[Tensor], Tensor], x: Tensor, target: Tensor | None = None) -> float:
    r"""Return the squared error of what a map returns, summed over the pixels, averaged over the samples.

    .. math:: \frac1B \sum_{b=1}^{B} \lVert r(x_b) - t_b \rVert^2

    Args:
        run: a map from (B, D) to (B, D).
        x: what it is fed.
        target: t, what should come out; x if None.

    Shape:
        x, target: (B, D).

    Raises:
        TypeError: x is no floating tensor.
        ValueError: x has another shape.

    Example:
        >>> error(lambda x: x + 1, torch.zeros(5, 3))
        3.0
    """
    check_tensor(x, "x", shape=("B", "D"), floating=True)
    with torch.no_grad():
        return float((run(x) - (x if target is None else target)).square().sum(1).mean())


def fit_squares(
    model: DenseAutoencoder, data: Batch, *, seed: int, epochs: int = EPOCHS,
    draw: Callable[[Batch, torch.Generator], Batch] = lambda batch, _: batch,
) -> DenseAutoencoder:  # fmt: skip
    """Train a network to send inputs to targets by least squares, and return it in evaluation mode.

    Args:
        model: changed in place.
        data: inputs and targets, or what ``draw`` makes them of.
        seed: decides the order of the rows and what is drawn.
        epochs: passes over the data.
        draw: makes inputs and targets of a batch, such as by noise.

    Shape:
        data: each (N, D).
    """

    def loss(net: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        inputs, targets = draw(batch, generator)
        return {"loss": (net(inputs).outputs - targets).square().sum(1).mean()}

    fit(model, data, loss=loss, epochs=epochs, batch_size=BATCH, lr=RATE, generator=seeded(10_000 + seed))
    model.eval()
    return model


@cache
def trained(seed: int, epochs: int = EPOCHS) -> DenseAutoencoder:
    """Return the model of a seed: one object a process, so leave it as it is.

    Args:
        seed: of the weights and the order of the rows.
        epochs: passes over the training digits.
    """
    model = DenseAutoencoder(64, [HIDDEN], LATENT, generator=seeded(seed))
    return fit_squares(model, (training(), training()), seed=seed, epochs=epochs)
