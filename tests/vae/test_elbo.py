"""The bound's parts against independent oracles: torch.distributions, quadrature, autograd, Monte Carlo."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from coursekit.vae import bernoulli_nll, gaussian_nll, kl_standard_normal, negative_elbo, reparameterize

AUDIT_MU = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64)
AUDIT_LOGVAR = torch.tensor([[0.0, 1.0, -2.0]], dtype=torch.float64)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


# KL


def test_kl_equals_torch_distributions() -> None:
    mu, logvar = draw(50, 7), 2 * draw(50, 7, seed=1)
    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    torch.testing.assert_close(kl_standard_normal(mu, logvar), kl_divergence(q, p), rtol=1e-12, atol=1e-12)


def test_kl_equals_numeric_integration() -> None:
    z = torch.linspace(-30, 30, 200_001, dtype=torch.float64)
    total = 0.0
    for mu, logvar in zip(AUDIT_MU[0], AUDIT_LOGVAR[0], strict=True):
        q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(torch.zeros(()).double(), torch.ones(()).double())
        total += torch.trapezoid(q.log_prob(z).exp() * (q.log_prob(z) - p.log_prob(z)), z).item()
    assert kl_standard_normal(AUDIT_MU, AUDIT_LOGVAR).item() == pytest.approx(total, abs=1e-9)


def test_kl_of_audit_point_and_of_its_mutants() -> None:
    right = kl_standard_normal(AUDIT_MU, AUDIT_LOGVAR).item()
    assert right == pytest.approx(3.55181, abs=5e-6)
    mu, logvar = AUDIT_MU, AUDIT_LOGVAR
    no_half = -(1 + logvar - mu**2 - logvar.exp()).sum().item()  # M-2
    std_for_variance = -0.5 * (1 + logvar - mu**2 - (0.5 * logvar).exp()).sum().item()  # M-5
    assert no_half == pytest.approx(7.10362, abs=5e-6)
    assert std_for_variance == pytest.approx(3.1333, abs=5e-5)


def test_kl_is_zero_at_the_prior_only_and_convex_in_logvar() -> None:
    zero = torch.zeros(1, 1, dtype=torch.float64)
    values = [kl_standard_normal(zero, zero + v).item() for v in (-1.0, 0.0, 1.0)]
    assert values[1] == 0.0
    assert values[0] > 0
    assert values[2] > 0


def test_kl_keeps_its_digits_near_the_prior() -> None:
    # To second order KL = logvar^2 / 4; exp(logvar) - 1 - logvar loses every digit of it in float32.
    logvar = torch.full((1, 1), 1e-4)
    naive = 0.5 * (logvar.exp() - 1 - logvar).item()
    assert kl_standard_normal(torch.zeros(1, 1), logvar).item() == pytest.approx(2.5e-9, rel=0.05)
    assert naive != pytest.approx(2.5e-9, rel=0.05)


def test_kl_gradient_passes_gradcheck() -> None:
    mu, logvar = draw(3, 2).requires_grad_(), draw(3, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(kl_standard_normal, (mu, logvar))


def test_kl_sums_over_latents_and_leaves_the_batch_alone() -> None:
    mu, logvar = draw(4, 3), draw(4, 3, seed=1)
    doubled = kl_standard_normal(torch.cat([mu, mu], 1), torch.cat([logvar, logvar], 1))
    torch.testing.assert_close(doubled, 2 * kl_standard_normal(mu, logvar))
    assert kl_standard_normal(mu, logvar).shape == (4,)


# Reparameterisation


def test_reparameterize_has_the_right_moments() -> None:
    n = 200_000
    mu = torch.tensor([1.0, -2.0], dtype=torch.float64).expand(n, 2)
    logvar = torch.tensor([0.0, math.log(4.0)], dtype=torch.float64).expand(n, 2)
    z = reparameterize(mu, logvar, generator=generator())
    sigma = torch.exp(0.5 * logvar[0])
    assert ((z.mean(0) - mu[0]).abs() < 4 * sigma / n**0.5).all()
    assert ((z.var(0) / sigma**2 - 1).abs() < 4 * (2 / n) ** 0.5).all()
    assert abs(torch.corrcoef(z.T)[0, 1].item()) < 4 / n**0.5


def test_reparameterize_gradient_of_second_moment_is_closed_form() -> None:
    # d/dmu E[z^2] = 2 mu and d/dsigma E[z^2] = 2 sigma; by the chain rule d/dlogvar = sigma^2.
    n, mu0, sigma0 = 400_000, 0.7, 1.5
    mu = torch.tensor(mu0, dtype=torch.float64, requires_grad=True)
    logvar = torch.tensor(2 * math.log(sigma0), dtype=torch.float64, requires_grad=True)
    z = reparameterize(mu.expand(n, 1), logvar.expand(n, 1), generator=generator(3))
    by_mu, by_logvar = torch.autograd.grad(z.square().mean(), (mu, logvar))
    assert abs(by_mu.item() - 2 * mu0) < 4 * 2 * sigma0 / n**0.5
    spread = sigma0 * math.sqrt(mu0**2 + 2 * sigma0**2)  # standard deviation of z * sigma * noise
    assert abs(by_logvar.item() - sigma0**2) < 4 * spread / n**0.5


def test_reparameterize_gradient_matches_finite_differences_with_fixed_noise() -> None:
    mu, logvar = draw(2, 3).requires_grad_(), draw(2, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda m, v: reparameterize(m, v, generator=generator(5)), (mu, logvar))


def test_reparameterize_draws_fresh_noise_from_the_generator_only() -> None:
    mu, logvar, g = torch.zeros(2, 3), torch.zeros(2, 3), generator()
    before = torch.get_rng_state()
    first, second = reparameterize(mu, logvar, generator=g), reparameterize(mu, logvar, generator=g)
    assert not torch.equal(first, second)
    torch.testing.assert_close(first, reparameterize(mu, logvar, generator=generator()), rtol=0, atol=0)
    assert torch.equal(before, torch.get_rng_state())


def test_reparameterize_does_not_overflow_where_the_root_of_exp_does() -> None:
    # 000-D-VAE-8: at logvar 100 the root of exp is inf in float32, exp of the half is 5.2e21.
    logvar = torch.full((1, 1), 100.0)
    noise = torch.randn(1, 1, generator=generator())
    z = reparameterize(torch.zeros(1, 1), logvar, generator=generator())
    assert (z / noise).item() == pytest.approx(5.1847e21, rel=1e-4)
    assert torch.sqrt(torch.exp(logvar)).isinf().all()


# Likelihoods


def test_bernoulli_nll_equals_torch_functional_and_distributions() -> None:
    logits, x = 4 * draw(20, 9), (draw(20, 9, seed=1) > 0).double()
    nll = bernoulli_nll(logits, x)
    twin = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    torch.testing.assert_close(nll, twin, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(nll, -Independent(Bernoulli(logits=logits), 1).log_prob(x))


def test_bernoulli_nll_neither_caps_nor_loses_its_gradient() -> None:
    # 000-D-GEN-8: log(p + 1e-8) stops at 18.42 with gradient 0; right are 20 and 40 with gradient 1.
    for logit in (20.0, 40.0):
        a = torch.full((1, 1), logit, requires_grad=True)
        loss = bernoulli_nll(a, torch.zeros(1, 1)).sum()
        (gradient,) = torch.autograd.grad(loss, a)
        assert loss.item() == pytest.approx(logit, abs=1e-5)
        assert gradient.item() == pytest.approx(1.0, abs=1e-6)
        b = torch.full((1, 1), logit, requires_grad=True)
        clipped = -torch.log(1 - torch.sigmoid(b) + 1e-8).sum()
        (dead,) = torch.autograd.grad(clipped, b)
        assert clipped.item() == pytest.approx(18.42, abs=0.01)
        assert dead.item() == 0.0


def test_bernoulli_nll_gradient_is_sigmoid_minus_x() -> None:
    logits, x = draw(5, 4).requires_grad_(), (draw(5, 4, seed=1) > 0).double()
    (gradient,) = torch.autograd.grad(bernoulli_nll(logits, x).sum(), logits)
    torch.testing.assert_close(gradient, torch.sigmoid(logits.detach()) - x)
    zero = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(bernoulli_nll(zero, x[:1, :1]).sum(), zero)[0].abs().item() == 0.5


def test_bernoulli_floor_on_a_grey_pixel_is_log_two() -> None:
    # 000-D-VAE-6: a perfect reconstruction of x = 0.5 still costs log 2.
    logits = torch.linspace(-5, 5, 1001, dtype=torch.float64)[:, None]
    losses = bernoulli_nll(logits, torch.full_like(logits, 0.5))
    assert losses.min().item() == pytest.approx(math.log(2), abs=1e-12)
    assert logits[losses.argmin()].item() == pytest.approx(0.0, abs=1e-9)


def test_gaussian_nll_equals_torch_distributions() -> None:
    mean, x = draw(10, 6), draw(10, 6, seed=1)
    for sigma in (0.3, 1.0, 2.5):
        twin = -Independent(Normal(mean, torch.full_like(mean, sigma)), 1).log_prob(x)
        torch.testing.assert_close(gaussian_nll(mean, x, sigma=sigma), twin, rtol=1e-12, atol=1e-12)


def test_gaussian_nll_integrates_to_one() -> None:
    x = torch.linspace(-20, 20, 100_001, dtype=torch.float64)[:, None]
    density = torch.exp(-gaussian_nll(torch.full_like(x, 0.4), x, sigma=0.7))
    assert torch.trapezoid(density, x[:, 0]).item() == pytest.approx(1.0, abs=1e-9)


# The bound


def test_negative_elbo_is_a_batch_mean_that_duplication_does_not_change() -> None:
    # 000-M-10: a sum over the batch in one term doubles when the batch is duplicated.
    nll, kl = draw(6).abs(), draw(6, seed=1).abs()
    once, twice = negative_elbo(nll, kl), negative_elbo(nll.repeat(2), kl.repeat(2))
    for a, b in zip(once, twice, strict=True):
        torch.testing.assert_close(a, b)
    torch.testing.assert_close(once.loss, (nll + kl).mean())


def test_negative_elbo_weighs_the_kl_and_reports_it_unweighted() -> None:
    nll, kl = draw(6).abs(), draw(6, seed=1).abs()
    weighted = negative_elbo(nll, kl, beta=4.0)
    torch.testing.assert_close(weighted.loss, nll.mean() + 4 * kl.mean())
    torch.testing.assert_close(weighted.kl, kl.mean())
    torch.testing.assert_close(negative_elbo(nll, kl, beta=0.0).loss, nll.mean())


# Bad input


def test_bad_input_names_the_argument_what_is_required_and_what_came() -> None:
    two, three = torch.zeros(2, 3), torch.zeros(3, 3)
    with pytest.raises(ValueError, match=r"logvar must have shape \(2, 3\); got \(3, 3\)"):
        reparameterize(two, three)
    with pytest.raises(ValueError, match=r"mu must have shape \(B, Z\); got \(3,\)"):
        kl_standard_normal(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match=r"logvar must have shape \(2, 3\); got \(3, 3\)"):
        kl_standard_normal(two, three)
    with pytest.raises(TypeError, match=r"mu must have a floating dtype .*; got torch.int64"):
        kl_standard_normal(two.long(), two.long())
    with pytest.raises(TypeError, match=r"mu must be a torch.Tensor; got"):
        reparameterize([[0.0]], two)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "shown"), [(1.5, "1.5"), (-0.5, "-0.5"), (float("nan"), "nan")])
def test_bernoulli_nll_refuses_pixels_outside_the_unit_interval(value: float, shown: str) -> None:
    x = torch.zeros(2, 2)
    x[0, 0] = value
    with pytest.raises(ValueError, match=rf"x must lie in \[0, 1\]; got values from .*{shown}"):
        bernoulli_nll(torch.zeros(2, 2), x)


def test_bad_likelihood_and_weight_arguments() -> None:
    x = torch.zeros(2, 2)
    with pytest.raises(ValueError, match=r"x must have shape \(2, 2\); got \(2, 3\)"):
        bernoulli_nll(x, torch.zeros(2, 3))
    with pytest.raises(ValueError, match=r"x must have shape \(2, 2\); got \(1, 2\)"):
        gaussian_nll(x, torch.zeros(1, 2))
    for sigma in (0.0, -1.0, math.inf):
        with pytest.raises(ValueError, match=r"sigma must be a finite number above zero; got"):
            gaussian_nll(x, x, sigma=sigma)
    with pytest.raises(ValueError, match=r"beta must be a finite number, zero or above; got -1"):
        negative_elbo(torch.zeros(2), torch.zeros(2), beta=-1.0)
    with pytest.raises(ValueError, match=r"kl must have shape \(2,\); got \(3,\)"):
        negative_elbo(torch.zeros(2), torch.zeros(3))
