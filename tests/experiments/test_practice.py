"""The formulas of the chapter on practice against independent ones: schedules, minimisers, layers, starts."""

import inspect
import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from scipy import optimize
from torch import nn
from torch.optim import lr_scheduler

from coursekit.autoencoders import ConvolutionalAutoencoder, DenseAutoencoder
from coursekit.experiments import prac_layers, prac_losses, prac_rates, prac_start, prac_width
from coursekit.experiments.bench import seeded
from coursekit.init import initialise


@pytest.mark.parametrize("name", prac_rates.SCHEDULES[:4])
def test_schedules_equal_torchs_step_by_step(name: str) -> None:
    rate, epochs = 0.02, 12
    steered = prac_rates.make(name, nn.Linear(1, 1).parameters(), rate=rate, epochs=epochs)
    steered.optimizer.step()
    for epoch in range(epochs):
        told = prac_rates.rate_at(name, epoch, rate=rate, epochs=epochs)
        assert steered.optimizer.param_groups[0]["lr"] == pytest.approx(told, rel=1e-9)
        steered.scheduler.step()  # type: ignore[call-arg]
    if name == "cosine":
        assert steered.optimizer.param_groups[0]["lr"] == pytest.approx(1e-6)
        assert prac_rates.rate_at(name, 6, rate=rate, epochs=12) == pytest.approx((rate + 1e-6) / 2)


def test_each_scheduler_holds_its_own_optimiser() -> None:
    for name in prac_rates.SCHEDULES:
        model = nn.Linear(2, 1)
        steered = prac_rates.make(name, model.parameters(), rate=0.1, epochs=9)
        assert steered.scheduler.optimizer is steered.optimizer
        held = steered.optimizer.param_groups[0]["params"]
        assert all(a is b for a, b in zip(held, model.parameters(), strict=True))
    with pytest.raises(ValueError, match=r"schedule must be one of .*did you mean 'cosine'"):
        prac_rates.make("cosin", nn.Linear(1, 1).parameters(), rate=0.1, epochs=9)
    with pytest.raises(ValueError, match="rate must be"):
        prac_rates.Pace([("step", 0.0, 3)])


def test_a_plateau_halves_as_torchs_does() -> None:
    errors = [3.0, 2.0, 2.5, 2.5, 2.0, 2.1, 2.2, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9, 1.9]
    steered = prac_rates.make("plateau", nn.Linear(1, 1).parameters(), rate=1.0, epochs=20)
    pace = prac_rates.Pace([("plateau", 1.0, 20), ("constant", 0.5, 20)])
    assert isinstance(steered.scheduler, lr_scheduler.ReduceLROnPlateau)
    for epoch, error in enumerate(errors):
        told = pace.rates(epoch)
        assert told.tolist() == [steered.optimizer.param_groups[0]["lr"], 0.5]
        steered.scheduler.step(error)
        pace.show(torch.tensor([error, 1.0]))
    assert pace.rates(len(errors))[0] < 1


def test_schedulers_of_a_foreign_optimiser_move_it_and_nothing_else() -> None:
    told = prac_rates.wrong_optimiser(rate=1e-3, epochs=30, steps=20)
    assert told.own == (1e-3,) * 3
    expected = [
        1e-3 * 0.25,
        1e-3 * 0.01 ** (2 / 3),
        1e-6 + (1e-3 - 1e-6) * 0.5 * (1 + math.cos(math.pi * 2 / 3)),
    ]
    assert told.alone == pytest.approx(expected)
    assert told.shared < min(told.own)
    assert told.shared not in [pytest.approx(rate) for rate in told.alone]


def test_torch_knows_no_verbose_scheduler() -> None:
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
    with pytest.raises(TypeError, match="verbose"):
        lr_scheduler.ReduceLROnPlateau(optimizer, verbose=True)  # type: ignore[call-arg]
    assert "verbose" not in inspect.signature(prac_rates.make).parameters
    prac_rates.make("plateau", nn.Linear(1, 1).parameters(), rate=0.1, epochs=3)


@pytest.mark.parametrize("loss", ["squared", "bernoulli", "absolute", "huber"])
def test_single_answers_cost_least(loss: str) -> None:
    x = torch.rand(15, 3, generator=seeded(0), dtype=torch.float64) ** 2
    told = prac_losses.minimiser(x, loss=loss, delta=0.15)
    torch_loss = {
        "squared": F.mse_loss,
        "bernoulli": F.binary_cross_entropy,
        "absolute": F.l1_loss,
        "huber": lambda c, t: F.huber_loss(c, t, delta=0.15),
    }[loss]
    for pixel in range(3):
        column = x[:, pixel]

        def cost(c: float, column: torch.Tensor = column) -> float:
            return float(torch_loss(torch.full_like(column, c), column))

        best = optimize.minimize_scalar(
            cost, bounds=(1e-4, 1 - 1e-4), method="bounded", options={"xatol": 1e-9}
        )
        assert told[pixel].item() == pytest.approx(best.x, abs=1e-5)


