"""The references of the one-neuron assignment against torch, and its notebook against its exercises."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coursekit.assess import check, exercises
from coursekit.assess.workshop import _neuron_reference as reference
from coursekit.assess.workshop._neuron_cases import drawn

NOTEBOOK = Path(__file__).parents[2] / "solutions" / "one-neuron" / "one-neuron.ipynb"
OWN = [task for task in exercises() if task.id.startswith("one-neuron/")]


def _inputs(seed: int, *, classes: bool = False) -> dict[str, np.ndarray]:
    return drawn(seed, 5, 3, classes=classes)  # type: ignore[return-value]


@pytest.mark.parametrize("seed", [0, 5])
def test_cost_and_gradients_equal_autograd(seed: int) -> None:
    v = _inputs(seed)
    w, b = (torch.tensor(v[name], dtype=torch.float64, requires_grad=True) for name in ("w", "b"))
    J = F.mse_loss(torch.tensor(v["X"]) @ w + b, torch.tensor(v["d"])) / 2
    J.backward()
    found = reference.cost(v["w"], v["b"], v["X"], v["d"])
    assert found[0] == pytest.approx(J.item(), rel=1e-12)
    np.testing.assert_allclose(found[1], w.grad.numpy(), rtol=1e-12)
    assert found[2] == pytest.approx(b.grad.item(), rel=1e-12)
    np.testing.assert_allclose(reference.output(v["w"], v["b"], v["X"]), v["X"] @ v["w"] + v["b"])


@pytest.mark.parametrize("classes", [False, True])
def test_every_iterate_equals_torch_sgd(classes: bool) -> None:
    v = _inputs(2, classes=classes)
    ours = (reference.logistic_sgd if classes else reference.sgd)(v["w"], v["b"], v["X"], v["d"], v["lr"])
    w, b = (torch.tensor(v[name], dtype=torch.float64, requires_grad=True) for name in ("w", "b"))
    optimiser = torch.optim.SGD([w, b], lr=float(v["lr"]))
    for i in range(5):
        np.testing.assert_allclose(ours[0][i], w.detach().numpy(), rtol=1e-12)
        assert ours[1][i] == pytest.approx(b.item(), rel=1e-12)
        optimiser.zero_grad()
        u, target = torch.tensor(v["X"][i]) @ w + b, torch.tensor(v["d"][i])
        (F.binary_cross_entropy_with_logits(u, target) if classes else (target - u) ** 2 / 2).backward()
        optimiser.step()
    np.testing.assert_allclose(ours[0][5], w.detach().numpy(), rtol=1e-12)


def test_batch_step_follows_the_gradient_and_the_rate_is_the_hessian_s() -> None:
    v = _inputs(3)
    _, by_w, by_b = reference.cost(v["w"], v["b"], v["X"], v["d"])
    w, b = reference.batch_step(v["w"], v["b"], v["X"], v["d"], v["lr"])
    np.testing.assert_allclose(w, v["w"] - v["lr"] * by_w)
    assert b == pytest.approx(v["b"] - v["lr"] * by_b)
    X, d = torch.tensor(v["X"]), torch.tensor(v["d"])
    hessian = torch.autograd.functional.hessian(
        lambda t: ((X @ t[:-1] + t[-1] - d) ** 2).mean() / 2, torch.zeros(4, dtype=torch.float64)
    )
    assert reference.largest_rate(v["X"]) == pytest.approx(2 / torch.linalg.eigvalsh(hessian)[-1].item())


def test_lists_and_numpy_numbers_are_taken_and_odd_answers_are_not() -> None:
    assert check("one-neuron/output", lambda w, b, X: list(X @ w + b)).passed
    assert check("one-neuron/rate", lambda X: np.array(reference.largest_rate(X))).passed
    assert "Nothing to check yet" in str(check("one-neuron/sgd", None))
    assert "yours has (1,)" in str(check("one-neuron/output", lambda w, b, X: (X @ w + b)[:1]))
