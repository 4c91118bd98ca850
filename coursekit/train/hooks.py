"""Named moments of a training run at which other code can look in, and early stopping built on them."""

__all__ = ["EarlyStopping", "Hook", "Run"]

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive, check_positive_int
from coursekit.train.history import History


@dataclass
class Run:
    """What a hook sees: the run so far.

    Shape:
        terms: each a scalar tensor, detached, of the batch just trained.

    Attributes:
        model: the model in training.
        optimizer: its optimiser.
        generator: the run's source of randomness: drawing from it changes the run.
        history: the finished epochs.
        epoch: the current epoch, from 0.
        step: optimiser steps taken so far.
        stop: a hook sets it to end the run after this epoch.
        terms: the loss terms of the last batch.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    history: History = field(default_factory=History)
    epoch: int = 0
    step: int = 0
    stop: bool = False
    terms: dict[str, Tensor] = field(default_factory=dict)


class Hook:
    """Base class: override the moments you need.

    A hook with a memory also overrides ``state_dict`` and ``load_state_dict``, so that a checkpoint holds it.
    """

    def on_fit_start(self, run: Run) -> None:
        """Run once, before the first epoch or the first one after a resume."""

    def on_epoch_start(self, run: Run) -> None:
        """Run before the first batch of each epoch."""

    def on_batch_end(self, run: Run) -> None:
        """Run after each optimiser step; ``run.terms`` holds the batch's loss terms."""

    def on_epoch_end(self, run: Run) -> None:
        """Run after each epoch is in ``run.history``, before the checkpoint is written."""

    def on_fit_end(self, run: Run) -> None:
        """Run once, after the last epoch."""

    def state_dict(self) -> dict[str, object]:
        """Return what must survive a resume: tensors and plain values, nothing else."""
        return {}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Take back what :meth:`state_dict` returned."""
        del state


class EarlyStopping(Hook):
    """Stop when a column has not improved for some epochs, and restore the best weights at the end.

    Args:
        column: the history column to watch, usually ``"val_loss"``.
        patience: epochs without improvement to wait for, at least 1.
        min_delta: an improvement must be larger than this, zero or above.
        mode: ``"min"`` or ``"max"``.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if it has a wrong value.

    Source:
        Prechelt (1998), Early stopping: but when?, the criterion UP, with patience in place of strips.

    Example:
        >>> EarlyStopping("val_loss", patience=5).best
        inf
    """

    def __init__(
        self, column: str = "val_loss", *, patience: int = 5, min_delta: float = 0.0, mode: str = "min"
    ) -> None:
        self.column = column
        self.patience = check_positive_int(patience, "patience")
        self.min_delta = check_positive(min_delta, "min_delta", zero=True)
        self._sign = 1.0 if check_choice(mode, "mode", ("min", "max")) == "min" else -1.0
        self._reset()

    def _reset(self) -> None:
        """Forget an earlier run."""
        self._score = math.inf
        self.best_epoch = -1
        self._weights: dict[str, Tensor] = {}

    @property
    def best(self) -> float:
        """The best number seen."""
        return self._sign * self._score

    def on_fit_start(self, run: Run) -> None:
        """Begin anew, unless the run goes on from a checkpoint."""
        if not run.history.epochs:
            self._reset()

    def on_epoch_end(self, run: Run) -> None:
        """Keep the weights of a better epoch; ask to stop when none came for ``patience`` epochs."""
        score = self._sign * run.history.last(self.column)
        if score < self._score - self.min_delta:
            self._score, self.best_epoch = score, run.epoch
            self._weights = {name: value.detach().clone() for name, value in run.model.state_dict().items()}
        elif run.epoch - self.best_epoch >= self.patience:
            run.stop = True

    def on_fit_end(self, run: Run) -> None:
        """Give the model its best weights back."""
        if self._weights:
            run.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, object]:
        """Return the best score, its epoch and its weights."""
        return {"score": self._score, "best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Take them back."""
        self._score = float(state["score"])  # type: ignore[arg-type]
        self.best_epoch = int(state["best_epoch"])  # type: ignore[call-overload]
        self._weights = dict(state["weights"])  # type: ignore[call-overload]
