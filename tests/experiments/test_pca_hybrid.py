"""PCA and an autoencoder behind it: an exact sum, and outputs that cannot reach."""

import pytest
import torch

from coursekit.experiments import pca_hybrid


@pytest.fixture(scope="module")
def result() -> pca_hybrid.HybridRun:
    return pca_hybrid.run((0, 1))


def test_pixel_error_is_floor_plus_score_error(result: pca_hybrid.HybridRun) -> None:
    torch.testing.assert_close(result.pixel, result.floor + result.score, atol=1e-5, rtol=0)
    assert (result.pixel > result.floor).all()
    assert (result.pixel < 0.75 * result.pca).all()


def test_a_sigmoid_cannot_reach_the_scores(result: pca_hybrid.HybridRun) -> None:
    assert 0.45 < result.negative < 0.55
    assert result.reach[0] < -1
    assert result.reach[1] > 1
    assert (result.sigmoid > 3 * result.pixel).all()
    assert (result.sigmoid < 1.02 * result.mean).all()
    model = pca_hybrid.SigmoidOutput(5, [], 2, generator=torch.Generator().manual_seed(0))
    outputs = model.decode(100 * torch.randn(50, 2, generator=torch.Generator().manual_seed(1)))
    assert outputs.min() >= 0
    assert outputs.max() <= 1


def test_the_code_must_be_narrower() -> None:
    with pytest.raises(ValueError, match="k must be below m = 8; got 8"):
        pca_hybrid.run((0,), m=8, k=8)
