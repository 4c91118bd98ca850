"""Questions on what came after, by autograd, quadrature, loops and enumeration."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy import stats

from tests.assess.oracles.concepts import by_stem


def _quantised(v: Mapping[str, Any]) -> tuple[float, ...]:
    rows = torch.tensor(v["rows"], dtype=torch.float64)
    z = torch.tensor(v["z"], dtype=torch.float64, requires_grad=True)
    q = rows[torch.linalg.norm(rows - z.detach(), dim=1).argmin()]
    passed = z + (q - z).detach()
    loss = passed @ torch.tensor(v["slope"], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(loss + v["beta"] * ((z - q) ** 2).sum(), z)
    return tuple(gradient.tolist())


def _words(v: Mapping[str, Any]) -> tuple[float, float]:
    return float(np.exp(stats.entropy(v["counts"]))), float(stats.entropy(v["counts"], base=2))


def _judge(v: Mapping[str, Any]) -> tuple[float, float]:
    # The probability that minimises -p log s - q log(1 - s), by a root of its slope.
    low, high = 1e-9, 1 - 1e-9
    for _ in range(200):
        middle = (low + high) / 2
        slope = -v["p"] / middle + v["q"] / (1 - middle)
        low, high = (middle, high) if slope < 0 else (low, middle)
    return math.log(low) - math.log(1 - low), low


def _padded(v: Mapping[str, Any]) -> float:
    steps = [e / n for e, n in zip(v["errors"], v["lengths"], strict=True) for _ in range(n)]
    return float(np.mean(steps))


def _hidden(v: Mapping[str, Any]) -> tuple[float, float]:
    count = sum(1 for _ in range(0, v["side"], v["patch"]) for _ in range(0, v["side"], v["patch"]))
    gone = round(count * v["ratio"] / 100)
    pixels = v["side"] ** 2 * v["channels"] * gone / count
    return float(count - gone), float(pixels)


def _forward(v: Mapping[str, Any]) -> tuple[float, float]:
    kept, variance = 1.0, v["spread"]
    for beta in v["betas"]:
        kept, variance = kept * (1 - beta), (1 - beta) * variance + beta
    return kept, variance


def _guess(v: Mapping[str, Any]) -> float:
    # E[noise | z] by quadrature over the noise.
    grid = np.linspace(-12, 12, 200_001)
    a, b = math.sqrt(v["kept"]), math.sqrt(1 - v["kept"])
    weight = stats.norm.pdf(grid) * stats.norm.pdf((v["z"] - b * grid) / a, v["mean"], v["spread"] ** 0.5)
    return float((grid * weight).sum() / weight.sum())


ORACLES = {
    "beyond/quantised": _quantised,
    "beyond/words": _words,
    "beyond/best-judge": _judge,
    "beyond/padded": _padded,
    "beyond/hidden-pixels": _hidden,
    "beyond/forward": _forward,
    "beyond/gaussian-guess": _guess,
    "beyond/history": by_stem(
        {
            "paper of 2006 on reducing": "pre-training layer by layer",
            "Whom do you cite": "two groups",
            "trend of 2025": "2021 and 2022",
            "without labels": "turned code",
        }
    ),
    "beyond/what-counts": by_stem(
        {
            "padding doesn't count": "compare all results",
            "grey squares": "say nothing",
            "nobody gave": "too close to 0",
            "fills hidden patches badly": "copy what it is shown",
        }
    ),
    "beyond/diagnose": by_stem(
        {
            "512 rows": "no gradient",
            "stays at 2 log 2": "judge is known",
            "before any training": "best guess for a",
            "perplexity of its choices falls": "rows do more of the work",
        }
    ),
}
