"""Questions on training autoencoders, by torch, NumPy and SciPy."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy import optimize
from torch.optim import lr_scheduler

from tests.assess.oracles.concepts import by_stem


def _walk(v: Mapping[str, Any], kind: str) -> float:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=v["first"])
    if kind == "step":
        scheduler: Any = lr_scheduler.StepLR(optimizer, v["every"], v["factor"])
    else:
        scheduler = lr_scheduler.CosineAnnealingLR(optimizer, v["epochs"], v["floor"])
    optimizer.step()
    for _ in range(v["epoch"]):
        scheduler.step()
    return float(optimizer.param_groups[0]["lr"])


def _answers(v: Mapping[str, Any]) -> tuple[float, float]:
    x = torch.tensor([0.0] * v["dark"] + [v["value"]] * v["bright"], dtype=torch.float64)

    def cost(c: float) -> float:
        return F.huber_loss(torch.full_like(x, c), x, delta=v["delta"], reduction="sum").item()

    best = optimize.minimize_scalar(cost, bounds=(0, v["delta"]), method="bounded", options={"xatol": 1e-10})
    return float(x.mean()), float(best.x)


def _slopes(v: Mapping[str, Any]) -> tuple[float, float]:
    x = torch.tensor(v["x"], dtype=torch.float64)
    told = []
    for loss in (lambda a: (torch.sigmoid(a) - x) ** 2, lambda a: F.binary_cross_entropy_with_logits(a, x)):
        a = torch.tensor(v["a"], dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(loss(a), a)
        told.append(slope.item())
    return told[0], told[1]


def _scale(v: Mapping[str, Any]) -> float:
    # The variance of a sum of independent products, one by one.
    return float(sum(v["square"] * 2 / v["outputs"] for _ in range(v["inputs"])))


def _dropped(v: Mapping[str, Any]) -> float:
    h, lengths, p = np.array(v["h"]), np.array(v["lengths"]), v["p"]
    w = np.diag(np.sqrt(lengths))  # columns of these lengths, at right angles
    told = 0.0
    for kept in itertools.product((0, 1), repeat=2):
        mask = np.array(kept)
        chance = np.prod(np.where(mask == 1, 1 - p, p))
        told += chance * np.sum((w @ (mask * h / (1 - p)) - w @ h) ** 2)
    return float(told)


ORACLES = {
    "prac/step-rate": lambda v: _walk(v, "step"),
    "prac/cosine": lambda v: _walk(v, "cosine"),
    "prac/huber-answer": _answers,
    "prac/sigmoid-slope": _slopes,
    "prac/layer-scale": _scale,
    "prac/code-size": lambda v: float(np.exp(-np.diff(np.log(v["widths"])).sum() / 2)),
    "prac/dropped": _dropped,
    "prac/diagnose": by_stem(
        {
            "rate 0.1": "ReLU units have died",
            "62 times": "learnt by heart",
            "a third larger": "training mode",
            "Half of the noise": "too wide",
            "only after copying": "twins in both parts",
            "flat line": "another optimiser",
        }
    ),
    "prac/choose": by_stem(
        {
            "smallest validation error": "widest one",
            "four numbers": "units are compared",
            "two kinds of images": "The mean of both",
            "three percent": "Both with five seeds",
            "perceptual loss takes": "three standardised channels",
        }
    ),
}
