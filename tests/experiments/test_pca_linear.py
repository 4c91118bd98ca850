"""Linear autoencoders: the loss on condensed rows, the bound, the freedom of the axes, and the saddles."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA as Twin
from torch import Tensor

from coursekit.autoencoders import DenseAutoencoder, principal_angles
from coursekit.data import digits
from coursekit.experiments import pca_linear


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear_model(width: int, k: int, seed: int) -> DenseAutoencoder:
    model = DenseAutoencoder(width, [], k, bias=False, generator=torch.Generator().manual_seed(seed))
    return model.double()


def test_condensed_rows_have_the_same_loss_and_gradients() -> None:
    x = draw(50, 6).exp() @ draw(6, 6, seed=1)
    rows = pca_linear.condensed(x)
    assert rows.shape == (6, 6)
    for seed in range(5):
        model = linear_model(6, 3, seed)
        found = []
        for data in (x, rows):
            model.zero_grad()
            loss = model.loss(data).loss
            loss.backward()
            found.append([loss.detach(), *(p.grad.clone() for p in model.parameters() if p.grad is not None)])
        for on_all, on_few in zip(*found, strict=True):
            torch.testing.assert_close(on_few, on_all, rtol=1e-10, atol=1e-10)
        # The same once more, written with the covariance.
        (w_e, w_d) = (p.detach() for p in model.parameters())
        rest = torch.eye(6, dtype=torch.float64) - w_d @ w_e
        moments = (rest @ (x.T @ x / len(x)) @ rest.T).trace()
        torch.testing.assert_close(moments, found[0][0], rtol=1e-10, atol=1e-10)
    with pytest.raises(ValueError, match="at least as many rows as columns; got 3 and 6"):
        pca_linear.condensed(x[:3])


def test_a_change_of_axes_leaves_the_outputs_and_changes_the_codes() -> None:
    x, a = draw(40, 6), draw(3, 3, seed=2)
    v = torch.linalg.qr(draw(6, 3, seed=1)).Q.T
    model, turned = linear_model(6, 3, 0), linear_model(6, 3, 0)
    model.load_state_dict({"encoder.0.weight": v, "decoder.0.weight": v.T})
    turned.load_state_dict({"encoder.0.weight": a @ v, "decoder.0.weight": v.T @ a.inverse()})
    torch.testing.assert_close(turned.reconstruct(x), model.reconstruct(x), rtol=1e-9, atol=1e-9)
    assert (turned.encode(x) - model.encode(x)).abs().max() > 0.1
    codes = turned.encode(x)
    torch.testing.assert_close(turned.encode(turned.decode(codes)), codes, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_training_finds_the_plane_and_other_axes() -> None:
    result = pca_linear.run(8)
    assert result.ratio.min() >= 1 - 1e-12
    assert result.ratio[:, -1].max() < 1.001
    assert result.angle.max() < 5
    assert result.axis.max() < 0.75
    assert result.correlation.min() > 0.25
    assert result.recovered.min() > 0.99
    assert result.inverse.max() < 1e-3
    assert (result.truncated[:, :6] > result.pca_truncated[:6]).all()
    # The same angle and the same bound by others' code.
    split = digits(seed=0, dtype=torch.float64)
    twin = Twin(8, svd_solver="full").fit(split.x_train.numpy())
    angle = principal_angles(result.decoders[0].T, torch.from_numpy(twin.components_))[0]
    assert result.angle[0].item() == pytest.approx(np.rad2deg(angle.item()), abs=1e-3)
    back = twin.inverse_transform(twin.transform(split.x_test.numpy()))
    error = ((back - split.x_test.numpy()) ** 2).sum(1).mean()
    assert result.pca_truncated[-1].item() == pytest.approx(error, rel=1e-9)


def test_a_flat_spectrum_frees_the_plane() -> None:
    x = digits(seed=0, dtype=torch.float64).x_train.numpy()
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(x.T)))[::-1]
    assert eigenvalues[31] / eigenvalues[32] < 1.05 < eigenvalues[7] / eigenvalues[8]


@pytest.mark.parametrize("chosen", [(0, 1, 2), (1, 2, 3, 4, 5, 6, 7, 8), (5, 60), (10, 3)])
def test_planes_of_eigenvectors_are_critical_points_and_only_the_first_ones_a_minimum(
    chosen: tuple[int, ...],
) -> None:
    result = pca_linear.saddle(chosen, fast=True)
    x = digits(seed=0, dtype=torch.float64).x_train.numpy()
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(x.T, ddof=0)))[::-1]
    assert result.gradient < 1e-12
    assert result.start == pytest.approx(eigenvalues.sum() - eigenvalues[list(chosen)].sum(), abs=1e-10)
    assert result.predicted == pytest.approx(result.start, abs=1e-10)
    assert result.best == pytest.approx(eigenvalues[len(chosen) :].sum(), abs=1e-10)
    assert (result.still - result.start).abs().max() < 1e-5
    if chosen != (0, 1, 2):
        assert result.start > result.best


def test_a_nudge_leaves_the_saddle() -> None:
    result = pca_linear.saddle()
    assert result.start > 1.3 * result.best
    assert result.nudged[-1] < 1.01 * result.best
    with pytest.raises(ValueError, match="chosen must hold different numbers from 0 to 63; got"):
        pca_linear.saddle((1, 1))


def test_runs_refuse_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="at least one seed"):
        pca_linear.run(2, ())
    short = pca_linear.run(2, fast=True)
    assert short.seeds == (0, 1)
    assert short.ratio.shape == (2, 13)
