"""What the chapter on autoencoders shares: digits in three parts, one way to train, models kept by seed."""

__all__ = [
    "EPOCHS",
    "HIDDEN",
    "Digits",
    "Plateau",
    "curves",
    "digits_in_three",
    "per_pixel",
    "trained",
]

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_tensor
from coursekit.autoencoders import DenseAutoencoder
from coursekit.data import digits, stratified_split
from coursekit.experiments.bench import BATCH_SIZE, seeded
from coursekit.train import History, Hook, fit, own_loss
from coursekit.train.hooks import Run

HIDDEN, EPOCHS = 128, 30


class Digits(NamedTuple):
    """Grey 8x8 digits in [0, 1] and their classes: 1,200 to train, 300 to choose, 297 to report."""

    x_train: Tensor
    y_train: Tensor
    x_valid: Tensor
    y_valid: Tensor
    x_test: Tensor
    y_test: Tensor


class Plateau(Hook):
    """Divide the learning rate of the run's own optimiser whenever a column of its history stops falling.

    Args:
        column: what is watched: a validation loss, never a test loss.
        patience: epochs without improvement to wait for.
        factor: what the rate is multiplied by.
    """

    def __init__(self, column: str = "val_loss", *, patience: int = 5, factor: float = 0.5) -> None:
        self.column, self.patience, self.factor = column, patience, factor
        self._scheduler: torch.optim.lr_scheduler.ReduceLROnPlateau | None = None

    def on_fit_start(self, run: Run) -> None:
        """Take hold of the optimiser of this run, not of one from elsewhere."""
        self._scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            run.optimizer, factor=self.factor, patience=self.patience, threshold=0.0
        )

    def on_epoch_end(self, run: Run) -> None:
        """Show the scheduler the newest value."""
        if self._scheduler is not None:
            self._scheduler.step(run.history.last(self.column))


@cache
def digits_in_three() -> Digits:
    """Return the digits as three disjoint, stratified parts, always the same.

    Example:
        >>> [len(part) for part in digits_in_three()[::2]]
        [1200, 300, 297]
    """
    split = digits(seed=0, test_size=297)
    train, valid = stratified_split(split.y_train, 300, 1)
    return Digits(
        split.x_train[train], split.y_train[train], split.x_train[valid], split.y_train[valid],
        split.x_test, split.y_test,
    )  # fmt: skip


def per_pixel(outputs: Tensor, x: Tensor) -> float:
    r"""Return the squared error, averaged over images and pixels.

    Args:
        outputs: reconstructions.
        x: what should have come out.

    Shape:
        outputs, x: (N, D).

    Raises:
        ValueError: the shapes differ.

    Example:
        >>> per_pixel(torch.zeros(2, 4), torch.ones(2, 4))
        1.0
    """
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    return (outputs - x).square().mean().item()


@cache
def trained(
    seed: int, latents: int = 8, epochs: int = EPOCHS, loss: str = "squared"
) -> tuple[DenseAutoencoder, History]:
    """Return a 64-128-K autoencoder of a seed and its history: one object a process, so leave it as it is.

    Args:
        seed: of the weights and of the order of the rows.
        latents: K, the width of the code.
        epochs: passes over the training images.
        loss: as for the model.
    """
    parts = digits_in_three()
    model = DenseAutoencoder(64, [HIDDEN], latents, loss=loss, generator=seeded(seed))
    history = fit(
        model, (parts.x_train,), loss=own_loss, epochs=epochs, batch_size=BATCH_SIZE, lr=3e-3,
        validation=(parts.x_valid,), generator=seeded(10_000 + seed),
    )  # fmt: skip
    return model.eval(), history


def curves(seeds: tuple[int, ...], column: str, *, epochs: int = EPOCHS) -> Tensor:
    """Return one column of the histories of the reference model, a row a seed.

    Args:
        seeds: one run each.
        column: of the history, such as "val_loss".
        epochs: passes over the training images.

    Shape:
        Returns (S, epochs).
    """
    return torch.tensor([trained(seed, epochs=epochs)[1].column(column) for seed in seeds])
