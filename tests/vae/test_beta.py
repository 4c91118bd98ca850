"""The two controls of the KL: Higgins' weight and Burgess' target."""

import copy

import pytest
import torch

from coursekit.vae import VAE, BetaVAE, CapacityVAE


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def capacity_vae(**options: float) -> CapacityVAE:
    settings = {"gamma": 100.0, "capacity_max": 25.0, "warmup_steps": 10} | options
    return CapacityVAE(6, [5], 3, generator=seeded(), **settings)  # type: ignore[arg-type]


def binary(rows: int = 4) -> torch.Tensor:
    return (torch.rand(rows, 6, generator=seeded(9)) > 0.5).float()


def test_beta_one_is_the_vae_and_beta_zero_its_reconstruction() -> None:
    x = binary()
    plain = VAE(6, [5], 3, generator=seeded()).loss(x, generator=seeded(1))
    one = BetaVAE(6, [5], 3, beta=1.0, generator=seeded()).loss(x, generator=seeded(1))
    zero = BetaVAE(6, [5], 3, beta=0.0, generator=seeded()).loss(x, generator=seeded(1))
    torch.testing.assert_close(one, plain, rtol=0, atol=0)
    torch.testing.assert_close(zero.loss, plain.reconstruction, rtol=0, atol=0)


def test_beta_weighs_the_kl_in_the_loss_only() -> None:
    terms = BetaVAE(6, [5], 3, beta=4.0, generator=seeded()).loss(binary(), generator=seeded(1))
    torch.testing.assert_close(terms.loss, terms.reconstruction + 4 * terms.kl)


def test_mean_over_pixels_is_a_kl_weight_of_the_number_of_pixels() -> None:
    # 000-M-8: averaging one term rescales the loss of a beta-VAE with beta = D, and Adam ignores a scale.
    model = BetaVAE(6, [5], 3, beta=6.0, generator=seeded())
    terms = model.loss(binary(), generator=seeded(1))
    torch.testing.assert_close(6 * (terms.reconstruction / 6 + terms.kl), terms.loss)


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0.0), (1, 25 / 9), (5, 125 / 9), (9, 25.0), (10, 25.0), (30, 25.0)]
)
def test_capacity_is_linear_full_at_the_last_warmup_step_and_clamped(step: int, expected: float) -> None:
    assert capacity_vae().capacity(step) == pytest.approx(expected)


def test_capacity_schedule_of_the_source_neither_arrives_nor_stops() -> None:
    # 000-D-VAE-2: C * epoch / epochs with epochs counted from 0.
    assert 25.0 * 9 / 10 == 22.5
    assert 25.0 * 30 / 10 == 75.0
    assert capacity_vae().capacity(9) == capacity_vae().capacity(30) == 25.0
    assert capacity_vae(warmup_steps=1).capacity(0) == 25.0


def test_capacity_loss_is_the_table_of_the_audit_and_counts_the_kl_once() -> None:
    # 000-D-VAE-1: the source takes (reconstruction + beta KL) for the reconstruction. Means: 14.2 and 7.011.
    nll, kl = torch.tensor([14.0, 14.4]).double(), torch.tensor([7.0, 7.022]).double()
    terms = capacity_vae(capacity_max=0.0).objective(nll, kl)
    assert terms.loss.item() == pytest.approx(715.3, abs=0.05)
    assert terms.reconstruction.item() == pytest.approx(14.2)
    for beta, wrong_total, wrong_reconstruction in ((1.0, 722.3, 21.2), (4.0, 743.3, 42.2)):
        inherited = nll.mean() + beta * kl.mean()
        assert inherited.item() == pytest.approx(wrong_reconstruction, abs=0.1)
        assert (inherited + 100.0 * kl.mean()).item() == pytest.approx(wrong_total, abs=0.05)


def test_capacity_loss_pulls_from_both_sides() -> None:
    model = capacity_vae(capacity_max=5.0, warmup_steps=1)
    below = model.objective(torch.tensor([10.0]), torch.tensor([3.0]))
    above = model.objective(torch.tensor([10.0]), torch.tensor([7.0]))
    assert below.loss.item() == above.loss.item() == 210.0


def test_capacity_compares_the_batch_mean_not_each_row() -> None:
    model = capacity_vae(capacity_max=5.0, warmup_steps=1)
    terms = model.objective(torch.zeros(2), torch.tensor([3.0, 7.0]))
    assert terms.loss.item() == 0.0


def test_progress_sets_the_target_and_survives_a_checkpoint() -> None:
    model = capacity_vae()
    model.set_progress(4)
    assert model.capacity() == model.capacity(4)
    other = capacity_vae()
    other.load_state_dict(copy.deepcopy(model.state_dict()))
    assert other.capacity() == model.capacity(4)
    terms = model.loss(binary(), generator=seeded(1))
    expected = terms.reconstruction + 100.0 * (terms.kl - 100 / 9).abs()
    torch.testing.assert_close(terms.loss, expected)


def test_a_generic_loop_on_the_loss_trains_the_capacity_objective() -> None:
    # 000-D-VAE-2: in the source, a loop on the inherited loss trained a plain VAE.
    x, model = binary(32), capacity_vae(capacity_max=3.0, warmup_steps=1)
    optimizer, g = torch.optim.Adam(model.parameters(), 1e-2), seeded(2)
    for _ in range(300):
        optimizer.zero_grad()
        model.loss(x, generator=g).loss.backward()
        optimizer.step()
    assert model.kl(*model.encode(x)).mean().item() == pytest.approx(3.0, abs=0.3)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"beta must be a finite number, zero or above; got -1"):
        BetaVAE(6, [5], 3, beta=-1.0)
    with pytest.raises(ValueError, match=r"gamma must be a finite number above zero; got 0"):
        capacity_vae(gamma=0.0)
    with pytest.raises(ValueError, match=r"capacity_max must be a finite number, zero or above; got -2"):
        capacity_vae(capacity_max=-2.0)
    with pytest.raises(ValueError, match=r"warmup_steps must be an int of at least 1; got 0"):
        capacity_vae(warmup_steps=0)
    with pytest.raises(ValueError, match=r"step must be an int of at least 0; got -1"):
        capacity_vae().set_progress(-1)
    with pytest.raises(ValueError, match=r"step must be an int of at least 0; got -1"):
        capacity_vae().capacity(-1)
