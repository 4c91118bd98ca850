"""A small regression task that the tests of the training loop share."""

import torch
from torch import Tensor, nn

from coursekit.train import Batch


def generator(seed: int = 0) -> torch.Generator:
    """Return a seeded generator."""
    return torch.Generator().manual_seed(seed)


def data(rows: int = 60) -> Batch:
    """Return inputs and noisy targets of a linear map, float64."""
    x = torch.randn(rows, 3, generator=generator(1), dtype=torch.float64)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64)
    return x, y + 0.1 * torch.randn(rows, 1, generator=generator(2), dtype=torch.float64)


def network(dropout: float = 0.0, seed: int = 5) -> nn.Module:
    """Return a small network with seeded weights, float64."""
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1)).double()
    with torch.no_grad():
        stream = generator(seed)
        for parameter in net.parameters():
            parameter.normal_(0, 0.5, generator=stream)
    return net


def noisy_loss(model: nn.Module, batch: Batch, stream: torch.Generator) -> dict[str, Tensor]:
    """Mean squared error with noise on the inputs, drawn from the run's generator."""
    x, y = batch
    noise = torch.randn(x.shape, generator=stream, dtype=x.dtype)
    error = (model(x + 0.01 * noise) - y).square().mean()
    return {"loss": error, "rows": torch.tensor(float(len(x)))}


def plain_loss(model: nn.Module, batch: Batch, _: torch.Generator) -> dict[str, Tensor]:
    """Mean squared error."""
    return {"loss": (model(batch[0]) - batch[1]).square().mean()}
