"""The audit's VAE defects, 000-D-VAE-1 to 10: the wrong formula shown wrong, the package shown right.

One test for each id; test_beta.py and test_conditional.py go deeper into 1 to 5.
"""

import inspect
import math

import pytest
import torch
from torch import nn

from coursekit.vae import VAE, BetaVAE, CapacityVAE, ConditionalVAE, bernoulli_nll, lerp, reparameterize


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_d_vae_1_capacity_loss_does_not_count_beta_kl_twice() -> None:
    nll, kl = torch.tensor([14.2]).double(), torch.tensor([7.011]).double()
    model = CapacityVAE(4, [3], 2, gamma=100.0, capacity_max=0.0, warmup_steps=1)
    right = model.objective(nll, kl).loss.item()
    unpacked_wrongly = [(nll + beta * kl + 100.0 * kl).item() for beta in (1.0, 4.0)]
    assert right == pytest.approx(715.3, abs=0.05)
    assert unpacked_wrongly == pytest.approx([722.3, 743.3], abs=0.05)


def test_d_vae_2_beta_and_capacity_are_two_classes_with_their_own_loss() -> None:
    assert "beta" not in inspect.signature(CapacityVAE).parameters
    assert inspect.signature(BetaVAE).parameters["beta"].default == 4.0
    model = CapacityVAE(4, [3], 2, gamma=100.0, capacity_max=25.0, warmup_steps=10)
    assert [25.0 * epoch / 10 for epoch in (9, 30)] == [22.5, 75.0]
    assert [model.capacity(step) for step in (9, 30)] == [25.0, 25.0]
    x = torch.ones(2, 4)
    plain = VAE.objective(model, torch.ones(2), torch.ones(2)).loss
    assert not torch.allclose(model.objective(torch.ones(2), torch.ones(2)).loss, plain)
    model.loss(x, generator=seeded()).loss.backward()


def test_d_vae_3_a_conditional_model_inherits_nothing_that_ignores_its_condition() -> None:
    model = ConditionalVAE(6, [5], 3, 2, generator=seeded())
    assert not isinstance(model, VAE)
    x, c = torch.ones(6), torch.tensor([0.0, 1.0])
    assert model.sample(c[None], 3).shape == (3, 6)
    assert model.interpolate(x, x, 4, condition=c).shape == (4, 6)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):  # what the inherited call ran into
        model.decoder(torch.zeros(1, 3))


def test_d_vae_4_every_condition_row_gets_its_own_draws() -> None:
    model = ConditionalVAE(6, [5], 3, 2, generator=seeded())
    conditions = torch.eye(2)[[0, 1, 0, 1, 0]]
    with pytest.raises(RuntimeError, match="Sizes of tensors must match"):
        torch.cat([torch.zeros(1, 3), conditions], dim=1)  # five rows, one draw: the source's way
    assert model.sample(conditions).shape == (5, 6)
    assert model.sample(conditions[:1], 5).shape == (5, 6)


def test_d_vae_5_the_prior_says_whether_it_depends_on_the_condition() -> None:
    like, c = torch.zeros(2, 3), torch.eye(2)
    fixed = ConditionalVAE(6, [5], 3, 2, generator=seeded())
    learned = ConditionalVAE(6, [5], 3, 2, learned_prior=True, generator=seeded())
    assert torch.equal(fixed.prior(like, c)[0], like)
    assert not torch.allclose(*learned.prior(like, c)[0])
    assert "learned" in (ConditionalVAE.__doc__ or "")


def test_d_vae_6_bernoulli_loss_on_grey_pixels_is_no_likelihood() -> None:
    x = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    for p in (0.5, 0.9):
        logits = torch.full_like(x, math.log(p / (1 - p)))
        mass = torch.trapezoid(torch.exp(-bernoulli_nll(logits[:, None], x[:, None])), x).item()
        closed = 0.5 if p == 0.5 else (2 * p - 1) / math.log(p / (1 - p))
        assert mass == pytest.approx(closed, abs=1e-8)
        assert mass < 0.51  # a density would give 1
    floor = bernoulli_nll(torch.zeros(1, 1), torch.full((1, 1), 0.5)).item()
    assert floor == pytest.approx(math.log(2))


def test_d_vae_7_interpolation_ends_are_means_and_need_two_steps() -> None:
    model = VAE(6, [5], 3, generator=seeded())
    x0, x1 = torch.zeros(6), torch.ones(6)
    first, second = (model.interpolate(x0, x1, 4) for _ in range(2))
    assert torch.equal(first, second)
    torch.testing.assert_close(first[[0, -1]], model.reconstruct(torch.stack([x0, x1])))
    mu, logvar = (part.detach() for part in model.encode(torch.stack([x0, x1])))
    g = seeded(1)
    drawn = [lerp(*reparameterize(mu, logvar, generator=g), 4) for _ in range(2)]
    assert (drawn[0] - drawn[1]).abs().max() > 0.1  # ends that are draws differ from call to call
    with pytest.raises(ValueError, match="steps must be an int of at least 2; got 1"):
        model.interpolate(x0, x1, 1)


def test_d_vae_8_standard_deviation_does_not_overflow_early() -> None:
    logvar = torch.full((1, 1), 100.0)
    assert torch.exp(logvar).sqrt().item() == math.inf
    z = reparameterize(torch.zeros(1, 1), logvar, generator=seeded())
    assert z.abs().item() == pytest.approx(
        5.1847e21 * torch.randn(1, generator=seeded()).abs().item(), rel=1e-4
    )


def test_d_vae_9_one_trunk_holds_half_the_parameters_of_two_encoders() -> None:
    model = VAE(784, [400], 20, generator=seeded())
    shared = sum(p.numel() for part in (model.trunk, model.head) for p in part.parameters())
    one = nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 20))
    assert shared == 330_040
    assert 2 * sum(p.numel() for p in one.parameters()) == 644_040


def test_d_vae_10_there_is_a_path_without_noise_and_samples_can_be_drawn() -> None:
    model = VAE(6, [5], 3, generator=seeded())
    x = torch.ones(2, 6)
    quiet = [model(x, noise=False) for _ in range(2)]
    assert torch.equal(quiet[0].logits, quiet[1].logits)
    assert torch.equal(quiet[0].z, quiet[0].mu)
    assert set(model.sample(50, draw=True, generator=seeded()).unique().tolist()) == {0.0, 1.0}
    conditional = ConditionalVAE(6, [5], 3, 2)
    for name in ("encode", "decode", "forward", "loss", "reconstruct"):
        assert inspect.signature(getattr(model, name)) == inspect.signature(getattr(conditional, name))
