"""The monitor's false alarms against combinatorics and simulation, its windows against a loop."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit.ship import Monitor, window_alarm_rate
from tests.ship import toy


def _draw(n: int, seed: int) -> Tensor:
    """Return skewed scores, as reconstruction errors are."""
    return torch.randn(n, generator=toy.generator(seed), dtype=torch.float64).exp()


@pytest.mark.parametrize(("n", "w"), [(3, 4), (5, 3), (6, 6)])
def test_rate_counts_the_orders_in_which_two_samples_may_mix(n: int, w: int) -> None:
    """Without drift every choice of places for the window among all n + w is as likely as any other."""
    for r in range(1, n + 1):
        for k in range(1, w + 1):
            above = 0
            for chosen in combinations(range(n + w), w):
                rest = [place for place in range(n + w) if place not in chosen]
                above += chosen[k - 1] > rest[r - 1]
            assert window_alarm_rate(n, r, w, k) == pytest.approx(above / math.comb(n + w, w), abs=1e-12)


@pytest.mark.parametrize(("n", "window", "quantile", "rate"), [
    (200, 20, 0.5, 0.01), (500, 50, 0.9, 0.02), (100, 1, 0.5, 0.05),
])  # fmt: skip
def test_one_look_raises_as_many_false_alarms_as_stated(
    n: int, window: int, quantile: float, rate: float
) -> None:
    draws, alarms = 2000, 0
    for index in range(draws):
        monitor = Monitor(_draw(n, 2 * index), window=window, quantile=quantile, rate=rate)
        alarms += bool(monitor.observe(_draw(window, 2 * index + 1))[-1])
    assert monitor.rate <= rate
    # The largest rank that is too low would have been above the rate.
    assert window_alarm_rate(n, monitor.rank - 1, window, monitor.window_rank) > rate
    assert abs(alarms / draws - monitor.rate) < 5 * math.sqrt(monitor.rate * (1 - monitor.rate) / draws)


def test_long_streams_see_the_rate_at_every_look() -> None:
    """Looks of one stream depend on each other, so the error bar is taken over streams."""
    shares = []
    for index in range(300):
        monitor = Monitor(_draw(200, 2 * index), window=20, quantile=0.5, rate=0.05)
        shares.append(monitor.observe(_draw(300, 2 * index + 1))[19:].double().mean().item())
    assert abs(np.mean(shares) - monitor.rate) < 5 * np.std(shares, ddof=1) / math.sqrt(len(shares))


def test_alarms_are_those_of_a_loop_however_the_stream_is_cut() -> None:
    reference, stream = _draw(300, 0), torch.cat([_draw(60, 1), 3 * _draw(60, 2)])
    whole = Monitor(reference, window=15, quantile=0.8, rate=0.05)
    found = whole.observe(stream)
    limit = np.sort(reference.numpy())[whole.rank - 1]
    for index in range(len(stream)):
        last = np.sort(stream[max(0, index - 14) : index + 1].numpy())
        assert bool(found[index]) == (index >= 14 and last[math.ceil(0.8 * 15) - 1] > limit)
    # In floating point 0.14 * 50 is above 7.
    assert Monitor(reference, window=50, quantile=0.14).window_rank == 7
    pieces = Monitor(reference, window=15, quantile=0.8, rate=0.05)
    cut = [pieces.observe(part) for part in torch.split(stream, [1, 0, 13, 7, 50, 49])]
    assert torch.equal(torch.cat(cut), found)
    assert pieces.level() == whole.level() == np.sort(stream[-15:].numpy())[11]


def test_drift_is_found_soon_and_one_outlier_is_not_drift() -> None:
    monitor = Monitor(_draw(500, 0), window=20, quantile=0.5, rate=0.001)
    quiet = _draw(100, 1)
    quiet[50] = 1e6
    assert not monitor.observe(quiet).any()
    assert bool(monitor.observe(4 * _draw(20, 2)).any())


def test_ties_only_lower_the_rate() -> None:
    alarms, draws = 0, 2000
    for index in range(draws):
        monitor = Monitor(_draw(100, 2 * index).round(), window=10, quantile=0.5, rate=0.05)
        alarms += bool(monitor.observe(_draw(10, 2 * index + 1).round())[-1])
    assert alarms / draws < monitor.rate + 5 * math.sqrt(monitor.rate * (1 - monitor.rate) / draws)


def test_caller_keeps_the_scores_and_may_change_them() -> None:
    reference, scores = _draw(100, 0), _draw(30, 1)
    before = reference.clone(), scores.clone()
    monitor = Monitor(reference, window=10, quantile=0.5)
    monitor.observe(scores)
    assert torch.equal(reference, before[0])
    assert torch.equal(scores, before[1])
    level = monitor.level()
    scores.zero_()
    assert monitor.level() == level


def test_bad_arguments_are_named() -> None:
    x = _draw(100, 0)
    with pytest.raises(ValueError, match="reference must hold at least one score; got none"):
        Monitor(x[:0])
    with pytest.raises(ValueError, match="quantile must lie between 0 and 1, both excluded; got 1"):
        Monitor(x, quantile=1.0)
    with pytest.raises(TypeError, match="rate must be a number between 0 and 1"):
        Monitor(x, rate="low")  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"100 reference scores and window 1 reach a false-alarm rate of 0\.0099 at best"
    ):
        Monitor(x, window=1, quantile=0.5, rate=0.001)
    monitor = Monitor(x, window=10)
    with pytest.raises(ValueError, match="scores must be finite"):
        monitor.observe(torch.tensor([math.nan]))
    monitor.observe(x[:3])
    with pytest.raises(ValueError, match="the window holds 10 scores; got 3 so far"):
        monitor.level()
    with pytest.raises(ValueError, match="rank must be at most 5; got 6"):
        window_alarm_rate(5, 6, 2, 1)
    with pytest.raises(ValueError, match="window_rank must be at most 2; got 3"):
        window_alarm_rate(5, 5, 2, 3)
