"""Element-wise activations and slopes against torch, exact arithmetic and what the audit found in peers."""

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.scratch import activations as act
from coursekit.scratch.activations import activation, names

TINY = 5e-324
FAR_OUT = np.array([20, 36.7, 37.5, 40, 88.8, 100, 709.8, 745.2, 1000, 1e6, 1e150, 1e307])
SMALL = np.array([0.0, TINY, 1e-310, 1e-160, 1e-17])
WIDE = np.concatenate([np.linspace(-12, 12, 4801), SMALL, -SMALL, FAR_OUT, -FAR_OUT])
TWINS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda u: u * 1.0,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda u: F.softplus(u, threshold=1e9),
    "gelu": F.gelu,
    "gelu_tanh": lambda u: F.gelu(u, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
}


def autograd(f: Callable[[torch.Tensor], torch.Tensor], u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = torch.tensor(u, requires_grad=True)
    y = f(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach().numpy(), slope.numpy()


def close(ours: np.ndarray, theirs: np.ndarray, rtol: float = 1e-12, atol: float = 1e-14) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


# Against torch


def test_every_name_has_a_twin() -> None:
    assert set(names()) == {*TWINS, "step"}
    assert [activation(name).name for name in names()] == list(names())


@pytest.mark.parametrize("name", TWINS)
def test_values_and_slopes_equal_torch(name: str) -> None:
    # torch's gelu_tanh overflows further out; the limits there are the next test's matter.
    u = WIDE[np.abs(WIDE) <= 1000]
    value, slope = autograd(TWINS[name], u)
    # Without its threshold torch's softplus is log1p(exp(u)), infinite from 710 on.
    known = np.isfinite(value) & np.isfinite(slope)
    assert known.sum() > len(u) - 4
    entry = activation(name)
    close(entry.function(u)[known], value[known])
    close(entry.slope(u)[known], slope[known], rtol=1e-11)


@pytest.mark.parametrize("name", names())
def test_no_warning_and_right_limits_far_out(name: str) -> None:
    # Warnings are errors in this suite.
    entry = activation(name)
    far = np.array([1000.0, 1e30, 1e150, 1e307])
    limits = {"sigmoid": (1, 0), "tanh": (1, 0), "step": (1, 0)}
    top, rise = limits.get(name, (far, 1))
    np.testing.assert_array_equal(entry.function(far), top + 0 * far)
    np.testing.assert_array_equal(entry.slope(far), rise + 0 * far)
    floors = {"linear": -far, "leaky_relu": -0.01 * far, "elu": -1 + 0 * far, "tanh": -1 + 0 * far}
    np.testing.assert_array_equal(entry.function(-far), floors.get(name, 0 * far))
    np.testing.assert_array_equal(entry.slope(-far), {"linear": 1, "leaky_relu": 0.01}.get(name, 0) + 0 * far)
    assert np.isfinite(entry.function(WIDE)).all()
    assert np.isfinite(entry.slope(WIDE)).all()


@pytest.mark.parametrize("name", names())
def test_float32_stays_float32_and_agrees(name: str) -> None:
    u = np.concatenate([np.linspace(-30, 30, 601), [1e38, -1e38, 1e-45, 1000, -1000]]).astype(np.float32)
    entry = activation(name)
    for f in (entry.function, entry.slope):
        single = f(u)
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, f(u.astype(np.float64)), rtol=2e-5, atol=2e-7)


@pytest.mark.parametrize("name", names())
def test_slopes_are_the_limits_of_differences(name: str) -> None:
    # Complex steps do not pass abs and minimum: fourth-order differences, away from the kinks.
    u = np.random.default_rng(0).uniform(-6, 6, 400)
    u, h = u[np.abs(u) > 0.01], 1e-3
    f = activation(name).function
    difference = (8 * (f(u + h) - f(u - h)) - (f(u + 2 * h) - f(u - 2 * h))) / (12 * h)
    np.testing.assert_allclose(activation(name).slope(u), difference, rtol=1e-9, atol=2e-10)


# Digits that the usual formulas lose


def test_sigmoid_and_tanh_slopes_keep_their_digits_where_one_minus_s_is_zero() -> None:
    for u in (30.0, 40.0, 300.0, -300.0):
        exact = Fraction(math.exp(-abs(u)))
        wanted = float(exact / (1 + exact) ** 2)
        assert act.sigmoid_slope(u) == pytest.approx(wanted, rel=1e-14, abs=0)
        # tanh'(u) = 4 sigmoid'(2u).
        assert act.tanh_slope(u / 2) == pytest.approx(4 * wanted, rel=1e-13, abs=0)
    naive = 1 / (1 + math.exp(-40.0))
    assert naive * (1 - naive) == 0.0


def test_sigmoid_and_softplus_keep_their_digits_at_minus_hundreds() -> None:
    u = np.array([-700.0, -100.0, -40.0])
    np.testing.assert_allclose(act.sigmoid(u), np.exp(u), rtol=1e-15)
    np.testing.assert_allclose(act.softplus(u), np.exp(u), rtol=1e-15)
    np.testing.assert_allclose(act.silu(u), u * np.exp(u), rtol=1e-15)
    np.testing.assert_allclose(act.mish(u), u * np.exp(u), rtol=1e-15)
    np.testing.assert_allclose(act.elu(np.array([-1e-12, -1e-300])), [-1e-12, -1e-300], rtol=1e-12)


def test_gelu_keeps_its_digits_in_the_lower_tail() -> None:
    # math.erfc is another implementation than the one inside; torch's 1 + erf gives -0.0 at -9.
    for u in (-2.0, -5.0, -9.0, -20.0, -37.0):
        phi = 0.5 * math.erfc(-u / math.sqrt(2))
        assert float(act.gelu(u)) == pytest.approx(u * phi, rel=1e-12, abs=0)
        density = math.exp(-u * u / 2) / math.sqrt(2 * math.pi)
        assert float(act.gelu_slope(u)) == pytest.approx(phi + u * density, rel=1e-12, abs=0)
    assert F.gelu(torch.tensor(-9.0, dtype=torch.float64)).item() == 0.0


def test_gelu_is_within_1e_15_of_torch() -> None:
    u = np.linspace(-6, 6, 20_001)
    assert np.abs(act.gelu(u) - F.gelu(torch.tensor(u)).numpy()).max() <= 2e-15


# Facts that the chapters state


def test_tanh_form_differs_from_gelu_by_less_than_its_docstring_says() -> None:
    u = np.linspace(-10, 10, 200_001)
    gap = np.abs(act.gelu(u) - act.gelu_tanh(u)).max()
    assert gap == pytest.approx(4.73e-4, abs=1e-6)
    quick = np.abs(act.gelu(u) - u * act.sigmoid(1.702 * u)).max()
    assert quick == pytest.approx(2.03e-2, abs=1e-4)


def test_tanh_is_a_sigmoid_stretched() -> None:
    u = np.linspace(-15, 15, 3001)
    close(act.tanh(u), 2 * act.sigmoid(2 * u) - 1, atol=1e-15)


def test_sign_and_corner_conventions() -> None:
    corner = np.array([-0.0, 0.0])
    for zero_at in (act.step, act.relu, act.relu_slope, act.step_slope):
        np.testing.assert_array_equal(zero_at(corner), [0, 0])
    np.testing.assert_array_equal(act.step([-TINY, TINY]), [0, 1])
    np.testing.assert_array_equal(act.relu_slope([-TINY, TINY]), [0, 1])
    _, slope = autograd(F.relu, corner)
    np.testing.assert_array_equal(act.relu_slope(corner), slope)
    np.testing.assert_array_equal(act.step_slope([-3.0, 2.0]), [0, 0])


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.1, 1.0, 1.5])
def test_leaky_relu_for_any_slope(slope: float) -> None:
    u = np.array([-3.0, -0.0, 0.0, 2.0])
    value, derivative = autograd(lambda x: F.leaky_relu(x, slope), u)
    close(act.leaky_relu(u, slope=slope), value)
    close(act.leaky_relu_slope(u, slope=slope), derivative)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 2.5])
