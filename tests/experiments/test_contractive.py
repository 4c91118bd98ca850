"""Contractive experiments: their measures against closed forms, and what the page says on fewer runs."""

import math

import pytest
import torch
from torch.func import jacrev

from coursekit.experiments import contractive_deep as deep
from coursekit.experiments import contractive_spectrum as spectrum
from coursekit.experiments import contractive_sweep as sweep
from coursekit.experiments import contractive_traps as traps
from coursekit.experiments.bench import seeded
from coursekit.train import own_loss

FEW = {"weights": (0.0, 1.0), "epochs": 8}


def test_the_expected_move_is_that_of_random_directions() -> None:
    w = torch.randn(3, 5, generator=seeded(0), dtype=torch.float64)
    noise = torch.randn(200_000, 5, generator=seeded(1), dtype=torch.float64)
    moves = ((0.3 * noise / noise.norm(dim=1, keepdim=True)) @ w.T).square().sum(1)
    wanted = sweep.expected_move(w.square().sum(), 0.3, 5)
    assert abs(moves.mean() - wanted) < 4.9 * moves.std() / len(moves) ** 0.5
    with pytest.raises(ValueError, match="size must be a finite number above zero; got 0"):
        sweep.expected_move(w.sum(), 0.0, 5)
    with pytest.raises(TypeError, match="dimension must be an int"):
        sweep.expected_move(w.sum(), 0.1, 5.0)  # type: ignore[arg-type]


def test_the_loss_is_squared_error_plus_weight_times_jacrev() -> None:
    model = sweep.trained(0, 1.0, tied=True, epochs=1)
    x = sweep.images().x_test[:6]
    with torch.no_grad():
        w, b, c = (
            model.state_dict()[key] for key in ("encoder.0.weight", "encoder.0.bias", "decoder.0.bias")
        )
        error = (torch.sigmoid(x @ w.T + b) @ w + c - x).square().sum(1)
    norms = torch.stack([jacrev(lambda t: torch.sigmoid(w @ t + b))(row).square().sum() for row in x])
    found = own_loss(model, (x,), seeded(0))
    assert found["reconstruction"].item() == pytest.approx(error.mean().item(), rel=1e-5)
    assert found["loss"].item() == pytest.approx((error + norms).mean().item(), rel=1e-5)
    measured = sweep.measure(model, x, seed=0)
    assert measured[:2] == pytest.approx((error.mean().item(), norms.mean().item()), rel=1e-5)


def test_untied_codes_shrink_more_than_they_contract() -> None:
    tied = sweep.run((0, 1), tied=True, **FEW)  # type: ignore[arg-type]
    untied = sweep.run((0, 1), tied=False, **FEW)  # type: ignore[arg-type]
    for result in (tied, untied):
        assert result.change.shape == (2, 2)
        assert (result.relative[1] < result.relative[0]).all()
        assert (result.error[1] > result.error[0]).all()
        torch.testing.assert_close(result.normalised, result.change / result.spread)
    raw, fair = (untied.change[0] / untied.change[1]).min(), (untied.relative[0] / untied.relative[1]).max()
    assert raw > 1.5 * fair
    assert ((untied.spread[0] / untied.spread[1]) > (tied.spread[0] / tied.spread[1])).all()


def test_curves_hold_the_sweep_and_start_as_straight_lines() -> None:
    run = sweep.run((0, 1), tied=False, **FEW)  # type: ignore[arg-type]
    lines = sweep.curves((0, 1), sizes=(0.25, 0.5, 1.0), **FEW)  # type: ignore[arg-type]
    torch.testing.assert_close(lines.change[:, :, 1], run.change)
    torch.testing.assert_close(lines.normalised[:, :, 1], run.normalised)
    assert ((lines.change[..., 1] / lines.change[..., 0] - 2).abs() < 0.05).all()


def test_the_effective_rank_counts_equal_values_and_ignores_scale() -> None:
    values = torch.tensor([3.0, 3.0, 3.0, 0.0], dtype=torch.float64)
    assert spectrum.effective_rank(values).item() == pytest.approx(3)
    drawn = torch.rand(5, 6, generator=seeded(2), dtype=torch.float64)
    q = drawn.square() / drawn.square().sum(1, keepdim=True)
    torch.testing.assert_close(spectrum.effective_rank(7 * drawn), 1 / q.square().sum(1))
    gram = torch.randn(4, 9, generator=seeded(3), dtype=torch.float64)
    a = gram @ gram.T  # the same from traces alone, with no singular value
    wanted = a.trace() ** 2 / (a @ a).trace()
    torch.testing.assert_close(spectrum.effective_rank(torch.linalg.svdvals(gram)), wanted)


def test_the_stretch_along_every_axis_averages_to_one() -> None:
    j = torch.randn(1, 4, 6, generator=seeded(4), dtype=torch.float64)
    axes = [spectrum.along(j, 2 * torch.eye(6, dtype=torch.float64)[d : d + 1]).item() for d in range(6)]
    assert sum(axes) / 6 == pytest.approx(1)
    values, vectors = torch.linalg.svd(j[0])[1:]
    top = spectrum.along(j, vectors[:1]).item()
    assert top == pytest.approx((6 * values[0] ** 2 / values.square().sum()).item())
    with pytest.raises(ValueError, match="directions must not be zero"):
        spectrum.along(j, torch.zeros(1, 6, dtype=torch.float64))


