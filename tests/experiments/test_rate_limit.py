"""The limit of the learning rate, with torch's optimiser and automatic Hessian as the judges."""

import numpy as np
import pytest
import torch

from coursekit.experiments import rate_limit


def _cost(X: torch.Tensor, d: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    return ((X @ theta[:-1] + theta[-1] - d) ** 2).mean() / 2


@pytest.mark.parametrize("seed", [0, 3])
def test_the_limit_is_two_over_the_largest_eigenvalue_of_torch_s_hessian(seed: int) -> None:
    X, d = (torch.tensor(part) for part in rate_limit.line_data(seed))
    theta = torch.zeros(3, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(lambda t: _cost(X, d, t), theta)
    found = rate_limit.run((seed,), shares=(0.5,), steps=1).limit[0]
    assert found == pytest.approx(2 / torch.linalg.eigvalsh(hessian)[-1].item(), rel=1e-10)


def test_every_cost_equals_that_of_torch_sgd() -> None:
    result = rate_limit.run((1,), shares=(0.5, 1.01), steps=20)
    X, d = (torch.tensor(part) for part in rate_limit.line_data(1))
    widened = torch.column_stack([X, torch.ones(len(X), dtype=torch.float64)])
    lowest = _cost(X, d, torch.linalg.lstsq(widened, d[:, None]).solution[:, 0]).item()
    for r, share in enumerate((0.5, 1.01)):
        theta = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.SGD([theta], lr=share * float(result.limit[0]))
        for step in range(21):
            optimiser.zero_grad()
            cost = _cost(X, d, theta)
            assert result.excess[r, 0, step] == pytest.approx(cost.item() - lowest, rel=1e-8, abs=1e-12)
            cost.backward()
            optimiser.step()


def test_it_converges_below_and_diverges_above() -> None:
    result = rate_limit.run(fast=True)
    assert result.seeds == (0, 1)
    assert result.distance[:3].max() < 1e-6
    assert result.distance[3].min() > 1e6
    assert bool((np.diff(result.excess[1], axis=1)[:, :20] <= 0).all())
    with pytest.raises(ValueError, match="at least one seed"):
        rate_limit.run(())
    with pytest.raises(ValueError, match="steps must be an int of at least 1; got 0"):
        rate_limit.run(steps=0)
