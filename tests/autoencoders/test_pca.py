"""PCA against scikit-learn, the angles against SciPy, and the theorem: no linear autoencoder does better."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from coursekit.autoencoders import DenseAutoencoder, fit_pca, principal_angles
from coursekit.data import digits


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def cloud(rows: int = 60, width: int = 7) -> Tensor:
    """Rows of a skewed law with unequal variances, far from the origin."""
    return draw(rows, width).exp() @ draw(width, width, seed=1) + 5


# PCA


@pytest.mark.parametrize(
    ("rows", "width", "k"), [(60, 7, 1), (60, 7, 3), (60, 7, 7), (5, 9, 4), (300, 40, 11)]
)
def test_pca_equals_scikit_learn(rows: int, width: int, k: int) -> None:
    from sklearn.decomposition import PCA as Twin

    x = cloud(rows, width)
    twin, pca = Twin(k, svd_solver="full").fit(x.numpy()), fit_pca(x, k)
    np.testing.assert_allclose(pca.mean.numpy(), twin.mean_, rtol=1e-12)
    np.testing.assert_allclose(pca.variances.numpy(), twin.explained_variance_, rtol=1e-9)
    signs = np.sign((pca.components.numpy() * twin.components_).sum(1, keepdims=True))
    np.testing.assert_allclose(pca.components.numpy(), signs * twin.components_, atol=1e-9)
    scores = twin.transform(x.numpy())
    np.testing.assert_allclose(pca.encode(x).numpy(), scores * signs.T, atol=1e-8)
    np.testing.assert_allclose(pca.reconstruct(x).numpy(), twin.inverse_transform(scores), atol=1e-8)
    fresh = cloud(4, width)
    np.testing.assert_allclose(pca.encode(fresh).numpy() * signs.T, twin.transform(fresh.numpy()), atol=1e-8)


def test_error_is_the_sum_of_the_discarded_eigenvalues_of_the_covariance() -> None:
    x = cloud()
    spectrum = np.linalg.eigvalsh(np.cov(x.numpy().T))[::-1]
    for k in range(1, 8):
        error = (fit_pca(x, k).reconstruct(x) - x).square().sum().item() / (len(x) - 1)
        assert error == pytest.approx(spectrum[k:].sum(), rel=1e-9, abs=1e-12)


def test_no_other_plane_comes_nearer() -> None:
    # D-73: for a law that is far from Gaussian, too.
    x = cloud()
    best = (fit_pca(x, 2).reconstruct(x) - x).square().sum().item()
    for seed in range(200):
        q = torch.linalg.qr(draw(7, 2, seed=seed)).Q
        rows = x - x.mean(0)
        assert (rows - rows @ q @ q.T).square().sum().item() >= best
    small = principal_turn(fit_pca(x, 2).components, 1e-3)
    rows = x - x.mean(0)
    assert (rows - rows @ small.T @ small).square().sum().item() > best


def principal_turn(rows: Tensor, angle: float) -> Tensor:
    """Turn the first row out of the span by an angle."""
    out = torch.linalg.svd(rows)[2][-1]
    return torch.cat([(math.cos(angle) * rows[0] + math.sin(angle) * out)[None], rows[1:]])


def test_forgotten_centring_costs_what_the_audit_measured() -> None:
    # D-72: on 8 x 8 digits with K = 8, mean squares a pixel of 0.154 and 0.025 on test images.
    split = digits(seed=0, test_size=0.2)
    x, test = split.x_train.double(), split.x_test.double()
    pca = fit_pca(x, 8)
    right = (pca.reconstruct(test) - test).square().mean().item()
    wrong = (test @ pca.components.T @ pca.components - test).square().mean().item()
    assert right == pytest.approx(0.025, abs=0.002)
    assert wrong > 5 * right


def test_signs_are_fixed_and_the_rows_are_not_changed() -> None:
    x = cloud()
    before = x.clone()
    first, mirrored = fit_pca(x, 4), fit_pca(-x, 4)
    torch.testing.assert_close(first.components, mirrored.components, rtol=0, atol=1e-9)
    assert all(row[row.abs().argmax()] > 0 for row in first.components)
    assert torch.equal(x, before)


def test_pca_refuses_what_it_cannot_fit() -> None:
    x = cloud()
    with pytest.raises(ValueError, match=r"k must be at most min\(N, D\) = 7; got 8"):
        fit_pca(x, 8)
    with pytest.raises(ValueError, match=r"k must be at most min\(N, D\) = 3; got 4"):
        fit_pca(x[:3], 4)
    with pytest.raises(ValueError, match=r"k must be an int of at least 1; got 0"):
        fit_pca(x, 0)
    with pytest.raises(ValueError, match=r"x must hold at least two rows; got 1"):
        fit_pca(x[:1], 1)
    with pytest.raises(ValueError, match=r"x must have shape \(N, D\); got \(2, 1, 8, 8\)"):
        fit_pca(torch.zeros(2, 1, 8, 8), 1)
    with pytest.raises(ValueError, match=r"x must be finite; got 7 NaN"):
        fit_pca(torch.cat([x, torch.full_like(x[:1], math.nan)]), 1)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 7\); got \(2, 8\)"):
        fit_pca(x, 2).encode(draw(2, 8))
    with pytest.raises(ValueError, match=r"z must have shape \(B, 2\); got \(2, 3\)"):
        fit_pca(x, 2).decode(draw(2, 3))


# Angles


@pytest.mark.parametrize(("k", "l"), [(1, 1), (3, 3), (2, 5), (5, 2), (7, 3)])
def test_angles_equal_those_of_scipy(k: int, l: int) -> None:  # noqa: E741
    for seed in range(5):
        a, b = draw(k, 9, seed=seed), draw(l, 9, seed=100 + seed)
        twin = scipy.linalg.subspace_angles(a.T.numpy(), b.T.numpy())
        np.testing.assert_allclose(principal_angles(a, b).numpy(), twin, atol=1e-10)
        np.testing.assert_allclose(principal_angles(b, a).numpy(), twin, atol=1e-10)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-9, 1e-5, 0.3, math.pi / 2 - 1e-9, math.pi / 2])
def test_angles_keep_their_digits_at_both_ends(angle: float) -> None:
    # The arc cosine alone is off by 1e-8 near 0: its argument is 1 - angle^2 / 2.
    basis = torch.linalg.qr(draw(8, 8)).Q.T
    turned = torch.stack([math.cos(angle) * basis[0] + math.sin(angle) * basis[3], basis[1]])
    mixed = draw(2, 2, seed=2) @ turned
    assert principal_angles(basis[:2], mixed)[0].item() == pytest.approx(angle, abs=1e-14, rel=1e-4)
    assert principal_angles(basis[:2], mixed)[1].item() < 1e-14


def test_angles_do_not_depend_on_the_basis() -> None:
    a, b = draw(3, 8), draw(3, 8, seed=1)
    mixed = principal_angles(10 * draw(3, 3, seed=2) @ a, b)
    torch.testing.assert_close(mixed, principal_angles(a, b), rtol=0, atol=1e-12)


def test_angles_refuse_what_spans_no_subspace() -> None:
    a = draw(2, 5)
    with pytest.raises(ValueError, match=r"b must have linearly independent rows; got 2 of rank 1"):
        principal_angles(a, torch.stack([a[0], 2 * a[0]]))
    with pytest.raises(ValueError, match=r"b must have shape \(L, 5\); got \(2, 4\)"):
        principal_angles(a, draw(2, 4))
    with pytest.raises(ValueError, match=r"a must hold 1 ... 5 rows; got 6"):
        principal_angles(draw(6, 5), a)
    with pytest.raises(ValueError, match=r"b must hold 1 ... 5 rows; got 0"):
        principal_angles(a, a[:0])


# The theorem


def train(model: DenseAutoencoder, x: Tensor, steps: int = 300) -> None:
    """Full batches, L-BFGS: the theorem speaks of the minimum, whatever way leads there."""
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=steps,
        tolerance_grad=1e-9,
        tolerance_change=1e-15,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = model.loss(x).loss
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[arg-type]


def compare(model: DenseAutoencoder, x: Tensor, k: int) -> tuple[float, float]:
    """Return the error over PCA's, and the largest angle in degrees between decoder and components."""
    pca = fit_pca(x, k)
    ratio = model.loss(x).loss.item() / (pca.reconstruct(x) - x).square().sum(1).mean().item()
    columns = model.decoder[0].weight.detach().T
    return ratio, math.degrees(principal_angles(columns, pca.components)[0].item())


