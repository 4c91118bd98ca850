"""Costs of gradients: closed forms against torch's counters, errors of differences against Taylor."""

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.experiments import backprop_cost


@pytest.mark.parametrize("sizes", [(784, 512, 512, 10), (512,) * 9, (7, 3), (5, 4, 3, 2)])
@pytest.mark.parametrize("batch", [1, 64])
def test_products_are_those_that_torch_counts(sizes: tuple[int, ...], batch: int) -> None:
    assert backprop_cost.matmul_flops(sizes, batch=batch) == backprop_cost.counted_flops(sizes, batch=batch)


def test_the_ratio_is_below_two_and_nears_it_with_depth() -> None:
    ratios = [backprop_cost.matmul_flops([64] * (depth + 1), batch=1).ratio for depth in range(1, 60)]
    assert ratios == pytest.approx([2 - 1 / depth for depth in range(1, 60)])
    assert backprop_cost.matmul_flops([784, 512, 512, 10], batch=1).ratio == pytest.approx(1.40, abs=0.005)
    assert backprop_cost.matmul_flops([512] * 9, batch=1).ratio == pytest.approx(1.875)


def test_memory_is_one_number_an_input_of_a_layer_and_row() -> None:
    for sizes in ((100, 33, 44, 10), (512,) * 5):
        for batch in (3, 64):
            assert backprop_cost.stored_activations(sizes, batch=batch) == batch * sum(sizes[:-1])


def test_differences_need_two_passes_a_parameter() -> None:
    layers = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    assert backprop_cost.difference_passes((784, 128, 10)) == 2 * sum(p.numel() for p in layers.parameters())
    assert backprop_cost.difference_passes((784, 128, 10)) == 203_540


def test_the_error_of_a_difference_is_a_v() -> None:
    found = backprop_cost.step_errors()
    at = {round(float(np.log10(step)), 1): n for n, step in enumerate(found.steps)}
    for power in (-1, -2, -3):  # the left arm: h² / 6 times the third derivative
        taylor = 10.0 ** (2 * power) / 6 * np.cos(1.234)
        assert found.double[at[power]] == pytest.approx(taylor, rel=0.01)
    best = found.steps[found.double.argmin()]
    assert 1e-6 <= best <= 1e-4
    assert found.double[at[-13]] > 1e4 * found.double.min()
    assert 1e-3 <= found.steps[found.single.argmin()] <= 1e-1
    # A step that float32 cannot add to x leaves no difference at all.
    assert found.single[at[-9]] == pytest.approx(np.cos(1.234), rel=1e-6)


def test_a_complex_step_has_no_right_arm() -> None:
    found = backprop_cost.step_errors()
    assert found.complex_step[found.steps < 1e-8].max() < 1e-15


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="sizes must hold an input and an output; got 1 sizes"):
        backprop_cost.difference_passes([3])
    with pytest.raises(ValueError, match="batch must be an int of at least 1; got 0"):
        backprop_cost.matmul_flops([3, 2], batch=0)
    with pytest.raises(ValueError, match="size must be an int of at least 1; got 0"):
        backprop_cost.stored_activations([3, 0], batch=1)
    assert torch.is_grad_enabled()
