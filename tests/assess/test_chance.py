"""Margins for draws: the stated rate of false alarms, measured, and the power to see a wrong distribution."""

import math

import numpy as np
import pytest
from scipy import stats

from coursekit.assess.chance import FALSE_ALARM, ks_distance, ks_margin, mean_margin, std_margin

TRIALS, DRAWS = 4000, 400


def _draws(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(TRIALS, DRAWS))


def test_stated_rate_is_below_one_in_a_million() -> None:
    assert FALSE_ALARM <= 1e-6
    assert float(mean_margin(2.0, 100)) == pytest.approx(0.2 * stats.norm.isf(FALSE_ALARM / 2))


@pytest.mark.parametrize("looks", [1, 5])
def test_rate_of_false_alarms_is_kept(looks: int) -> None:
    """At one in twenty a rate can be measured: it must not exceed its bound by more than four errors."""
    rate, draws = 0.05, _draws(looks)
    bound = rate / looks + 4 * math.sqrt(rate / looks / TRIALS)
    means = np.abs(draws.mean(1)) > mean_margin(1.0, DRAWS, looks=looks, rate=rate)
    spreads = np.abs(draws.std(1, ddof=1) - 1) > std_margin(1.0, DRAWS, looks=looks, rate=rate)
    margin = ks_margin(DRAWS, DRAWS, looks=looks, rate=rate)
    pairs = [ks_distance(a, b) > margin for a, b in zip(draws[::2], draws[1::2], strict=True)]
    assert rate / looks / 2 < means.mean() < bound
    assert rate / looks / 2 < spreads.mean() < bound
    assert np.mean(pairs) < bound + 0.01


def test_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = rng.normal(size=rng.integers(5, 60)).round(1), rng.normal(size=rng.integers(5, 60)).round(1)
        assert ks_distance(a, b) == pytest.approx(stats.ks_2samp(a, b).statistic)


def test_margin_is_that_of_the_limit_distribution() -> None:
    n, m = 20_000, 8_000
    exact = stats.kstwobign.isf(FALSE_ALARM) * math.sqrt((n + m) / (n * m))
    assert ks_margin(n, m) == pytest.approx(exact, rel=1e-3)
    assert ks_margin(n, m) >= exact * (1 - 1e-9)


def test_a_wrong_shape_is_seen_though_its_moments_are_right() -> None:
    rng, n = np.random.default_rng(1), 20_000
    uniform = rng.uniform(-math.sqrt(3), math.sqrt(3), n)
    assert abs(uniform.mean()) < mean_margin(1, n)
    assert abs(uniform.std() - 1) < std_margin(1, n)
    assert ks_distance(uniform, rng.normal(size=n)) > 1.5 * ks_margin(n, n)


@pytest.mark.parametrize(("looks", "rate"), [(0, 0.1), (1, 0.0), (1, 1.0)])
def test_senseless_rates_are_refused(looks: int, rate: float) -> None:
    with pytest.raises(ValueError, match="looks must be 1 or more and rate within"):
        ks_margin(10, 10, looks=looks, rate=rate)
    with pytest.raises(ValueError, match="looks must be 1 or more and rate within"):
        mean_margin(1.0, 10, looks=looks, rate=rate)
