"""Lecture 7, by torch's batch normalisation, FLOP counter and autograd."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def _vector(numbers: list[float]) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _batch_norm(v: Mapping[str, Any]) -> torch.Tensor:
    gamma, beta = _vector([v["gamma"]]), _vector([v["beta"]])
    x = _vector(v["x"])[:, None]
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=v["epsilon"])


def _running(v: Mapping[str, Any]) -> list[float]:
    mean, var = (_vector([number]) for number in v["running"])
    F.batch_norm(_vector(v["x"])[:, None], mean, var, training=True, momentum=v["momentum"])
    return [mean.item(), var.item()]


@cache
def _bottleneck(wide: int, slim: int, f: int, n: int) -> int:
    with torch.device("meta"):
        net = nn.Sequential(
            nn.Conv2d(wide, slim, 1), nn.Conv2d(slim, slim, f, padding="same"), nn.Conv2d(slim, wide, 1)
        )
        x = torch.empty(1, wide, n, n)
    with FlopCounterMode(display=False) as counter:
        net(x)
    return counter.get_total_flops()


def _residual(v: Mapping[str, Any]) -> float:
    x = first = torch.tensor(v["x0"], dtype=torch.float64, requires_grad=True)
    for _ in range(v["L"]):
        x = x + v["w"] * x
    return torch.autograd.grad(x, first)[0].item()


ORACLES = {
    "tricks/batch-norm": _batch_norm,
    "tricks/running-statistics": _running,
    "tricks/bottleneck-flops": lambda v: _bottleneck(v["D"], v["d"], v["F"], v["N"]),
    "tricks/residual-gradient": _residual,
}