def test_cross_entropy_blurs_two_modes_as_squared_error_does() -> None:
    told = prac_losses.two_modes(0.6)
    left, right = told["left"], told["right"]
    for name in ("squared", "cross-entropy", "Huber 1"):
        torch.testing.assert_close(told[name], 0.6 * left + 0.4 * right)
    assert torch.equal(told["absolute"], left)
    # 60 pull up with 0.1 each and 40 down: the slope is zero where 60 (1 - c) is held by 40 times 0.1.
    assert told["Huber 0.1"][left > 0].unique().item() == pytest.approx(1 - 0.1 * 40 / 60)
    with pytest.raises(ValueError, match="share must lie between 0 and 1; got 1"):
        prac_losses.two_modes(1.0)


def test_huber_at_one_is_half_the_squared_error_on_pixels() -> None:
    x, y = (torch.rand(20, 8, generator=seeded(s), dtype=torch.float64) for s in (0, 1))
    told = dict(zip(prac_losses.SCORES, prac_losses.scores(y, x), strict=True))
    assert told["Huber 1"] == pytest.approx(told["squared"] / 2, rel=1e-14)
    assert told["Huber 0.1"] < told["squared"] / 2
    error = (y - x).abs()
    by_hand = torch.where(error < 0.1, error**2 / 2, 0.1 * (error - 0.05)).mean()
    assert told["Huber 0.1"] == pytest.approx(by_hand.item())
    assert told["absolute"] == pytest.approx(error.mean().item())
    assert told["black"] == pytest.approx((y < 0.02).double().mean().item())
    probability = y.clamp(1e-3, 1 - 1e-3)
    entropy = -(x * probability.log() + (1 - x) * (1 - probability).log()).mean()
    assert told["cross-entropy"] == pytest.approx(entropy.item())


def test_batch_norm_equals_torchs() -> None:
    h = torch.randn(9, 4, generator=seeded(0), dtype=torch.float64) * 3 + 1
    layer = nn.BatchNorm1d(4).double()
    layer.weight.data.copy_(torch.tensor([1.0, 2.0, -1.0, 0.5]))
    layer.bias.data.copy_(torch.tensor([0.0, 1.0, 2.0, -3.0]))
    told = prac_layers.batch_norm(h, layer.weight.data, layer.bias.data)
    torch.testing.assert_close(told, layer(h).detach())
    with pytest.raises(ValueError, match="at least two rows to have a variance; got 1"):
        prac_layers.batch_norm(h[:1], layer.weight.data, layer.bias.data)


def test_noise_of_dropout_equals_the_sum_over_all_masks() -> None:
    weight = torch.randn(3, 4, generator=seeded(0), dtype=torch.float64)
    h, x = (torch.randn(2, n, generator=seeded(n), dtype=torch.float64) for n in (4, 3))
    p, expected = 0.3, torch.zeros(2, dtype=torch.float64)
    for kept in itertools.product((0.0, 1.0), repeat=4):
        mask = torch.tensor(kept, dtype=torch.float64)
        chance = math.prod(1 - p if keep else p for keep in kept)
        expected += chance * ((mask * h / (1 - p)) @ weight.T - x).square().sum(1)
    told = (h @ weight.T - x).square().sum(1) + prac_layers.noise_of_dropout(weight, h, p)
    torch.testing.assert_close(told, expected)


def test_sigmoid_and_squared_error_lose_their_slope() -> None:
    for a, x in ((-3.0, 1.0), (0.5, 0.0), (20.0, 0.0)):
        logit = torch.tensor(a, dtype=torch.float64, requires_grad=True)
        (torch.sigmoid(logit) - x).square().backward()
        assert logit.grad is not None
        told = prac_layers.sigmoid_slope(logit.detach(), torch.tensor(x, dtype=torch.float64))
        assert logit.grad.item() == pytest.approx(told.item(), rel=1e-9)
    assert abs(told.item()) < 1e-8
    with pytest.raises(ValueError, match=r"x must have shape \(2,\); got \(3,\)"):
        prac_layers.sigmoid_slope(torch.zeros(2), torch.zeros(3))


