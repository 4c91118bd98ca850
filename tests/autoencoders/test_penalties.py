"""Sparsity penalties against torch.distributions, NumPy, closed forms and finite differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, kl_divergence

from coursekit.autoencoders.penalties import bernoulli_kl_penalty, l1_penalty, peak_penalty, top_k


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def through_a_layer(penalty: Callable[[Tensor], Tensor], squash: Callable[[Tensor], Tensor]) -> float:
    """Return the largest gap between a weight gradient and central differences, over the largest gradient."""
    layer, x = nn.Linear(5, 4).double(), draw(7, 5, seed=9)
    with torch.no_grad():
        layer.weight.copy_(draw(4, 5, seed=3))
        layer.bias.copy_(draw(4, seed=4))
    penalty(squash(layer(x))).backward()
    wanted, step = torch.zeros_like(layer.weight), 1e-6
    with torch.no_grad():
        for index in range(layer.weight.numel()):
            values = []
            for sign in (1, -1):
                layer.weight.view(-1)[index] += sign * step
                values.append(penalty(squash(layer(x))).item())
                layer.weight.view(-1)[index] -= sign * step
            wanted.view(-1)[index] = (values[0] - values[1]) / (2 * step)
    assert layer.weight.grad is not None
    return float((layer.weight.grad - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("squash", [torch.relu, torch.tanh, lambda z: z])
def test_l1_equals_numpy_and_its_weight_gradient_finite_differences(
    squash: Callable[[Tensor], Tensor],
) -> None:
    z = squash(draw(6, 9))
    assert l1_penalty(z).item() == pytest.approx(np.abs(z.numpy()).sum(1).mean(), rel=1e-14)
    assert through_a_layer(l1_penalty, squash) < 1e-7


@pytest.mark.parametrize("rho", [0.01, 0.05, 0.5, 0.9])
def test_kl_equals_torch_distributions_on_batch_means(rho: float) -> None:
    a = torch.sigmoid(2 * draw(50, 11))
    target = torch.tensor(rho, dtype=torch.float64)
    wanted = kl_divergence(Bernoulli(target), Bernoulli(a.mean(0))).sum()
    torch.testing.assert_close(bernoulli_kl_penalty(a, rho), wanted, rtol=1e-12, atol=1e-12)


def test_kl_is_none_of_its_mutants() -> None:
    a, rho = torch.sigmoid(draw(8, 5)), 0.05
    target, right = torch.tensor(rho, dtype=torch.float64), bernoulli_kl_penalty(a, rho).item()
    swapped = kl_divergence(Bernoulli(a.mean(0)), Bernoulli(target)).sum().item()  # M-13
    over_units = kl_divergence(Bernoulli(target), Bernoulli(a.mean(1))).sum().item()  # M-14
    each = kl_divergence(Bernoulli(target), Bernoulli(a)).sum(1).mean().item()  # M-16
    half = (rho * (rho / a.mean(0)).log()).sum().item()  # M-17
    for wrong in (swapped, over_units, each, half):
        assert abs(wrong - right) > 0.1 * right
    assert right < each  # Jensen


def test_kl_is_least_at_rho_and_blind_to_a_repeated_batch() -> None:
    a = torch.sigmoid(draw(8, 5))
    torch.testing.assert_close(bernoulli_kl_penalty(a.repeat(3, 1), 0.1), bernoulli_kl_penalty(a, 0.1))
    torch.testing.assert_close(l1_penalty(a.repeat(3, 1)), l1_penalty(a))
    values = [bernoulli_kl_penalty(torch.full((4, 3), v).double(), 0.1).item() for v in (0.05, 0.1, 0.2)]
    assert values[1] == pytest.approx(0.0, abs=1e-15)
    assert min(values[0], values[2]) > 0.02


def test_kl_weight_gradient_equals_finite_differences() -> None:
    assert through_a_layer(lambda a: bernoulli_kl_penalty(a, 0.05), torch.sigmoid) < 1e-7


def test_kl_stays_finite_at_dead_and_saturated_units_in_float32() -> None:
    a = torch.tensor([[0.0, 1.0, 0.5]], requires_grad=True)
    value = bernoulli_kl_penalty(a, 0.05)
    value.backward()
    assert torch.isfinite(value)
    assert a.grad is not None
    assert torch.isfinite(a.grad).all()


def test_a_saturated_sigmoid_feels_no_penalty() -> None:
    # D-35: the penalty is large, its gradient is zero, and the unit never comes back.
    z = torch.full((4, 4), 100.0, requires_grad=True)
    value = bernoulli_kl_penalty(torch.sigmoid(z), 0.05)
    value.backward()
    assert value.item() > 50
    assert z.grad is not None
    assert z.grad.abs().max().item() == 0.0


def test_peak_has_its_closed_values_and_no_scale() -> None:
    # D-32: -log K for one entry, 0 for a constant code, and finite for a code of zeros.
    assert peak_penalty(torch.eye(8).double()).item() == pytest.approx(-math.log(8), abs=1e-14)
    assert peak_penalty(torch.full((3, 8), -0.7).double()).item() == pytest.approx(0.0, abs=1e-14)
    z = draw(6, 8)
    size = np.abs(z.numpy())
    assert peak_penalty(z).item() == pytest.approx(np.log(size.mean(1) / size.max(1)).mean(), rel=1e-13)
    torch.testing.assert_close(peak_penalty(1e-3 * z), peak_penalty(z))
    assert through_a_layer(peak_penalty, torch.tanh) < 1e-7
    zeros = torch.zeros(2, 4, requires_grad=True)
    value = peak_penalty(zeros)
    value.backward()
    assert value.item() == 0.0
    assert zeros.grad is not None
    assert zeros.grad.abs().max().item() == 0.0


def test_top_k_equals_a_sorted_row_and_passes_the_gradient_of_what_stays() -> None:
    z = draw(20, 12).requires_grad_()
    kept = top_k(z, 4)
    for row, out in zip(z.detach().numpy(), kept.detach().numpy(), strict=True):
        border = np.sort(row)[-4]
        assert np.array_equal(out, np.where(row >= border, row, 0.0))
    kept.sum().backward()
    assert z.grad is not None
    assert torch.equal(z.grad, (kept.detach() != 0).double())
    assert torch.equal(top_k(z, 12), z)


def test_top_k_keeps_exactly_k_of_equal_entries() -> None:
    assert (top_k(torch.ones(3, 6), 2) != 0).sum(1).tolist() == [2, 2, 2]


def test_wrong_codes_and_targets_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a must lie in \[0, 1\]; got values from -1 to 2"):  # M-19
        bernoulli_kl_penalty(torch.tensor([[-1.0, 2.0]]), 0.05)
    for rho, told in ((0.0, "rho must be a finite number above zero"), (1.0, "rho must be below 1; got 1")):
        with pytest.raises(ValueError, match=told):
            bernoulli_kl_penalty(torch.rand(2, 3), rho)
    with pytest.raises(ValueError, match=r"z must have shape \(B, K\); got \(3,\)"):
        l1_penalty(torch.ones(3))
    with pytest.raises(ValueError, match=r"z must hold at least one code; got shape \(0, 3\)"):
        peak_penalty(torch.ones(0, 3))
    with pytest.raises(ValueError, match="k must be at most the code's width 3; got 4"):
        top_k(torch.ones(2, 3), 4)
    with pytest.raises(ValueError, match="k must be an int of at least 1; got 0"):
        top_k(torch.ones(2, 3), 0)
