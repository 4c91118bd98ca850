"""Every experiment in its fast form: the phenomenon shows, the shapes hold, and bad arguments are refused."""

import pytest
import torch
from torch.distributions import Bernoulli

from coursekit.experiments import beta_sweep, bound, capacity, collapse, conditional, digits_vae, latent_space
from coursekit.experiments.bench import digits_split, seeded
from coursekit.vae import BetaVAE

FAST = 2  # seeds of a fast run


def test_pixel_marginal_equals_torch_distributions() -> None:
    split = digits_split()
    p = (1 + split.x_train.sum(0)) / (2 + len(split.x_train))
    expected = -Bernoulli(p).log_prob(split.x_test).sum(1).mean().item()
    value = digits_vae.pixel_marginal_nll(split.x_train, split.x_test)
    assert value == pytest.approx(expected, rel=1e-5)
    assert value == pytest.approx(25.5, abs=0.1)
    with pytest.raises(ValueError, match=r"test_x must have shape \(M, 64\); got \(297, 63\)"):
        digits_vae.pixel_marginal_nll(split.x_train, split.x_test[:, :63])


def test_digits_run_orders_its_numbers() -> None:
    result = digits_vae.run(fast=True, samples=50)
    assert result.seeds == (0, 1)
    assert result.epochs == 15
    for i in range(FAST):
        assert result.negative_elbo[i] == pytest.approx(result.reconstruction[i] + result.kl[i])
        assert result.nll[i] < result.negative_elbo[i] < result.baseline
        assert result.mean_code[i] < result.nll[i]  # 000-M-26: too good to be a bound
        assert result.gap[i] > 0
        assert result.curves[i][-1] < result.curves[i][0]
    assert result.parameters == 64 * 128 + 128 + 2 * (128 * 8 + 8) + 8 * 128 + 128 + 128 * 64 + 64


def test_a_seed_is_trained_once_and_differs_from_the_next() -> None:
    assert digits_vae.trained(0, 2) is digits_vae.trained(0, 2)
    first, second = (digits_vae.trained(seed, 2)[0].head.mu.weight for seed in (0, 1))
    assert not torch.equal(first, second)


def test_collapse_shows_where_it_should() -> None:
    result = collapse.run(fast=True)
    for name in ("pixel mean", "beta 8"):
        case = result.get(name)
        assert max(case.kl) < 0.05
        assert case.active == (0, 0)
        assert case.kl_per_latent.shape == (FAST, 8)
        assert case.kl_per_latent.sum(1).tolist() == pytest.approx(case.kl, rel=1e-3, abs=1e-6)
    assert min(result.get("reference").kl) > 1
    warm, hasty = result.get("lr 0.01, warm-up"), result.get("lr 0.01")
    assert all(w > h for w, h in zip(warm.kl, hasty.kl, strict=True))
    with pytest.raises(ValueError, match=r"name must be one of reference, .*; got 'other'"):
        result.get("other")


def test_pixel_mean_terms_divide_one_term_only() -> None:
    model, x = BetaVAE(64, [16], 3, beta=64.0, generator=seeded(0)), digits_split().x_test
    wrong = collapse.pixel_mean_terms(model, (x,), seeded(1))
    right = model.loss(x, generator=seeded(1))
    torch.testing.assert_close(wrong["reconstruction"] * 64, right.reconstruction)
    torch.testing.assert_close(wrong["kl"], right.kl)
    torch.testing.assert_close(64 * wrong["loss"], right.loss)  # the same as beta = D


def test_warmup_raises_beta_from_zero_to_its_end() -> None:
    from coursekit.train import fit, own_loss

    seen: list[float] = []

    class Watch(collapse.KLWarmup):
        def on_epoch_end(self, run: object) -> None:
            seen.append(run.model.beta)  # type: ignore[attr-defined]

    model = BetaVAE(64, [8], 2, beta=1.0, generator=seeded(0))
    hook = Watch(0.5, 4)
    loss = own_loss
    fit(
        model,
        (digits_split().x_test,),
        loss=loss,
        epochs=6,
        batch_size=100,
        hooks=(hook,),
        generator=seeded(1),
    )
    assert seen == pytest.approx([0.0, 0.125, 0.25, 0.375, 0.5, 0.5])
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        collapse.KLWarmup(1.0, 0)


def test_capacity_follows_its_target() -> None:
    result = capacity.run(fast=True, gammas=(100.0,), capacity_max=4.0)
    (case,) = result.cases
    assert result.target[-1] == 4.0
    assert list(result.target) == sorted(result.target)
    assert case.final_kl == pytest.approx((4.0, 4.0), abs=0.6)
    assert len(case.kl_curves) == FAST
    with pytest.raises(ValueError, match="gammas must hold at least one weight; got none"):
        capacity.run(gammas=())


def test_beta_trades_rate_for_distortion() -> None:
    result = beta_sweep.run(fast=True, betas=(0.25, 1.0, 4.0))
    assert result.kl.shape == result.negative_elbo.shape == (3, FAST)
    assert (result.kl.diff(dim=0) < 0).all()
    assert (result.reconstruction.diff(dim=0) > 0).all()
    assert (result.negative_elbo.argmin(0) == 1).all()
    with pytest.raises(ValueError, match="betas must hold at least one weight; got none"):
        beta_sweep.run(betas=())


def test_bound_tightens_with_samples() -> None:
    result = bound.run(fast=True)
    assert result.samples == (1, 5, 50)
    assert (result.estimate.diff(dim=0) < 0).all()
    assert (result.error[2] < result.error[0]).all()
    with pytest.raises(ValueError, match="repeats must be an int of at least 2; got 1"):
        bound.run(repeats=1)
    with pytest.raises(ValueError, match="samples must hold at least one K; got none"):
        bound.run(samples=())


def test_conditions_beat_chance_and_draws_are_harder_than_means() -> None:
    result = conditional.run(fast=True, per_class=40)
    assert min(result.ceiling) > 0.85
    assert min(result.means) > 0.2  # chance is 0.1; the full run reaches 0.98
    assert all(d < m for d, m in zip(result.draws, result.means, strict=True))
    assert result.pictures.shape == (8, 10, 64)


def test_latent_space_numbers_hang_together() -> None:
    result = latent_space.run(fast=True)
    assert result.aggregate_variance.shape == (FAST, 8)
    for parts in result.parts:
        assert parts.mutual_information + parts.marginal_kl == pytest.approx(parts.mean_kl, abs=0.1)
        assert 0 < parts.mutual_information < result.log_rows
    assert min(result.mmd_autoencoder) > 10 * max(map(abs, result.mmd_vae))
    assert abs(result.mmd_real) < 0.005
    assert result.path.shape == (9, 64)
