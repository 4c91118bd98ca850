"""Step E: the training loop, seen through a model that records what is done to it."""

__all__ = ["TRAIN"]

from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import told
from coursekit.assess.workshop._loops import (
    by_loader,
    cleared_after,
    loop,
    no_backward,
    no_step,
    no_zero,
    only_reconstruction,
    scaled,
    step,
    step_with_graph,
)
from coursekit.assess.workshop._model import TinyVAE
from coursekit.assess.workshop._reference import train
from coursekit.assess.workshop._tools import flag, seeded, tensor

EPOCHS, ROWS, BATCH, MANY, RATE = 3, 20, 5, 1000, 0.003


class _Probe(TinyVAE):
    """A VAE that notes the rows it sees, and whose loss terms each carry a parameter of known gradient."""

    def __init__(self) -> None:
        super().__init__((6, 5, 2))
        self.marks = nn.Parameter(torch.zeros(2))
        self.rows_seen: list[float] = []
        self.losses_seen: list[float] = []
        self.mark_gradients: list[Tensor] = []
        marks: Any = self.marks  # torch leaves this method without types
        marks.register_post_accumulate_grad_hook(self._note)

    def _note(self, marks: Tensor) -> None:
        if marks.grad is not None:
            self.mark_gradients.append(marks.grad.detach().clone())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Note which rows of x, (B, D), were seen; return logits (B, D), mu and logvar (B, Z)."""
        self.rows_seen += x[:, 0].tolist()
        return super().forward(x)

    def loss_function(
        self, x: Tensor, logits: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0
    ) -> dict[str, Tensor]:
        """Return three scalars from x and logits, (B, D), and mu and logvar, (B, Z), marked."""
        terms = super().loss_function(x, logits, mu, logvar, beta)
        rec, kl = terms["reconstruction"] + self.marks[0], terms["kl"] + self.marks[1]
        self.losses_seen.append(float((rec + beta * kl).detach()))
        return {"loss": rec + beta * kl, "reconstruction": rec, "kl": kl}


def _cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    rows = rng.random((ROWS, 6))
    rows[:, 0] = np.arange(ROWS) / ROWS  # names each row
    expected = {
        "losses returned": float(EPOCHS), "steps in each epoch": ROWS / BATCH, "share of the rows used": 1.0,
        "encoder moved": 1.0, "decoder moved": 1.0, "the KL is part of what is minimised": 1.0,
        "gradient of the last step over that of the first": 1.0, "losses are finite numbers": 1.0,
        "step over lr": 1.0, "orders of the rows": float(EPOCHS),
        "last entry over the mean loss of that epoch": 1.0,
    }  # fmt: skip
    margins = {"step over lr": 0.05, "last entry over the mean loss of that epoch": 0.01}
    name = f"{EPOCHS} epochs on {ROWS} rows in batches of {BATCH}"
    return (Case(name, {"x": rows, "seed": seed}, 3, expected, margins),)


def _numbers(history: Any) -> list[float]:
    """Return the entries of a history that are numbers; one that holds a graph alive is none."""
    found = []
    for entry in history:
        if getattr(entry, "requires_grad", False):
            continue
        try:
            found.append(float(entry))
        except (TypeError, ValueError):
            continue
    return [value for value in found if np.isfinite(value)]


def _moved(part: nn.Module, before: list[Tensor]) -> float:
    return flag(any(not torch.equal(a, b) for a, b in zip(part.parameters(), before, strict=True)))


def _ratio(a: Tensor, b: Tensor) -> float:
    return float(a / b) if b > 0 else 0.0


def _observe(candidate: Any, case: Case) -> Observation:
    x = tensor(case, "x")
    with seeded(case):
        model = _Probe()
        parts = (model.encoder, model.decoder)
        before = [[p.detach().clone() for p in part.parameters()] for part in parts]
        history = candidate(model, x, epochs=EPOCHS, batch_size=BATCH, lr=RATE)
    noted = model.mark_gradients
    if history is None and not noted:
        return {"losses returned": told(None)}  # a body with nothing in it
    entries = list(history) if isinstance(history, Collection) and len(history) <= MANY else None
    numbers = _numbers(entries or ())
    first, last = (noted[0].abs(), noted[-1].abs()) if noted else (torch.zeros(2), torch.zeros(2))
    return {
        "losses returned": told(history) if entries is None else float(len(entries)),
        "steps in each epoch": len(noted) / EPOCHS,
        "share of the rows used": len(set(model.rows_seen)) / ROWS,
        "encoder moved": _moved(parts[0], before[0]), "decoder moved": _moved(parts[1], before[1]),
        "the KL is part of what is minimised": _ratio(first[1], first[0]),
        "gradient of the last step over that of the first": _ratio(last[0], first[0]),
        "losses are finite numbers": flag(entries is not None and len(numbers) == len(entries)),
        "step over lr": float(model.marks[0].detach().abs()) / (RATE * max(len(noted), 1)),
        "orders of the rows": float(len(_orders(model.rows_seen))),
        "last entry over the mean loss of that epoch": _last(numbers, model.losses_seen),
    }  # fmt: skip


def _orders(rows: list[float]) -> set[tuple[float, ...]]:
    """Return the different orders in which an epoch's rows came."""
    return {tuple(rows[at : at + ROWS]) for at in range(0, len(rows), ROWS)}


