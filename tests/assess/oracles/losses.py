"""The chapter on losses: simulated tables, searches on grids, scipy's densities, autograd, fitted lines."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy import stats
from scipy.optimize import linprog, minimize_scalar
from scipy.special import rel_entr


def _brier(v: Mapping[str, Any]) -> float:
    forecast, truth = torch.tensor([v["q"], 1 - v["q"]]).double(), torch.tensor([v["p"], 1 - v["p"]]).double()
    paid = F.mse_loss(forecast.expand(2, 2), torch.eye(2, dtype=torch.float64), reduction="none").sum(1)
    return float(truth @ paid)


def _mode(v: Mapping[str, Any]) -> float:
    """Search the posterior, written as likelihood times prior by scipy."""

    def cost(theta: float) -> float:
        prior = stats.beta.logpdf(theta, v["a"], v["b"])
        return -float(stats.binom.logpmf(v["heads"], v["n"], theta) + prior)

    return float(minimize_scalar(cost, bounds=(1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-12}).x)


def _median(v: Mapping[str, Any]) -> float:
    """Solve the linear programme of least absolute errors."""
    d = np.array(v["targets"], dtype=float)
    n, eye = len(d), np.eye(len(d))
    rows = np.vstack([np.c_[np.ones(n), -eye], np.c_[-np.ones(n), -eye]])
    return float(
        linprog(np.r_[0, np.ones(n)], rows, np.r_[d, -d], bounds=[(None, None)] + [(0, None)] * n).x[0]
    )


def _huber(v: Mapping[str, Any]) -> float:
    errors = torch.tensor(v["errors"], dtype=torch.float64)
    return F.huber_loss(errors, torch.zeros_like(errors), delta=v["delta"]).item()


def _wrong_pair(v: Mapping[str, Any]) -> float:
    u = torch.tensor(v["u"], dtype=torch.float64, requires_grad=True)
    (0.5 * (torch.sigmoid(u) - v["d"]) ** 2).backward()
    assert u.grad is not None
    return u.grad.item()


def _proper(v: Mapping[str, Any]) -> str:
    """Run each true statement on random forecasts and return the phrase that it holds alone."""
    rng = np.random.default_rng(0)
    p, others = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), size=500)
    scores = {
        "log": lambda q: -np.log(q),
        "brier": lambda q: ((q[:, None] - np.eye(3)) ** 2).sum(2),
        "spherical": lambda q: -q / np.linalg.norm(q, axis=1)[:, None],
    }
    for name, score in scores.items():
        assert (score(others) @ p > (score(p[None]) @ p)[0]).all(), name
    corners = np.eye(3)
    assert ((1 - others) @ p > ((1 - corners) @ p).min()).all()
    moved = np.array([[0.5, 0.4, 0.1], [0.5, 0.2, 0.3]])
    ranges = {name: np.ptp(score(moved)[:, 0]) for name, score in scores.items()}
    assert ranges["log"] == 0 < min(ranges["brier"], ranges["spherical"])
    phrases = ("no forecast does better", "all are strictly", "at a certainty", "looks at $q_k$ alone")
    return next(phrase for phrase in phrases if phrase in v["right"])


@cache
def _matched(target: str) -> str:
    """Try activations and losses by autograd; only one pair gives output minus target for such targets."""
    u = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    labels = torch.eye(5, dtype=torch.float64)[:4]
    flags, numbers = (labels > 0).double(), labels * 3 - 0.5
    kinds = {
        "count": ("exponential with", u.exp(), flags * 3, F.poisson_nll_loss(u, flags * 3, reduction="sum")),
        "real number": ("identity with half", u, numbers, 0.5 * F.mse_loss(u, numbers, reduction="sum")),
        "a yes": (
            "sigmoid with binary", u.sigmoid(), flags,
            F.binary_cross_entropy_with_logits(u, flags, reduction="sum"),
        ),
        "exactly one": (
            "softmax with cross", u.softmax(1), labels,
            F.cross_entropy(u, labels, reduction="sum"),
        ),
    }  # fmt: skip
    phrase, output, aim, loss = next(kind for piece, kind in kinds.items() if piece in target)
    (gradient,) = torch.autograd.grad(loss, u)
    assert torch.allclose(gradient, output - aim)
    return phrase


@cache
def _turned(inputs: bool) -> str:
    """Fit both lines before and after the blunder, least absolute error by a linear programme."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0, 3, 40))
    d = 2 * x + 0.1 * rng.standard_normal(40)
    if inputs:
        x[-1] += 300
    else:
        d[-1] -= 300
    rows, eye = np.c_[x, np.ones(40)], np.eye(40)
    squared = np.linalg.lstsq(rows, d, rcond=None)[0][0]
    absolute = linprog(
        np.r_[0, 0, np.ones(40)], np.vstack([np.c_[rows, -eye], np.c_[-rows, -eye]]), np.r_[d, -d],
        bounds=[(None, None)] * 2 + [(0, None)] * 40,
    ).x[0]  # fmt: skip
    turned = abs(squared - 2) > 0.5, abs(absolute - 2) > 0.5
    return {(True, True): "Both lines turn", (True, False): "Least squares turns"}[turned]


ORACLES = {
    "losses/brier-mean": _brier,
    "losses/coin-mode": _mode,
    "losses/divergence": lambda v: float(rel_entr([v["p"], 1 - v["p"]], [v["q"], 1 - v["q"]]).sum()),
    "losses/gaussian": lambda v: -float(stats.norm.logpdf(v["error"], scale=v["sigma"])),
    "losses/median": _median,
    "losses/huber": _huber,
    "losses/wrong-pair": _wrong_pair,
    "losses/propriety": _proper,
    "losses/matched": lambda v: _matched(v["target"]),
    "losses/blunder": lambda v: _turned(v["inputs"]),
}
