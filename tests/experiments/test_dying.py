"""Silent neurons, counted one by one."""

import pytest
import torch

from coursekit.experiments import dying
from coursekit.experiments.bench import seeded


def test_the_share_equals_a_count_neuron_by_neuron() -> None:
    u = torch.randn(3, 4, 7, generator=seeded(0)) - 1
    counted = [sum(all(value <= 0 for value in column) for column in run.T.tolist()) / 7 for run in u]
    assert dying.silent_share(u).tolist() == pytest.approx(counted)
    assert 0 < sum(counted) < 3
    assert dying.silent_share(torch.zeros(2, 2)).item() == 1.0  # at zero ReLU has the slope 0
    with pytest.raises(ValueError, match=r"u must have shape \(..., N, H\); got \(3,\)"):
        dying.silent_share(torch.zeros(3))


def test_a_silent_neuron_has_no_gradient_and_a_leaky_one_has() -> None:
    x = torch.rand(10, 2, generator=seeded(1), dtype=torch.float64)
    for f, asleep in ((torch.nn.functional.relu, True), (torch.nn.functional.leaky_relu, False)):
        w = torch.tensor([-1.0, -2.0], dtype=torch.float64, requires_grad=True)
        f(x @ w).sum().backward()
        assert bool((w.grad == 0).all()) == asleep


def test_large_steps_silence_neurons() -> None:
    result = dying.run(fast=True, learning_rates=(0.1, 3.0))
    for name in ("relu", "leaky_relu"):
        assert result.silent[name].shape == (2, 2)
        assert result.silent[name][0].max() < 0.1
        assert result.silent[name][1].min() > 0.7
    assert result.error["relu"][1].min() > 0.5
