"""The runs of the chapter on practice: stacks equal the course's own loop, and each fault shows its sign."""

import math

import pytest
import torch

from coursekit.experiments import (
    prac_guide,
    prac_ills,
    prac_judge,
    prac_layers,
    prac_losses,
    prac_stack,
    prac_start,
    prac_width,
)
from coursekit.experiments.ae_parts import digits_in_three, per_pixel
from coursekit.experiments.bench import seeded
from coursekit.experiments.prac_stack import Recipe, build, run
from coursekit.train import fit, own_loss


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(epochs=2),
        Recipe(epochs=2, batch_norm=True),
        Recipe(epochs=2, loss="huber", delta=0.1, activation="tanh", rate=1e-2, batch=50),
        Recipe(epochs=2, hidden=(16,), blocks=1, start="fan_in"),
    ],
    ids=["plain", "batch norm", "Huber", "residual"],
)
def test_a_stack_equals_the_loop_of_the_course(recipe: Recipe) -> None:
    x, model = digits_in_three(), build(recipe, 1)
    history = fit(
        model, (x.x_train,), loss=own_loss, epochs=2, batch_size=recipe.batch, lr=recipe.rate,
        validation=(x.x_valid,), generator=seeded(10_001),
    )  # fmt: skip
    model.eval()
    # A companion with another rate shares the stack, and must not matter.
    other = Recipe(**{**recipe.__dict__, "rate": recipe.rate / 10})
    told = run([other, recipe], (0, 1))[1].runs[1]
    # A bias before batch norm has no gradient but rounding, which Adam makes into full steps.
    rel = 0.01 if recipe.batch_norm else 1e-4
    pair = told.model.reconstruct(x.x_test), model.reconstruct(x.x_test)
    torch.testing.assert_close(*pair, rtol=0, atol=0.05 if recipe.batch_norm else 1e-4)
    assert told.valid == pytest.approx(per_pixel(model.reconstruct(x.x_valid), x.x_valid), rel=rel)
    assert told.test == pytest.approx(per_pixel(told.model.reconstruct(x.x_test), x.x_test), rel=1e-5)
    assert told.train == pytest.approx(per_pixel(told.model.reconstruct(x.x_train), x.x_train), rel=1e-5)
    if recipe.loss == "squared":
        assert told.curve[-1].item() == pytest.approx(history.last("val_loss") / 64, rel=rel)
    assert told.rates.tolist() == pytest.approx([recipe.rate] * 2)


def test_nothing_is_trained_twice_and_seeds_differ() -> None:
    recipe = Recipe(epochs=1, hidden=(8,))
    first = run([recipe], (0, 1))[0]
    again = run([recipe, recipe], (1, 0))
    assert again[0].runs[0] is first.runs[1]
    assert again[1].runs[1] is first.runs[0]
    assert first.runs[0].test != first.runs[1].test
    assert len(run([Recipe(epochs=4, hidden=(8,))], (0, 1, 2), fast=True)[0].runs) == 2
    with pytest.raises(ValueError, match="recipes must hold at least one recipe"):
        run([])


def test_dropout_stays_on_its_side_and_leaves_the_global_stream_alone() -> None:
    model = build(Recipe(drop=(0.0, 0.5)), 0).train()
    x = digits_in_three().x_test
    assert torch.equal(model.encode(x), model.encode(x))
    z = model.encode(x)
    assert not torch.equal(model.decode(z), model.decode(z))
    state = torch.get_rng_state()
    run([Recipe(epochs=1, drop=(0.2, 0.2), hidden=(8,))], (0,))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_rate_matters_and_too_large_a_one_kills() -> None:
    recipes = [Recipe(rate=1e-3, epochs=12), Recipe(rate=1e-3, epochs=12, schedule="cosine"),
               Recipe(rate=1e-2, epochs=12), Recipe(rate=0.1, epochs=12)]  # fmt: skip
    low, cosine, right, high = run(recipes, (0, 1))
    for seed in range(2):
        assert right.column()[seed] < low.column()[seed] / 1.2
        assert cosine.column()[seed] > 1.1 * low.column()[seed]
        assert high.column()[seed] > 0.06
        assert prac_ills.dead_units(high.runs[seed].model) > 0.95
        assert prac_ills.dead_units(low.runs[seed].model) < 0.6
    assert cosine.runs[0].rates[-1] < 1e-4


