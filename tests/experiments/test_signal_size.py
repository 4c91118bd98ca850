"""Sizes of signals against the factors that follow from independent weights."""

import math

import pytest
import torch
from torch import nn

from coursekit.experiments import signal_size


@pytest.fixture(scope="module")
def result() -> signal_size.SignalResult:
    return signal_size.run((0, 1, 2))


def test_linear_and_relu_factors_are_those_of_the_second_moment(result: signal_size.SignalResult) -> None:
    n = result.width
    spreads = {"Xavier": n**-0.5, "He": (2 / n) ** 0.5, "variance taken as deviation": 1 / n}
    for spread, deviation in spreads.items():
        # Each row of weights sums n independent terms; a ReLU keeps half of a symmetric second moment.
        assert result.get("linear", spread).factor == pytest.approx([deviation * n**0.5] * 3, rel=0.03)
        assert result.get("relu", spread).factor == pytest.approx([deviation * (n / 2) ** 0.5] * 3, rel=0.06)


def test_tanh_never_exceeds_one_and_shrinks_under_xavier(result: signal_size.SignalResult) -> None:
    for spread in signal_size.SPREADS:
        assert result.get("tanh", spread).size[:, 1:].max() < 1
    assert max(result.get("tanh", "Xavier").factor) < 0.97


def test_torch_modules_lose_the_same_factor() -> None:
    layers = [nn.Linear(200, 200, bias=False, dtype=torch.float64) for _ in range(12)]
    generator = torch.Generator().manual_seed(0)
    sizes = []
    with torch.no_grad():
        y = torch.randn(100, 200, generator=generator, dtype=torch.float64)
        for layer in layers:
            nn.init.xavier_normal_(layer.weight, generator=generator)
            y = torch.relu(layer(y))
            sizes.append(y.square().mean().sqrt().item())
    theirs = (sizes[-1] / sizes[0]) ** (1 / 11)
    ours = signal_size.run((0,), names=("relu",), width=200, depth=12).get("relu", "Xavier").factor[0]
    assert theirs == pytest.approx(math.sqrt(0.5), rel=0.06)
    assert ours == pytest.approx(theirs, rel=0.08)


def test_bad_arguments_are_refused(result: signal_size.SignalResult) -> None:
    assert signal_size.run(fast=True, depth=2).seeds == (0, 1)
    with pytest.raises(ValueError, match="spread must be one of Xavier, He"):
        result.get("relu", "xavier")
    with pytest.raises(ValueError, match="depth must be an int of at least 1; got 0"):
        signal_size.run(depth=0)
    with pytest.raises(ValueError, match="at least one seed"):
        signal_size.run(())
