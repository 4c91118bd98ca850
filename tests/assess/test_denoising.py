"""The references of the denoising assignment against torch, scipy and quadrature."""

import numpy as np
import pytest
import torch
from scipy import stats

from coursekit.assess import check, exercise, exercises
from coursekit.assess.workshop import _denoising_reference as reference

OWN = [task for task in exercises() if task.id.startswith("denoising/")]


def test_noise_passes_a_test_of_normality_and_salt_a_test_of_counts() -> None:
    x = np.random.default_rng(0).uniform(0.2, 0.8, (200, 100))
    added = reference.add_noise(x, 0.4, np.random.default_rng(1)) - x
    assert stats.kstest(added.ravel(), stats.norm(0, 0.4).cdf).pvalue > 1e-6
    noisy = reference.salt_and_pepper(x, 0.3, np.random.default_rng(2))
    counts = [(noisy == 0).sum(), (noisy == 1).sum(), (noisy == x).sum()]
    assert sum(counts) == x.size
    assert stats.chisquare(counts, x.size * np.array([0.15, 0.15, 0.7])).pvalue > 1e-6


def test_loss_is_that_of_torch() -> None:
    rng = np.random.default_rng(3)
    x, noise, weights = rng.random((6, 5)), rng.normal(size=(6, 5)), rng.normal(size=(5, 5))
    own = reference.denoising_loss(x, lambda rows: rows + noise, lambda rows: rows @ weights)
    outputs = torch.from_numpy((x + noise) @ weights)
    wanted = torch.nn.functional.mse_loss(outputs, torch.from_numpy(x), reduction="sum").item() / 6
    assert own == pytest.approx(wanted, rel=1e-12)


def test_filter_is_the_posterior_mean_of_a_normal_law() -> None:
    rng = np.random.default_rng(4)
    clean, sigma = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3)) + 2, 0.7
    noisy = clean[:4] + sigma * rng.normal(size=(4, 3))
    prior = np.linalg.inv(np.cov(clean.T, bias=True))
    posterior = np.linalg.inv(prior + np.eye(3) / sigma**2)
    wanted = [posterior @ (prior @ clean.mean(0) + y / sigma**2) for y in noisy]
    np.testing.assert_allclose(reference.wiener_filter(clean, noisy, sigma), wanted, rtol=1e-9)


def test_score_is_the_slope_of_the_log_density() -> None:
    values, sigma = np.array([-1.0, 0.5, 3.0]), 0.8
    y = np.linspace(-3, 4, 15)
    _, score = reference.best_denoiser(y, values, sigma)

    def log_density(at: np.ndarray) -> np.ndarray:
        return np.log(stats.norm(values, sigma).pdf(at[:, None]).mean(1))

    slope = (log_density(y + 1e-5) - log_density(y - 1e-5)) / 2e-5
    np.testing.assert_allclose(score, slope, rtol=1e-5, atol=1e-7)
    far, _ = reference.best_denoiser(np.array([-300.0, 300.0]), values, sigma)
    np.testing.assert_allclose(far, [-1.0, 3.0])


def test_the_mean_is_earned_without_the_score() -> None:
    def unfinished(y: np.ndarray, values: np.ndarray, sigma: float) -> tuple:
        return reference.best_denoiser(y, values, sigma)[0], None

    assert "2 of 3 points" in str(check("denoising/best-denoiser", unfinished))


def test_right_noise_passes_for_many_seeds() -> None:
    for name in ("add-noise", "salt-and-pepper"):
        task = exercise(f"denoising/{name}")
        assert all(check(task.id, task.reference(), seed=seed).passed for seed in range(40))


@pytest.mark.parametrize("odd", [None, 3, "x", np.zeros((2, 2)), [1.0], (None, None)])
def test_odd_answers_are_wrong_and_crash_nothing(odd: object) -> None:
    for task in OWN:
        assert not check(task.id, lambda *_, odd=odd: odd).passed