def test_shift_directions_are_the_derivative_of_a_moving_wave() -> None:
    at = torch.arange(40, dtype=torch.float64)
    images = torch.sin(0.1 * at).repeat(3)[None]  # three equal rows, a sine along each
    found = spectrum.shift_directions(images, (3, 40)).view(3, 40)[:, 1:-1]
    wanted = -math.sin(0.1) * torch.cos(0.1 * at)[1:-1]
    torch.testing.assert_close(found, wanted.expand(3, -1))


def test_contraction_prefers_the_directions_of_the_data() -> None:
    found = spectrum.run((0, 1), weights=(0.0, 1.0), epochs=12)
    assert found.values.shape == (2, 2, 64)
    assert (found.rank[1] < 0.6 * found.rank[0]).all()
    assert (found.shift[1] > 1.2 * found.shift[0]).all()
    assert (found.neighbour[1] > found.neighbour[0]).all()


def test_a_large_weight_ends_in_the_mean_image_on_a_smooth_curve() -> None:
    found = deep.run((0, 1), weights=(0.0, 100.0), epochs=10)
    assert deep.mean_image_error(torch.tensor([[1.0], [3.0]]), torch.tensor([[2.0], [6.0]])) == pytest.approx(
        8
    )
    assert (found.error[1] / found.mean_image).tolist() == pytest.approx([1, 1], abs=0.03)
    assert (found.error[0] < 0.6 * found.mean_image).all()
    assert (found.spread[1] < 0.02 * found.spread[0]).all()
    assert (found.normalised[1] > 0.5 * found.normalised[0]).all()
    tail = found.losses[1, :, -3:]
    assert (tail.amax(1) / tail.amin(1) < 1.05).all()


def test_one_probe_trains_like_all_passes() -> None:
    found = deep.probe_training((0, 1), epochs=5)
    assert not torch.equal(found.error[0], found.error[1])
    assert ((found.error[1] / found.error[0] - 1).abs() < 0.1).all()
    assert ((found.contraction[1] / found.contraction[0] - 1).abs() < 0.25).all()


def test_probes_scatter_as_their_formula_says() -> None:
    found = traps.probe_scatter((0, 1), probes=(1, 8), draws=4000)
    # The relative error of a standard deviation of 4,000 draws with kurtosis below 15 is below 0.03.
    assert ((found.measured / found.formula - 1).abs() < 0.15).all()
    assert (found.measured[1] < found.measured[0]).all()
    assert (found.bias.abs() < 4.9 * found.measured[:, :, 0] / 4000**0.5).all()


def test_a_probe_of_length_one_loses_the_factor_k() -> None:
    j = torch.randn(5, 7, generator=seeded(5), dtype=torch.float64)
    draws = 40_000
    found = traps.unit_probe(j, draws=draws, generator=seeded(6))
    wanted = j.square().sum() / 5
    most = torch.linalg.svdvals(j)[0] ** 2  # no draw exceeds it: a bound on the scatter
    assert abs(found - wanted) < 4.9 * most / draws**0.5


def test_the_recipe_is_right_without_batch_norm_and_wrong_with_it() -> None:
    w = torch.randn(4, 6, generator=seeded(7), dtype=torch.float64)
    x = torch.randn(5, 6, generator=seeded(8), dtype=torch.float64)
    wanted = torch.stack([jacrev(lambda t: torch.tanh(w @ t))(row).square().sum() for row in x])
    torch.testing.assert_close(traps.batch_summed(lambda t: torch.tanh(t @ w.T), x), wanted)
    assert not x.requires_grad
    wrong, right = traps.batch_norm_trap((0, 1, 2))
    assert (wrong < 0.3 * right).all()
    with pytest.raises(ValueError, match="seeds must hold at least one seed"):
        traps.batch_norm_trap(())


def test_the_own_derivative_under_batch_norm_is_that_of_finite_differences() -> None:
    _, right = traps.batch_norm_trap((3,))
    from coursekit.autoencoders import ContractiveAutoencoder

    layer = ContractiveAutoencoder(64, [], 8, generator=seeded(3)).double().encoder[0]
    x = sweep.images().x_train[12:16].double()

    def encode(batch: torch.Tensor) -> torch.Tensor:
        h = layer(batch)
        return torch.sigmoid((h - h.mean(0)) / (h.var(0, unbiased=False) + 1e-5).sqrt())

    total, step = 0.0, 1e-5
    with torch.no_grad():
        for b in range(4):
            for d in range(64):
                move = torch.zeros_like(x)
                move[b, d] = step
                total += ((encode(x + move) - encode(x - move))[b] / (2 * step)).square().sum().item()
    assert right.item() == pytest.approx(total / 4, rel=1e-4)


def test_a_penalty_without_a_graph_changes_no_gradient() -> None:
    assert traps.constant_penalty(0) == (False, 0.0)
