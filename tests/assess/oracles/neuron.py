"""Lecture 1, one neuron: by torch and its automatic derivatives."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F

_TORCH = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "step": lambda u: torch.heaviside(u, torch.zeros(1, dtype=torch.float64)),
}


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _output(v: Mapping[str, Any]) -> float:
    x, w, b = (_tensor(v[name]) for name in ("x", "w", "b"))
    return _TORCH[v["f"]](F.linear(x, w[None], b[None])).item()


def _threshold(v: Mapping[str, Any]) -> tuple[float, float]:
    neuron = torch.nn.Linear(len(v["w"]), 1, dtype=torch.float64)
    with torch.no_grad():
        neuron.weight.copy_(_tensor(v["w"]))
        neuron.bias.fill_(v["theta"]).neg_()
        return neuron.bias.item(), float(neuron(_tensor(v["x"])).item() > 0)


def _slope(v: Mapping[str, Any]) -> float:
    u = _tensor(v["u"], grad=True)
    return torch.autograd.grad(_TORCH[v["f"]](u), u)[0].item()


def _softmax_slope(v: Mapping[str, Any]) -> float:
    u = _tensor(v["u"], grad=True)
    return torch.autograd.grad(torch.softmax(u, 0)[v["i"]], u)[0][v["j"]].item()


def _softmax_loss(v: Mapping[str, Any]) -> torch.Tensor:
    u = _tensor(v["u"], grad=True)
    return torch.autograd.grad(F.cross_entropy(u, torch.tensor(v["c"])), u)[0]


ORACLES = {
    "neuron/output": _output,
    "neuron/threshold": _threshold,
    "neuron/slope": _slope,
    "neuron/softmax-slope": _softmax_slope,
    "neuron/softmax-loss": _softmax_loss,
}
