"""Training loops as students write them, right and wrong."""

__all__ = [
    "by_loader",
    "cleared_after",
    "loop",
    "no_backward",
    "no_step",
    "no_zero",
    "only_reconstruction",
    "scaled",
    "step",
    "step_with_graph",
]

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

Step = Callable[[Any, torch.optim.Optimizer, Tensor], float]


def step(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Take one right step on a batch of shape (B, D) and return its loss."""
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def loop(
    step: Step,
    parameters: Callable[[Any], Any] = lambda model: model.parameters(),
    first: bool = False,
    order: Callable[[int], Tensor] = torch.randperm,
    rate: Callable[[float], float] = lambda lr: lr,
    report: Callable[[list[Any]], Any] = lambda losses: sum(losses) / len(losses),
) -> Any:
    """Return a training function with one of its parts exchanged; it takes rows of shape (N, D)."""

    def train(
        model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3
    ) -> list[float]:
        """Return the mean loss of each epoch over the rows x of shape (N, D)."""
        optimizer = torch.optim.Adam(parameters(model), lr=rate(lr))
        history = []
        for _ in range(epochs):
            batches = torch.split(order(len(x)), batch_size)
            losses = [step(model, optimizer, x[rows]) for rows in (batches[:1] if first else batches)]
            history.append(report(losses))
        return history

    return train


def step_with_graph(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> Any:
    """Return the loss on a batch of shape (B, D) with its graph."""
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    return loss


def no_zero(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Step on a batch of shape (B, D) without clearing the gradients."""
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def no_step(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Compute gradients on a batch of shape (B, D) and move nothing."""
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    return float(loss.detach())


def no_backward(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Step on a batch of shape (B, D) without computing gradients."""
    optimizer.zero_grad()
    loss = model.loss_function(batch, *model(batch))["loss"]
    optimizer.step()
    return float(loss.detach())


def only_reconstruction(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Step on a batch of shape (B, D) down the reconstruction alone."""
    optimizer.zero_grad()
    terms = model.loss_function(batch, *model(batch))
    terms["reconstruction"].backward()
    optimizer.step()
    return float(terms["loss"].detach())


def by_loader(
    model: Any, x: Tensor, epochs: int = 60, batch_size: int = 100, lr: float = 1e-3
) -> list[float]:
    """Train with a DataLoader on the rows x of shape (N, D); return the mean loss of each epoch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.0)
    loader, history = DataLoader(TensorDataset(x), batch_size, shuffle=True), []
    model.train()
    for _ in range(epochs):
        losses = [step(model, optimizer, batch) for (batch,) in loader]
        history.append(sum(losses) / len(losses))
    return history


def scaled(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Step on a batch of shape (B, D) down a hundredth of the loss; Adam does not mind."""
    optimizer.zero_grad()
    loss = 0.01 * model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    return 100 * float(loss.detach())


def cleared_after(model: Any, optimizer: torch.optim.Optimizer, batch: Tensor) -> float:
    """Step on a batch of shape (B, D) and clear the gradients afterwards."""
    loss = model.loss_function(batch, *model(batch))["loss"]
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())
