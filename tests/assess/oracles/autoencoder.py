"""Lecture 10, autoencoders: by torch's losses, distributions, parameter counts and derivatives."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Normal, kl_divergence


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _losses(v: Mapping[str, Any]) -> tuple[float, float]:
    x, y = _tensor(v["x"]), _tensor(v["y"])
    return F.mse_loss(y, x).item() * x.shape[1], F.binary_cross_entropy(y, x, reduction="sum").item() / len(x)


class _Tied(torch.nn.Module):
    """One matrix, used as it is and transposed."""

    def __init__(self, n: int, hidden: int) -> None:
        super().__init__()
        self.encoder = torch.nn.Linear(n, hidden, device="meta")
        self.bias = torch.nn.Parameter(torch.empty(n, device="meta"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(self.encoder(x), self.encoder.weight.T, self.bias)


@cache
def _parameters(n: int, hidden: int) -> list[int]:
    untied = torch.nn.Sequential(
        torch.nn.Linear(n, hidden, device="meta"), torch.nn.Linear(hidden, n, device="meta")
    )
    counts = []
    for network in (untied, _Tied(n, hidden)):
        assert network(torch.empty(1, n, device="meta")).shape == (1, n)
        counts.append(sum(parameter.numel() for parameter in network.parameters()))
    return counts


def _sparsity(v: Mapping[str, Any]) -> float:
    target = Bernoulli(_tensor(v["rho"]))
    return v["beta"] * kl_divergence(target, Bernoulli(_tensor(v["rho_hat"]))).sum().item()


def _masking_noise(v: Mapping[str, Any]) -> tuple[float, float]:
    """Sum over the two outcomes."""
    noise = Bernoulli(_tensor(v["p"]))
    outcomes = noise.enumerate_support()
    chances, noisy = noise.log_prob(outcomes).exp(), outcomes * v["x"]
    mean = chances @ noisy
    return mean.item(), (chances @ (noisy - mean) ** 2).item()


def _vae_kl(v: Mapping[str, Any]) -> float:
    return kl_divergence(Normal(_tensor(v["mu"]), _tensor(v["sigma"])), Normal(0.0, 1.0)).sum().item()


def _vae_draw(v: Mapping[str, Any]) -> tuple[float, float]:
    log_var = _tensor(v["log_var"], grad=True)
    z = torch.addcmul(_tensor(v["mu"]), log_var.exp().sqrt(), _tensor(v["eps"]))
    return z.item(), torch.autograd.grad(z, log_var)[0].item()


ORACLES = {
    "autoencoder/losses": _losses,
    "autoencoder/parameters": lambda v: _parameters(v["n"], v["M"]),
    "autoencoder/sparsity": _sparsity,
    "autoencoder/masking-noise": _masking_noise,
    "autoencoder/vae-kl": _vae_kl,
    "autoencoder/vae-draw": _vae_draw,
}
