"""The net built by hand against what continuity promises, and training that does not find it."""

import math

import numpy as np
import pytest
import torch

from coursekit.experiments import staircase


@pytest.mark.parametrize("width", [10, 40, 160])
def test_staircase_is_a_step_function_within_the_modulus_of_continuity(width: int) -> None:
    grid = np.linspace(0, 1, 4001)[:-1]
    f = staircase.TARGETS["smooth"]
    got = staircase.staircase(grid, f, width, steep=1e6)
    cell = np.floor(grid * width + 1e-12)
    inside = np.abs(grid * width - np.round(grid * width)) > 1e-3
    np.testing.assert_allclose(got[inside], f((cell[inside] + 0.5) / width), atol=1e-9)
    # The slope is at most 2 pi, and no point is farther than half a step from its middle.
    assert staircase.sup_error(got, f(grid)) <= 2 * math.pi * 0.5 / width + 1e-9


def test_staircase_is_a_torch_network_with_one_hidden_layer() -> None:
    x, width, steep = np.linspace(0, 1, 50), 7, 30.0
    heights = np.exp((np.arange(width) + 0.5) / width)
    first, second = torch.nn.Linear(1, width - 1).double(), torch.nn.Linear(width - 1, 1).double()
    with torch.no_grad():
        first.weight.fill_(steep * width)
        first.bias.copy_(torch.tensor(-steep * np.arange(1, width)))
        second.weight.copy_(torch.tensor(np.diff(heights))[None])
        second.bias.fill_(heights[0])
        told = second(torch.sigmoid(first(torch.tensor(x)[:, None])))[:, 0].numpy()
    np.testing.assert_allclose(staircase.staircase(x, np.exp, width, steep=steep), told, rtol=1e-12)


@pytest.mark.slow
def test_error_times_width_is_flat_and_training_misses_the_wiggly_target() -> None:
    result = staircase.run((0, 1))
    product = np.multiply(result.built["smooth"], result.widths)
    assert np.ptp(product) < 0.06 * product.mean()
    at = result.widths.index(160)
    assert min(result.trained["wiggly"]) > 3 * result.built["wiggly"][at]
    assert max(result.trained["smooth"]) < 0.1


def test_slab_ignores_the_second_input() -> None:
    points = np.random.default_rng(0).uniform(-2, 2, (20, 2))
    far = points + np.array([0, 1e6])
    np.testing.assert_array_equal(staircase.slab(points), staircase.slab(far))
    told = torch.sigmoid(torch.tensor(20 * (points[:, 0] + 0.5))) - torch.sigmoid(
        torch.tensor(20 * (points[:, 0] - 0.5))
    )
    np.testing.assert_allclose(staircase.slab(points), told.numpy(), atol=1e-14)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="width must be an int of at least 1; got 0"):
        staircase.staircase(np.zeros(1), np.sin, 0)
    with pytest.raises(ValueError, match="target must be one of smooth, wiggly; got 'rough'"):
        staircase.trained("rough", 4, 0)
    with pytest.raises(ValueError, match=r"points must have shape \(B, 2\); got \(1, 3\)"):
        staircase.slab(np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"d must have shape \(2,\); got \(3,\)"):
        staircase.sup_error(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        staircase.run(())
