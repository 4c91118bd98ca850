"""Drift measures against scipy's entropies, curves counted by hand, and samples in which nothing drifts."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit.ship import column_drift, ks_test, psi, psi_threshold
from tests.ship import toy


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=toy.generator(seed), dtype=torch.float64)


@pytest.mark.parametrize("bins", [2, 5, 10])
def test_index_is_the_sum_of_both_divergences(bins: int) -> None:
    from scipy.stats import entropy

    old, new = _normal(300), 1.3 * _normal(200, seed=1) + 0.2
    edges = np.quantile(old.numpy(), np.arange(1, bins) / bins)
    shares = []
    for sample in (old.numpy(), new.numpy()):
        place = np.searchsorted(edges, sample, side="left")
        counts = np.array([(place == b).sum() for b in range(bins)]) + 0.5
        shares.append(counts / counts.sum())
    want = entropy(shares[0], shares[1]) + entropy(shares[1], shares[0])
    assert psi(old, new, bins=bins) == pytest.approx(want, rel=1e-12)


def test_index_is_zero_for_the_same_sample_and_finite_for_a_foreign_one() -> None:
    x = _normal(100)
    assert psi(x, x) == 0.0
    far = psi(x, x + 100)
    assert math.isfinite(far)
    assert far > psi(x, x + 1) > psi_threshold(100, 100, rate=1e-4)


def test_ties_make_fewer_bins_and_no_error() -> None:
    x = torch.tensor([0.0] * 90 + [1.0] * 10)
    assert psi(x, x) == 0.0
    assert psi(x, 1 - x) > 1
    # One value only: what is left is the difference of the halves added to the empty bin above it.
    assert psi(torch.zeros(5), torch.zeros(9)) < 0.1 * psi_threshold(5, 9)
    assert psi(torch.zeros(50), torch.ones(50)) > psi_threshold(50, 50, rate=1e-6)


@pytest.mark.parametrize(("n", "m", "bins"), [(2000, 500, 10), (400, 400, 5)])
def test_threshold_of_the_index_keeps_its_rate(n: int, m: int, bins: int) -> None:
    """The law is a limit: within a tenth of the rate and five standard errors; the mean sees the degrees."""
    draws = 2000
    values = torch.tensor(
        [psi(_normal(n, seed=2 * i), _normal(m, seed=2 * i + 1), bins=bins) for i in range(draws)],
        dtype=torch.float64,
    )
    for rate in (0.5, 0.05):
        share = float((values > psi_threshold(n, m, bins=bins, rate=rate)).double().mean())
        assert abs(share - rate) < 0.1 * rate + 5 * math.sqrt(rate * (1 - rate) / draws)
    scaled = values / (1 / n + 1 / m)
    assert abs(float(scaled.mean()) - (bins - 1)) < 0.02 * bins + 5 * float(scaled.std()) / math.sqrt(draws)
    median = psi_threshold(n, m, bins=bins, rate=0.5) / (1 / n + 1 / m)
    # The median of chi-squared lies about two thirds below its degrees of freedom.
    assert abs(median - (bins - 1 - 2 / 3)) < 0.05


def test_a_fixed_limit_means_nothing_without_the_sizes() -> None:
    small = sum(psi(_normal(100, seed=2 * i), _normal(100, seed=2 * i + 1)) > 0.1 for i in range(200))
    large = sum(psi(_normal(5000, seed=2 * i), _normal(5000, seed=2 * i + 1)) > 0.1 for i in range(50))
    assert small > 120
    assert large == 0


def test_gap_is_that_of_the_curves_counted_by_hand() -> None:
    x, y = _normal(40), _normal(25, seed=1) + 0.3
    gap = max(abs(float((x <= t).double().mean() - (y <= t).double().mean())) for t in torch.cat([x, y]))
    assert ks_test(x, y).statistic == pytest.approx(gap, abs=1e-12)


def test_p_value_is_the_share_of_larger_gaps_among_shuffled_samples() -> None:
    x, y, shuffles = _normal(12), _normal(10, seed=1) + 0.8, 4000
    pooled, found = torch.cat([x, y]), ks_test(x, y)
    grid = torch.sort(pooled).values
    gaps = []
    for index in range(shuffles):
        mixed = pooled[torch.randperm(22, generator=toy.generator(index))]
        below = (mixed[None] <= grid[:, None]).double()
        gaps.append(float((below[:, :12].mean(1) - below[:, 12:].mean(1)).abs().max()))
    share = float((torch.tensor(gaps) >= found.statistic - 1e-9).double().mean())
    assert abs(share - found.p_value) < 5 * math.sqrt(found.p_value * (1 - found.p_value) / shuffles)


def test_columns_hold_the_rate_together_and_find_the_one_that_moved() -> None:
    rate, draws, width = 0.1, 300, 4
    alarms = 0
    for i in range(draws):
        # Columns that depend on each other: the rate must hold all the same.
        table, new = (
            _normal(60, width, seed=2 * i + k) + _normal(60, 1, seed=9000 + 2 * i + k) for k in (0, 1)
        )
        alarms += bool(column_drift(table, new, rate=rate).drifted.any())
    assert alarms / draws < rate + 5 * math.sqrt(rate * (1 - rate) / draws)
    table, new = _normal(200, width), _normal(200, width, seed=1)
    new[:, 2] += 1
    found = column_drift(table, new)
    assert found.drifted.tolist() == [False, False, True, False]
    for column in range(width):
        alone = ks_test(table[:, column], new[:, column])
        assert (found.statistics[column].item(), found.p_values[column].item()) == alone


def test_bad_arguments_are_named() -> None:
    x = _normal(20)
    with pytest.raises(ValueError, match="reference must hold at least one number; got none"):
        psi(x[:0], x)
    with pytest.raises(ValueError, match="x must be finite; got 1 NaN"):
        ks_test(x, torch.tensor([math.nan]))
    with pytest.raises(ValueError, match="bins must be an int of at least 2; got 1"):
        psi(x, x, bins=1)
    with pytest.raises(ValueError, match="rate must lie between 0 and 1, both excluded; got 0"):
        psi_threshold(10, 10, rate=0)
    with pytest.raises(ValueError, match=r"x must have shape \(M, 2\); got \(5, 3\)"):
        column_drift(torch.zeros(4, 2), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="reference must hold at least one column"):
        column_drift(torch.zeros(4, 0), torch.zeros(5, 0))
    with pytest.raises(ValueError, match=r"reference must have shape \(N,\); got \(4, 2\)"):
        ks_test(torch.zeros(4, 2), x)
