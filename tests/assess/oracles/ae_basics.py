"""Questions on plain autoencoders, by torch and NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from tests.assess.oracles.concepts import by_stem


def _slope(v: Mapping[str, Any]) -> tuple[float, float]:
    a = torch.tensor(v["a"], dtype=torch.float64, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(a, torch.tensor(v["x"], dtype=torch.float64))
    (told,) = torch.autograd.grad(loss, a)
    return loss.item(), told.item()


def _tied(v: Mapping[str, Any]) -> list[float]:
    w = torch.tensor(v["w"], dtype=torch.float64, requires_grad=True)
    x = torch.tensor(v["x"], dtype=torch.float64)
    (told,) = torch.autograd.grad(((w @ x) * w - x).square().sum(), w)
    return list(told.tolist())


def _bits(v: Mapping[str, Any]) -> float:
    image, code = np.zeros((v["side"], v["side"])), np.zeros(v["codes"])
    return float(image.size * v["pixel_bits"] / (code.size * v["code_bits"]))


def _excess(v: Mapping[str, Any]) -> float:
    x, y = (torch.distributions.Bernoulli(torch.tensor(v[name], dtype=torch.float64)) for name in "xy")
    return float(torch.distributions.kl_divergence(x, y).sum())


def _unit(v: Mapping[str, Any]) -> float:
    wrong = torch.full((3, v["side"], v["side"]), v["mean"], dtype=torch.float64).sqrt()
    return F.mse_loss(wrong, torch.zeros_like(wrong), reduction="sum").item() / 3


ORACLES = {
    "ae/pixel-unit": _unit,
    "ae/slope": _slope,
    "ae/tied-step": _tied,
    "ae/bits": _bits,
    "ae/batch-mean": lambda v: float(np.repeat(v["means"], v["rows"]).mean()),
    "ae/excess": _excess,
    "ae/claims": by_stem(
        {
            "20 training images": "by heart",
            "decode to blots": "Nothing made its codes",
            "0.27 nats": "entropy of the pixels",
            "weight_decay": "full learning rate",
            "clipped at norm 1": "The reduction of the loss",
            "best epoch on the test set": "took part in the choice",
        }
    ),
}
