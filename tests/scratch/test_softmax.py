"""Softmax, its logarithm, its Jacobian and the product with it, against torch and closed forms."""

import math

import numpy as np
import pytest
import torch

from coursekit.scratch.activations import log_softmax, softmax, softmax_jacobian, softmax_vjp


def draw(*shape: int, seed: int = 0, scale: float = 3.0) -> np.ndarray:
    return scale * np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_both_equal_torch_along_every_axis(axis: int) -> None:
    u = draw(4, 5, 6)
    np.testing.assert_allclose(softmax(u, axis=axis), torch.softmax(torch.tensor(u), axis), rtol=1e-13)
    np.testing.assert_allclose(
        log_softmax(u, axis=axis), torch.log_softmax(torch.tensor(u), axis), rtol=1e-13, atol=1e-15
    )


def test_rows_sum_to_one_and_a_shift_changes_nothing() -> None:
    u = draw(50, 7)
    np.testing.assert_allclose(softmax(u).sum(1), 1, rtol=1e-15)
    np.testing.assert_allclose(softmax(u + 1000), softmax(u), rtol=1e-12)


def test_two_classes_are_a_sigmoid_of_the_difference() -> None:
    u = draw(100, 2)
    np.testing.assert_allclose(softmax(u)[:, 1], 1 / (1 + np.exp(u[:, 0] - u[:, 1])), rtol=1e-13)


def test_extremes_are_exact_and_silent() -> None:
    np.testing.assert_array_equal(softmax([[1000.0, -1000.0], [-1000.0, -1000.0]]), [[1, 0], [0.5, 0.5]])
    np.testing.assert_array_equal(log_softmax([0.0, 1000.0]), [-1000, 0])
    np.testing.assert_array_equal(log_softmax([0.0, -1e6, -1e300]), [0, -1e6, -1e300])
    np.testing.assert_array_equal(softmax(np.zeros(4)), np.full(4, 0.25))


def test_one_class_is_certain() -> None:
    np.testing.assert_array_equal(softmax([[3.0], [-7.0]]), [[1], [1]])
    np.testing.assert_array_equal(softmax_jacobian([3.0]), [[0]])


def test_float32_stays() -> None:
    u = draw(5, 3).astype(np.float32)
    y = softmax(u)
    assert y.dtype == log_softmax(u).dtype == softmax_jacobian(u[0]).dtype == np.float32
    assert softmax_vjp(y, np.ones((5, 3))).dtype == np.float32
    np.testing.assert_allclose(y, softmax(u.astype(np.float64)), rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_jacobian_equals_autograd(seed: int) -> None:
    u = draw(6, seed=seed)
    wanted = torch.autograd.functional.jacobian(lambda x: torch.softmax(x, 0), torch.tensor(u))
    np.testing.assert_allclose(softmax_jacobian(u), wanted.numpy(), rtol=1e-12, atol=1e-16)


def test_jacobian_is_symmetric_semidefinite_and_loses_the_shift() -> None:
    jacobian = softmax_jacobian(draw(6))
    np.testing.assert_array_equal(jacobian, jacobian.T)
    np.testing.assert_allclose(jacobian.sum(1), 0, atol=1e-16)
    # Rank K-1: the shift along ones is the only direction that does nothing.
    eigenvalues = np.linalg.eigvalsh(jacobian)
    assert abs(eigenvalues[0]) < 1e-16
    assert eigenvalues[1] > 1e-6


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 3, 4)])
def test_vjp_equals_autograd(shape: tuple[int, ...]) -> None:
    u, upstream = draw(*shape), draw(*shape, seed=1)
    x = torch.tensor(u, requires_grad=True)
    (wanted,) = torch.autograd.grad(torch.softmax(x, -1), x, torch.tensor(upstream))
    np.testing.assert_allclose(softmax_vjp(softmax(u), upstream), wanted.numpy(), rtol=1e-11, atol=1e-15)


def test_the_diagonal_alone_is_a_wrong_gradient() -> None:
    # Audit D003-12: d(cross-entropy)/du through the full Jacobian is y - d, the diagonal gives two zeros.
    u, d = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0])
    y = softmax(u)
    np.testing.assert_allclose(softmax_vjp(y, -d / y), y - d, rtol=1e-14)
    np.testing.assert_allclose(np.round(y - d, 3), [0.09, 0.245, -0.335])
    np.testing.assert_allclose(np.round(np.diag(softmax_jacobian(u)) * (-d / y), 3), [0, 0, -0.335])


def test_bad_input() -> None:
    for f in (softmax, log_softmax):
        with pytest.raises(ValueError, match=r"axis must be an axis of u, which has 1; got 1"):
            f([1.0, 2.0], axis=1)
        with pytest.raises(ValueError, match=r"axis must be an axis of u, which has 0; got -1"):
            f(1.0)
        with pytest.raises(TypeError, match=r"axis must be an int; got NoneType None"):
            f([1.0], axis=None)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"u must hold at least one element; got shape \(2, 0\)"):
            f(np.zeros((2, 0)))
        with pytest.raises(ValueError, match=r"u must be finite; got 1 NaN or infinite of 2 elements"):
            f([1.0, math.inf])
        with pytest.raises(TypeError, match=r"u must be an array of real numbers"):
            f([True])
    with pytest.raises(ValueError, match=r"u must have shape \(K,\); got \(1, 2\)"):
        softmax_jacobian([[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"upstream must have shape \(2,\); got \(3,\)"):
        softmax_vjp([0.5, 0.5], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"y must have shape \(..., K\); got \(\)"):
        softmax_vjp(0.5, 1.0)