def _last(history: list[float], losses: list[float]) -> float:
    """Compare the last number returned with the losses of the last epoch's batches."""
    own = losses[-ROWS // BATCH :]
    return history[-1] * len(own) / sum(own) if history and own else 0.0


TRAIN = Exercise(
    "mini-sprint-vae/train",
    "The training loop",
    "train(model, x, epochs=60, batch_size=100, lr=1e-3) -> list with the mean loss of each epoch",
    2.0,
    lambda: train,
    _cases,
    _observe,
    (
        Alternate("DataLoader and AdamW", lambda: by_loader),
        Alternate("loss times a constant", lambda: loop(scaled)),
        Alternate("gradients cleared after the step", lambda: loop(cleared_after)),
    ),
    (
        Mutant(
            "zero_grad forgotten",
            "Gradients add up from step to step: those of step 2 still hold those of step 1. Clear them with "
            "optimizer.zero_grad() before each backward.",
            lambda: loop(no_zero),
            "000-M-22",
        ),
        Mutant(
            "decoder's parameters only",
            "The encoder's weights never moved: the optimiser was not given them. Hand over "
            "model.parameters().",
            lambda: loop(step, lambda model: model.decoder.parameters()),
            "000-M-23",
        ),
        Mutant(
            "encoder's parameters only",
            "The decoder's weights never moved: the optimiser was not given them. Hand over "
            "model.parameters().",
            lambda: loop(step, lambda model: model.encoder.parameters()),
        ),
        Mutant(
            "reconstruction only",
            'Only the reconstruction is minimised: backward was called on one term. Use the entry "loss".',
            lambda: loop(only_reconstruction),
            "000-M-11",
        ),
        Mutant(
            "no step",
            "The gradients are computed, but no weight ever moved: optimizer.step() is missing.",
            lambda: loop(no_step),
        ),
        Mutant(
            "no backward",
            "No gradient was ever computed: loss.backward() is missing.",
            lambda: loop(no_backward),
        ),
        Mutant(
            "lr ignored",
            "The learning rate is ignored: hand lr to the optimiser.",
            lambda: loop(step, rate=lambda _: 1e-3),
        ),
        Mutant(
            "not shuffled",
            "Every epoch takes the rows in the same order: draw a new order each time.",
            lambda: loop(step, order=torch.arange),
        ),
        Mutant(
            "sums",
            "The list holds sums of the batches' losses; the mean loss of the epoch is asked for.",
            lambda: loop(step, report=sum),
        ),
        Mutant(
            "graphs kept",
            "The list holds tensors that keep the graph of every step alive: take loss.item().",
            lambda: loop(step_with_graph),
        ),
        Mutant(
            "first batch only",
            "Only a part of the training images is used in an epoch: loop over all batches.",
            lambda: loop(step, first=True),
        ),
    ),
    (
        "One epoch is one pass over all rows, in an order of its own, batch by batch.",
        "A step is: clear the gradients, forward, loss, backward, optimiser step.",
        "torch.randperm gives an order and torch.split cuts it into batches; model(x[rows]) gives what the "
        "loss wants, and loss.item() is the number to keep.",
    ),
)
