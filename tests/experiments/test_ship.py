"""What the page on shipping measures, against counts, torch's own rounding, SciPy and closed forms."""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from scipy.stats import chi2
from torch import Tensor, nn

from coursekit._check import CourseError
from coursekit.autoencoders import DenseAutoencoder
from coursekit.experiments import (
    ship_distil,
    ship_drift,
    ship_files,
    ship_models,
    ship_small,
    ship_speed,
)
from coursekit.ship import check_export, dequantize, export_model, quantize_affine, quantize_dynamic

ROOT = Path(__file__).parent.parent.parent
EPOCHS = 10


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# Files


@pytest.fixture(scope="module")
def made() -> ship_files.FilesResult:
    return ship_files.run((0,), epochs=EPOCHS)


def test_four_files_have_the_right_shape_and_one_is_the_model(made: ship_files.FilesResult) -> None:
    right, rebound, training, fixed = ship_files.FILES
    assert all(made.shape[name] == (True,) for name in ship_files.FILES)
    assert made.gap[right][0] <= 1e-6
    assert made.sizes[right] == (5,)
    assert made.gap[rebound][0] > 0.3
    assert made.again[training][0] > 0.2
    assert made.again[right] == made.again[fixed] == made.again[rebound] == (0.0,)
    assert made.sizes[fixed] == (0,)


def test_a_file_made_while_training_stays_noisy_and_leaves_the_global_stream() -> None:
    before = torch.get_rng_state()
    shown = ship_files.pictures(0, epochs=EPOCHS)
    first = ship_files.run((0,), epochs=EPOCHS)
    assert torch.equal(before, torch.get_rng_state())
    with torch.random.fork_rng(devices=[]):
        torch.rand(1)  # wherever that stream stands, the numbers are those of the seed
        assert ship_files.run((0,), epochs=EPOCHS).again == first.again
    model, x = ship_models.trained(0, EPOCHS), ship_models.held_out()[:8]
    assert torch.equal(shown[0], x)
    torch.testing.assert_close(shown[1], model.reconstruct(x), rtol=0, atol=1e-6)
    with pytest.raises(NotImplementedError, match="not supported"):
        ship_files.files(0, epochs=EPOCHS)["exported while training"].eval()  # type: ignore[attr-defined]


def test_numbers_from_outside_the_data_say_little() -> None:
    model = ship_models.trained(0, EPOCHS)
    wild = torch.randn(200, 64, generator=torch.Generator().manual_seed(0))
    assert ship_models.error(model.reconstruct, wild) > 5 * ship_models.error(
        model.reconstruct, ship_models.held_out()
    )


def test_logits_in_place_of_pixels_have_the_shape_and_are_refused() -> None:
    net = DenseAutoencoder(64, [8], 4, loss="bernoulli", generator=torch.Generator().manual_seed(0)).eval()
    x = ship_models.held_out()[:8]
    assert net(x).outputs.shape == x.shape
    with pytest.raises(CourseError, match="differs from the model by"):
        check_export(lambda rows: net(rows).outputs, net, x)
    assert check_export(export_model(net, x).module(), net, x) <= 1e-6


def test_training_and_held_out_digits_share_no_row() -> None:
    rows = {tuple(row.tolist()) for row in ship_models.training()}
    assert len(ship_models.training()) + len(ship_models.held_out()) == 1797
    shared = sum(tuple(row.tolist()) in rows for row in ship_models.held_out())
    assert shared == 0
    assert len(ship_models.held_labels()) == 797


# Smaller


def test_rounding_errors_stay_within_half_a_scale_and_spread_evenly() -> None:
    w = draw(200, 50)
    for by_row in (False, True):
        q = quantize_affine(w, by_row=by_row)
        errors = (dequantize(q) - w) / q.scale
        assert errors.abs().max() <= 0.5 + 1e-9
        # 10,000 errors: five standard errors of the mean of their squares are 5 % of it.
        assert errors.square().mean() * 12 == pytest.approx(1, abs=0.05)
    found = ship_small.rounding(0, epochs=EPOCHS)
    assert found.errors.abs().max() <= 0.5 + 1e-9
    assert found.spoiled > 8 * found.whole
    assert found.spoiled_rows < 6 * found.rows


