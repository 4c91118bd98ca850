"""What the experiments share: seeds, plans, scores."""

import pytest
import torch

from coursekit.experiments.bench import digits_split, plan, score, seeded, train
from coursekit.train import own_loss
from coursekit.vae import VAE, kl_standard_normal


def test_plan_keeps_or_shortens() -> None:
    assert plan([3, 4, 5], 60, fast=False) == ((3, 4, 5), 60)
    assert plan([3, 4, 5], 60, fast=True) == ((3, 4), 15)
    assert plan([3], 2, fast=True) == ((3,), 1)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        plan([], 60, fast=False)
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        plan([0], 0, fast=False)


def test_split_is_the_one_of_the_sprint() -> None:
    split = digits_split()
    assert split.x_train.shape == (1500, 64)
    assert split.x_test.shape == (297, 64)
    assert set(split.x_train.unique().tolist()) == {0.0, 1.0}


def test_score_is_the_average_of_many_losses_with_the_exact_kl() -> None:
    model, x = VAE(64, [16], 3, generator=seeded(0)), digits_split().x_test
    result = score(model, x, draws=50)
    mu, logvar = model.encode(x)
    assert result.kl == pytest.approx(kl_standard_normal(mu, logvar).mean().item())
    assert result.negative_elbo == pytest.approx(result.reconstruction + result.kl)
    generator = seeded(99)
    losses = torch.stack([model.loss(x, generator=generator).loss.detach() for _ in range(50)])
    assert abs(losses.mean().item() - result.negative_elbo) < 6 * losses.std().item() / 50**0.5
    assert score(model, x, draws=50) == result


def test_training_is_repeatable_and_leaves_the_global_generator_alone() -> None:
    before, curves = torch.get_rng_state(), []
    for _ in range(2):
        model = VAE(64, [16], 3, generator=seeded(0))
        curves.append(train(model, (digits_split().x_train,), seed=4, epochs=2))
        assert not model.training
    assert curves[0] == curves[1]
    assert curves[0][1] < curves[0][0]
    assert torch.equal(before, torch.get_rng_state())


def test_own_loss_is_the_loss_of_the_model() -> None:
    model, x = VAE(64, [16], 3, generator=seeded(0)), digits_split().x_test
    terms = own_loss(model, (x,), seeded(1))
    assert terms == model.loss(x, generator=seeded(1))._asdict()
