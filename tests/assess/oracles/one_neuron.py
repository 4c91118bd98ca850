"""One neuron that learns: torch's losses and optimisers, polynomial fits, and signs that are tried out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tests.assess.oracles.concepts import by_stem


def _tensor(numbers: Any, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=grad)


def _cost(v: Mapping[str, Any]) -> float:
    return F.mse_loss(_tensor(v["y"]), _tensor(v["d"])).item() / 2


def _mse_step(v: Mapping[str, Any]) -> float:
    w = _tensor(v["w"], grad=True)
    optimiser = torch.optim.SGD([w], lr=v["alpha"])
    torch.nn.MSELoss()(w * v["x"], _tensor(v["d"])).backward()
    optimiser.step()
    return w.item()


def _least_squares(v: Mapping[str, Any]) -> Any:
    return np.polynomial.Polynomial.fit(v["x"], v["d"], 1).convert().coef[::-1]


def _two_sided_rate(v: Mapping[str, Any]) -> float:
    x = _tensor(v["x"])
    hessian = torch.autograd.functional.hessian(
        lambda t: ((t[0] * x + t[1]) ** 2).mean() / 2, _tensor([0.0, 0.0])
    )
    return 2 / torch.linalg.eigvalsh(hessian)[-1].item()


def _error_after(v: Mapping[str, Any]) -> float:
    neuron = torch.nn.Linear(2, 1, dtype=torch.float64)
    x = _tensor(v["x"])
    target = neuron(x).detach() + v["error"]
    optimiser = torch.optim.SGD(neuron.parameters(), lr=v["alpha"])
    for _ in range(v["k"]):
        optimiser.zero_grad()
        (0.5 * (target - neuron(x)) ** 2).sum().backward()
        optimiser.step()
    return (target - neuron(x)).item()


def _logit(v: Mapping[str, Any]) -> tuple[float, float]:
    u, d = _tensor(v["u"], grad=True), _tensor(float(v["d"]))
    losses = F.binary_cross_entropy_with_logits(u, d), 0.5 * (d - torch.sigmoid(u)) ** 2
    return tuple(torch.autograd.grad(loss, u)[0].item() for loss in losses)


def _moved(x: float, error: float) -> str:
    """Take one step with torch and look which way the weight went."""
    w = _tensor(0.7, grad=True)
    (0.5 * (w.detach() * x + error - w * x) ** 2).backward()
    change = -w.grad.item()
    return "leaves $w_1$ as it is" if not change else f"makes $w_1$ {'larger' if change > 0 else 'smaller'}"


def _longer(_: str) -> str:
    w = _tensor(0.7, grad=True)
    sizes = [torch.autograd.grad(0.5 * (w.detach() + e - w) ** 2, w)[0].item() for e in (1.0, 3.0)]
    return {3: "Three times as long", 9: "Nine times"}[round(sizes[1] / sizes[0])]


def _last_class(_: str) -> str:
    """Train a logistic neuron on a sorted set and look at its mean output."""
    rng = np.random.default_rng(0)
    d = np.repeat([0.0, 1.0], 200)
    x = _tensor(rng.normal(size=400) + 0.5 * d)
    neuron = torch.nn.Linear(1, 1, dtype=torch.float64)
    optimiser = torch.optim.SGD(neuron.parameters(), lr=0.5)
    for i in range(400):
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(neuron(x[i : i + 1])[0], _tensor(d[i])).backward()
        optimiser.step()
    return "leans to class 1" if (neuron(x[:, None]) > 0).double().mean() > 0.7 else "separates the classes"


ORACLES = {
    "one/cost": _cost,
    "one/mse-step": _mse_step,
    "one/least-squares": _least_squares,
    "one/two-sided-rate": _two_sided_rate,
    "one/error-after": _error_after,
    "one/logit": _logit,
    "one/kind": by_stem(
        {
            "is a regression": "highest temperature",
            "is a classification": "weld is sound",
            "sorted out above one half": "classification with two classes",
            "may take any value": "A linear output with squared error",
        }
    ),
    "one/sign": by_stem(
        {
            "too small, and its input $x_1$ is positive": lambda _: _moved(1.5, 1.0),
            "too large, and its input $x_1$ is negative": lambda _: _moved(-1.5, -1.0),
            "too large, and its input $x_1$ is positive": lambda _: _moved(1.5, -1.0),
            "is zero in this pattern": lambda _: _moved(0.0, 2.0),
            "three times as large": _longer,
        }
    ),
    "one/order": by_stem(
        {
            "Which result can change": "after a pass of single steps",
            "come first, then all of class 1": _last_class,
            "do about the order": "Mix them anew",
            "at a constant rate from noisy": "keep moving around",
        }
    ),
}
