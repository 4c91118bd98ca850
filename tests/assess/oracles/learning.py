"""Lecture 2: torch's optimiser and gradients, scikit-learn's perceptron, the Hessian's eigenvalues."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import Perceptron

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _half(u: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(u, d) / 2


def _half_of_sigmoid(u: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    return F.mse_loss(torch.sigmoid(u), d) / 2


def _train(v: Mapping[str, Any], loss: Loss, batch: int) -> list[float]:
    """Run torch's SGD once over the patterns, so many a step, and return w and b."""
    w, b = (torch.tensor(v[name], dtype=torch.float64, requires_grad=True) for name in ("w", "b"))
    optimiser = torch.optim.SGD([w, b], lr=v["alpha"])
    x, d = (torch.tensor(v[name], dtype=torch.float64) for name in ("x", "d"))
    for some_x, some_d in zip(x.split(batch), d.split(batch), strict=True):
        optimiser.zero_grad()
        loss(some_x @ w + b, some_d).backward()
        optimiser.step()
    return [*w.tolist(), b.item()]


def _perceptron(v: Mapping[str, Any]) -> np.ndarray:
    model = Perceptron(eta0=v["alpha"], shuffle=False)
    x, d = np.array(v["x"]), np.array(v["d"])
    model.partial_fit(x[:1], d[:1], classes=[0.0, 1.0])  # lays the arrays out, which then get the drawn start
    model.coef_[:], model.intercept_[:] = v["w"], v["b"]
    model.partial_fit(x, d)
    return np.append(model.coef_, model.intercept_)


def _stable_rate(v: Mapping[str, Any]) -> float:
    x = torch.tensor(v["x"], dtype=torch.float64)

    def loss(w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return _half(w @ x + b, torch.ones_like(b))

    start = (torch.zeros_like(x), torch.zeros((), dtype=torch.float64))
    (ww, wb), (bw, bb) = torch.autograd.functional.hessian(loss, start)
    hessian = torch.cat([torch.cat([ww, wb[:, None]], 1), torch.cat([bw, bb[None]])[None]])
    return 2 / torch.linalg.eigvalsh(hessian).max().item()


ORACLES = {
    "learning/sgd-linear": lambda v: _train(v, _half, 1),
    "learning/batch-linear": lambda v: _train(v, _half, len(v["d"])),
    "learning/sgd-logistic": lambda v: _train(v, F.binary_cross_entropy_with_logits, 1),
    "learning/logistic-squared": lambda v: _train(v, _half_of_sigmoid, 1),
    "learning/perceptron": _perceptron,
    "learning/stable-rate": _stable_rate,
}
