"""Lecture 8, by torch's recurrent layer, autograd, parameter counts and gradient clipping."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import nn


def _tensor(numbers: object) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


@cache
def _layer(n: int, m: int, nonlinearity: str) -> nn.RNN:
    return nn.RNN(n, m, nonlinearity=nonlinearity, dtype=torch.float64).requires_grad_(False)


def _states(
    v: Mapping[str, Any], w: torch.Tensor, b: torch.Tensor, start: torch.Tensor, f: str
) -> torch.Tensor:
    """Run torch's Elman layer with the given weights, by steps, sequences and units."""
    u = _tensor(v["U"])
    layer = _layer(*u.shape, f)
    for name, value in (
        ("weight_ih_l0", u.T),
        ("weight_hh_l0", w.T),
        ("bias_ih_l0", b),
        ("bias_hh_l0", 0 * b),
    ):
        getattr(layer, name).copy_(value)
    out: torch.Tensor = layer(_tensor(v["X"]), start)[0]
    return out


def _elman(v: Mapping[str, Any]) -> torch.Tensor:
    return _states(v, _tensor(v["W"]), _tensor(v["b"]), torch.zeros(1, 2, 2, dtype=torch.float64), "tanh")


def _jordan(v: Mapping[str, Any]) -> torch.Tensor:
    """Recast the network, its output being linear, as Elman's with another W, b and first state."""
    w, out, b, c = _tensor([v["W"]]), _tensor(v["V"])[:, None], _tensor(v["b"]), v["c"]
    # Y(t-1) W + b = H(t-1) (V W) + (b + c W); the first state must give Y(0) = H(0) V + c = 0.
    start = (-c * out / (out.T @ out)).T.expand(1, 2, 3).contiguous()
    return _states(v, out @ w, b + c * w[0], start, "relu") @ out + c


def _through_time(v: Mapping[str, Any]) -> list[float]:
    w = torch.tensor(v["w"], dtype=torch.float64, requires_grad=True)
    h, states = torch.zeros((), dtype=torch.float64), []
    for x in v["x"]:
        h = torch.tanh(w * h + x)
        states.append(h)
    grads = [torch.autograd.grad(one, w, retain_graph=True)[0].item() for one in states[1:]]
    return [one.item() for one in states] + grads


@cache
def _shared(n: int, m: int, k: int) -> int:
    """Count all but the recurrent weights: into the hidden units and out of them."""
    layers = (nn.Linear(n, m, device="meta"), nn.Linear(m, k, device="meta"))
    return sum(p.numel() for layer in layers for p in layer.parameters())


def _parameters(v: Mapping[str, Any]) -> list[int]:
    n, m, k = v["n"], v["m"], v["K"]
    elman = nn.ModuleList([nn.RNN(n, m, device="meta"), nn.Linear(m, k, device="meta")])
    twice = m  # torch stores two biases a hidden unit
    feedback = nn.Linear(k, m, bias=False, device="meta").weight.numel()
    return [sum(p.numel() for p in elman.parameters()) - twice, _shared(n, m, k) + feedback]


def _clipping(v: Mapping[str, Any]) -> list[float]:
    grads = (_tensor(v["g_w"]), _tensor([v["g_b"]]))
    held = [nn.Parameter(torch.zeros_like(g)) for g in grads]
    for parameter, g in zip(held, grads, strict=True):
        parameter.grad = g
    nn.utils.clip_grad_norm_(held, v["c"])
    return [entry for g in grads for entry in g.tolist()]


ORACLES = {
    "recurrent/elman": _elman,
    "recurrent/jordan": _jordan,
    "recurrent/through-time": _through_time,
    "recurrent/parameters": _parameters,
    "recurrent/clipping": _clipping,
}
