"""The references of the contractive assignment against torch and scipy."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from torch.func import jacrev, vmap

from coursekit.assess import check
from coursekit.assess.workshop import _contract_reference as reference


def layer(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 5)), rng.normal(size=3), rng.uniform(size=(4, 5))


def test_the_jacobian_and_its_square_are_those_of_jacrev() -> None:
    W, b, x = layer(0)
    w, bias = torch.from_numpy(W), torch.from_numpy(b)
    wanted = vmap(jacrev(lambda row: torch.sigmoid(w @ row + bias)))(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(reference.jacobian(W, b, x), wanted, rtol=1e-12)
    z = 1 / (1 + np.exp(-(x @ W.T + b)))
    assert reference.contraction(z, W) == pytest.approx((wanted**2).sum() / 4, rel=1e-12)


def test_the_exact_penalty_and_its_gradients_are_those_of_nested_transforms() -> None:
    generator = torch.Generator().manual_seed(1)
    W, V, x = (torch.randn(*shape, generator=generator) for shape in ((4, 5), (3, 4), (2, 5)))

    def norms(W: torch.Tensor, V: torch.Tensor) -> torch.Tensor:
        return vmap(jacrev(lambda row: torch.sigmoid(V @ torch.tanh(W @ row))))(x).square().sum((1, 2))

    free = [t.clone().requires_grad_() for t in (W, V)]
    found = reference.exact(free[0], free[1], x)
    torch.testing.assert_close(found, norms(W, V))
    wanted = jacrev(lambda *weights: norms(*weights).sum(), argnums=(0, 1))(W, V)
    torch.testing.assert_close(torch.autograd.grad(found.sum(), free), wanted)
    assert not x.requires_grad


def test_all_signs_average_to_the_squared_norm() -> None:
    J = np.random.default_rng(2).normal(size=(3, 4))
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    assert reference.hutchinson(J, signs) == pytest.approx(np.linalg.norm(J) ** 2, rel=1e-12)
    values = [np.linalg.norm(v @ J) ** 2 for v in signs[:3]]
    assert reference.hutchinson(J, signs[:3]) == pytest.approx(np.mean(values), rel=1e-12)


def test_the_penalty_is_a_curvature() -> None:
    # With d = |f(x + t) - f(x)|^2 the trace of half its second derivative at t = 0 is the squared norm.
    W, b, x = (torch.from_numpy(array) for array in layer(3))
    codes = [torch.sigmoid(W @ row + b) for row in x]
    traces = []
    for row, z in zip(x, codes, strict=True):
        curved = jacrev(jacrev(lambda t, r=row, z=z: (torch.sigmoid(W @ (r + t) + b) - z).square().sum()))
        traces.append(curved(0 * row).trace() / 2)
    c = torch.linspace(-1, 1, 5, dtype=torch.float64)
    plain, full = (reference.loss(W, b, c, x, weight).item() for weight in (0.0, 0.7))
    assert (full - plain) / 0.7 == pytest.approx(torch.stack(traces).mean().item(), rel=1e-10)
    wanted = sum(float(((W.T @ z + c - row) ** 2).sum()) for row, z in zip(x, codes, strict=True)) / 4
    assert plain == pytest.approx(wanted, rel=1e-12)


def test_the_gain_is_that_of_scipy_distances() -> None:
    rng = np.random.default_rng(4)
    z, moves = rng.normal(size=(6, 3)), rng.normal(size=(2, 6, 3))
    change, spread, gain = reference.gain(z, z + moves)
    assert spread == pytest.approx(pdist(z).mean(), rel=1e-12)
    assert change == pytest.approx(
        np.mean([np.sqrt(move @ move) for move in moves.reshape(-1, 3)]), rel=1e-12
    )
    assert gain == pytest.approx(reference.gain(9 * z, 9 * (z + moves))[2])


def test_values_without_gradients_earn_their_part() -> None:
    def cut(W: torch.Tensor, V: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return reference.exact(W, V, x).detach()

    report = str(check("contractive/exact", cut))
    assert "2 of 4 points" in report
    assert "constant as far as the optimiser is concerned" in report


def test_odd_answers_are_wrong() -> None:
    for odd in (None, 3, "x", (1, 2), (1, 2, 3), ([], [], [])):
        assert not check("contractive/gain", lambda *_, odd=odd: odd).passed
        assert not check("contractive/exact", lambda *_, odd=odd: odd).passed
