"""Gradients by depth: one network by hand in NumPy, factors by closed form, slopes by scipy's quadrature."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from coursekit.data import digits
from coursekit.experiments import scratch_depth as study


def test_gradients_are_those_of_backpropagation_by_hand() -> None:
    """Two square ReLU layers, the chain rule written out in NumPy on the same draws."""
    split, generator = digits(binarize=False, seed=0), torch.Generator().manual_seed(3)
    rows = torch.randperm(len(split.x_train), generator=generator)[: study.ROWS]
    x = split.x_train[rows].double().numpy()
    x = (x - x.mean()) / x.std(ddof=1)
    labels = split.y_train[rows].numpy()

    def draw(a: int, b: int, gain: float) -> np.ndarray:
        drawn = torch.randn(a, b, generator=generator, dtype=torch.float64)
        return gain * drawn.numpy() / math.sqrt(a)

    gain = 1.5 * 2**0.5
    w0, w3 = draw(64, 100, gain), draw(100, 10, 1.0)
    w1, w2 = draw(100, 100, gain), draw(100, 100, gain)
    u0 = x @ w0
    u1 = np.maximum(u0, 0) @ w1
    u2 = np.maximum(u1, 0) @ w2
    e = np.exp(np.maximum(u2, 0) @ w3)
    delta3 = (e / e.sum(1, keepdims=True) - np.eye(10)[labels]) / len(x)
    delta2 = (delta3 @ w3.T) * (u2 > 0)
    delta1 = (delta2 @ w2.T) * (u1 > 0)
    by_hand = [np.maximum(u0, 0).T @ delta1, np.maximum(u1, 0).T @ delta2]
    found = study.gradients("ReLU, 1.5 × He", 2, 3)
    np.testing.assert_allclose(found, [np.linalg.norm(g) for g in by_hand], rtol=1e-6)


def test_measured_factors_are_those_of_the_closed_form() -> None:
    result = study.run()
    for profile in result.profiles:
        if profile.theory is not None:
            assert np.mean(profile.factor) == pytest.approx(profile.theory, rel=0.06), profile.name
    # Without a closed form: between the stated bounds.
    assert 0.9 < np.mean(result.get("tanh, Xavier").factor) < 1
    assert np.mean(result.get("ReLU, He, residual").factor) > math.sqrt(2)
    assert 0.9 < np.mean(result.get("ReLU, He, residual over √L").factor) < 1.1
    with pytest.raises(ValueError, match="name must be one of sigmoid, PyTorch start"):
        result.get("none")


def test_in_a_relu_net_all_layers_shrink_together_in_a_sigmoid_net_they_do_not() -> None:
    relu, sigmoid = (study.gradients(name, 20, 0) for name in ("ReLU, Xavier", "sigmoid, Xavier"))
    assert 0.2 < relu[-1] / relu[0] < 5
    assert sigmoid[-1] / sigmoid[0] > 1e9


def test_rms_slope_is_that_of_quadrature_and_of_the_closed_form() -> None:
    for variance in (0.3, 1.0, 7.0):
        s = math.sqrt(variance)
        found = study.rms_slope(lambda u: 1 / math.cosh(u) ** 2, variance=variance)
        wanted = quad(
            lambda u, s=s: math.cosh(s * u) ** -4 * math.exp(-u * u / 2) / math.sqrt(2 * math.pi), -12, 12
        )[0]
        assert found == pytest.approx(math.sqrt(wanted), rel=1e-6)
        assert study.rms_slope(lambda u: float(u > 0), variance=variance) == pytest.approx(0.5**0.5)
    with pytest.raises(ValueError, match="variance must be a finite number above zero; got 0"):
        study.rms_slope(abs, variance=0)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="depth must be an int of at least 1; got 0"):
        study.gradients("ReLU, He", 0, 0)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        study.run(())