def test_levels_meet_the_ends_of_the_range_and_keep_zero() -> None:
    for seed in range(50):
        w = draw(17, seed=seed) * 10 ** (seed % 5 - 2) + seed % 3
        q = quantize_affine(w)
        low, high = min(w.min().item(), 0.0), max(w.max().item(), 0.0)
        assert float(q.scale) == pytest.approx((high - low) / 255)
        assert float(q.zero_point) == round(-128 - low / ((high - low) / 255))
        wanted = np.rint(w.numpy() / float(q.scale)) + float(q.zero_point)
        assert np.array_equal(q.values.numpy(), wanted)
        assert -128 <= wanted.min() <= wanted.max() <= 127


def test_a_layer_errs_by_half_a_scale_times_the_inputs() -> None:
    w, x = draw(6, 9), draw(40, 9, seed=1)
    q = quantize_affine(w, by_row=True)
    gap = (x @ (dequantize(q) - w).T).abs()
    limit = x.abs().sum(1, keepdim=True) * q.scale.T / 2
    assert (gap <= limit + 1e-12).all()
    # The worst input has the signs of the errors: there the bound is met up to the rounding left over.
    errors = dequantize(q) - w
    for i in range(6):
        worst = errors[i].sign()
        assert float(errors[i] @ worst) == pytest.approx(float(errors[i].abs().sum()))
        assert float(errors[i].abs().sum()) <= 9 * float(q.scale[i]) / 2


def test_whole_numbers_multiply_to_the_product_of_what_is_read_back() -> None:
    w, x = draw(5, 7), draw(3, 7, seed=1)
    a, b = quantize_affine(w, by_row=True), quantize_affine(x)
    left = a.values.long() - a.zero_point.long()
    right = b.values.long() - b.zero_point.long()
    whole = (right @ left.T).double() * b.scale * a.scale.T
    torch.testing.assert_close(whole, dequantize(b) @ dequantize(a).T)
    layer = nn.Sequential(nn.Linear(7, 5)).float()
    with torch.no_grad():
        layer.load_state_dict({"0.weight": w, "0.bias": torch.zeros(5)})
        got = quantize_dynamic(layer)(x.float()).double()
    # torch takes one scale for the weight and one for the batch: both errors add.
    scales = (w.abs().max() / 127, (x.max().clamp(min=0) - x.min().clamp(max=0)) / 127)
    limit = scales[0] * x.abs().sum(1, keepdim=True) + scales[1] * w.abs().sum(1) + 7 * scales[0] * scales[1]
    assert ((got - x @ w.T).abs() <= limit).all()
    assert (got - x @ w.T).abs().max() > 1e-4


@pytest.mark.parametrize("count", [2, 5, 8])
def test_rows_rounded_to_bits_equal_torchs_own(count: int) -> None:
    w = draw(6, 11) + torch.tensor([0.0, 3, -3, 0, 0, 0], dtype=torch.float64)[:, None]
    got = ship_small.round_to_bits(w, count)
    steps = 2**count - 1
    low, high = w.amin(1).clamp(max=0), w.amax(1).clamp(min=0)
    scale = (high - low) / steps
    zero = torch.round(-low / scale).int()
    want = torch.fake_quantize_per_channel_affine(w.float(), scale.float(), zero, 0, 0, steps).double()
    torch.testing.assert_close(got, want, rtol=0, atol=1e-6)
    assert (got - w).abs().le(scale[:, None] * 0.500001 + 1e-12).all() or count < 8
    assert all(len(row.unique()) <= steps + 1 for row in got)
    if count == 8:
        torch.testing.assert_close(got, dequantize(quantize_affine(w, by_row=True)))


def test_bits_and_eight_bit_models_are_measured_on_the_held_out_digits() -> None:
    found = ship_small.bits((0,), epochs=EPOCHS)
    assert (found.noise[:, :-1] > found.noise[:, 1:]).all()
    eight = ship_small.eight((0,), epochs=EPOCHS)
    plain, ours, dynamic = eight.size
    assert eight.gap[plain] == (0.0,)
    assert 0 < eight.gap[ours][0] < 0.2
    assert eight.size[ours][0] < 0.4 * eight.size[plain][0]
    assert eight.size[dynamic][0] < 0.4 * eight.size[plain][0]
    model, x = ship_models.trained(0, EPOCHS), ship_models.held_out().numpy()
    layers = [(p.detach().numpy()) for p in model.parameters()]
    out = x
    for k in range(4):
        out = out @ layers[2 * k].T + layers[2 * k + 1]
        out = np.maximum(out, 0) if k in (0, 2) else out
    assert eight.error[plain][0] == pytest.approx(float(((out - x) ** 2).sum(1).mean()), rel=1e-4)