def test_the_widest_code_has_the_smallest_error() -> None:
    told = prac_width.sweep((0, 1), widths=(2, 16), fast=True)
    assert told.chosen() == [16, 16]
    assert (told.accuracy[:, 1] > told.accuracy[:, 0] + 0.1).all()
    assert told.enough(0.0) == [2, 2]
    assert told.enough(2.0) == [16, 16]
    x = digits_in_three()
    values = torch.linalg.svdvals(x.x_train - x.x_train.mean(0)).square()
    assert told.line[1] < told.line[0]
    assert told.line[0].item() == pytest.approx((values[2:].sum() / (1200 * 64)).item(), rel=0.1)


def test_the_cross_table_scores_every_model_by_every_loss() -> None:
    told = prac_losses.cross_table((0, 1), epochs=8, fast=True)
    assert told.values.shape == (5, 6, 2)
    halves = told.values[:, 3] / told.values[:, 0]
    assert (halves - 0.5).abs().max() < 0.003
    assert not torch.equal(told.get("squared", "absolute"), told.get("absolute", "absolute"))
    assert told.data == pytest.approx((digits_in_three().x_test == 0).double().mean().item())


def test_a_deep_network_needs_a_start() -> None:
    signals = {name: prac_start.signal(name, (0, 1)).deviations for name in prac_start.STARTS}
    assert signals["small"][:, -1].max() < 1e-6
    assert signals["fan_out"][:, 4].min() > 1.5 * signals["fan_in"][:, 4].max()
    deep = [Recipe(hidden=(64, 64, 32), start=name, epochs=8) for name in ("fan_in", "small", "zeros")]
    fan, small, zeros = run(deep, (0, 1))
    for seed in range(2):
        assert fan.column()[seed] < 0.06 < small.column()[seed]
        state = zeros.runs[seed].model.state_dict()
        moved = [name for name, value in state.items() if value.abs().max() > 0]
        assert moved == [name for name in state if name.startswith("decoder") and name.endswith("bias")][-1:]


def test_blocks_that_skip_learn_where_plain_ones_do_not() -> None:
    skip, plain = run([Recipe(hidden=(32,), blocks=3, skip=s, epochs=8) for s in (True, False)], (0, 1))
    for a, b in zip(skip.column(), plain.column(), strict=True):
        assert a < 0.75 * b
        assert b > 0.068


def test_vital_signs_name_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    x = digits_in_three()
    healthy = Recipe(epochs=12)
    few = {"healthy": healthy, "dead": Recipe(rate=0.1, epochs=12),
           "by heart": Recipe(rows=40, batch=20, epochs=120, hidden=(128,), latents=32),
           "wrong mode": Recipe(drop=(0.4, 0.4), epochs=6)}  # fmt: skip
    monkeypatch.setattr(prac_ills, "ILLS", few)
    outcomes, signs = prac_ills.sick((0, 1))
    at = {name: index for index, name in enumerate(prac_ills.Vitals._fields)}
    assert signs["dead"][:, at["spread"]].max() < 0.02
    assert signs["dead"][:, at["dead"]].min() > 0.95
    assert signs["healthy"][:, at["gap"]].max() < 1.25 < 4 < signs["by heart"][:, at["gap"]].min()
    assert signs["wrong mode"][:, at["mode"]].min() > 1.1
    assert signs["healthy"][:, at["mode"]].tolist() == pytest.approx([1, 1])
    model = outcomes["healthy"].runs[0].model
    mean = x.x_train.mean(0)
    expected = per_pixel(model.reconstruct(x.x_test), x.x_test) / (x.x_test - mean).square().mean().item()
    assert signs["healthy"][0, at["error"]].item() == pytest.approx(expected, rel=1e-5)
    assert not model.training


def test_noise_passes_a_projection_in_the_share_of_its_dimensions() -> None:
    model = build(Recipe(latents=64, hidden=(64,)), 0)
    model.encoder = torch.nn.Sequential(torch.nn.Identity())
    model.decoder = torch.nn.Identity()
    x = digits_in_three()
    told = prac_ills.vitals(model, x.x_train, x.x_test, generator=seeded(0))
    assert told.noise == pytest.approx(1, rel=1e-4)
    assert told.error == 0
    basis = torch.linalg.qr(torch.randn(64, 16, generator=seeded(1)))[0]
    project = torch.nn.Linear(64, 64, bias=False)
    project.weight.data.copy_(basis @ basis.T)
    model.encoder = torch.nn.Sequential(project)
    told = prac_ills.vitals(model, x.x_train, x.x_test, generator=seeded(0))
    # 297 times 16 squared normals over 297 times 64: five standard errors.
    assert told.noise == pytest.approx(16 / 64, abs=5 * 0.25 * math.sqrt(2 / (297 * 16)))


