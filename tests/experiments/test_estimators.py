"""The two gradient estimators against quadrature and against the truth."""

import math

import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss

from coursekit.experiments import estimators


@pytest.mark.parametrize(("mu", "sigma"), [(1.0, 1.0), (0.0, 2.0), (-1.5, 0.5)])
def test_closed_form_variances_equal_gauss_hermite_quadrature(mu: float, sigma: float) -> None:
    nodes, weights = hermegauss(20)  # exact for polynomials up to degree 39; these have degree 8
    noise, weight = torch.tensor(nodes), torch.tensor(weights) / math.sqrt(2 * math.pi)
    z = mu + sigma * noise
    gradients = {
        ("pathwise", "mu"): 2 * z,
        ("pathwise", "sigma"): 2 * z * noise,
        ("score", "mu"): z**2 * noise / sigma,
        ("score", "sigma"): z**2 * (noise**2 - 1) / sigma,
    }
    for (method, parameter), gradient in gradients.items():
        mean = (weight * gradient).sum().item()
        variance = (weight * gradient**2).sum().item() - mean**2
        assert mean == pytest.approx(2 * mu if parameter == "mu" else 2 * sigma, abs=1e-9)
        assert estimators.closed_form_variance(method, parameter, mu, sigma) == pytest.approx(variance)


def test_both_estimators_are_unbiased_and_the_score_function_is_noisier() -> None:
    result = estimators.run((0, 1), mu=0.5, sigma=1.2)
    for estimate in result.estimates:
        for mean, variance in zip(estimate.mean, estimate.variance, strict=True):
            assert abs(mean - estimate.true_gradient) < 5 * (variance / result.draws) ** 0.5
            assert variance == pytest.approx(estimate.true_variance, rel=0.15)
    for parameter in ("mu", "sigma"):
        pathwise, score = result.get("pathwise", parameter), result.get("score", parameter)
        assert min(score.variance) > 4 * max(pathwise.variance)


def test_gradients_come_from_autograd_and_match_by_hand() -> None:
    noise = torch.tensor([0.3, -1.1], dtype=torch.float64)
    z = 0.5 + 2 * noise
    pathwise = estimators._one_draw_gradients("pathwise", 0.5, 2.0, noise)
    score = estimators._one_draw_gradients("score", 0.5, 2.0, noise)
    torch.testing.assert_close(pathwise["mu"], 2 * z)
    torch.testing.assert_close(pathwise["sigma"], 2 * z * noise)
    torch.testing.assert_close(score["mu"], z**2 * noise / 2)
    torch.testing.assert_close(score["sigma"], z**2 * (noise**2 - 1) / 2)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="method must be one of pathwise, score; got 'path'"):
        estimators.closed_form_variance("path", "mu", 0.0, 1.0)
    with pytest.raises(ValueError, match="sigma must be a finite number above zero; got 0"):
        estimators.run(sigma=0.0)
    with pytest.raises(ValueError, match="draws must be an int of at least 2; got 1"):
        estimators.run(draws=1)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        estimators.run(())
    with pytest.raises(ValueError, match="method must be pathwise or score"):
        estimators.run((0,), draws=10).get("score", "logvar")
