"""The chapter on layers, by torch's layers, losses and gradients, and NumPy's broadcasting."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _shapes(v: Mapping[str, Any]) -> str:
    layer = nn.Linear(v["D"], v["K"], device="meta")
    out = layer(torch.empty(v["B"], v["D"], device="meta"))
    by_name = {"nn.Linear": layer.weight.shape, "net inputs": out.shape, "partial U": out.shape}
    shape = next((found for name, found in by_name.items() if name in v["asked"]), layer.weight.T.shape)
    return f"$({shape[0]}, {shape[1]})$"


def _bias_gradient(v: Mapping[str, Any]) -> torch.Tensor:
    logits, b = torch.logit(_tensor(v["Y"])), torch.zeros(2, dtype=torch.float64, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(logits + b, _tensor(v["D"]), reduction="sum") / len(logits)
    return torch.autograd.grad(loss, b)[0]


def _one_hot(v: Mapping[str, Any]) -> str:
    row = F.one_hot(torch.tensor(v["label"]), v["K"]).tolist()
    return "$(" + ",\\ ".join(map(str, row)) + ")$"


def _depth(v: Mapping[str, Any]) -> int:
    network = nn.Sequential(
        *(nn.Linear(a, b, device="meta") for a, b in zip(v["sizes"], v["sizes"][1:], strict=False))
    )
    return sum(isinstance(layer, nn.Linear) for layer in network)


def _mean_loss(v: Mapping[str, Any]) -> float:
    two = torch.stack([_tensor(v["p"]), 1 - _tensor(v["p"])], dim=1).log()
    return F.nll_loss(two, torch.zeros(3, dtype=torch.long)).item()


def _soft_target(v: Mapping[str, Any]) -> torch.Tensor:
    u = _tensor(v["u"], grad=True)
    return torch.autograd.grad(-(_tensor(v["d"]) * F.log_softmax(u, dim=0)).sum(), u)[0]


ORACLES = {
    "batch/shapes": _shapes,
    "batch/bias-axis": lambda v: np.array(v["S"]) + np.array(v["b"])[:, None],
    "batch/bias-gradient": _bias_gradient,
    "batch/one-hot": _one_hot,
    "batch/depth": _depth,
    "batch/mean-loss": _mean_loss,
    "batch/logit-loss": lambda v: F.binary_cross_entropy_with_logits(
        _tensor(v["u"]), _tensor(float(v["d"]))
    ).item(),
    "batch/soft-target": _soft_target,
}
