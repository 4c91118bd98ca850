"""Forward derivatives against torch, the complex step, the reverse tape and closed forms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from coursekit.scratch import autodiff as ad
from coursekit.scratch import dual
from coursekit.scratch.dual import Dual, derivative, jvp

SMOOTH: dict[str, Callable[[Any], Any]] = {
    "plus": lambda x: +x + 2.0,
    "minus": lambda x: 1.0 - (-x),
    "product": lambda x: x * x * 3.0,
    "quotient": lambda x: (1.0 + x) / (2.0 + x * x),
    "reciprocal": lambda x: 2.0 / x,
    "power": lambda x: x**3 - x**-1.5,
    "exponent": lambda x: 2.0**x,
    "both": lambda x: x**x,
    "square": np.square,
    "sqrt": np.sqrt,
    "exp": lambda x: np.exp(-x),
    "log": lambda x: np.log(1.0 + x),
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "logistic": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "composite": lambda x: np.tanh(np.sin(x) * np.exp(x) / (1.0 + x * x)) ** 2,
}


@pytest.mark.parametrize("f", SMOOTH.values(), ids=SMOOTH)
def test_derivative_matches_the_complex_step(f: Callable[[Any], Any]) -> None:
    # The complex step has no difference of close numbers: at h = 1e-30 its error is rounding only.
    x, h = np.linspace(0.2, 2.5, 9), 1e-30
    np.testing.assert_allclose(derivative(f, x), f(x + 1j * h).imag / h, rtol=1e-12)
    assert derivative(f, float(x[3])) == pytest.approx(float(derivative(f, x)[3]), rel=1e-15)
    np.testing.assert_allclose(jvp(f, x, 2.0 * x)[0], f(x), rtol=1e-15)


# Written once with NumPy, f runs on both; the tape has no rule for squares and unary plus.
BOTH = {name: f for name, f in SMOOTH.items() if name not in ("plus", "square")}


@pytest.mark.parametrize("f", BOTH.values(), ids=BOTH)
def test_second_derivative_matches_the_reverse_tape(f: Callable[[Any], Any]) -> None:
    forward = derivative(lambda x: derivative(f, x), 0.8)
    assert forward == pytest.approx(float(ad.grad(ad.grad(f))(0.8)), rel=1e-11, abs=1e-13)


def network(x: Any) -> Any:
    """Map (2, 3) to (2,), with every shape operation on the way."""
    W = np.arange(12.0).reshape(3, 4) / 12.0
    hidden = np.tanh(x @ W - 0.3)
    return (hidden * np.maximum(hidden, 0.2)).sum(1) + (W.T @ x[0]).sum() * x.reshape(6)[4] + x.T[1]


def network_in_torch(x: torch.Tensor) -> torch.Tensor:
    W = torch.arange(12.0).double().reshape(3, 4) / 12.0
    hidden = torch.tanh(x @ W - 0.3)
    floor = torch.full_like(hidden, 0.2)
    return (hidden * torch.maximum(hidden, floor)).sum(1) + (W.T @ x[0]).sum() * x.reshape(6)[4] + x.T[1]


def test_jvp_matches_torch_in_random_directions() -> None:
    r = np.random.default_rng(0)
    for _ in range(50):
        x, v = r.normal(size=(2, 2, 3))
        y, product = jvp(network, x, v)
        expected_y, expected = torch.autograd.functional.jvp(
            network_in_torch, torch.tensor(x), torch.tensor(v)
        )
        np.testing.assert_allclose(y, expected_y.numpy(), rtol=1e-12)
        np.testing.assert_allclose(product, expected.numpy(), rtol=1e-10, atol=1e-12)


def test_products_from_both_sides_agree() -> None:
    # 004-BP-4: <u, J v> = <J^T u, v>, one side forward, the other in reverse.
    r, A = np.random.default_rng(1), np.random.default_rng(2).normal(size=(4, 3))
    for _ in range(20):
        x, v, u = r.normal(size=3), r.normal(size=3), r.normal(size=4)

        def f(x: Any) -> Any:
            return np.tanh(A @ x) * np.exp(x[0])

        assert u @ jvp(f, x, v)[1] == pytest.approx(ad.vjp(f, x, u)[1] @ v, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("inputs", "outputs"), [(7, 2), (2, 7), (1, 1)])
def test_forward_counts_inputs_and_reverse_counts_outputs(inputs: int, outputs: int) -> None:
    A, calls = np.random.default_rng(3).normal(size=(outputs, inputs)), []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sin(A @ x)

    x = np.linspace(0.1, 0.9, inputs)
    forward = dual.jacobian(f, x)
    assert (forward.passes, len(calls)) == (inputs, inputs)
    reverse = ad.jacobian(f, x)
    assert (reverse.passes, len(calls)) == (outputs, inputs + 1)
    np.testing.assert_allclose(forward.matrix, reverse.matrix, rtol=1e-13)
    np.testing.assert_allclose(forward.matrix, np.cos(A @ x)[:, None] * A, rtol=1e-13)


def test_jacobian_of_a_matrix_has_both_shapes() -> None:
    x = np.random.default_rng(4).normal(size=(2, 3))
    matrix = dual.jacobian(network, x).matrix
    expected = torch.autograd.functional.jacobian(network_in_torch, torch.tensor(x))
    np.testing.assert_allclose(matrix, expected.numpy(), rtol=1e-10, atol=1e-12)


def test_inner_derivative_takes_the_outer_variable_for_a_constant() -> None:
    assert derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0) == 1.0
    assert derivative(lambda x: x * derivative(lambda y: x * y, x), 3.0) == 6.0
    mixed = derivative(lambda x: derivative(lambda y: np.sin(x * y), 0.7), 1.3)
    assert mixed == pytest.approx(np.cos(0.91) - 0.91 * np.sin(0.91), rel=1e-14)


def test_fourth_derivative() -> None:
    f: Any = np.sin
    for _ in range(4):
        f = (lambda g: lambda x: derivative(g, x))(f)
    assert f(0.6) == pytest.approx(np.sin(0.6), rel=1e-14)


def test_kinks_constants_and_powers_of_zero() -> None:
    assert derivative(np.abs, 0.0) == 0.0
    assert derivative(np.abs, -2.0) == -1.0
    np.testing.assert_array_equal(
        derivative(lambda x: np.maximum(x, 1.0), np.array([0.0, 1.0, 2.0])), [0, 0.5, 1]
    )
    assert derivative(lambda x: 3.0, 1.0) == 0.0  # noqa: ARG005
    assert derivative(lambda x: x**0, 0.0) == 0.0
    assert derivative(lambda x: x**1, 0.0) == 1.0
    assert derivative(lambda x: x if x > 2.0 else x * x, 1.5) == 3.0


def test_a_constant_of_more_axes_spreads_the_tangent() -> None:
    y = np.ones((2, 3)) + Dual([1.0, 2.0, 3.0], [1.0, 0.0, 5.0])
    np.testing.assert_array_equal(y.tangent, [[1.0, 0.0, 5.0]] * 2)


def test_loops_are_followed() -> None:
    # Newton's iteration for a root: its derivative is that of the root it finds.
    def root(a: Any) -> Any:
        y = a
        for _ in range(30):
            y = 0.5 * (y + a / y)
        return y

    assert derivative(root, 3.0) == pytest.approx(0.5 / np.sqrt(3.0), rel=1e-14)


def test_bad_input_says_what_is_required_and_what_came() -> None:
    with pytest.raises(TypeError, match="value must be an array of real numbers; got complex"):
        Dual(1j, 0.0)
    with pytest.raises(ValueError, match=r"tangent must have shape \(2,\); got \(3,\)"):
        Dual(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match=r"tangent must have shape \(2,\); got \(\)"):
        jvp(np.sin, np.ones(2), 1.0)
    with pytest.raises(TypeError, match=r"numpy.arctan must have a rule to meet a Dual; known: .*matmul"):
        derivative(np.arctan, 1.0)
    with pytest.raises(TypeError, match=r"numpy.add must have a rule"):
        np.add.reduce(Dual(np.ones(2), np.ones(2)))
    with pytest.raises(TypeError, match=r"multiply must meet real numbers on the tape"):
        ad.Var(1.0) * Dual(1.0, 1.0)
    with pytest.raises(TypeError, match="x must be an array of real numbers"):
        dual.jacobian(np.sin, ["a"])  # type: ignore[list-item]
