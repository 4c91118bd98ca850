"""The chapter on backpropagation, by torch's tape, its counters and its Jacobians."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def _tensor(number: Any, *, grad: bool = True) -> torch.Tensor:
    return torch.tensor(float(number), dtype=torch.float64, requires_grad=grad)


def _scalar_chain(v: Mapping[str, Any]) -> float:
    w = _tensor(v["w"])
    y = v["v"] * torch.sigmoid(w * v["x"])
    return torch.autograd.grad(F.mse_loss(y, _tensor(v["d"], grad=False)) / 2, w)[0].item()


def _accumulated(v: Mapping[str, Any]) -> float:
    x = _tensor(v["x"])
    z = x * v["y"] + x * x
    for _ in range(v["calls"]):
        z.backward(retain_graph=True)
    assert x.grad is not None
    return x.grad.item()


def _jacobian_passes(v: Mapping[str, Any]) -> int:
    """Count the rows of the Jacobian, one a reverse pass, or its columns, one a forward pass."""
    layer = nn.Linear(v["n"], v["m"], device="meta")
    rows, columns = layer.weight.shape
    return rows if v["mode"] == "reverse" else columns


def _network(v: Mapping[str, Any]) -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(a, b, device="meta") for a, b in pairwise(v["sizes"])))


def _flops_ratio(v: Mapping[str, Any]) -> float:
    network, forward, backward = _network(v), FlopCounterMode(display=False), FlopCounterMode(display=False)
    with forward:
        out = network(torch.empty(3, v["sizes"][0], device="meta")).sum()
    with backward:
        out.backward()
    return backward.get_total_flops() / forward.get_total_flops()


def _pairs(v: Mapping[str, Any]) -> float:
    output, _, loss = v["name"].partition(", ")
    y, d = _tensor(v["y"], grad=False), _tensor(v["d"], grad=False)
    u = {"linear": y, "sigmoid": torch.logit(y), "tanh": torch.atanh(y)}[output].clone().requires_grad_()
    out = {"linear": u, "sigmoid": torch.sigmoid(u), "tanh": torch.tanh(u)}[output]
    cost = F.binary_cross_entropy(out, d) if "cross-entropy" in loss else F.mse_loss(out, d) / 2
    return torch.autograd.grad(cost, u)[0].item()


ORACLES = {
    "backprop/scalar-chain": _scalar_chain,
    "backprop/accumulated": _accumulated,
    "backprop/jacobian-passes": _jacobian_passes,
    "backprop/difference-passes": lambda v: 2 * sum(p.numel() for p in _network(v).parameters()),
    "backprop/flops-ratio": _flops_ratio,
    "backprop/pairs": _pairs,
}