def test_elu_honours_its_alpha(alpha: float) -> None:
    value, derivative = autograd(lambda x: F.elu(x, alpha), WIDE)
    close(act.elu(WIDE, alpha=alpha), value)
    close(act.elu_slope(WIDE, alpha=alpha), derivative)


def test_elu_is_smooth_at_zero_for_alpha_one_only() -> None:
    for alpha in (0.5, 1.0, 2.0):
        left, right = act.elu_slope([-1e-12, 1e-12], alpha=alpha)
        assert right - left == pytest.approx(1 - alpha, abs=1e-11)


def test_results_are_new_arrays() -> None:
    u = np.array([1.0, 2.0])
    for name in names():
        for f in (activation(name).function, activation(name).slope):
            f(u)[...] = 7
            np.testing.assert_array_equal(u, [1, 2])


def test_shapes_numbers_and_lists() -> None:
    u = np.random.default_rng(0).normal(size=(2, 3, 4))
    for name in names():
        f = activation(name).function
        np.testing.assert_array_equal(f(u)[1, 2], f(u[1, 2]))
        assert np.shape(f(1)) == ()
        assert f([[1], [2]]).dtype == np.float64


# PReLU


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (2, 3, 4, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_prelu_equals_torch_with_both_gradients(shape: tuple[int, ...], channels: int) -> None:
    rng = np.random.default_rng(0)
    u, slope, upstream = rng.normal(size=shape), rng.normal(size=channels), rng.normal(size=shape)
    u.flat[0] = 0.0
    x, a = torch.tensor(u, requires_grad=True), torch.tensor(slope, requires_grad=True)
    y = F.prelu(x, a)
    wanted = torch.autograd.grad(y, (x, a), torch.tensor(upstream))
    close(act.prelu(u, slope), y.detach().numpy())
    got = act.prelu_gradients(u, slope, upstream)
    for ours, theirs in zip(got, wanted, strict=True):
        close(ours, theirs.numpy())
        assert ours.shape == tuple(theirs.shape)
    close(act.prelu_slope(u, slope) * upstream, wanted[0].numpy())


def test_prelu_with_one_slope_of_no_axes() -> None:
    u = np.random.default_rng(0).normal(size=7)
    back, asked = act.prelu_gradients(u, 0.25, np.ones(7))
    assert asked.shape == ()
    assert float(asked) == pytest.approx(u[u < 0].sum(), rel=1e-14)
    close(back, act.leaky_relu_slope(u, slope=0.25))
    close(act.prelu(u, 0.25), act.leaky_relu(u, slope=0.25))


def test_prelu_refuses_slopes_that_are_not_one_a_channel() -> None:
    u = np.ones((2, 3))
    with pytest.raises(
        ValueError, match=r"slope must have shape \(\), \(1,\) or \(3,\) for u of .*; got \(2,\)"
    ):
        act.prelu(u, [0.1, 0.2])
    with pytest.raises(
        ValueError, match=r"slope must have shape \(\), \(1,\) for u of shape \(3,\); got \(3,\)"
    ):
        act.prelu_slope(np.ones(3), [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match=r"upstream must have shape \(2, 3\); got \(3,\)"):
        act.prelu_gradients(u, 0.1, np.ones(3))
    with pytest.raises(ValueError, match=r"slope must be finite"):
        act.prelu(u, math.nan)


# Bad input


BAD: list[tuple[Any, type[Exception], str]] = [
    (
        np.array([True]),
        TypeError,
        r"u must be an array of real numbers; got ndarray of shape \(1,\) and bool",
    ),
    ([True, False], TypeError, r"u must be an array of real numbers; got list \[True, False\] \(bool\)"),
    ("relu", TypeError, r"u must be an array of real numbers; got str 'relu'"),
    (None, TypeError, r"u must be an array of real numbers; got NoneType None"),
    (np.array([1j]), TypeError, r"u must be an array of real numbers; got .* complex128"),
    (np.array([1], dtype=object), TypeError, r"u must be an array of real numbers; got .* object"),
    ([[1.0], [1.0, 2.0]], TypeError, r"u must be an array of real numbers; got list"),
    ([], ValueError, r"u must hold at least one element; got shape \(0,\)"),
    (np.zeros((3, 0)), ValueError, r"u must hold at least one element; got shape \(3, 0\)"),
    ([1.0, math.nan, math.inf], ValueError, r"u must be finite; got 2 NaN or infinite of 3 elements"),
]


@pytest.mark.parametrize(("value", "kind", "message"), BAD)
def test_every_function_refuses_bad_input_in_one_line(
    value: Any, kind: type[Exception], message: str
) -> None:
    functions = [f for name in names() for f in (activation(name).function, activation(name).slope)]
    functions += [lambda u: act.prelu(u, 0.1), lambda u: act.prelu_slope(u, 0.1)]
    for f in functions:
        with pytest.raises(kind, match=message) as told:
            f(value)
        assert "\n" not in str(told.value)


def test_bad_parameters_are_named() -> None:
    for f in (act.leaky_relu, act.leaky_relu_slope):
        with pytest.raises(ValueError, match=r"slope must be a finite number; got nan"):
            f([1.0], slope=math.nan)
        with pytest.raises(TypeError, match=r"slope must be a finite number; got str 'a'"):
            f([1.0], slope="a")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"slope must be a finite number; got bool True"):
            f([1.0], slope=True)
    for f in (act.elu, act.elu_slope):
        with pytest.raises(ValueError, match=r"alpha must be a finite number, zero or above; got -1"):
            f([1.0], alpha=-1)
        with pytest.raises(ValueError, match=r"alpha must be a finite number, zero or above; got inf"):
            f([1.0], alpha=math.inf)


def test_an_unknown_name_is_told_with_its_neighbour() -> None:
    with pytest.raises(
        ValueError, match=r"activation must be one of step, linear, .*; got 'relo' \(did you mean"
    ):
        activation("relo")
    with pytest.raises(ValueError, match=r"activation must be one of .*; got 'softmax'"):
        activation("softmax")


def test_import_loads_neither_scipy_nor_torch() -> None:
    code = (
        "import sys, coursekit.scratch.activations, coursekit.scratch.losses, coursekit.scratch.neuron, "
        "coursekit.scratch.initialisers; print('scipy' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
