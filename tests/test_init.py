"""Initialisers: variance and range in closed form, PyTorch's own as twins, no foreign stream drawn from."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from coursekit import init


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("fill", "variance", "fourth"),
    [
        (init.xavier_uniform, 2 / (300 + 200), 1.8),
        (init.kaiming_uniform, 2 / 300, 1.8),
        (init.kaiming_normal, 2 / 300, 3.0),
        (init.normal, 0.02**2, 3.0),
    ],
)
def test_moments_are_those_of_the_closed_form(
    fill: Callable[..., Tensor], variance: float, fourth: float
) -> None:
    """Mean, variance and kurtosis (1.8 uniform, 3 Gaussian), each within five standard errors."""
    w = fill(torch.empty(200, 300, dtype=torch.float64), generator=_generator())
    n = w.numel()
    assert abs(float(w.mean())) < 5 * math.sqrt(variance / n)
    assert float(w.var()) == pytest.approx(variance, rel=5 * math.sqrt((fourth - 1) / n))
    assert float((w**4).mean() / w.var() ** 2) == pytest.approx(fourth, abs=0.12)


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3, 3)])
def test_values_are_those_of_pytorch(shape: tuple[int, ...]) -> None:
    def both(ours: Callable[..., Tensor], theirs: Callable[..., Tensor], **options: object) -> None:
        mine = ours(torch.empty(shape), generator=_generator())
        twin = theirs(torch.empty(shape), generator=_generator(), **options)
        assert torch.allclose(mine, twin, rtol=1e-6, atol=0)

    both(init.xavier_uniform, nn.init.xavier_uniform_)
    both(init.kaiming_uniform, nn.init.kaiming_uniform_, nonlinearity="relu")
    both(init.kaiming_normal, nn.init.kaiming_normal_, nonlinearity="relu")
    both(init.normal, nn.init.normal_, std=0.02)


def test_gain_scales() -> None:
    one = init.xavier_uniform(torch.empty(4, 4), generator=_generator())
    two = init.xavier_uniform(torch.empty(4, 4), gain=2.0, generator=_generator())
    assert torch.allclose(two, 2 * one)


def test_signal_keeps_its_size_through_twenty_layers_of_relu() -> None:
    """What He et al. promise, and what the standard deviation 0.02 does not keep."""
    x = torch.randn(100, 256, generator=_generator(1))
    sizes = {}
    for name in ("kaiming_normal", "normal"):
        stream, h = _generator(), x
        for _ in range(20):
            h = torch.relu(init.linear(256, 256, name=name, generator=stream)(h)).detach()
        sizes[name] = float(h.square().mean())
    assert 0.1 < sizes["kaiming_normal"] < 10
    assert sizes["normal"] < 1e-6


def test_module_is_filled_layer_by_layer() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.LayerNorm(2), nn.Linear(2, 2))
    init.initialise(net, "zeros")
    assert float(net[0].weight.detach().abs().sum() + net[2].weight.detach().abs().sum()) == 0
    assert net[1].weight.detach().tolist() == [1.0, 1.0]
    init.initialise(net, "xavier_uniform", generator=_generator())
    twin = _generator()
    want = [init.xavier_uniform(torch.empty(2, 1, 3, 3), generator=twin)]
    want.append(init.xavier_uniform(torch.empty(2, 2), generator=twin))
    assert torch.equal(net[0].weight, want[0])
    assert torch.equal(net[2].weight, want[1])
    assert net[2].bias.detach().tolist() == [0.0, 0.0]
    init.initialise(nn.Linear(2, 2, bias=False), "normal", generator=_generator())


def test_linear_leaves_the_global_stream_alone() -> None:
    before = torch.get_rng_state()
    layer = init.linear(4, 3, generator=_generator())
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(layer.weight, init.xavier_uniform(torch.empty(3, 4), generator=_generator()))
    assert layer.bias.detach().tolist() == [0.0] * 3
    assert layer.weight.requires_grad


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"weight must have shape \(fan_out, fan_in, \.\.\.\); got \(3,\)"):
        init.xavier_uniform(torch.empty(3))
    with pytest.raises(TypeError, match="weight must have a floating dtype"):
        init.normal(torch.empty(3, dtype=torch.int64))
    with pytest.raises(ValueError, match="gain must be a finite number above zero; got 0"):
        init.xavier_uniform(torch.empty(3, 3), gain=0)
    with pytest.raises(ValueError, match=r"initialiser must be one of .*; got 'xavier' \(did you mean"):
        init.initialise(nn.Linear(1, 1), "xavier")
    with pytest.raises(ValueError, match="fan_in must be an int of at least 1; got 0"):
        init.linear(0, 1)
