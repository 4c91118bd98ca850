"""Half-true statements about activations, against torch and against mathematics."""

import numpy as np
import pytest
import torch
from scipy.special import ndtr
from torch.nn import functional as F

from coursekit.experiments import activation_facts as facts
from coursekit.scratch import activations


def test_gelu_is_u_times_phi_and_two_others_only_come_close() -> None:
    u = torch.linspace(-8, 8, 32_001, dtype=torch.float64)
    assert facts.gap(activations.gelu, lambda v: v * ndtr(v)) < 1e-14
    theirs = (F.gelu(u) - F.gelu(u, approximate="tanh")).abs().max().item()
    assert facts.gap(activations.gelu, activations.gelu_tanh) == pytest.approx(theirs, rel=1e-9)
    quick = (F.gelu(u) - u * torch.sigmoid(1.702 * u)).abs().max().item()
    assert facts.gap(activations.gelu, facts.quick_gelu) == pytest.approx(quick, rel=1e-9)


def test_the_maximum_form_of_leaky_relu_ends_at_slope_one() -> None:
    for slope in (-0.5, 0.0, 0.01, 1.0, 1.1, 1.5):

        def highest(u: np.ndarray, a: float = slope) -> np.ndarray:
            return np.maximum(u, a * u)

        def leaky(u: np.ndarray, a: float = slope) -> np.ndarray:
            return activations.leaky_relu(u, slope=a)

        assert (facts.gap(highest, leaky) < 1e-12) == (slope <= 1)
        theirs = F.leaky_relu(torch.tensor([2.0, -2.0]), slope).tolist()
        assert leaky(np.array([2.0, -2.0])).tolist() == pytest.approx(theirs)
    assert torch.nn.LeakyReLU().negative_slope == 0.01


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_elu_has_a_corner_unless_alpha_is_one(alpha: float) -> None:
    jump = facts.kink(lambda u: activations.elu(u, alpha=alpha))
    u = torch.tensor([-1e-9, 1e-9], dtype=torch.float64, requires_grad=True)
    left, right = torch.autograd.grad(F.elu(u, alpha).sum(), u)[0].tolist()
    assert jump == pytest.approx(right - left, abs=1e-5)
    with pytest.raises(ValueError, match="h must be above zero; got 0"):
        facts.kink(np.abs, h=0)


def test_the_textbook_sigmoid_overflows_and_the_piecewise_one_does_not() -> None:
    assert facts.naive_sigmoid_warns(-1000.0)
    assert not facts.naive_sigmoid_warns(1000.0)
    assert not facts.naive_sigmoid_warns(-700.0)
    u = np.array([-1000.0, -700.0, 1000.0])
    np.testing.assert_allclose(activations.sigmoid(u), torch.sigmoid(torch.tensor(u)).numpy(), rtol=1e-12)