def test_zeros_cost_what_numbers_cost_and_missing_units_do_not() -> None:
    cut = ship_small.prune((0,), shares=(0.0, 0.5), epochs=EPOCHS)
    zeros, units, weighed = cut.error
    assert cut.operations[zeros] == (2 * 2 * (64 * 128 + 128 * 16),) * 2
    assert cut.operations[units] == (2 * 2 * (64 * 128 + 128 * 16), 2 * 2 * (64 * 64 + 64 * 16))
    assert cut.size[zeros][0] == cut.size[zeros][1] > 1.8 * cut.size[units][1]
    assert cut.zeros[zeros] == (0.0, 0.5)
    assert cut.error[weighed][0, 1] > 1.3 * cut.error[units][0, 1]
    assert cut.error[zeros][0, 0] == pytest.approx(float(cut.error[units][0, 0]), rel=1e-4)


def test_a_unit_replaced_by_its_mean_errs_by_its_variance_times_its_weights() -> None:
    h, w = draw(500, 4).relu(), draw(3, 4, seed=1)
    for j in range(4):
        gone = h.clone()
        gone[:, j] = h[:, j].mean()
        moved = ((gone - h) @ w.T).square().sum(1).mean()
        assert float(moved) == pytest.approx(float(h[:, j].var(correction=0) * w[:, j].square().sum()))


def test_a_bright_neighbour_changes_the_answer_of_dynamic_levels() -> None:
    near, far = ship_small.neighbours((0,), times=(1, 16), epochs=EPOCHS)[0].tolist()
    assert far > max(0.02, 2 * near)


# Time


def test_ratios_are_those_of_a_clock_and_turns_are_taken() -> None:
    now, order = [0.0], []

    def job(name: str, cost: float) -> object:
        def run() -> None:
            order.append(name)
            now[0] += cost * (3 if len(order) > 60 else 1)  # the machine slows down in the middle

        return run

    runs = {"a": job("a", 1.0), "b": job("b", 0.25), "c": job("c", 4.0)}
    found = ship_speed.ratios(runs, rounds=30, calls=2, clock=lambda: now[0])  # type: ignore[arg-type]
    assert found == pytest.approx({"a": 1.0, "b": 0.25, "c": 4.0}, rel=1e-9)
    turns = ["".join(order[3 + 6 * k : 9 + 6 * k : 2]) for k in range(30)]
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}
    assert len(set(turns)) == 6


def test_the_versions_that_are_timed_are_what_their_names_say() -> None:
    models = ship_speed._versions(32)
    names = {name: sum(p.numel() for p in model.parameters()) for name, model in models.items()}
    assert names["half of the units"] < 0.6 * names["float32"] == 0.6 * names["nine in ten weights zero"]
    assert set(ship_speed.speed((1,), width=32, rounds=3).ratio) == set(models)
    with pytest.raises(ValueError, match="rounds must be an int of at least 3; got 2"):
        ship_speed.speed((1,), rounds=2)


# Students


def test_two_squares_are_one_square_and_a_constant() -> None:
    s, x, t = draw(20, 5), draw(20, 5, seed=1), draw(20, 5, seed=2)
    for share in (0.0, 0.3, 1.0):
        both = (1 - share) * (s - x).square().sum(1) + share * (s - t).square().sum(1)
        one = (s - ship_distil.blend(x, t, share)).square().sum(1)
        torch.testing.assert_close(both, one + share * (1 - share) * (x - t).square().sum(1))
    with pytest.raises(ValueError, match=r"share must lie in \[0, 1\]; got 1.5"):
        ship_distil.blend(x, t, 1.5)
    with pytest.raises(ValueError, match=r"told must have shape \(20, 5\); got \(19, 5\)"):
        ship_distil.blend(x, t[1:], 0.5)


def test_a_student_of_the_teacher_is_nearer_to_it_and_no_better() -> None:
    found = ship_distil.students((0,), epochs=12)
    assert found.distance["teacher"][0] < 0.96 * found.distance["data"][0]
    assert 0.98 < found.error["teacher"][0] / found.error["data"][0] < 1.25


