"""Proper and improper scores, locality, the coin, cross-entropy and its parts, the Gaussian as a loss."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from coursekit.experiments import noise_levels, scores
from coursekit.scratch.losses import (
    brier,
    cross_entropy,
    cross_entropy_gradient,
    entropy,
    gaussian_nll,
    kl,
    mse,
    spherical,
)

P3 = np.array([0.2, 0.3, 0.5])


@pytest.mark.parametrize("name", scores.SCORES)
def test_each_score_equals_a_loss_computed_elsewhere(name: str) -> None:
    q = np.random.default_rng(0).dirichlet(np.ones(4), size=6)
    paid = scores.score(name, q)
    for k in range(4):
        for row in range(6):
            one, label = q[row : row + 1], np.array([k])
            away = torch.nn.functional.l1_loss(
                torch.tensor(one), torch.eye(4, dtype=torch.float64)[[k]], reduction="sum"
            )
            told = {
                "log": cross_entropy(np.log(one), label),
                "brier": brier(one, label),
                "spherical": spherical(one, label),
                "linear": away.item() / 2,  # the other classes err together by as much as the true one
            }
            assert paid[row, k] == pytest.approx(told[name], abs=1e-12)


@pytest.mark.parametrize("p", [[0.3, 0.7], [0.05, 0.95], [0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
@pytest.mark.parametrize("name", ["log", "brier", "spherical"])
def test_three_scores_are_proper(name: str, p: list[float]) -> None:
    np.testing.assert_allclose(scores.best_forecast(name, np.array(p)), p, atol=1e-12)
    grid = scores.simplex(len(p), 100)
    excess = scores.expected_score(name, np.array(p), grid) - scores.expected_score(name, np.array(p), p)
    assert (excess[np.abs(grid - p).max(1) > 1e-9] > 0).all()


def test_the_excess_of_log_is_a_kl_and_that_of_brier_a_squared_distance() -> None:
    q = np.array([0.5, 0.1, 0.4])
    excess = {
        name: scores.expected_score(name, P3, q) - scores.expected_score(name, P3, P3)
        for name in scores.SCORES
    }
    assert excess["log"] == pytest.approx(stats.entropy(P3, q))
    assert excess["brier"] == pytest.approx(((P3 - q) ** 2).sum())
    cosine = P3 @ q / np.linalg.norm(P3) / np.linalg.norm(q)
    assert excess["spherical"] == pytest.approx(np.linalg.norm(P3) * (1 - cosine))


def test_the_linear_score_asks_for_a_corner() -> None:
    for p in ([0.4, 0.6], [0.3, 0.3, 0.4]):
        best = scores.best_forecast("linear", np.array(p))
        assert best.argmax() == int(np.argmax(p))
        assert best.max() == pytest.approx(1 - 0.01 * (len(p) - 1))
        assert scores.expected_score("linear", np.array(p), best) < 1 - max(p) + 0.01


def test_only_the_log_score_is_local_and_two_classes_cannot_tell() -> None:
    here, there = np.array([0.5, 0.4, 0.1]), np.array([0.5, 0.25, 0.25])
    moved = {name: abs(scores.score(name, here) - scores.score(name, there))[0] for name in scores.SCORES}
    assert moved["log"] == moved["linear"] == 0
    assert min(moved["brier"], moved["spherical"]) > 0.03
    # With two classes the other probability is 1 - q: a function of q alone, whatever the score.
    q = np.linspace(0.01, 0.99, 99)
    for name in scores.SCORES:
        table = dict(zip(q, scores.score(name, np.column_stack([q, 1 - q]))[:, 0], strict=True))
        assert len(set(table.values())) == 99


def test_coin_errors_equal_a_monte_carlo_and_the_posterior_mode_is_that_of_scipy() -> None:
    result = scores.coin((3, 20), rate=0.6, prior=(3.0, 2.0))
    rng, draws = np.random.default_rng(0), 200_000
    for n, by_likelihood, by_posterior in zip(
        result.tosses, result.likelihood_error, result.posterior_error, strict=True
    ):
        heads = rng.binomial(n, 0.6, draws)
        for error, told in (
            (heads / n - 0.6, by_likelihood),
            ((heads + 2) / (n + 3) - 0.6, by_posterior),
        ):
            assert abs((error**2).mean() - told) < 5.5 * (error**2).std() / math.sqrt(draws)
    grid = np.linspace(0, 1, 100_001)
    assert grid[stats.beta(3 + 3, 2 + 0).pdf(grid).argmax()] == pytest.approx((3 + 2) / (3 + 3), abs=2e-5)


def test_maximum_likelihood_and_posterior_mode_differ_for_three_heads() -> None:
    grid = np.linspace(0, 1, 100_001)
    likelihood = stats.binom.pmf(3, 3, grid)
    assert grid[likelihood.argmax()] == 1.0
    assert grid[(likelihood * stats.beta(2, 2).pdf(grid)).argmax()] == pytest.approx(0.8)
    logit = np.log(grid[1:-1] / (1 - grid[1:-1]))
    density = stats.beta(5, 2).pdf(grid[1:-1]) * np.exp(-logit) / (1 + np.exp(-logit)) ** 2
    assert grid[1:-1][density.argmax()] == pytest.approx(5 / 7, abs=2e-5)  # the mode moves with the variable
    assert scores.coin((3,)).likelihood_error[0] == pytest.approx(0.25 / 3)


def test_cross_entropy_is_entropy_plus_kl_and_kl_is_not_symmetric() -> None:
    q = np.array([0.5, 0.1, 0.4])
    crossed = cross_entropy(np.log(q)[None], P3[None])
    assert crossed == pytest.approx(entropy(P3) + kl(P3, q), abs=1e-12)
    assert kl(P3, q) == pytest.approx(stats.entropy(P3, q))
    assert abs(kl(P3, [0.8, 0.1, 0.1]) - kl([0.8, 0.1, 0.1], P3)) > 0.01
    one_hot = np.array([0.0, 0.0, 1.0])
    assert entropy(one_hot) == 0
    assert cross_entropy(np.log(q)[None], one_hot[None]) == pytest.approx(float(kl(one_hot, q)))


def test_gaussian_loss_is_squared_error_scaled_and_moved() -> None:
    rng = np.random.default_rng(1)
    y, d, sigma = rng.standard_normal(50), rng.standard_normal(50), 0.7
    told = -stats.norm.logpdf(d, loc=y, scale=sigma).mean()
    assert gaussian_nll(y, d, sigma=sigma) == pytest.approx(told)
    affine = mse(y, d) / (2 * sigma**2) + 0.5 * math.log(2 * math.pi * sigma**2)
    assert affine == pytest.approx(told)


def test_weighted_slope_equals_scipy_and_gains_what_theory_says() -> None:
    rng = np.random.default_rng(2)
    x, variance = rng.uniform(1, 2, 9), rng.uniform(0.1, 4, 9)
    d = rng.standard_normal((2, 9))
    for slope, row in zip(noise_levels.weighted_slope(x, d, variance), d, strict=True):
        told = np.linalg.lstsq((x / np.sqrt(variance))[:, None], row / np.sqrt(variance), rcond=None)[0][0]
        assert slope == pytest.approx(told)
    result = noise_levels.run()
    grid = np.arange(1, 61) / 60
    sigma = np.where(np.arange(60) % 2, 1.0, 0.1)
    plain = math.sqrt((grid**2 @ sigma**2) / (grid**2).sum() ** 2)
    weighted = math.sqrt(1 / (grid**2 / sigma**2).sum())
    band = 5.5 / math.sqrt(2 * 400)  # of a standard deviation estimated from 400 draws
    assert all(abs(s / plain - 1) < band for s in result.plain)
    assert all(abs(s / weighted - 1) < band for s in result.weighted)
    # The maximum-likelihood variance is too small by the factor (n - 1)/n.
    assert all(abs(v - 59 / 60) < 5.5 * math.sqrt(2 / 59 / 400) for v in result.variance)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="name must be one of log, brier, spherical, linear; got 'logs'"):
        scores.score("logs", P3)
    with pytest.raises(ValueError, match="q must be above 0 and sum to 1 in each row"):
        scores.score("log", np.array([0.5, 0.6]))
    with pytest.raises(ValueError, match="q must be above 0 and sum to 1 in each row"):
        scores.expected_score("log", P3, np.array([0.0, 0.5, 0.5]))
    with pytest.raises(ValueError, match="classes must be 2 or 3; got 4"):
        scores.simplex(4, 10)
    with pytest.raises(ValueError, match="steps must be an int of at least 3; got 2"):
        scores.simplex(3, 2)
    with pytest.raises(ValueError, match="rate must lie strictly between 0 and 1; got 1"):
        scores.coin(rate=1.0)
    with pytest.raises(ValueError, match="prior must hold two numbers above 1"):
        scores.coin(prior=(1.0, 2.0))
    with pytest.raises(ValueError, match="tosses must hold numbers of at least 1"):
        scores.coin((0,))
    with pytest.raises(ValueError, match=r"variance must have shape \(3,\); got \(2,\)"):
        noise_levels.weighted_slope(P3, P3[None], P3[:2])


def test_a_guard_inside_the_logarithm_is_negative_and_capped() -> None:
    logits = torch.tensor([[0.0, 40.0]], dtype=torch.float64, requires_grad=True)
    probability = logits.softmax(1)[0, 0]
    guarded = -(probability + 1e-8).log()
    (gradient,) = torch.autograd.grad(guarded, logits)
    assert guarded.item() < 18.43
    assert gradient.abs().max().item() < 1e-9
    assert -math.log(1 + 1e-8) < 0
    given = logits.detach().numpy()
    assert cross_entropy(given, [0]) == pytest.approx(40.0)
    np.testing.assert_allclose(cross_entropy_gradient(given, [0]), [[-1.0, 1.0]], atol=1e-12)
