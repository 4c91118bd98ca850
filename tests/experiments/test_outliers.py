"""One wrong point, in the target and in the input, and what a skewed target asks of a loss."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from coursekit.experiments import outliers
from coursekit.scratch.losses import (
    absolute_error,
    absolute_error_gradient,
    bce_with_logits_gradient,
    cross_entropy_gradient,
    half_squared_error_gradient,
    huber_gradient,
    mse_gradient,
)


def test_a_wrong_target_moves_least_squares_by_what_the_influence_formula_says() -> None:
    result = outliers.run((0, 1), largest=30.0, fast=True)
    for seed, slopes in zip(result.seeds, result.by_target["squared"], strict=True):
        x, _ = outliers.cloud(seed)
        # The slope is linear in each target: its derivative by d_i is (x_i - mean) / sum of squares.
        influence = (x[-1] - x.mean()) / ((x - x.mean()) ** 2).sum()
        np.testing.assert_allclose(slopes - slopes[0], -influence * result.shifts, atol=1e-10)


def test_absolute_and_huber_hold_against_a_target_but_not_against_an_input() -> None:
    result = outliers.run()
    for loss in ("absolute", "huber"):
        beyond = result.by_target[loss][:, 1:]
        assert np.ptp(beyond, axis=1).max() < 1e-6  # how wrong the target is makes no difference
        assert np.abs(beyond - outliers.SLOPE).max() < 0.15
        assert result.by_input[loss][:, -1].max() < 0.2
    assert result.by_target["squared"][:, -1].max() < 1.0
    assert set(result.clean) == set(outliers.LOSSES)
    assert all(np.abs(slopes - outliers.SLOPE).max() < 0.15 for slopes in result.clean.values())


def test_search_finds_mean_and_median() -> None:
    sample = np.sort(np.random.default_rng(0).exponential(size=1001))
    assert outliers._search("squared", sample) == pytest.approx(sample.mean(), abs=1e-5)
    assert outliers._search("absolute", sample) == pytest.approx(np.median(sample), abs=1e-5)


def test_squared_error_asks_for_the_mean_and_absolute_error_for_the_median() -> None:
    draws = 20_000
    result = outliers.skewed(draws=draws)
    assert (result.mean, result.median) == (pytest.approx(math.exp(0.5)), 1.0)
    spread = math.sqrt((math.e - 1) * math.e / draws)
    density = 1 / math.sqrt(2 * math.pi)  # of the log-normal at its median
    for mean, median in zip(result.squared, result.absolute, strict=True):
        assert abs(mean - result.mean) < 5.5 * spread
        assert abs(median - result.median) < 5.5 * 0.5 / (density * math.sqrt(draws))


def test_the_pull_of_an_error_grows_is_constant_or_is_capped() -> None:
    error, zero = np.array([[0.5, 2.0, 8.0]]), np.zeros((1, 3))
    np.testing.assert_allclose(mse_gradient(error, zero), 2 * error)
    np.testing.assert_allclose(absolute_error_gradient(error, zero), np.sign(error))
    np.testing.assert_allclose(huber_gradient(error, zero, delta=1.0), np.minimum(error, 1.0))


def test_absolute_error_is_the_laplace_likelihood() -> None:
    rng = np.random.default_rng(0)
    y, d, scale = rng.standard_normal(9), rng.standard_normal(9), 0.7
    told = -stats.laplace.logpdf(d, loc=y, scale=scale).mean()
    assert absolute_error(y, d) / scale + math.log(2 * scale) == pytest.approx(told)


def test_three_matched_pairs_share_one_gradient() -> None:
    rng = np.random.default_rng(1)
    u, rows = rng.standard_normal((5, 3)), rng.dirichlet(np.ones(3), size=5)
    logits = torch.tensor(u)
    pairs = (
        (half_squared_error_gradient, logits),
        (bce_with_logits_gradient, torch.sigmoid(logits)),
        (cross_entropy_gradient, logits.softmax(1)),
    )
    for gradient, output in pairs:
        np.testing.assert_allclose(gradient(u, rows), (output.numpy() - rows) / 5, atol=1e-14)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        outliers.run(())
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        outliers.skewed(())
    with pytest.raises(ValueError, match="largest must be a finite number above zero; got -1"):
        outliers.run(largest=-1.0)
    with pytest.raises(ValueError, match="draws must be an int of at least 2; got 1"):
        outliers.skewed(draws=1)
