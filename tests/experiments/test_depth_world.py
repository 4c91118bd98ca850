"""Counts, dimensions, shifts and labels: against whole numbers, known manifolds and direct loops."""

import decimal

import numpy as np
import pytest
import torch

from coursekit.experiments import depth_world


def test_the_number_of_images_by_whole_numbers() -> None:
    count = 256 ** (256 * 256 * 3)
    digits = int(depth_world.log10_images(256, 256))
    assert 10**digits <= count < 10 ** (digits + 1)
    assert digits == 473_479
    with decimal.localcontext(prec=40):
        exact = 256 * 256 * 3 * decimal.Decimal(256).log10()
    assert depth_world.log10_images(256, 256) == pytest.approx(float(exact), rel=1e-14)
    assert depth_world.log10_images(2, 2, channels=1, levels=10) == pytest.approx(4)
    with pytest.raises(ValueError, match="height must be an int of at least 1; got 0"):
        depth_world.log10_images(0, 3)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_two_nn_finds_the_dimension_of_a_curved_sheet(dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    flat = rng.uniform(size=(3000, dimension))
    curved = np.hstack([np.sin(3 * flat), flat**2, flat])
    # The ratio is Pareto: the relative standard error is 1/sqrt(3000); five of them, and 5 % for the edges.
    assert depth_world.two_nn(curved) == pytest.approx(dimension, rel=5 / 3000**0.5 + 0.05)


def test_two_nn_takes_the_two_nearest() -> None:
    x = np.random.default_rng(0).standard_normal((60, 3))
    logs = []
    for i in range(60):
        r = sorted(np.linalg.norm(x[i] - x[j]) for j in range(60) if j != i)
        logs.append(np.log(r[1] / r[0]))
    assert depth_world.two_nn(x) == pytest.approx(60 / sum(logs), rel=1e-10)
    with pytest.raises(ValueError, match="X must hold different points"):
        depth_world.two_nn(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="at least 3 points; got 2"):
        depth_world.two_nn(np.eye(2))


def test_linear_dimensions_are_those_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    x = np.random.default_rng(0).standard_normal((200, 12)) * np.arange(1, 13)
    for share in (0.5, 0.9, 0.95):
        assert depth_world.pca_dimensions(x, share=share) == PCA(share).fit(x).n_components_
    with pytest.raises(ValueError, match="share must lie between 0 and 1; got 1"):
        depth_world.pca_dimensions(x, share=1)


def test_images_fill_few_curved_directions_and_noise_does_not() -> None:
    result = depth_world.dimensions(fast=True)
    assert all(130 <= linear <= 150 for linear in result.linear)
    assert all(10 < neighbours < 14 for neighbours in result.neighbours)
    assert min(result.noise) > 100


def test_a_convolution_follows_a_shift_only_without_stride() -> None:
    for seed in range(3):
        assert depth_world.shift_error(1, seed=seed) == 0
        assert depth_world.shift_error(2, seed=seed) > 0.1
    g = torch.Generator().manual_seed(0)
    x = torch.randn(12, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    image = torch.randn(1, 1, 12, 12, generator=g, dtype=torch.float64)[0, 0]
    assert torch.equal(x, image)  # the loop below reads the same draws
    kernel = torch.randn(4, 1, 3, 3, generator=g, dtype=torch.float64)[:, 0]

    def convolve(a: np.ndarray) -> np.ndarray:
        return np.array([
            [[sum(w[i, j] * a[(2 * r + i - 1) % 12, (2 * c + j - 1) % 12] for i in range(3) for j in range(3))
              for c in range(6)] for r in range(6)] for w in kernel.numpy()
        ])  # fmt: skip

    plain, moved = convolve(image.numpy()), convolve(np.roll(image.numpy(), 1, axis=1))
    gaps = [np.abs(moved - np.roll(plain, k, axis=2)).max() for k in range(6)]
    assert depth_world.shift_error(2) == pytest.approx(min(gaps), rel=1e-9)
    with pytest.raises(ValueError, match="stride must be an int of at least 1; got 0"):
        depth_world.shift_error(0)


@pytest.mark.slow
def test_random_labels_are_learnt_by_heart_and_teach_nothing() -> None:
    result = depth_world.random_labels((0, 1))
    assert min(result.train_random) > 0.99
    assert all(0.05 < share < 0.16 for share in result.test_random)
    assert min(result.test_true) > 0.85


def test_label_runs_are_shortened() -> None:
    result = depth_world.random_labels((0,), steps=8, fast=True)
    assert result.train_random[0] < result.train_true[0]
