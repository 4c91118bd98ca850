"""Lecture 11, adversarial networks: by torch's binary cross-entropy on logits, and scipy's divergence."""

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from scipy.spatial.distance import jensenshannon


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _loss(logits: torch.Tensor, label: float) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def _losses(v: Mapping[str, Any]) -> tuple[float, float]:
    real, fake = _tensor(v["real"]).logit(), _tensor(v["fake"]).logit()
    return (_loss(real, 1.0) + _loss(fake, 0.0)).item(), _loss(fake, 1.0).item()


def _best_discriminator(v: Mapping[str, Any]) -> list[float]:
    """Bayes' rule as a softmax; the value from the square of scipy's distance."""
    best = torch.softmax(_tensor([v["p"], v["q"]]).log(), dim=0)[0].tolist()
    return [*best, 2 * float(jensenshannon(v["p"], v["q"])) ** 2 - math.log(4)]


def _generator_gradient(v: Mapping[str, Any]) -> list[float]:
    a = _tensor(v["a"], grad=True)
    return [torch.autograd.grad(loss, a)[0].item() for loss in (-_loss(a, 0.0), _loss(a, 1.0))]


ORACLES = {
    "gan/losses": _losses,
    "gan/best-discriminator": _best_discriminator,
    "gan/generator-gradient": _generator_gradient,
}
