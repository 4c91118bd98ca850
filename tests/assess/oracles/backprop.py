"""Lecture 4, by torch's automatic derivatives and its optimiser."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _half_square(y: torch.Tensor, d: float) -> torch.Tensor:
    return F.mse_loss(y, _tensor(d).expand_as(y), reduction="sum") / 2


def _first_layer(v: Mapping[str, Any]) -> torch.Tensor:
    w = _tensor(v["W"], grad=True)
    hidden = torch.sigmoid(F.linear(_tensor(v["x"]), w.T, _tensor(v["b"])))
    y = F.linear(hidden, _tensor(v["v"])[None], _tensor([v["c"]]))
    return torch.autograd.grad(_half_square(y, v["d"]), w)[0]


def _relu_delta(v: Mapping[str, Any]) -> torch.Tensor:
    u = _tensor(v["u"], grad=True)
    F.linear(F.relu(u), _tensor(v["V"]).T).backward(_tensor(v["delta"]))
    assert u.grad is not None
    return u.grad


def _full_update(v: Mapping[str, Any]) -> list[float]:
    first, last = _tensor(v["W"], grad=True), _tensor(v["v"], grad=True)
    optimiser = torch.optim.SGD([first, last], lr=v["alpha"])
    _half_square(F.relu(_tensor(v["x"]) @ first) @ last, v["d"]).backward()
    optimiser.step()
    return [*first.flatten().tolist(), *last.tolist()]


def _jacobian(v: Mapping[str, Any]) -> torch.Tensor:
    x = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    F.linear(x, _tensor(v["jacobian"])).backward(_tensor(v["g"]))
    assert x.grad is not None
    return x.grad


def _output_delta(v: Mapping[str, Any]) -> float:
    u = torch.logit(_tensor(v["y"])).requires_grad_()
    return torch.autograd.grad(_half_square(torch.sigmoid(u), v["d"]), u)[0].item()


ORACLES = {
    "backprop/first-layer": _first_layer,
    "backprop/relu-delta": _relu_delta,
    "backprop/full-update": _full_update,
    "backprop/jacobian": _jacobian,
    "backprop/output-delta": _output_delta,
}
