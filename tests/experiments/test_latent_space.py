"""The split of the KL against torch's mixtures and its two limits."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal

from coursekit.experiments.bench import seeded
from coursekit.experiments.latent_space import kl_parts
from coursekit.vae import kl_standard_normal, reparameterize


def posteriors(rows: int = 7, latents: int = 3, spread: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    mu = spread * torch.randn(rows, latents, generator=seeded(1), dtype=torch.float64)
    return mu, -1 + 0.3 * torch.randn(rows, latents, generator=seeded(2), dtype=torch.float64)


def test_parts_equal_a_mixture_written_with_torch_distributions() -> None:
    mu, logvar = posteriors()
    parts = kl_parts(mu, logvar, draws=1, generator=seeded(3))
    z = reparameterize(mu, logvar, generator=seeded(3))
    components = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    mixture = MixtureSameFamily(Categorical(torch.ones(7, dtype=torch.float64)), components)
    prior = MultivariateNormal(torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64))
    information = (components.log_prob(z) - mixture.log_prob(z)).mean().item()
    marginal = (mixture.log_prob(z) - prior.log_prob(z)).mean().item()
    assert parts.mutual_information == pytest.approx(information, abs=1e-10)
    assert parts.marginal_kl == pytest.approx(marginal, abs=1e-10)


def test_parts_add_up_to_the_mean_kl() -> None:
    mu, logvar = posteriors()
    parts = kl_parts(mu, logvar, draws=4000, generator=seeded(3))
    assert parts.mean_kl == pytest.approx(kl_standard_normal(mu, logvar).mean().item())
    assert parts.mutual_information + parts.marginal_kl == pytest.approx(parts.mean_kl, abs=0.05)


def test_information_is_zero_for_equal_posteriors_and_log_n_for_separate_ones() -> None:
    mu, logvar = posteriors()
    same = kl_parts(mu[:1].expand(7, -1), logvar[:1].expand(7, -1), generator=seeded(3))
    assert same.mutual_information == pytest.approx(0.0, abs=1e-9)
    assert same.marginal_kl > 0  # the KL of an empty code is all here
    far = kl_parts(1000 * mu, logvar, generator=seeded(3))
    assert far.mutual_information == pytest.approx(math.log(7), abs=1e-4)


def test_bad_arguments() -> None:
    mu, logvar = posteriors()
    with pytest.raises(ValueError, match=r"logvar must have shape \(7, 3\); got \(6, 3\)"):
        kl_parts(mu, logvar[:6], generator=seeded(0))
    with pytest.raises(ValueError, match="draws must be an int of at least 1; got 0"):
        kl_parts(mu, logvar, draws=0, generator=seeded(0))
