"""The quadrants: torch takes the same steps, and width, not the size of the start, decides."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import quadrant_xor
from coursekit.scratch.mlp import MLP


def test_points_have_half_of_each_label_and_the_product_decides() -> None:
    x, d = quadrant_xor.points(20_000, generator=np.random.default_rng(1))
    assert np.array_equal(d[:, 0] == 1, np.sign(x[:, 0]) != np.sign(x[:, 1]))
    assert abs(d.mean() - 0.5) < 5 * 0.5 / np.sqrt(20_000)  # false alarm below 1e-6
    assert abs(np.cov(x.T) - np.eye(2)).max() < 0.06


@pytest.mark.parametrize("name", ["3 sigmoid, small", "8 tanh, unit"])
def test_torch_takes_the_same_steps(name: str) -> None:
    case = quadrant_xor.CASES[name]
    model, losses = quadrant_xor.trained(name, 2, steps=60)
    x, d = (torch.tensor(a) for a in quadrant_xor.points(100, generator=np.random.default_rng(102)))
    rng = np.random.default_rng(2)
    w1 = torch.tensor(case.spread * rng.standard_normal((2, case.hidden)), requires_grad=True)
    w2 = torch.tensor(case.spread * rng.standard_normal((case.hidden, 1)), requires_grad=True)
    b1 = torch.zeros(case.hidden, dtype=torch.float64, requires_grad=True)
    b2 = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimiser, f = torch.optim.SGD([w1, b1, w2, b2], lr=case.learning_rate), getattr(torch, case.activation)
    for step in range(60):
        loss = F.binary_cross_entropy_with_logits(f(x @ w1 + b1) @ w2 + b2, d)
        assert losses[step] == pytest.approx(loss.item(), rel=1e-9)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    np.testing.assert_allclose(model.parameters[0]["W"], w1.detach(), rtol=1e-8)


def test_three_units_fail_where_eight_learn() -> None:
    result = quadrant_xor.run((0, 3), names=("3 sigmoid, small", "8 tanh, unit"))
    assert max(result.get("3 sigmoid, small").test) < 0.8
    assert min(result.get("3 sigmoid, small").loss) > 0.4
    assert min(result.get("8 tanh, unit").test) > 0.85
    assert min(result.get("8 tanh, unit").train) == 1.0
    with pytest.raises(ValueError, match="name must be one of 3 sigmoid, small"):
        result.get("9 units")


def test_the_accuracy_is_that_of_a_loop_over_the_points() -> None:
    result = quadrant_xor.run((1,), names=("8 tanh, unit",), steps=300)
    model, losses = quadrant_xor.trained("8 tanh, unit", 1, steps=300)
    x, d = quadrant_xor.points(100, generator=np.random.default_rng(101))
    hits = [
        (model.forward(row[None]).item() > 0) == bool(label) for row, label in zip(x, d[:, 0], strict=True)
    ]
    assert result.get("8 tanh, unit").train == [pytest.approx(sum(hits) / 100)]
    assert result.get("8 tanh, unit").loss == [losses[-1]]
    assert result.get("8 tanh, unit").curves.shape == (1, 12)


def test_the_plane_is_the_network_point_by_point() -> None:
    model, _ = quadrant_xor.trained("8 tanh, unit", 0, steps=300)
    at, logits = quadrant_xor.plane(model, limit=2.0, side=5)
    assert at.tolist() == [-2, -1, 0, 1, 2]
    for row, x2 in enumerate(at):
        for column, x1 in enumerate(at):
            assert logits[row, column] == pytest.approx(model.forward([[x1, x2]]).item(), rel=1e-12)
    two = MLP((2, 4, 2), activation="tanh", generator=np.random.default_rng(0))
    both = two.forward([[2.0, -2.0]])[0]
    assert quadrant_xor.plane(two, limit=2.0, side=5)[1][0, 4] == pytest.approx(both[1] - both[0])
    with pytest.raises(ValueError, match="limit must be a finite number above zero; got 0"):
        quadrant_xor.plane(model, limit=0)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="name must be one of"):
        quadrant_xor.trained("none", 0)
    with pytest.raises(ValueError, match="n must be an int of at least 1; got 0"):
        quadrant_xor.points(0, generator=np.random.default_rng(0))
