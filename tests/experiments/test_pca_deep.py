"""Networks against PCA: the planted weights exactly, the comparisons as bands."""

import pytest
import torch
from sklearn.decomposition import PCA as Twin

from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.data import digits
from coursekit.experiments import pca_deep


def cloud(rows: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(rows, width, generator=generator) @ torch.randn(width, width, generator=generator) + 3


@pytest.mark.parametrize(("width", "k"), [(6, 2), (5, 5), (9, 4)])
def test_the_planted_network_is_pca(width: int, k: int) -> None:
    x = cloud(60, width)
    model = DenseAutoencoder(width, [2 * width, 2 * k], k, generator=torch.Generator().manual_seed(1))
    pca_deep.plant(model, fit_pca(x, k))
    twin = Twin(k, svd_solver="full").fit(x.numpy())
    wanted = torch.from_numpy(twin.inverse_transform(twin.transform(x.numpy())))
    # A check in float32, on numbers of size 10.
    torch.testing.assert_close(model.reconstruct(x), wanted, rtol=1e-4, atol=1e-4)


def test_planting_refuses_other_networks() -> None:
    pca = fit_pca(cloud(20, 4), 2)
    with pytest.raises(ValueError, match=r"model must have the widths \(4, 8, 4, 2\); got \(4, 8, 2\)"):
        pca_deep.plant(DenseAutoencoder(4, [8], 2), pca)
    with pytest.raises(ValueError, match="model must use relu; got 'tanh'"):
        pca_deep.plant(DenseAutoencoder(4, [8, 4], 2, activation="tanh"), pca)


@pytest.mark.slow
def test_network_and_budget_decide_who_wins() -> None:
    seeds = (0, 1)
    for k, most in ((2, 0.95), (8, 0.75)):
        result = pca_deep.run(k, seeds, epochs=30)
        assert (result.error / result.pca).max() < most
    narrow, wide = pca_deep.run(32, seeds, network="narrow"), pca_deep.run(32, seeds)
    planted = pca_deep.planted(seeds)
    assert narrow.error.min() > 2.5 * narrow.pca
    assert 0.75 * wide.pca < wide.error.min() <= wide.error.max() < wide.pca
    assert planted.start == pytest.approx(wide.pca, rel=1e-4)
    assert planted.curve[:, -1].max() < wide.error.min()
    with pytest.raises(ValueError, match="network"):
        pca_deep.run(2, seeds, network="deep")


def test_clipping_is_the_free_part_of_a_sigmoid() -> None:
    result = pca_deep.run(32, (0,), epochs=1)
    split = digits(seed=0)
    twin = Twin(32, svd_solver="full").fit(split.x_train.numpy())
    back = twin.inverse_transform(twin.transform(split.x_test.numpy()))
    for outputs, found in ((back, result.pca), (back.clip(0, 1), result.pca_clipped)):
        assert found == pytest.approx(((outputs - split.x_test.numpy()) ** 2).sum(1).mean(), rel=1e-4)
    assert result.pca_clipped < 0.87 * result.pca
    assert (result.clipped <= result.error).all()
    assert torch.equal(result.images[:10], split.x_test[:10])
    assert result.curve.shape == (1, 1)
    assert result.curve[0, -1].item() == pytest.approx(result.error.item(), rel=1e-4)


def test_pca_is_fitted_in_a_fraction_of_the_time() -> None:
    clock = pca_deep.timing((0, 1))
    assert min(clock.autoencoder) > 10 * clock.pca