def test_twins_across_the_cut_flatter() -> None:
    told = prac_ills.leak((0,), originals=100)
    assert told.true[0] > 1.3 * told.told[0]


def test_the_wrong_mode_costs_and_leaves_no_trace() -> None:
    (outcome,) = run([Recipe(drop=(0.0, 0.3), batch_norm=True, epochs=3)], (0, 1))
    before = {name: value.clone() for name, value in outcome.runs[0].model.state_dict().items()}
    right, wrong = prac_layers.modes(outcome)
    assert all(b > 1.05 * a for a, b in zip(right, wrong, strict=True))
    assert right == pytest.approx(outcome.column(), rel=1e-5)
    for name, value in outcome.runs[0].model.state_dict().items():
        assert torch.equal(before[name], value)


def test_dropout_before_the_output_costs_what_an_average_over_masks_says() -> None:
    (outcome,) = run([Recipe(epochs=3)], (0,))
    model, x = outcome.runs[0].model, digits_in_three().x_test
    h = torch.relu(model.decoder[0](model.encode(x))).detach()
    last, g = model.decoder[2], seeded(5)
    masks = torch.empty(400, *h.shape).bernoulli_(0.8, generator=g)
    noisy = ((masks * h / 0.8) @ last.weight.T + last.bias - x).square().sum(2).mean(1)
    share = (noisy.mean() / (64 * outcome.runs[0].test)).item() - 1
    error = (noisy.std() / math.sqrt(400) / (64 * outcome.runs[0].test)).item()
    assert prac_layers.dropout_cost(outcome)[0] == pytest.approx(share, abs=6 * error)


def test_dropout_in_the_decoder_costs_where_images_are_few() -> None:
    few = [
        Recipe(hidden=(256,), latents=32, rows=60, batch=20, epochs=80, drop=(0.0, p)) for p in (0, 0.2, 0.5)
    ]
    none, some, more = (outcome.runs[0] for outcome in run(few, (0,)))
    assert none.test > 20 * none.train  # learnt by heart: there is a gap to close
    assert none.test * 1.03 < some.test < more.test / 1.05
    assert some.test / some.train < none.test / none.train / 3


def test_features_and_judge_share_no_image_and_both_know_digits() -> None:
    x = digits_in_three()
    features = prac_judge.features_of_digits()
    assert features.features(x.x_test).shape == (297, 64)
    assert not any(p.requires_grad for p in features.parameters())
    assert prac_judge.accuracy(x.x_test, x.y_test) > 0.95
    assert prac_judge.accuracy(torch.rand(100, 64, generator=seeded(0)), x.y_test[:100]) < 0.3
    pixels, looks = run([Recipe(epochs=4), Recipe(epochs=4, mix=(0.0, 1.0))], (0, 1))
    told = prac_judge.judged([[t.model for t in o.runs] for o in (pixels, looks)])
    assert (told.error[1] > told.error[0]).all()
    with torch.no_grad():
        for seed in range(2):
            costs = [
                features(o.runs[seed].model.reconstruct(x.x_test), x.x_test).mean() for o in (pixels, looks)
            ]
            assert costs[1] < costs[0]


def test_the_guide_measures_ratios_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        prac_guide, "KNOBS", {"start": {"fan-in": {"start": "fan_in"}}, "rate": {"0.0001": {"rate": 1e-4},
                              "0.01": {"rate": 1e-2}}}
    )  # fmt: skip
    told = prac_guide.guide((0, 1), fast=True)
    assert [knob.name for knob in told.knobs] == ["rate", "start"]
    rate = told.get("rate")
    expected = [run([Recipe(rate=r)], (0, 1), fast=True)[0].column("valid") for r in (1e-4, 1e-2)]
    torch.testing.assert_close(rate.ratios, torch.tensor(expected) / told.reference)
    assert rate.tried[rate.best] == "0.01"
    means = [*rate.ratios.mean(1).tolist(), 1.0]
    assert rate.reach == pytest.approx(max(means) / min(means))
    assert prac_guide.together(told, (0, 1), fast=True).recipe.rate == 1e-2
    assert prac_stack.EPOCHS == 25
