"""The mass of the Bernoulli formula against torch's continuous Bernoulli, and the clipped loss."""

import math

import pytest
import torch
from torch.distributions import ContinuousBernoulli

from coursekit.experiments import likelihood


def test_mass_is_the_inverse_of_the_continuous_bernoulli_constant() -> None:
    p = torch.tensor([0.01, 0.2, 0.499, 0.4999, 0.5, 0.5001, 0.6, 0.95], dtype=torch.float64)
    log_constant = ContinuousBernoulli(p, lims=(0.4999999, 0.5000001)).log_prob(torch.zeros_like(p))
    expected = (1 - p) / log_constant.exp()  # at x = 0 the density is (1 - p) / mass
    torch.testing.assert_close(likelihood.bernoulli_mass(p), expected, rtol=1e-6, atol=0)


def test_mass_is_closed_form_away_from_half_and_smooth_across_it() -> None:
    p = torch.tensor([0.9], dtype=torch.float64)
    assert likelihood.bernoulli_mass(p).item() == pytest.approx(0.8 / math.log(9))
    near = torch.sigmoid(torch.tensor([0.999e-3, 1.001e-3], dtype=torch.float64))
    low, high = likelihood.bernoulli_mass(near).tolist()
    assert low == pytest.approx(high, abs=1e-9)


def test_run_agrees_with_quadrature_and_states_the_floors() -> None:
    result = likelihood.run()
    assert result.mass == pytest.approx(result.numeric, abs=1e-8)
    assert max(result.mass) <= 0.5
    assert result.binary_floor == 0.0
    assert result.grey_floor > 10
    assert 0 < result.grey_share < 1


def test_clipped_loss_hides_how_wrong_a_logit_is() -> None:
    for logit in (20.0, 40.0):
        loss, gradient = likelihood.clipped_loss(logit)
        assert loss == pytest.approx(18.42, abs=0.01)
        assert gradient == 0.0
    loss, gradient = likelihood.clipped_loss(2.0)
    assert loss == pytest.approx(math.log1p(math.exp(2.0)), abs=1e-6)
    assert gradient == pytest.approx(1 / (1 + math.exp(-2.0)), abs=1e-6)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, math.nan])
def test_chances_outside_the_open_interval_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="p must lie strictly between 0 and 1"):
        likelihood.bernoulli_mass(torch.tensor([0.5, bad]))
