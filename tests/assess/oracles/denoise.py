"""Questions on denoising, by least squares, quadrature and counting."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import integrate, special, stats

from tests.assess.oracles.concepts import by_stem


def _gain(v: Mapping[str, Any]) -> list[float]:
    """Return the mean of the product of two normal densities, component by component."""
    found = []
    for m, variance, x in zip(v["mean"], v["variances"], v["noisy"], strict=True):
        precision = 1 / variance, 1 / v["sigma"] ** 2
        found.append(float(np.average([m, x], weights=precision)))
    return found


def _error(v: Mapping[str, Any]) -> float:
    """Return the trace of the posterior covariance of a linear Gaussian model."""
    precision = np.diag(1 / np.array(v["levels"])) + np.eye(3) / v["sigma"] ** 2
    return float(np.trace(np.linalg.inv(precision)))


def _two_points(v: Mapping[str, Any]) -> float:
    a = v["a"]
    seen = stats.norm([-a, a], v["sigma"]).logpdf(v["noisy"])
    return float(special.softmax(seen) @ [-a, a])


def _score(v: Mapping[str, Any]) -> list[float]:
    """Solve Tweedie's formula backwards: a normal noisy density whose mean shift is the step."""
    noisy, moved = np.array(v["noisy"]), np.array(v["moved"])
    return [float(-(x - m) / v["sigma"] / v["sigma"]) for x, m in zip(noisy, moved, strict=True)]


def _clamped(v: Mapping[str, Any]) -> float:
    bell = stats.norm(0, v["sigma"])
    black, _ = integrate.quad(lambda t: t * t * bell.pdf(t), 0, 10 * v["sigma"])
    return float(v["black"] * black + (1 - v["black"]) * bell.var())


def _changed(v: Mapping[str, Any]) -> tuple[float, float]:
    """Count over a table of pixels and what may happen to them."""
    pixels = {0.0: v["black"], 0.5: 1 - v["black"]}
    salted = {None: 1 - v["p"], 0.0: v["p"] / 2, 1.0: v["p"] / 2}
    masked = {None: 1 - v["p"], 0.0: v["p"]}
    first, second = (
        sum(a * b for x, a in pixels.items() for y, b in law.items() if y is not None and y != x)
        for law in (masked, salted)
    )
    return first, second


ORACLES = {
    "denoise/wiener-gain": _gain,
    "denoise/wiener-error": _error,
    "denoise/two-points": _two_points,
    "denoise/score-arrow": _score,
    "denoise/clamped-power": _clamped,
    "denoise/changed-pixels": _changed,
    "denoise/judged": by_stem(
        {
            "target in the training": "The clean sample",
            "noisy target by mistake": "clean test images",
            "bottom row": "noisy row that is shown",
            "twice gives two errors": "fixed seed",
        }
    ),
    "denoise/optimum": by_stem(
        {
            "look smooth": "means over possible",
            "best denoiser of all": "Gaussian data",
            "were cut": "link to the score",
            "wider than its input": "copied along",
        }
    ),
}
