"""The importance-weighted estimate against a model whose log p(x) is known exactly."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from coursekit.vae import VAE, ConditionalVAE, gaussian_nll, iwae_nll, kl_diagonal_gaussians

DIM, LATENT, SIGMA = 5, 2, 0.6


class LinearGaussian:
    """x = W z + m + sigma noise, z ~ N(0, I); orthogonal columns of W make the exact posterior diagonal.

    ``widen`` multiplies the posterior's standard deviation, which makes q wrong by a known amount.
    """

    def __init__(self, widen: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(1)
        basis, _ = torch.linalg.qr(torch.randn(DIM, LATENT, generator=generator, dtype=torch.float64))
        self.w = basis * torch.tensor([1.5, 0.8], dtype=torch.float64)
        self.m = torch.randn(DIM, generator=generator, dtype=torch.float64)
        self.widen = widen

    def encode(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        del condition
        precision = 1 + (self.w**2).sum(0) / SIGMA**2  # (Z,)
        mu = (x - self.m) @ self.w / SIGMA**2 / precision
        return mu, (-precision.log() + 2 * math.log(self.widen)).expand_as(mu)

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        del condition
        return z @ self.w.T + self.m

    def nll(self, outputs: Tensor, x: Tensor) -> Tensor:
        return gaussian_nll(outputs, x, sigma=SIGMA)

    def prior(self, like: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        del condition
        return torch.zeros_like(like), torch.zeros_like(like)

    def exact_nll(self, x: Tensor) -> Tensor:
        covariance = self.w @ self.w.T + SIGMA**2 * torch.eye(DIM, dtype=torch.float64)
        return -MultivariateNormal(self.m, covariance).log_prob(x)


def data(rows: int = 6) -> Tensor:
    return torch.randn(rows, DIM, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("samples", [1, 3, 20])
def test_with_the_exact_posterior_every_k_gives_log_p_without_variance(samples: int) -> None:
    model, x = LinearGaussian(), data()
    for seed in range(3):
        estimate = iwae_nll(model, x, samples=samples, generator=seeded(seed))
        torch.testing.assert_close(estimate, model.exact_nll(x), rtol=0, atol=1e-9)


def test_with_a_wrong_posterior_k_equal_one_is_the_negative_elbo_in_expectation() -> None:
    model, x, repeats = LinearGaussian(widen=1.7), data(), 4000
    draws = torch.stack(
        [iwae_nll(model, x, samples=1, generator=g) for g in [seeded(0)] for _ in range(repeats)]
    )
    # In closed form: -ELBO = -log p(x) + KL(q || exact posterior), both diagonal Gaussians.
    mu, logvar = model.encode(x)
    exact_mu, exact_logvar = LinearGaussian().encode(x)
    negative_elbo = model.exact_nll(x) + kl_diagonal_gaussians(mu, logvar, exact_mu, exact_logvar)
    error = draws.std(0) / repeats**0.5
    assert ((draws.mean(0) - negative_elbo).abs() < 4 * error).all()


def test_the_estimate_falls_with_k_and_stays_above_log_p() -> None:
    model, x = LinearGaussian(widen=1.7), data()
    means, errors = [], []
    for k in (1, 5, 50):
        g = seeded(k)
        draws = torch.stack([iwae_nll(model, x, samples=k, generator=g).mean() for _ in range(400)])
        means.append(draws.mean().item())
        errors.append(draws.std().item() / 400**0.5)
    exact = model.exact_nll(x).mean().item()
    assert means[0] > means[1] + 4 * (errors[0] + errors[1])
    assert means[1] > means[2] + 4 * (errors[1] + errors[2])
    assert means[2] > exact - 4 * errors[2]
    assert means[2] - exact < 0.05


def test_samples_is_used_and_chunk_changes_nothing() -> None:
    # A peer's get_nll(n) ignores n.
    model, x = LinearGaussian(widen=1.7), data()
    small = iwae_nll(model, x, samples=2, generator=seeded())
    large = iwae_nll(model, x, samples=200, generator=seeded())
    assert not torch.allclose(small, large)
    for chunk in (1, 7, 200, 1000):
        torch.testing.assert_close(large, iwae_nll(model, x, samples=200, generator=seeded(), chunk=chunk))


def test_it_does_not_underflow_where_the_plain_mean_of_weights_does() -> None:
    model = VAE(2000, [4], 2, generator=seeded())
    x = torch.ones(2, 2000)
    estimate = iwae_nll(model, x, samples=10, generator=seeded())
    assert torch.isfinite(estimate).all()
    assert torch.exp(-estimate).eq(0).all()  # the weights themselves are 0 in float32


def test_a_condition_and_a_learned_prior_enter_the_weights() -> None:
    model = ConditionalVAE(DIM, [4], LATENT, 3, learned_prior=True, likelihood="gaussian", generator=seeded())
    model = model.double()
    x, c = data(), torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0, 1, 2]]
    repeats, g = 3000, seeded(1)
    draws = torch.stack([iwae_nll(model, x, c, samples=1, generator=g) for _ in range(repeats)])
    losses = torch.stack([model.nll(model(x, c, generator=g).logits, x) for _ in range(repeats)]).detach()
    mu, logvar = model.encode(x, c)
    expected = losses.mean(0) + model.kl(mu, logvar, c).detach()
    error = (draws.var(0) / repeats + losses.var(0) / repeats).sqrt()
    assert ((draws.mean(0) - expected).abs() < 4 * error).all()
    # Decoding draws together must give each its own row's condition, as decoding them one by one does.
    together = iwae_nll(model, x, c, samples=6, generator=seeded(2), chunk=6)
    torch.testing.assert_close(together, iwae_nll(model, x, c, samples=6, generator=seeded(2), chunk=1))


def test_bad_counts_are_refused() -> None:
    model, x = LinearGaussian(), data()
    with pytest.raises(ValueError, match=r"samples must be an int of at least 1; got 0"):
        iwae_nll(model, x, samples=0)
    with pytest.raises(ValueError, match=r"chunk must be an int of at least 1; got 0"):
        iwae_nll(model, x, samples=1, chunk=0)
