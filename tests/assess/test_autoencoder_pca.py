"""The references of the PCA assignment against scikit-learn, SciPy and autograd."""

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.decomposition import PCA

from coursekit.assess import check
from coursekit.assess.workshop import _pca_reference as reference


def test_the_fit_and_its_codes_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    X, new = rng.standard_normal((40, 6)) @ rng.standard_normal((6, 6)) + 5, rng.standard_normal((7, 6))
    twin = PCA(3, svd_solver="full").fit(X)
    mean, V, variances = reference.fit(X, 3)
    signs = np.sign((V * twin.components_).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(mean, twin.mean_, rtol=1e-12)
    np.testing.assert_allclose(V * signs, twin.components_, atol=1e-10)
    np.testing.assert_allclose(variances, twin.explained_variance_ * 39 / 40, rtol=1e-10)
    Z, back = reference.codes(new, mean, V)
    np.testing.assert_allclose(Z * signs.T, twin.transform(new), atol=1e-10)
    np.testing.assert_allclose(back, twin.inverse_transform(twin.transform(new)), atol=1e-10)


def test_the_number_of_components_is_that_of_scikit_learn() -> None:
    X = np.random.default_rng(1).standard_normal((50, 8)) * np.arange(1, 9)
    _, _, variances = reference.fit(X, 8)
    for share in (0.2, 0.5, 0.77, 0.95):
        assert reference.keep(variances, share) == PCA(share, svd_solver="full").fit(X).n_components_
    assert reference.keep(np.array([4.0, 2.0, 1.0, 1.0]), 0.75) == 2


def test_angles_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    A, B = rng.standard_normal((2, 3, 8))
    expected = np.rad2deg(scipy.linalg.subspace_angles(A.T, B.T))
    np.testing.assert_allclose(reference.angles(A, B), expected, atol=1e-8)


def test_gradients_are_those_of_autograd() -> None:
    rng = np.random.default_rng(3)
    X, We, Wd = rng.standard_normal((9, 5)), rng.standard_normal((2, 5)), rng.standard_normal((5, 2))
    x, we, wd = (torch.from_numpy(part) for part in (X, We, Wd))
    we.requires_grad_()
    wd.requires_grad_()
    loss = torch.nn.functional.mse_loss(x @ we.T @ wd.T, x) * 5
    loss.backward()
    found = reference.gradients(X, We, Wd)
    assert found[0] == pytest.approx(loss.item(), rel=1e-12)
    for part, twin in zip(found[1:], (we.grad, wd.grad), strict=True):
        np.testing.assert_allclose(part, twin.numpy(), rtol=1e-10)  # type: ignore[union-attr]


def test_the_parts_of_a_hybrid_add_up() -> None:
    rng = np.random.default_rng(4)
    X = rng.standard_normal((20, 6)) + 3
    twin = PCA(2, svd_solver="full").fit(X)
    S = twin.transform(X) + rng.standard_normal((20, 2))
    floor, added = reference.hybrid_error(X, twin.mean_, twin.components_, S)
    assert floor + added == pytest.approx(((X - twin.inverse_transform(S)) ** 2).sum(1).mean(), rel=1e-12)
    assert floor == pytest.approx(twin.noise_variance_ * 4 * 19 / 20, rel=1e-9)


def test_the_loss_alone_earns_a_point() -> None:
    def half(X: np.ndarray, We: np.ndarray, Wd: np.ndarray) -> tuple:
        return reference.gradients(X, We, Wd)[0], None, None

    assert "1 of 4 points" in str(check("autoencoder-pca/gradients", half))


def test_free_signs_are_free_and_odd_answers_are_not() -> None:
    def flipped(X: np.ndarray, k: int) -> tuple:
        mean, V, variances = reference.fit(X, k)
        return mean, -V, list(variances)

    assert check("autoencoder-pca/fit", flipped).passed
    for odd in (None, 3, "x", (1, 2, 3), ([], [], []), (np.zeros(4), np.zeros((2, 4)))):
        for name in ("fit", "codes", "keep", "angles", "gradients", "hybrid-error"):
            assert not check(f"autoencoder-pca/{name}", lambda *_, odd=odd: odd).passed