def test_gains_keep_the_mean_square_through_an_activation() -> None:
    wide = torch.randn(1_000_000, generator=seeded(0), dtype=torch.float64)
    for name, function in (("relu", torch.relu), ("leaky_relu", lambda h: F.leaky_relu(h, 0.2))):
        # 6 standard errors of the mean square of a million draws
        assert function(wide).square().mean().item() * prac_start.gains(name) ** 2 == pytest.approx(
            1, abs=0.015
        )
    assert prac_start.gains("tanh") == pytest.approx(nn.init.calculate_gain("tanh"))
    with pytest.raises(ValueError, match="activation must be one of"):
        prac_start.gains("swish")


def test_a_layer_multiplies_the_mean_square_by_fan_in_times_variance() -> None:
    x = torch.randn(500, 64, generator=seeded(3)) * 0.7
    for name, variance in (("small", 1e-4), ("fan_in", 2 / 64), ("fan_out", 2 / 256), ("xavier", 2 / 320)):
        told = prac_start.signal(name, range(8), hidden=[256], latents=8, x=x).deviations
        assert told.shape == (8, 4)
        expected = math.sqrt(64 * variance * x.square().mean().item())
        # Eight draws of 16,384 weights: the deviation is known to under one percent.
        assert told[:, 0].mean().item() == pytest.approx(expected, rel=0.05)
    zero = prac_start.signal("zeros", (0,), x=x).deviations
    assert zero.abs().max() == 0


def test_fan_out_makes_the_code_too_large_by_the_root_of_the_ratio() -> None:
    widths = [64, 128, 32, 16]
    steps = [a / b for a, b in itertools.pairwise(widths)]
    assert prac_start.fan_out_code(widths) == pytest.approx(math.sqrt(math.prod(steps))) == 2
    g, squares = seeded(0), []
    for _ in range(60):  # one network a draw, every layer a ReLU before the next, the code linear
        h = torch.randn(200, 64, generator=g)
        for at, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
            h = (
                (torch.relu(h) if at else h)
                @ torch.randn(inputs, outputs, generator=g)
                * math.sqrt(2 / outputs)
            )
        squares.append(h.square().mean())
    # The first layer sees no ReLU, which is worth a factor 2 in the mean square.
    mean, error = torch.stack(squares).mean(), torch.stack(squares).std() / math.sqrt(60)
    assert abs(mean / 2 - 4) < 5 * error


def test_starts_have_the_variance_that_they_name() -> None:
    for name, expected in (("xavier", 2 / 464), ("fan_in", 2 / 64), ("fan_out", 2 / 400), ("small", 1e-4)):
        model = DenseAutoencoder(64, [400], 8, generator=seeded(0))
        prac_start.start(model, name, generator=seeded(1))
        weight = model.encoder[0].weight
        assert weight.var().item() == pytest.approx(expected, rel=0.05)  # 25,600 draws: five standard errors
        assert all(layer.bias.abs().sum() == 0 for layer in model.modules() if isinstance(layer, nn.Linear))
    model = DenseAutoencoder(64, [400], 8, generator=seeded(0))
    prac_start.start(model, "fan_in", generator=seeded(1))
    assert model.encoder[2].weight.var().item() == pytest.approx(1 / 400, rel=0.15)  # a linear code: gain 1
    before = {name: value.clone() for name, value in model.state_dict().items()}
    prac_start.start(model, "default", generator=seeded(2))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    with pytest.raises(ValueError, match="start must be one of"):
        prac_start.start(model, "lecun")


def test_initialise_reaches_transposed_convolutions_too() -> None:
    model = ConvolutionalAutoencoder((1, 8, 8), [4, 8], 4, generator=seeded(0))
    layers = {
        n: m for n, m in model.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d))
    }
    before = {name: layer.weight.clone() for name, layer in layers.items()}
    initialise(model, "kaiming_normal", generator=seeded(1))
    assert any(isinstance(layer, nn.ConvTranspose2d) for layer in layers.values())
    assert all(not torch.equal(before[name], layer.weight) for name, layer in layers.items())


def test_the_rule_of_thumb_refuses_its_own_table() -> None:
    low, high = prac_width.rule_of_thumb(3 * 224 * 224)
    assert (low, high) == pytest.approx((3010.56, 15052.8))
    assert low > 512
    assert prac_width.rule_of_thumb(784)[0] <= 32 <= prac_width.rule_of_thumb(784)[1]
    with pytest.raises(ValueError, match="pixels must be an int of at least 1; got 0"):
        prac_width.rule_of_thumb(0)
