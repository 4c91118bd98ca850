"""Dense networks against a loop in NumPy, and their start against torch's own layers and the uniform law."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from coursekit.dense import activations, linear, make_activation, mlp, reset_weights

FORMULAS = {
    "relu": lambda a: np.maximum(a, 0),
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "leaky_relu": lambda a: np.where(a > 0, a, 0.2 * a),
    "elu": lambda a: np.where(a > 0, a, np.expm1(a)),
    "gelu": lambda a: a * stats.norm.cdf(a),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "linear": lambda a: a,
}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_activation_has_a_formula_here() -> None:
    assert set(activations()) == set(FORMULAS)


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_activation_equals_its_formula(name: str) -> None:
    a = torch.linspace(-4, 4, 81, dtype=torch.float64)
    np.testing.assert_allclose(make_activation(name)(a).numpy(), FORMULAS[name](a.numpy()), atol=1e-12)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("name", ["tanh", "leaky_relu"])
def test_mlp_equals_a_loop_in_numpy(name: str, last: bool) -> None:
    net = mlp([5, 4, 3, 2], activation=name, last=last).double()
    reset_weights(net, generator=seeded())
    x = torch.randn(7, 5, generator=seeded(1), dtype=torch.float64)
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    h = x.numpy()
    for number, layer in enumerate(layers):
        h = h @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        if last or number < len(layers) - 1:
            h = FORMULAS[name](h)
    np.testing.assert_allclose(net(x).detach().numpy(), h, rtol=1e-12, atol=1e-12)


LAYERS = {
    "linear": lambda device: nn.Linear(30, 40, device=device),
    "no bias": lambda device: nn.Linear(30, 40, bias=False, device=device),
    "conv1d": lambda device: nn.Conv1d(6, 8, 5, device=device),
    "conv2d": lambda device: nn.Conv2d(6, 8, 3, device=device),
    "grouped": lambda device: nn.Conv2d(6, 8, 3, groups=2, device=device),
    "transposed 1d": lambda device: nn.ConvTranspose1d(8, 6, 5, device=device),
    "transposed 2d": lambda device: nn.ConvTranspose2d(8, 6, 3, device=device),
}


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_start_is_that_of_torch_when_both_draw_the_same_numbers(name: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        twin = LAYERS[name]("cpu")
    layer = LAYERS[name]("meta").to_empty(device="cpu")
    reset_weights(layer, generator=seeded(5))
    for ours, theirs in zip(layer.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)


def test_start_follows_the_uniform_law() -> None:
    net = mlp([64, 300], last=True)
    reset_weights(net, generator=seeded(2))
    for weight in (net[0].weight, net[0].bias):
        scaled = (weight.detach().flatten().double() * math.sqrt(64)).numpy()
        assert stats.kstest(scaled, "uniform", args=(-1, 2)).pvalue > 1e-6
        assert np.abs(scaled).max() <= 1 + 1e-6


def test_nothing_is_drawn_from_the_global_stream() -> None:
    before = torch.get_rng_state()
    net = mlp([4, 3, 2])
    linear(4, 3)
    reset_weights(net, generator=seeded())
    assert torch.equal(before, torch.get_rng_state())
    reset_weights(net)
    assert not torch.equal(before, torch.get_rng_state())


def test_start_without_a_generator_is_that_of_the_global_stream() -> None:
    first, second = mlp([4, 3, 2]), mlp([4, 3, 2])
    with torch.random.fork_rng():
        torch.manual_seed(8)
        reset_weights(first)
    reset_weights(second, generator=seeded(8))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_other_layers_are_left_alone() -> None:
    net = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    with torch.no_grad():
        net[0].weight.fill_(7.0)
    reset_weights(net, generator=seeded())
    assert net[0].weight.tolist() == [7.0] * 3


def test_sizes_are_not_changed_and_bias_may_be_left_out() -> None:
    sizes = [4, 3, 2]
    mlp(sizes)
    assert sizes == [4, 3, 2]
    assert linear(4, 3, bias=False).bias is None
    assert linear(4, 3).weight.shape == (3, 4)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"sizes must hold an input and an output width; got \[3\]"):
        mlp([3])
    with pytest.raises(ValueError, match=r"each of sizes must be an int of at least 1; got 0"):
        mlp([3, 0, 2])
    with pytest.raises(TypeError, match=r"each of sizes must be an int of at least 1; got float 2.5"):
        mlp([3, 2.5])  # type: ignore[list-item]
    for call in (lambda: mlp([3, 2], activation="Relu"), lambda: make_activation("Relu")):
        with pytest.raises(ValueError, match=r"activation must be one of relu, .*; got 'Relu'"):
            call()
    with pytest.raises(TypeError, match=r"generator must be a torch.Generator.*; got int 3"):
        reset_weights(mlp([3, 2]), generator=3)  # type: ignore[arg-type]
