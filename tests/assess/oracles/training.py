"""Beyond the lectures, by torch's schedulers, optimisers, Hessian and norms, and by painting pixels."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import brentq
from torch import nn
from torch.optim import SGD, lr_scheduler


@cache
def _gap(k: int, epsilon: float) -> float:
    """Where the slope of torch's smoothed loss along the gap is zero."""

    def slope(gap: float) -> float:
        z = torch.tensor(gap, dtype=torch.float64, requires_grad=True)
        logits = torch.cat([z[None], torch.zeros(k - 1, dtype=torch.float64)])
        loss = F.cross_entropy(logits[None], torch.tensor([0]), label_smoothing=epsilon)
        return torch.autograd.grad(loss, z)[0].item()

    return float(brentq(slope, -5.0, 15.0, xtol=1e-12))


def _rate(v: Mapping[str, Any]) -> float:
    optimiser = SGD([nn.Parameter(torch.zeros(1))], lr=v["base"])
    schedule: Any = {
        "step": lambda: lr_scheduler.StepLR(optimiser, v["size"], v["gamma"]),
        "exponential": lambda: lr_scheduler.ExponentialLR(optimiser, v["gamma"]),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimiser, v["total"]),
        "linear": lambda: lr_scheduler.LinearLR(optimiser, 1.0, 0.0, v["total"]),
        "warm-up": lambda: lr_scheduler.LinearLR(optimiser, 1 / v["total"], 1.0, v["total"] - 1),
    }[v["name"]]()
    for _ in range(v["t"]):
        optimiser.step()
        schedule.step()
    return float(optimiser.param_groups[0]["lr"])


def _filters(v: Mapping[str, Any]) -> list[float]:
    """Both shares with the solution 1: the ridge as least squares with an added row, the steps by torch."""
    x = np.array([[v["lambda"] ** 0.5], [v["alpha"] ** 0.5]])
    ridge = np.linalg.lstsq(x, np.array([v["lambda"] ** 0.5, 0.0]), rcond=None)[0][0]
    w = nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimiser = SGD([w], lr=v["rate"])
    for _ in range(v["k"]):
        optimiser.zero_grad()
        (0.5 * v["lambda"] * (w - 1) ** 2).backward()
        optimiser.step()
    return [float(ridge), w.item()]


def _newton(v: Mapping[str, Any]) -> torch.Tensor:
    a, b, w = (torch.tensor(v[name], dtype=torch.float64) for name in ("A", "b", "w"))

    def f(at: torch.Tensor) -> torch.Tensor:
        return 0.5 * at @ a @ at - b @ at

    hessian = torch.autograd.functional.hessian(f, w)
    gradient = torch.autograd.functional.jacobian(f, w)
    return w - torch.linalg.solve(hessian, gradient)


def _factor(v: Mapping[str, Any]) -> list[float]:
    one = v["gain"] / nn.init.calculate_gain("leaky_relu", v["slope"])
    return [one, one ** v["layers"]]


def _weight(v: Mapping[str, Any]) -> float:
    image = np.ones((v["size"], v["size"]))
    image[v["top"] : v["top"] + v["side"], v["left"] : v["left"] + v["side"]] = 0
    return float(image.mean())


def _groups(v: Mapping[str, Any]) -> list[float]:
    """A single 1 raises one mean to one over the number of values in it."""
    batch, c, h, w = v["shape"]
    x = torch.zeros(v["shape"], dtype=torch.float64)
    x[0, 0, 0, 0] = 1
    _, means, _ = torch.native_group_norm(x, None, None, batch, c, h * w, v["groups"], 1e-5)
    return [means.numel(), 1 / means.max().item()]


ORACLES = {
    "training/smoothing-gap": lambda v: _gap(v["K"], v["epsilon"]),
    "training/schedule": _rate,
    "training/filter-factors": _filters,
    "training/newton": _newton,
    "training/gradient-factor": _factor,
    "training/cutmix": _weight,
    "training/group-norm": _groups,
}
