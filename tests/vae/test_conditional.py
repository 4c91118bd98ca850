"""The conditional VAE: where the condition enters, how rows are counted, and the learned prior."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from coursekit.vae import VAE, ConditionalVAE, kl_diagonal_gaussians


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(*, learned_prior: bool = False) -> ConditionalVAE:
    return ConditionalVAE(6, [5], 3, 2, learned_prior=learned_prior, generator=seeded()).double()


def data(rows: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    x = (torch.rand(rows, 6, generator=seeded(9)) > 0.5).double()
    return x, torch.eye(2, dtype=torch.float64)[torch.arange(rows) % 2]


def test_kl_of_two_gaussians_equals_torch_distributions() -> None:
    a, b, c, d = (torch.randn(9, 4, generator=seeded(s), dtype=torch.float64) for s in range(4))
    q = Independent(Normal(a, torch.exp(0.5 * b)), 1)
    p = Independent(Normal(c, torch.exp(0.5 * d)), 1)
    torch.testing.assert_close(kl_diagonal_gaussians(a, b, c, d), kl_divergence(q, p), rtol=1e-12, atol=1e-12)
    with pytest.raises(ValueError, match=r"prior_mu must have shape \(9, 4\); got \(9, 3\)"):
        kl_diagonal_gaussians(a, b, c[:, :3], d)


def test_the_condition_reaches_encoder_and_decoder() -> None:
    model, (x, c) = small(), data()
    other = c.flip(1)
    for before, after in zip(model.encode(x, c), model.encode(x, other), strict=True):
        assert not torch.allclose(before, after)
    z = torch.zeros(4, 3, dtype=torch.float64)
    assert not torch.allclose(model.decode(z, c), model.decode(z, other))


def test_one_call_form_serves_both_models() -> None:
    # 000-D-VAE-10: the source's two forwards have different signatures.
    x, c = data()
    plain = VAE(6, [5], 3, generator=seeded()).double()
    for model, batch in ((plain, (x,)), (small(), (x, c))):
        terms = model.loss(*batch, generator=seeded(1))
        torch.testing.assert_close(terms.loss, terms.reconstruction + terms.kl)
        assert model.reconstruct(*batch).shape == x.shape


def test_loss_equals_the_plain_formula_with_the_condition_fixed() -> None:
    model, (x, c) = small(), data()
    terms = model.loss(x, c, generator=seeded(1))
    mu, logvar = model.encode(x, c)
    noise = torch.randn(mu.shape, generator=seeded(1), dtype=mu.dtype)
    logits = model.decode(mu + torch.exp(0.5 * logvar) * noise, c)
    nll = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(terms.loss, nll + kl)


@pytest.mark.parametrize(("rows", "n"), [(5, 1), (1, 5), (3, 4), (2, 2)])
def test_sample_gives_n_rows_for_every_condition(rows: int, n: int) -> None:
    # 000-D-VAE-4: the source fails unless the number of rows equals n.
    conditions = torch.eye(2, dtype=torch.float64)[torch.arange(rows) % 2]
    assert small().sample(conditions, n, generator=seeded()).shape == (rows * n, 6)


def test_sample_keeps_the_rows_of_one_condition_together() -> None:
    model = small()
    with torch.no_grad():  # a decoder that reads the condition alone
        model.decoder[0].weight[:, :3] = 0
    conditions = torch.eye(2, dtype=torch.float64)
    out = model.sample(conditions, 3, generator=seeded())
    torch.testing.assert_close(out[:3], out[:1].expand(3, -1))
    torch.testing.assert_close(out[3:], out[3:4].expand(3, -1))
    assert not torch.allclose(out[0], out[3])


def test_interpolation_keeps_the_condition_and_ends_at_reconstructions() -> None:
    # 000-D-VAE-3, D-VAE-7.
    model, (x, c) = small(), data()
    path = model.interpolate(x[0], x[2], 5, condition=c[0])
    torch.testing.assert_close(path[[0, -1]], model.reconstruct(x[[0, 2]], c[[0, 0]]))
    other = model.interpolate(x[0], x[2], 5, condition=c[1])
    assert not torch.allclose(path, other)


def test_the_prior_is_standard_normal_unless_learned() -> None:
    # 000-D-VAE-5: both variants are offered, and which one is in use is said.
    (x, c), like = data(), torch.zeros(4, 3, dtype=torch.float64)
    for part in small().prior(like, c):
        assert torch.equal(part, like)
    learned = small(learned_prior=True)
    mu, logvar = learned.prior(like, c)
    torch.testing.assert_close(mu[0], mu[2])
    assert not torch.allclose(mu[0], mu[1])
    learned.loss(x, c, generator=seeded()).kl.backward()
    assert learned.prior_net is not None
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learned.prior_net.parameters())
    q_mu, q_logvar = learned.encode(x, c)
    q, p = Normal(q_mu, torch.exp(0.5 * q_logvar)), Normal(mu, torch.exp(0.5 * logvar))
    torch.testing.assert_close(learned.kl(q_mu, q_logvar, c), kl_divergence(q, p).sum(1))


def test_a_learned_prior_is_what_samples_are_drawn_from() -> None:
    model = ConditionalVAE(3, [4], 3, 2, learned_prior=True, likelihood="gaussian", generator=seeded())
    conditions = torch.eye(2)
    with torch.no_grad():
        model.decoder = torch.nn.Sequential(torch.nn.Linear(5, 3))
        model.decoder[0].weight.copy_(torch.eye(3, 5))  # returns z, drops the condition
        model.decoder[0].bias.zero_()
        mu, logvar = model.prior(torch.zeros(2, 3), conditions)
    z = model.sample(conditions, 40_000, generator=seeded(1)).view(2, 40_000, 3)
    sigma = torch.exp(0.5 * logvar)
    assert ((z.mean(1) - mu).abs() < 4 * sigma / 40_000**0.5).all()
    assert ((z.std(1) / sigma - 1).abs() < 4 / (2 * 40_000) ** 0.5).all()


def test_bad_arguments() -> None:
    model, (x, c) = small(), data()
    with pytest.raises(ValueError, match=r"condition_dim must be an int of at least 1; got 0"):
        ConditionalVAE(6, [5], 3, 0)
    with pytest.raises(TypeError, match=r"condition must be a torch.Tensor; got NoneType"):
        model.encode(x)
    with pytest.raises(ValueError, match=r"condition must have shape \(4, 2\); got \(3, 2\)"):
        model.encode(x, c[:3])
    with pytest.raises(ValueError, match=r"condition must have shape \(4, 2\); got \(4, 1\)"):
        model.decode(x[:, :3], c[:, :1])
    with pytest.raises(TypeError, match=r"condition must have a floating dtype .*; got torch.int64"):
        model.encode(x, c.long())
    with pytest.raises(ValueError, match=r"conditions must have shape \(R, 2\); got \(2,\)"):
        model.sample(c[0])
    with pytest.raises(ValueError, match=r"n_per_condition must be an int of at least 1; got 0"):
        model.sample(c, 0)
    with pytest.raises(ValueError, match=r"condition must have shape \(2,\); got \(1, 2\)"):
        model.interpolate(x[0], x[1], 3, condition=c[:1])
    with pytest.raises(ValueError, match=r"steps must be an int of at least 2; got 1"):
        model.interpolate(x[0], x[1], 1, condition=c[0])
    with pytest.raises(TypeError, match=r"condition must be a torch.Tensor; got NoneType"):
        small(learned_prior=True).prior(torch.zeros(4, 3))