def test_linear_autoencoder_on_a_small_cloud_reaches_pca() -> None:
    x = (draw(100, 6) * torch.tensor([4, 3, 1, 0.5, 0.3, 0.1])) @ torch.linalg.qr(draw(6, 6, seed=1)).Q
    x = x - x.mean(0)
    model = DenseAutoencoder(6, [], 2, bias=False, generator=seeded(3)).double()
    train(model, x)
    ratio, angle = compare(model, x, 2)
    assert 1 - 1e-9 <= ratio < 1.0001
    assert angle < 0.5
    # The codes span the plane, but their axes are not the components.
    axes = torch.nn.functional.normalize(model.decoder[0].weight.detach().T)
    cosines = (axes @ fit_pca(x, 2).components.T).abs().max(1).values
    assert cosines.min() < 0.99


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("k", [2, 8])
def test_linear_autoencoder_on_digits_reaches_pca_and_never_beats_it(k: int) -> None:
    split = digits(seed=0, test_size=0.2)
    x = (split.x_train - split.x_train.mean(0)).double()
    for seed in range(2):
        model = DenseAutoencoder(64, [], k, bias=False, generator=seeded(seed)).double()
        train(model, x)
        ratio, angle = compare(model, x, k)
        assert 1 - 1e-9 < ratio < 1 + 1e-5, (seed, ratio)
        assert angle < 0.1, (seed, angle)
        # Encoder after decoder is the identity on codes: the pair is a projection.
        product = (model.encoder[0].weight @ model.decoder[0].weight).detach()
        torch.testing.assert_close(product, torch.eye(k).double(), rtol=0, atol=1e-3)
