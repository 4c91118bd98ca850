"""A small network, and a comparison of what was seen of it here and there."""

__all__ = ["Net", "X", "equal", "filled"]

from typing import Any

import torch
from torch import nn

X = torch.tensor([[1.0, -2.0], [0.5, 3.0], [2.0, 2.0]])


def filled(layer: nn.Linear, value: float = 2.0) -> nn.Linear:
    """Return a layer with equal weights.

    Args:
        layer: to be filled.
        value: of each weight; the biases are 1.
    """
    nn.init.constant_(layer.weight, value)
    nn.init.ones_(layer.bias)
    return layer


class Net(nn.Module):
    """Two layers, a norm and a list of parts."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = filled(nn.Linear(2, 2), 0.5), filled(nn.Linear(2, 2))
        self.norm, self.many = (
            nn.BatchNorm1d(2),
            nn.Sequential(filled(nn.Linear(2, 2), 1.0), nn.Dropout(0.0)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = torch.relu(self.first(x.to(self.first.weight.dtype)))
        return self.many(self.norm(self.second(inner)))  # type: ignore[no-any-return]


def equal(found: Any, wanted: Any) -> None:
    """Compare values whose leaves are tensors or anything else.

    Args:
        found: across the wall.
        wanted: at home.
    """
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        found, wanted = list(found.values()), list(wanted.values())
    if isinstance(wanted, (list, tuple)):
        for one, other in zip(found, wanted, strict=True):
            equal(one, other)
    elif isinstance(wanted, torch.Tensor):
        torch.testing.assert_close(found, wanted)
    else:
        assert found == wanted
