"""Active units and the discrepancy of samples against sums written out and closed forms."""

import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit import metrics


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_active_units_count_variances_above_the_threshold() -> None:
    mu = _normal(500, 4) * torch.tensor([1.0, 0.2, 0.05, 0.0], dtype=torch.float64) + 3.0
    variances = np.var(mu.numpy(), axis=0, ddof=1)
    for threshold in (1e-4, 0.01, 0.5, 10.0):
        assert metrics.active_units(mu, threshold) == int((variances > threshold).sum())
    assert metrics.active_units(mu) == 2


def _mmd_by_hand(x: Tensor, y: Tensor, h: float) -> float:
    """Write the double sums of the definition out."""

    def k(a: Tensor, b: Tensor) -> float:
        return math.exp(-float((a - b).square().sum()) / (2 * h * h))

    m, n = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    yy = sum(k(y[i], y[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return xx + yy - 2 * sum(k(a, b) for a in x for b in y) / (m * n)


def test_mmd_equals_its_double_sums() -> None:
    x, y = _normal(7, 3), _normal(5, 3, seed=1) + 0.5
    assert metrics.mmd_squared(x, y, bandwidth=0.7) == pytest.approx(_mmd_by_hand(x, y, 0.7), abs=1e-12)
    pooled = torch.cat([x, y])
    distances = [float((a - b).norm()) for i, a in enumerate(pooled) for b in pooled[:i]]
    median = statistics.median_low(distances)
    assert metrics.mmd_squared(x, y) == pytest.approx(_mmd_by_hand(x, y, median), abs=1e-12)


def test_mmd_is_unbiased_and_has_the_closed_form_of_gaussians() -> None:
    """For N(0, 1) against N(d, 1) and bandwidth h: 2 h / s (1 - exp(-d^2 / 2 s^2)), s^2 = h^2 + 2."""
    h, d = 1.0, 1.0
    s = math.sqrt(h * h + 2)
    want = 2 * h / s * (1 - math.exp(-d * d / (2 * s * s)))
    for shift, value in ((d, want), (0.0, 0.0)):
        draws = [
            metrics.mmd_squared(_normal(50, 1, seed=2 * seed), _normal(40, 1, seed=2 * seed + 1) + shift, h)
            for seed in range(400)
        ]
        error = statistics.stdev(draws) / math.sqrt(len(draws))
        assert abs(statistics.mean(draws) - value) < 4 * error
        # The estimate that keeps the diagonal is off by this much: the test must be able to see it.
        assert 4 * error < (1 - h / s) * (1 / 50 + 1 / 40)


def test_mmd_keeps_its_digits_for_rows_far_from_zero() -> None:
    x, y = _normal(20, 2), _normal(20, 2, seed=1)
    near = metrics.mmd_squared(x, y, bandwidth=1.0)
    assert metrics.mmd_squared(x + 1e5, y + 1e5, bandwidth=1.0) == pytest.approx(near, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.active_units(torch.ones(3)), r"mu must have shape \(N, Z\); got \(3,\)"),
        (lambda: metrics.active_units(torch.ones(1, 3)), "mu must hold at least 2 rows"),
        (lambda: metrics.active_units(torch.ones(2, 3), -1.0), "threshold must be a finite"),
        (
            lambda: metrics.mmd_squared(torch.ones(3, 2), torch.ones(3, 4)),
            r"y must have shape \(N, 2\); got \(3, 4\)",
        ),
        (lambda: metrics.mmd_squared(torch.ones(1, 2), torch.ones(3, 2)), "2 rows; got 1 and 3"),
        (lambda: metrics.mmd_squared(torch.ones(2, 2), torch.ones(3, 2)), "the median distance of"),
        (lambda: metrics.mmd_squared(torch.ones(2, 2), torch.ones(3, 2), 0.0), "bandwidth must be"),
    ],
)
def test_bad_arguments_are_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
