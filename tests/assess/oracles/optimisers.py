"""Lecture 7, optimisers: by those of torch."""

from collections.abc import Mapping
from typing import Any

import torch


def _momentum(v: Mapping[str, Any]) -> float:
    theta = torch.tensor(v["theta"], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([theta], lr=v["alpha"], momentum=v["mu"])
    for _ in range(v["k"]):
        optimiser.zero_grad()
        (theta**2 / 2).backward()
        optimiser.step()
    return theta.item()


def _adam(v: Mapping[str, Any]) -> float:
    theta = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([theta], lr=v["alpha"], betas=tuple(v["betas"]))
    for g in v["g"]:
        theta.grad = torch.tensor(g, dtype=torch.float64)
        optimiser.step()
    return theta.item()


ORACLES = {"optimisers/momentum": _momentum, "optimisers/adam": _adam}
