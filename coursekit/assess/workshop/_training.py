"""Step E: the training loop, seen through a model that records what is done to it."""

__all__ = ["TRAIN"]

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import told
from coursekit.assess.workshop._model import TinyVAE, fit_once
from coursekit.assess.workshop._tools import flag, seeded, tensor

EPOCHS, ROWS, BATCH, MANY = 3, 20, 5, 1000


class _Probe(TinyVAE):
    """A VAE whose two loss terms each carry a parameter of known gradient, and which notes the rows it "
    "sees."""

    def __init__(self) -> None:
        super().__init__((6, 5, 2))
        self.marks = nn.Parameter(torch.zeros(2))
        self.rows_seen: list[float] = []
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
        return {"loss": rec + beta * kl, "reconstruction": rec, "kl": kl}


def _cases(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    rows = rng.random((ROWS, 6))
    rows[:, 0] = np.arange(ROWS) / ROWS  # names each row
    expected = {
        "losses returned": float(EPOCHS), "steps in each epoch": ROWS / BATCH, "share of the rows used": 1.0,
        "encoder moved": 1.0, "decoder moved": 1.0, "the KL is part of what is minimised": 1.0,
        "gradient of the last step over that of the first": 1.0, "losses are finite numbers": 1.0,
    }  # fmt: skip
    name = f"{EPOCHS} epochs on {ROWS} rows in batches of {BATCH}"
    return (Case(name, {"x": rows, "seed": seed}, 3, expected),)


def _numbers(history: Any) -> list[float]:
    """Return the entries of a history that are numbers."""
    found = []
    for entry in history:
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
        history = candidate(model, x, epochs=EPOCHS, batch_size=BATCH)
    noted = model.mark_gradients
    if history is None and not noted:
        return {"losses returned": told(None)}  # a body with nothing in it
    entries = list(history) if isinstance(history, Collection) and len(history) <= MANY else None
    first, last = (noted[0].abs(), noted[-1].abs()) if noted else (torch.zeros(2), torch.zeros(2))
    return {
        "losses returned": told(history) if entries is None else float(len(entries)),
        "steps in each epoch": len(noted) / EPOCHS,
        "share of the rows used": len(set(model.rows_seen)) / ROWS,
        "encoder moved": _moved(parts[0], before[0]), "decoder moved": _moved(parts[1], before[1]),
        "the KL is part of what is minimised": _ratio(first[1], first[0]),
        "gradient of the last step over that of the first": _ratio(last[0], first[0]),
        "losses are finite numbers": flag(entries is not None and len(_numbers(entries)) == len(entries)),
    }  # fmt: skip


Step = Callable[[Any, torch.optim.Optimizer, Tensor], float]


def _step(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _loop(
    step: Step, parameters: Callable[[Any], Any] = lambda model: model.parameters(), first: bool = False
) -> Any:
    """Return a training function with another step, other parameters, or one batch an epoch only."""

    def train(
        model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3
    ) -> list[float]:
        """Return the mean loss of each epoch over the rows x of shape (N, D)."""
        optimizer = torch.optim.Adam(parameters(model), lr=lr)
        history = []
        for _ in range(epochs):
            batches = torch.split(torch.randperm(len(x)), batch_size)
            losses = [step(model, optimizer, x[rows]) for rows in (batches[:1] if first else batches)]
            history.append(sum(losses) / len(losses))
        return history

    return train


def _no_zero(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _no_step(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    return float(loss.detach())


def _no_backward(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    optimizer.step()
    return float(loss.detach())


def _only_reconstruction(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    optimizer.zero_grad()
    terms = model.loss_function(batch, *model(batch))
    terms["reconstruction"].backward()
    optimizer.step()
    return float(terms["loss"].detach())


def _by_loader(
    model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3
) -> list[float]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    loader, history = DataLoader(TensorDataset(x), batch_size, shuffle=True), []
    model.train()
    for _ in range(epochs):
        losses = [_step(model, optimizer, batch) for (batch,) in loader]
        history.append(sum(losses) / len(losses))
    return history


def _scaled(model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3) -> list[float]:
    return fit_once(model, x, epochs, batch_size, lr, scale=0.01)


TRAIN = Exercise(
    "mini-sprint-vae/train",
    "The training loop",
    "train(model, x, epochs=60, batch_size=100, lr=1e-3) -> list with the mean loss of each epoch",
    2.0,
    lambda: fit_once,
    _cases,
    _observe,
    (
        Alternate("DataLoader and AdamW", lambda: _by_loader),
        Alternate("loss times a constant", lambda: _scaled),
        Alternate("gradients cleared after the step", lambda: _loop(_cleared_after)),
    ),
    (
        Mutant(
            "zero_grad forgotten",
            "Gradients add up from step to step: those of step 2 still hold those of step 1. Clear them with "
            "optimizer.zero_grad() before each backward.",
            lambda: _loop(_no_zero),
            "000-M-22",
        ),
        Mutant(
            "decoder's parameters only",
            "The encoder's weights never moved: the optimiser was not given them. Hand over "
            "model.parameters().",
            lambda: _loop(_step, lambda model: model.decoder.parameters()),
            "000-M-23",
        ),
        Mutant(
            "encoder's parameters only",
            "The decoder's weights never moved: the optimiser was not given them. Hand over "
            "model.parameters().",
            lambda: _loop(_step, lambda model: model.encoder.parameters()),
        ),
        Mutant(
            "reconstruction only",
            'Only the reconstruction is minimised: backward was called on one term. Use the entry "loss".',
            lambda: _loop(_only_reconstruction),
            "000-M-11",
        ),
        Mutant(
            "no step",
            "The gradients are computed, but no weight ever moved: optimizer.step() is missing.",
            lambda: _loop(_no_step),
        ),
        Mutant(
            "no backward",
            "No gradient was ever computed: loss.backward() is missing.",
            lambda: _loop(_no_backward),
        ),
        Mutant(
            "first batch only",
            "Only a part of the training images is used in an epoch: loop over all batches.",
            lambda: _loop(_step, first=True),
        ),
    ),
    (
        "One epoch is one pass over all rows, in an order of its own, batch by batch.",
        "A step is: clear the gradients, forward, loss, backward, optimiser step.",
        "for rows in torch.randperm(len(x)).split(batch_size): then optimizer.zero_grad(); "
        'loss = model.loss_function(x[rows], *model(x[rows]))["loss"]; loss.backward(); optimizer.step().',
    ),
)


def _cleared_after(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())
