"""The toys against geometry where there is no noise, and against moments where there is."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from coursekit import data

Toy = Callable[..., tuple[Tensor, Tensor]]
TOYS: list[Toy] = [data.two_moons, data.rings, data.gaussians, data.spiral]


@pytest.mark.parametrize("toy", TOYS)
def test_seed_decides_and_shapes_hold(toy: Toy) -> None:
    x, y = toy(50, seed=3)
    again, _ = toy(50, seed=3)
    other, _ = toy(50, seed=4)
    assert x.shape == (50, 2)
    assert (x.dtype, y.dtype) == (torch.float32, torch.int64)
    assert torch.equal(x, again)
    assert not torch.equal(x, other)


@pytest.mark.parametrize("toy", TOYS)
def test_global_streams_are_untouched(toy: Toy) -> None:
    import numpy as np

    before, before_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index,union-attr]
    toy(10, seed=0)
    assert torch.equal(before, torch.get_rng_state())
    assert (before_numpy == np.random.get_state()[1]).all()  # type: ignore[index]


def test_noise_free_moons_lie_on_their_half_circles() -> None:
    x, y = data.two_moons(2000, seed=0, noise=0.0)
    upper, lower = x[y == 0], x[y == 1]
    assert torch.allclose(upper.norm(dim=1), torch.ones(len(upper)), atol=1e-6)
    assert torch.allclose((torch.tensor([1.0, 0.5]) - lower).norm(dim=1), torch.ones(len(lower)), atol=1e-6)
    assert float(upper[:, 1].min()) >= -1e-6
    assert float(lower[:, 1].max()) <= 0.5 + 1e-6


def test_moments_of_a_moon() -> None:
    # E sin t = 2/pi and E cos t = 0 for t uniform on (0, pi); noise adds its square to the variances.
    x, y = data.two_moons(200_000, seed=0, noise=0.1)
    upper = x[y == 0].double()
    error = 5 / math.sqrt(len(upper))
    assert torch.allclose(
        upper.mean(dim=0), torch.tensor([0.0, 2 / math.pi], dtype=torch.float64), atol=error
    )
    want = torch.tensor([0.5 + 0.01, 0.5 - 4 / math.pi**2 + 0.01], dtype=torch.float64)
    assert torch.allclose(upper.var(dim=0), want, atol=error)


def test_rings_have_their_radii() -> None:
    x, y = data.rings(500, seed=0, noise=0.0, radii=(0.3, 1.0, 2.0))
    assert torch.allclose(x.norm(dim=1), torch.tensor([0.3, 1.0, 2.0])[y], atol=1e-6)
    noisy, _ = data.rings(100_000, seed=0, noise=0.1, radii=(1.0,))
    # E |x|^2 = r^2 + 2 sigma^2.
    assert abs(float(noisy.square().sum(dim=1).mean()) - 1.02) < 0.005


def test_gaussians_stand_on_the_circle_with_their_spread() -> None:
    x, y = data.gaussians(80_000, seed=0)
    angles = 2 * math.pi * torch.arange(8) / 8
    centres = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)
    counts = torch.bincount(y)
    assert float(((counts - 10_000).double() ** 2 / 10_000).sum()) < 26  # chi-square, 7 degrees, p = 0.0005
    for mode in range(8):
        points = x[y == mode]
        assert torch.allclose(points.mean(dim=0), centres[mode], atol=0.01)
        assert torch.allclose(points.T.cov(), 0.04 * torch.eye(2), atol=0.002)


def test_spiral_radius_follows_the_angle() -> None:
    x, y = data.spiral(1000, seed=0, noise=0.0, arms=3, turns=1.5)
    radius = x.norm(dim=1)
    angle = torch.atan2(x[:, 1], x[:, 0])
    turn = (2 * math.pi * (1.5 * radius + y / 3) - angle) / (2 * math.pi)
    assert torch.allclose(turn, turn.round(), atol=1e-4)
    # sqrt(U) has mean 2/3 and variance 1/18.
    assert abs(float(radius.mean()) - 2 / 3) < 5 / math.sqrt(18 * 1000)


@pytest.mark.parametrize("toy", TOYS)
def test_bad_arguments_are_named(toy: Toy) -> None:
    with pytest.raises(ValueError, match="n must be an int of at least 1; got 0"):
        toy(0, seed=0)
    with pytest.raises(ValueError, match="noise must be a finite number, zero or above; got -1"):
        toy(5, seed=0, noise=-1)
    with pytest.raises(TypeError, match="seed must be an int of at least 0; got None"):
        toy(5, seed=None)


def test_bad_geometry_is_named() -> None:
    with pytest.raises(ValueError, match="radii must be a finite number above zero; got 0"):
        data.rings(5, seed=0, radii=(0.0,))
    with pytest.raises(ValueError, match="the number of radii must be an int of at least 1; got 0"):
        data.rings(5, seed=0, radii=())
    with pytest.raises(ValueError, match="modes must be"):
        data.gaussians(5, seed=0, modes=0)
    with pytest.raises(ValueError, match="arms must be"):
        data.spiral(5, seed=0, arms=0)