def test_further_digits_help_a_denoiser_and_a_teacher_on_the_same_ones_hardly() -> None:
    found = ship_distil.denoisers((0,), epochs=12)
    few, same, more, ceiling = (found.error[name][0] for name in found.error)
    assert more < 0.99 * few
    assert found.teacher[0] < ceiling
    assert ceiling < few
    assert 0.85 < same / few < 1.15


# Drift


def test_a_fixed_limit_raises_alarms_by_the_law_of_the_sizes() -> None:
    found = ship_drift.alarms((0, 1), sizes=(100, 300), draws=150)
    law = [float(1 - chi2.cdf(0.1 / (2 / n), 9)) for n in (100, 300)]
    assert found.law.tolist() == pytest.approx(law, abs=1e-6)
    assert law[0] == pytest.approx(0.83, abs=0.01)
    for k in range(2):
        share, error = float(found.fixed[:, k].mean()), math.sqrt(law[k] * (1 - law[k]) / 300)
        # The law is a limit: at 100 it is above the truth by some hundredths.
        assert abs(share - law[k]) < 0.07 + 5 * error
    # 300 draws at 5 %: below 0.12 but for one time in a million.
    assert float(found.scaled.mean()) < 0.12


def test_drifted_digits_are_what_their_names_say() -> None:
    x = ship_models.held_out()
    g = torch.Generator().manual_seed(0)
    assert torch.equal(ship_drift.drifted(x, "nothing", amount=0.5, generator=g), x)
    torch.testing.assert_close(ship_drift.drifted(x, "less light", amount=0.25, generator=g), 0.75 * x)
    noise = ship_drift.drifted(x, "noise", amount=0.5, generator=g) - x
    # 51,008 draws: five standard errors of the deviation are 0.8 %.
    assert float(noise.std()) == pytest.approx(0.5, rel=0.01)
    with pytest.raises(ValueError, match="kind must be one of"):
        ship_drift.drifted(x, "fog", amount=0.5, generator=g)


def test_errors_and_codes_see_different_drifts() -> None:
    found = ship_drift.power((0,), windows=4, epochs=20)
    share = dict(zip(ship_drift.KINDS, found.share[0], strict=True))
    assert share["noise"][0] == 1
    assert found.level[0, 2] < 0.95
    assert share["less light"][0] == 0
    assert share["less light"][3] >= 0.75
    assert share["other mix"][3] >= 0.75


def test_a_window_shares_no_digit_with_its_reference() -> None:
    order = torch.randperm(797, generator=torch.Generator().manual_seed(0))
    for kind in ship_drift.KINDS:
        places = ship_drift._window(order, 100, kind)
        assert len(places) == 100
        assert set(places.tolist()).isdisjoint(order[: ship_drift.REFERENCE].tolist())
    labels = ship_models.held_labels()[ship_drift._window(order, 100, "other mix")]
    assert set(labels.tolist()) == set(ship_drift.FEW)


def test_a_stream_rises_after_its_start_and_the_alarm_follows() -> None:
    found = ship_drift.stream(0, epochs=20)
    assert len(found.scores) == 797 - 300
    windows = found.scores.unfold(0, found.window, 1)
    want = [sorted(row)[found.window // 2 - 1] for row in windows[::50].tolist()]
    assert found.median[::50].tolist() == pytest.approx(want)
    first = int(found.alarms.nonzero()[0])
    assert found.start < first < found.start + 180
    assert not found.alarms[: found.window - 1].any()


def test_a_reference_that_was_trained_on_cries_wolf() -> None:
    held, known = ship_drift.wrong_reference((0,), epochs=40)
    assert known[0] > 0.5
    assert held[0] < 0.3


# What is said


def test_sources_of_the_page_are_papers_with_a_year_and_a_place() -> None:
    page = (ROOT / "chapters/autoencoders/shipping.md").read_text(encoding="utf-8")
    cited = set(itertools.chain(*(keys.split(",") for keys in re.findall(r"{cite(?::t)?}`([\w,]+)`", page))))
    assert len(cited) >= 8
    links = re.findall(r"https?://[^\s)]+", page)
    assert links == ["https://onnx.ai"]
    assert "d2l" not in page.lower()


def test_errata_about_tools_name_what_a_repository_is() -> None:
    rows = yaml.safe_load((ROOT / "ledger/errata/shipping.yml").read_text(encoding="utf-8"))
    right = {row["id"]: row["right"] for row in rows}
    assert "semi-supervised" in right["001-D-93"]
    assert "one model" in right["001-D-93"]
