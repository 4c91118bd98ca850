"""Stacks without activation against torch, and gradients through depth against closed forms."""

import math

import numpy as np
import pytest
import torch

from coursekit.experiments import depth_gradients, linear_stacks


@pytest.mark.parametrize("sizes", [(3, 5, 2), (6, 2, 6), (4, 4, 4, 4, 1)])
def test_a_stack_is_one_affine_map(sizes: tuple[int, ...]) -> None:
    layers = linear_stacks.stack(sizes, generator=np.random.default_rng(0))
    net = torch.nn.Sequential(*(torch.nn.Linear(*w.shape).double() for w, _ in layers))
    with torch.no_grad():
        for layer, (w, b) in zip(net, layers, strict=True):
            layer.weight.copy_(torch.tensor(w.T))
            layer.bias.copy_(torch.tensor(b))
    x = np.random.default_rng(1).standard_normal((9, sizes[0]))
    w, b = linear_stacks.collapse(layers)
    np.testing.assert_allclose(x @ w + b, net(torch.tensor(x)).detach().numpy(), rtol=1e-12, atol=1e-12)
    assert np.linalg.matrix_rank(w) == min(sizes)


def test_the_bias_makes_it_affine_and_not_linear() -> None:
    w, b = linear_stacks.collapse(linear_stacks.stack((3, 5, 2), generator=np.random.default_rng(2)))
    assert np.abs(b).max() > 0.1
    assert not np.allclose((2 * np.ones(3)) @ w + b, 2 * (np.ones(3) @ w + b))


def test_depth_changes_the_path_of_training() -> None:
    result = linear_stacks.run((0, 1))
    assert result.one.shape == result.three.shape
    # One layer: a quadratic, whose loss falls at every step.
    assert (np.diff(result.one) <= 1e-12).all()
    assert np.abs(np.log(result.one[:, 50] / result.three[:, 50])).min() > 0.1


def test_descent_equals_torch() -> None:
    rng = np.random.default_rng(5)
    x, truth = torch.tensor(rng.standard_normal((200, 4))), torch.tensor(rng.standard_normal((4, 4)))
    weights = [torch.tensor(0.5 * rng.standard_normal((4, 4))).requires_grad_() for _ in range(3)]
    optimiser = torch.optim.SGD(weights, lr=0.1)
    told = []
    for _ in range(6):
        optimiser.zero_grad()
        loss = (x @ weights[0] @ weights[1] @ weights[2] - x @ truth).square().sum(1).mean() / 2
        loss.backward()
        optimiser.step()
        told.append(loss.item())
    np.testing.assert_allclose(linear_stacks._descend(3, 5, 6), told, rtol=1e-10)


def test_gradient_ratios_follow_the_mean_square_of_the_slope() -> None:
    result = depth_gradients.run((0, 1))
    depths = np.array(result.depths)
    relu = result.ratio["ReLU, Xavier"].numpy()
    # Half the units pass a gradient: the norm shrinks by the root of one half a layer.
    per_layer = (relu[:, -1] / relu[:, 0]) ** (1 / (depths[-1] - depths[0]))
    np.testing.assert_allclose(per_layer, math.sqrt(0.5), rtol=0.03)
    assert 0.5 < result.ratio["ReLU, He"].min().item() < result.ratio["ReLU, He"].max().item() < 2
    sigmoid = result.ratio["sigmoid, Xavier"].numpy()
    assert (sigmoid <= 1.01 * 0.25**depths * 2).all()
    assert sigmoid[:, 2].min() > 1e-7
    assert all(abs(share - 0.5) < 0.02 for share in result.active)


def test_float32_loses_a_sigmoid_stack_altogether() -> None:
    for seed in range(2):
        assert depth_gradients.gradient_ratio("sigmoid, Xavier", 50, seed, dtype=torch.float32)[0] < 1e-25
        assert depth_gradients.gradient_ratio("ReLU, He", 50, seed, dtype=torch.float32)[0] > 0.3


def test_zeros_save_a_dense_product_nothing() -> None:
    x, w = torch.randn(7, 5, generator=torch.Generator().manual_seed(0)), torch.ones(5, 3)
    assert depth_gradients.flops(x, w) == 2 * 7 * 5 * 3
    assert depth_gradients.flops(x.relu(), w) == depth_gradients.flops(x, w)


def test_speed_returns_two_ratios() -> None:
    ratios = depth_gradients.speed(repeats=3)
    assert all(ratio > 0 and math.isfinite(ratio) for ratio in ratios)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        depth_gradients.gradient_ratio("tanh", 1, 0)
    with pytest.raises(ValueError, match="depth must be an int of at least 1; got 0"):
        depth_gradients.gradient_ratio("ReLU, He", 0, 0)
    with pytest.raises(ValueError, match="repeats must be an int of at least 1; got 0"):
        depth_gradients.speed(repeats=0)
    with pytest.raises(ValueError, match="sizes must hold two numbers or more; got 1"):
        linear_stacks.stack((3,), generator=np.random.default_rng(0))
    with pytest.raises(ValueError, match="layers must hold at least one layer; got none"):
        linear_stacks.collapse([])
    with pytest.raises(ValueError, match="layers must fit; got 2 outputs, 3 inputs"):
        linear_stacks.collapse([(np.ones((1, 2)), np.ones(2)), (np.ones((3, 1)), np.ones(1))])
    with pytest.raises(ValueError, match="depth must be an int of at least 2; got 1"):
        linear_stacks.run(depth=1)
