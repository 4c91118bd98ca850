"""Lecture 3, by torch's layers, losses and gradients."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


def _tensor(numbers: Any) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _output(v: Mapping[str, Any]) -> torch.Tensor:
    w = _tensor(v["W"])
    layer = nn.Linear(*w.shape, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(w.T)
        layer.bias.copy_(_tensor(v["b"]))
        return F.relu(layer(_tensor(v["x"])))


def _batch(v: Mapping[str, Any]) -> torch.Tensor:
    return torch.sigmoid(F.linear(_tensor(v["X"]), _tensor(v["W"]).T, _tensor(v["b"])))


def _softmax_gradient(v: Mapping[str, Any]) -> torch.Tensor:
    """Find the W and b that give the drawn logits, then differentiate torch's loss by W."""
    x = _tensor(v["X"])
    both = torch.linalg.solve(torch.cat([x, torch.ones(3, 1, dtype=torch.float64)], 1), _tensor(v["U"]))
    w, b = both[:2].requires_grad_(), both[2]
    return torch.autograd.grad(F.cross_entropy(x @ w + b, torch.tensor(v["c"])), w)[0]


def _parameters(v: Mapping[str, Any]) -> int:
    network = nn.Sequential(*(nn.Linear(a, b, device="meta") for a, b in pairwise(v["sizes"])))
    return sum(p.numel() for p in network.parameters())


ORACLES = {
    "layers/output": _output,
    "layers/batch": _batch,
    "layers/binary-loss": lambda v: F.binary_cross_entropy(_tensor(v["y"]), _tensor(v["d"])).item(),
    "layers/class-loss": lambda v: F.cross_entropy(_tensor(v["u"]), torch.tensor(v["c"])).item(),
    "layers/softmax-gradient": _softmax_gradient,
    "layers/parameters": _parameters,
}
