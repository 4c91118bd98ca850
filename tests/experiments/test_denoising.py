"""Denoising measured: against closed forms, quadrature, scipy, and the audit's wrong training steps."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats
from torch.nn import functional as F

from coursekit.autoencoders import Mixture, fit_wiener, mixture_score, optimal_denoiser
from coursekit.experiments import denoise_race, denoise_score, denoise_traps, denoise_types
from coursekit.experiments.bench import seeded
from coursekit.noise import corruption, masking, salt_and_pepper

Z = 4.9  # two-sided false alarms of a normal estimate below 1e-6


def test_error_is_that_of_torch() -> None:
    a, b = torch.rand(2, 5, 7, generator=seeded(0), dtype=torch.float64)
    assert denoise_race.mse(a, b) == pytest.approx(F.mse_loss(a, b).item(), rel=1e-12)
    with pytest.raises(ValueError, match=r"outputs must have shape \(5, 7\)"):
        denoise_race.mse(a[:, :6], b)


def test_mean_filter_is_that_of_scipy() -> None:
    x = torch.rand(3, 64, generator=seeded(1), dtype=torch.float64)
    wanted = [ndimage.uniform_filter(image, 3, mode="nearest") for image in x.reshape(3, 8, 8).numpy()]
    np.testing.assert_allclose(denoise_race.mean_filter(x, 8).reshape(3, 8, 8), wanted, atol=1e-12)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 49\)"):
        denoise_race.mean_filter(x, 7)


def test_every_model_meets_the_same_noise() -> None:
    noise = corruption("gaussian", sigma=0.4)
    first, again = denoise_race.noisy_test(noise), denoise_race.noisy_test(noise)
    assert torch.equal(first, again)
    left = (first - denoise_race.digits_grey().x_test).double()
    assert abs(left.std().item() - 0.4) < Z * 0.4 / (2 * left.numel()) ** 0.5


def test_filters_of_the_race_by_numpy() -> None:
    result = denoise_race.run((0,), widths=(4,), epochs=1)
    split = denoise_race.digits_grey()
    x, y = split.x_train.double().numpy(), split.x_test.double().numpy()
    noisy = denoise_race.noisy_test(corruption("gaussian", sigma=0.4)).double().numpy()
    cov = np.cov(x.T, bias=True)
    gain = cov @ np.linalg.inv(cov + 0.16 * np.eye(64))
    assert result.wiener == pytest.approx(
        (((noisy - x.mean(0)) @ gain.T + x.mean(0) - y) ** 2).mean(), rel=1e-3
    )
    basis = np.linalg.eigh(cov)[1][:, -32:]
    assert result.pca == pytest.approx(
        (((noisy - x.mean(0)) @ basis @ basis.T + x.mean(0) - y) ** 2).mean(), rel=1e-3
    )
    assert result.noisy == pytest.approx(((noisy - y) ** 2).mean(), rel=1e-4)


@pytest.mark.slow
def test_the_bad_copier_cleans_better_and_a_wide_one_beats_the_filter() -> None:
    result = denoise_race.run((0, 1), widths=(32, 128))
    assert (result.denoiser < 0.5 * result.plain).all()
    assert (result.denoiser < result.wiener).all()
    assert (result.denoiser_clean > 2 * result.plain_clean).all()
    assert (result.plain[:, 1] > result.plain[:, 0]).all()  # the wider, the better it copies noise
    assert result.wiener < 0.5 * min(result.mean_filter, result.pca, result.noisy)


def test_budget_ends_where_the_race_does() -> None:
    rows = denoise_race.budget((3,), epochs=3)
    noise = corruption("gaussian", sigma=0.4)
    model = denoise_race.trained(3, 32, noise, epochs=3)
    clean = denoise_race.digits_grey().x_test
    assert rows.shape == (1, 3)
    assert rows[0, -1].item() == pytest.approx(
        denoise_race.mse(model.reconstruct(denoise_race.noisy_test(noise)), clean), rel=1e-5
    )
    assert (rows.diff() < 0).all()


@pytest.mark.slow
def test_each_noise_is_removed_best_by_the_network_that_saw_it() -> None:
    result = denoise_types.run((0, 1))
    own = result.errors.diagonal(dim1=1, dim2=2)
    assert (result.errors >= own[:, None, :]).all()
    assert (result.errors[:, 1, 0] > 3 * own[:, 0]).all()  # masks do not teach Gaussian noise
    assert (own < 0.4 * result.nothing).all()


def test_share_of_pixels_that_change() -> None:
    x = torch.zeros(100, 100, dtype=torch.float64)
    x[:, :20] = 0.7
    share = denoise_types.changed(x, corruption("masking", p=0.3))
    assert abs(share - 0.06) < Z * (0.3 * 0.7 * 2000) ** 0.5 / 10_000
    assert denoise_types.changed(x, corruption("masking", p=1.0)) == pytest.approx(0.2)
    assert denoise_types.changed(torch.zeros(1, 1, 4, 4), corruption("blur", sigma=1.0)) == 0.0


def test_moments_of_masks_and_of_salt_and_pepper() -> None:
    n, p, x = 200_000, 0.3, 0.8
    pixel = torch.full((n,), x, dtype=torch.float64)
    masked, salted = masking(pixel, p, generator=seeded(2)), salt_and_pepper(pixel, p, generator=seeded(3))
    law = stats.rv_discrete(values=([0, 1], [p, 1 - p]))
    assert abs(masked.mean().item() - x * law.mean()) < Z * x * law.std() / n**0.5
    assert masked.var().item() == pytest.approx(x**2 * law.var(), rel=0.02)
    three = stats.rv_discrete(values=([0, 1, 2], [p / 2, 1 - p, p / 2]))
    values = np.array([0.0, x, 1.0])
    mean = float((three.pmf([0, 1, 2]) * values).sum())
    assert mean == pytest.approx((1 - p) * x + p / 2)
    spread = float((three.pmf([0, 1, 2]) * (values - mean) ** 2).sum()) ** 0.5
    assert abs(salted.mean().item() - mean) < Z * spread / n**0.5


@pytest.mark.parametrize("sigma", [0.1, 0.3])
def test_clamped_noise_by_quadrature(sigma: float) -> None:
    found = denoise_traps.clamped(sigma)
    grid = np.linspace(0, 1, 20_001)
    density = stats.norm(0, sigma).pdf(grid)
    over = stats.norm(0, sigma).sf(1)
    mean, square = np.trapezoid(grid * density, grid) + over, np.trapezoid(grid**2 * density, grid) + over
    assert abs(found.mean - mean) < Z * sigma / 200_000**0.5
    assert found.square == pytest.approx(square, rel=0.03)
    assert found.mean_formula == pytest.approx(mean, rel=1e-3)
    assert found.square_formula == pytest.approx(square, rel=5e-3)


def _law() -> Mixture:
    two = denoise_score.MIXTURE
    return Mixture(*(part.double() for part in two))


def test_draws_have_the_moments_of_the_mixture() -> None:
    n = 40_000
    points = denoise_score.draw(_law(), n, generator=seeded(4))
    # Means cancel; each coordinate has the variance 1 + 0.04, and the two share the variance 1.
    assert points.mean(0).abs().max() < Z * (1.04 / n) ** 0.5
    covariance = points.T.cov()
    torch.testing.assert_close(
        covariance, torch.tensor([[1.04, 1.0], [1.0, 1.04]]).double(), rtol=0, atol=0.03
    )


def test_error_splits_into_distance_to_the_optimum_and_its_own_error() -> None:
    law, sigma, n = _law(), 0.5, 40_000
    clean = denoise_score.draw(law, n, generator=seeded(5))
    noisy = clean + sigma * torch.randn(n, 2, generator=seeded(6), dtype=torch.float64)
    best = optimal_denoiser(noisy, law, sigma)
    for other in (noisy, fit_wiener(clean, sigma).denoise(noisy), best.tanh()):
        left = (other - clean).square().sum(1)
        parts = (other - best).square().sum(1) + (best - clean).square().sum(1)
        gap = left - parts
        assert gap.mean().abs() < Z * gap.std() / n**0.5


def test_error_of_the_filter_is_that_of_draws() -> None:
    x = denoise_race.digits_grey().x_train.double()
    linear = fit_wiener(x, 0.4)
    noisy = x + 0.4 * torch.randn(x.shape, generator=seeded(7), dtype=torch.float64)
    errors = (linear.denoise(noisy) - x).square().sum(1)
    assert abs(errors.mean().item() - linear.error) < Z * errors.std().item() / len(x) ** 0.5


def test_score_is_the_slope_of_the_smoothed_density() -> None:
    law, sigma = Mixture(*(part[:, :1] if part.ndim == 2 else part[..., :1, :1] if part.ndim == 3 else part
                           for part in _law())), 0.5  # fmt: skip
    grid = np.linspace(-8, 8, 16_001)
    clean = sum(0.5 * stats.norm(m, 0.2).pdf(grid) for m in (-1.0, 1.0))

    def log_smoothed(at: float) -> float:
        return math.log(np.trapezoid(clean * stats.norm(at, sigma).pdf(grid), grid))

    for at in (-1.7, -0.4, 0.1, 0.9, 2.2):
        slope = (log_smoothed(at + 1e-4) - log_smoothed(at - 1e-4)) / 2e-4
        own = mixture_score(torch.tensor([[at]], dtype=torch.float64), law, sigma).item()
        assert own == pytest.approx(slope, abs=1e-5)


def test_trained_arrows_are_scores() -> None:
    result = denoise_score.run((0,), sigmas=(0.5,))
    assert result.cosine.item() > 0.98
    assert result.gap.item() < 0.03
    assert 0.95 < result.excess.item() < 1.1


def test_flow_of_one_gaussian_shrinks_each_point_as_the_closed_form_says() -> None:
    one = Mixture(
        torch.ones(1).double(), torch.full((1, 2), 3.0).double(), 0.25 * torch.eye(2).double()[None]
    )
    sigmas = torch.logspace(1, -2, 2001, dtype=torch.float64)
    path = denoise_score.generate(one, sigmas, 50, generator=seeded(8))
    # dx / dsigma = sigma (x - m) / (s^2 + sigma^2): (x - m) keeps its ratio to sqrt(s^2 + sigma^2).
    ratio = ((0.25 + sigmas[-1] ** 2) / (0.25 + sigmas[0] ** 2)) ** 0.5
    torch.testing.assert_close(path[-1], 3 + (path[0] - 3) * ratio, rtol=0, atol=0.02)
    with pytest.raises(ValueError, match="sigmas must fall and stay above 0"):
        denoise_score.generate(one, sigmas.flip(0), 5, generator=seeded(0))


def test_wrong_steps_do_what_the_audit_measured() -> None:
    result = denoise_traps.run((0,), epochs=12)
    noisy, clean = result.noisy, result.clean
    assert (noisy["noisy target"] > 1.5 * noisy["right"]).all()
    assert (clean["noisy target"] < clean["right"]).all()  # judged on clean digits the wrong one wins
    assert (noisy["no noise"] > 1.3 * noisy["right"]).all()
    assert (noisy["in place"] > noisy["noisy target"]).all()
    # Twelve independent layers of noise on each pixel.
    assert result.drift["in place"].item() == pytest.approx(12 * 0.16, rel=0.03)
    assert all(result.drift[name].abs().max() == 0 for name in ("right", "noisy target", "no noise"))


def test_denoised_row_fed_with_clean_digits_flatters() -> None:
    noise = corruption("gaussian", sigma=0.4)
    model = denoise_race.trained(0, 32, noise, epochs=12)
    clean = denoise_race.digits_grey().x_test
    fed_noisy = denoise_race.mse(model.denoise(denoise_race.noisy_test(noise)), clean)
    assert denoise_race.mse(model.denoise(clean), clean) < 0.8 * fed_noisy


def test_runs_need_a_seed() -> None:
    for run in (
        denoise_race.run,
        denoise_race.budget,
        denoise_types.run,
        denoise_score.run,
        denoise_traps.run,
    ):
        with pytest.raises(ValueError, match="at least one seed"):
            run(())
