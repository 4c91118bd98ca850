"""One number a point: the error of the line in closed form, that of the curve as a band."""

import math

import pytest
import torch

from coursekit.experiments import pca_plane


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_worlds_are_what_they_say() -> None:
    arc = pca_plane.world("arc", 20_000, generator=seeded(0)).double()
    radius = arc.norm(dim=1)
    # 1 + noise: a mean of 1 + 0.05**2 / 2, at six standard errors.
    assert radius.mean().item() == pytest.approx(1 + 0.05**2 / 2, abs=6 * 0.05 / math.sqrt(20_000))
    assert radius.std().item() == pytest.approx(0.05, rel=6 / math.sqrt(40_000))
    cloud = pca_plane.world("gaussian", 20_000, generator=seeded(0)).double()
    torch.testing.assert_close(cloud.T.cov(), torch.eye(2, dtype=torch.float64), atol=6 * 0.01, rtol=0)
    with pytest.raises(ValueError, match="world"):
        pca_plane.world("moon", 3, generator=seeded(0))


@pytest.mark.slow
def test_a_curve_beats_the_line_even_in_a_gaussian_cloud() -> None:
    gaussian, arc = pca_plane.run("gaussian", (0, 1)), pca_plane.run("arc", (0, 1))
    # The line loses one unit variance: six standard errors of 2,000 squares, and the fit.
    assert all(abs(error - 1) < 6 * math.sqrt(2 / 2000) + 0.02 for error in gaussian.pca)
    assert max(gaussian.autoencoder) < 0.7
    # The smallest conceivable error of the arc is the noise across it.
    assert all(0.05**2 * 0.8 < error < 0.01 for error in arc.autoencoder)
    assert min(arc.pca) > 0.2
    on_line = arc.line - arc.line.mean(0)
    assert torch.linalg.svdvals(on_line)[1] < 1e-3


def test_the_line_of_the_arc_by_integration() -> None:
    # The variance of a uniform angle's cosine and sine on [0, 4.2], turned to its main axes.
    at = torch.linspace(0, 4.2, 100_001, dtype=torch.float64)
    spread = torch.linalg.eigvalsh(torch.stack([at.cos(), at.sin()]).cov())
    result = pca_plane.run("arc", (0, 1, 2), steps=1)
    expected = spread[0].item() + 0.05**2
    assert sum(result.pca) / 3 == pytest.approx(expected, rel=0.06)
