"""Sparse codes: what is measured on the page, against scikit-learn, autograd, NumPy and closed forms."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso
from torch import Tensor

from coursekit.autoencoders import SparseAutoencoder, bernoulli_kl_penalty, hoyer
from coursekit.experiments import (
    sparse_codes,
    sparse_dead,
    sparse_inference,
    sparse_patches,
    sparse_scale,
)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def codes() -> sparse_codes.CodeResult:
    return sparse_codes.run(
        (0,), names=("KL beside", "KL 0.1", "linear, L1 0.1", "L1 0.1", "top 10"), epochs=8
    )


def test_the_soft_threshold_is_the_minimum_of_its_cost() -> None:
    grid = torch.linspace(-4, 4, 800_001, dtype=torch.float64)
    for v in (-2.3, -0.4, 0.0, 0.1, 0.75, 3.0):
        for weight in (0.5, 1.5):
            found = grid[((grid - v).square() + weight * grid.abs()).argmin()].item()
            # One step of the proximal gradient for a dictionary of a single unit, taken for either sign.
            one = torch.ones(1, 1, dtype=torch.float64)
            rows = torch.tensor([[v], [-v]], dtype=torch.float64)
            plus, minus = sparse_inference.proximal_codes(rows, one, weight, steps=1)[:, 0].tolist()
            assert plus - minus == pytest.approx(found, abs=2e-5)
            assert (found == pytest.approx(0.0, abs=1e-9)) == (abs(v) <= weight / 2)


def test_proximal_steps_reach_the_lasso_of_scikit_learn() -> None:
    W, x, weight = draw(10, 15), draw(6, 10, seed=1), 1.3
    W = W / W.norm(dim=0)
    z = sparse_inference.proximal_codes(x, W, weight, steps=20_000)
    # scikit-learn halves the squares and averages them over the rows of the dictionary.
    lasso = Lasso(alpha=weight / 20, fit_intercept=False, positive=True, tol=1e-13, max_iter=200_000)
    theirs = np.stack([lasso.fit(W.numpy(), row).coef_ for row in x.numpy()])
    np.testing.assert_allclose(z.numpy(), theirs, atol=1e-7)
    assert (z == 0).sum() == (theirs == 0).sum() > 0
    cost = sparse_inference.code_costs(z, x, W, weight)
    by_numpy = ((x.numpy() - theirs @ W.numpy().T) ** 2).sum(1) + weight * np.abs(theirs).sum(1)
    np.testing.assert_allclose(cost.numpy(), by_numpy, rtol=1e-9)


def test_each_proximal_step_lowers_the_cost_and_the_start_is_kept() -> None:
    W, x = draw(8, 20), draw(5, 8, seed=1)
    start = draw(5, 20, seed=2).abs()
    kept, costs = start.clone(), []
    for steps in (0, 1, 2, 5, 50):
        z = sparse_inference.proximal_codes(x, W, 0.7, steps=steps, start=start)
        costs.append(sparse_inference.code_costs(z, x, W, 0.7).sum().item())
    assert costs == sorted(costs, reverse=True)
    assert torch.equal(start, kept)


def test_the_slope_of_the_divergence_has_its_closed_form() -> None:
    u, rho = draw(7, 5).requires_grad_(), 0.1
    bernoulli_kl_penalty(u.sigmoid(), rho).backward()
    a = 1 / (1 + np.exp(-u.detach().numpy()))
    mean = a.mean(0)
    wanted = ((1 - rho) / (1 - mean) - rho / mean) * a * (1 - a) / 7
    assert u.grad is not None
    np.testing.assert_allclose(u.grad.numpy(), wanted, rtol=1e-10)


def test_the_penalty_beside_the_network_reports_a_mean_and_leaves_the_code_dense(
    codes: sparse_codes.CodeResult,
) -> None:
    # D-25, R-08.
    x = sparse_codes.split().x_test
    model = sparse_codes.trained("KL beside", 0, 8)
    seen: list[Tensor] = []
    model.decoder.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    loss = model.loss(x)
    mean = seen[0].sigmoid().mean(0)
    told = 0.05 * (0.05 / mean).log() + 0.95 * (0.95 / (1 - mean)).log()
    torch.testing.assert_close(loss.penalty, 0.1 * told.sum())
    assert codes.get("KL beside").column("hoyer")[0] < 0.07
    assert codes.get("KL 0.1").column("hoyer")[0] > 1.3 * codes.get("KL beside").column("hoyer")[0]


def test_zeros_need_a_flat_piece_and_a_count_is_kept(codes: sparse_codes.CodeResult) -> None:
    # D-29.
    assert codes.get("linear, L1 0.1").column("zeros") == [0.0]
    assert codes.get("L1 0.1").column("zeros")[0] > 0.5
    assert codes.get("top 10").column("active")[0] <= 10 / 128 + 1e-9


def test_a_row_of_the_table_is_what_numpy_finds(codes: sparse_codes.CodeResult) -> None:
    model, row = sparse_codes.trained("L1 0.1", 0, 8), codes.get("L1 0.1")
    train, test = sparse_codes.split().x_train, sparse_codes.split().x_test

    def error(x: Tensor) -> float:
        return float(((model.reconstruct(x) - x).numpy() ** 2).sum(1).mean())

    assert row.error[0] == pytest.approx(error(test), rel=1e-5)
    assert row.gap[0] == pytest.approx(error(test) - error(train), abs=1e-5)
    assert row.length[0] == pytest.approx(1.0, abs=1e-6)
    z = model.encode(test).detach().double()
    table = np.abs(np.corrcoef(z[:, z.std(0) > 0].numpy().T))
    count = len(table)
    assert row.correlation[0] == pytest.approx((table.sum() - count) / (count * (count - 1)), rel=1e-5)


def test_correlation_of_known_codes() -> None:
    line = torch.arange(6.0, dtype=torch.float64)
    z = torch.stack([line, -2 * line, torch.ones(6, dtype=torch.float64)], 1)
    assert sparse_codes.mean_correlation(z) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="at least 2 units that vary; got 1"):
        sparse_codes.mean_correlation(z[:, 1:])


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_rescaling_pays_the_price_with_longer_columns(activation: str) -> None:
    # D-30.
    generator = torch.Generator().manual_seed(3)
    model = SparseAutoencoder(6, [], 9, weight=0.4, code_activation=activation, generator=generator).double()
    x = draw(20, 6)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    told = sparse_scale.rescale(model, x, (1, 4, 50))
    assert told.reconstruction == pytest.approx([told.reconstruction[0]] * 3, rel=1e-12)
    first = model.encode(x).abs().sum(1).mean().item()
    assert told.penalty == pytest.approx([first, first / 4, first / 50], rel=1e-12)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_rescaling_columns_of_length_one_costs_the_picture() -> None:
    model = SparseAutoencoder(6, [], 9, unit_norm=True, generator=torch.Generator().manual_seed(3)).double()
    told = sparse_scale.rescale(model, draw(20, 6), (1, 4))
    assert told.reconstruction[1] != pytest.approx(told.reconstruction[0], rel=1e-3)
    with pytest.raises(ValueError, match="a linear or ReLU code"):
        sparse_scale.rescale(SparseAutoencoder(6, [], 9, penalty="kl"), draw(2, 6).float(), (1,))


def test_patches_are_white_but_for_the_finest() -> None:
    x = sparse_patches.patches().double().numpy()
    assert x.shape == (5000, 64)
    assert np.abs(x.mean(1)).max() < 1e-4
    assert x.std() == pytest.approx(1.0, rel=1e-3)
    values = np.linalg.eigvalsh(x.T @ x / len(x))
    # Raw patches have variances that differ by more than a factor of 100; white ones by less than 3.
    assert values[-1] / values[1] < 3


def test_effective_pixels_count_equal_ones() -> None:
    for count in (1, 3, 64):
        atom = torch.zeros(1, 64, dtype=torch.float64)
        atom[0, :count] = -0.3
        assert sparse_patches.effective_pixels(atom).item() == pytest.approx(count)
        assert sparse_patches.effective_pixels(100 * atom).item() == pytest.approx(count)


def test_a_price_makes_atoms_smaller() -> None:
    told = sparse_patches.run((0,), epochs=6)
    assert told.sparse[0] < told.plain[0] - 2 < told.components
    assert told.atoms.norm(dim=1).tolist() == pytest.approx([1.0] * 32, abs=1e-5)
    assert told.active[0] < 0.25


def test_dead_units_are_counted_and_centring_keeps_them_alive() -> None:
    told = sparse_dead.dead((0,), epochs=10)
    x = sparse_codes.split().x_train
    z = sparse_codes.trained("L1 0.1", 0, 10).encode(x).detach().numpy()
    assert told.after["as it is"][0] == pytest.approx(float((z.max(0) == 0).mean()))
    assert told.after["centred"][0] < 0.5 * told.after["as it is"][0]
    assert told.start[0] < told.after["as it is"][0]


def test_saturated_units_stay_where_they_are() -> None:
    # D-35.
    told = sparse_dead.stuck((0,), epochs=4)
    assert told.share["20"] == (0.5,)
    assert told.share["logit of rho"] == (0.0,)
    assert told.error["logit of rho"][0] < told.error["as drawn"][0]


def test_hoyer_of_the_exercise() -> None:
    code = torch.tensor([[2.0, 2, 1, 0, 0, 0, 0, 0, 0]], dtype=torch.float64)
    assert hoyer(code).item() == pytest.approx((math.sqrt(9) - 5 / 3) / 2)


def test_bad_arguments_are_refused(codes: sparse_codes.CodeResult) -> None:
    with pytest.raises(ValueError, match=r"name must be one of sigmoid, KL 0\.1"):
        sparse_codes.trained("KL", 0)
    with pytest.raises(ValueError, match="name must be one of KL beside"):
        codes.get("ReLU")
    with pytest.raises(ValueError, match="name must be one of mean, active"):
        codes.get("top 10").column("sparse")
    with pytest.raises(ValueError, match="at least one seed"):
        sparse_codes.run(())
    with pytest.raises(ValueError, match=r"z must have shape \(5, 20\)"):
        sparse_inference.code_costs(draw(5, 19), draw(5, 8), draw(8, 20), 1.0)
    with pytest.raises(ValueError, match="count must be an int of at least 1; got 0"):
        sparse_patches.patches(0)
    with pytest.raises(ValueError, match="each of factors must be a finite number above zero; got 0"):
        sparse_scale.rescale(SparseAutoencoder(6, [], 9), torch.ones(2, 6), (0,))


def test_fast_runs_take_two_seeds() -> None:
    assert sparse_codes.run(fast=True, epochs=4, names=("ReLU",)).seeds == (0, 1)
