"""One neuron: output and every iterate against torch, the perceptron by hand, the stable learning rate."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.scratch.activations import names
from coursekit.scratch.neuron import batch_step, forward, sgd_steps, stable_learning_rate

LOSSES = {
    "linear": lambda u, d: 0.5 * ((d - u) ** 2).mean(),
    "logistic": lambda u, d: F.binary_cross_entropy_with_logits(u, d),
    "logistic-squared": lambda u, d: 0.5 * ((d - torch.sigmoid(u)) ** 2).mean(),
}
D, B = 4, 9


def task(rule: str, seed: int = 0) -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    d = rng.normal(size=B) if rule == "linear" else rng.integers(0, 2, B).astype(float)
    return rng.normal(size=D), float(rng.normal()), rng.normal(size=(B, D)), d


def torch_path(
    rule: str, start: tuple[np.ndarray, float, np.ndarray, np.ndarray], rows: list[Any], rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the iterates of torch.optim.SGD, one step for each entry of ``rows``."""
    w, b = (
        torch.tensor(start[0], requires_grad=True),
        torch.tensor(start[1], dtype=torch.float64, requires_grad=True),
    )
    X, d = torch.tensor(start[2]), torch.tensor(start[3])
    optimiser = torch.optim.SGD([w, b], lr=rate)
    path, biases = [w.detach().clone().numpy()], [b.item()]
    for row in rows:
        optimiser.zero_grad()
        LOSSES[rule](X[row] @ w + b, d[row]).backward()
        optimiser.step()
        path.append(w.detach().clone().numpy())
        biases.append(b.item())
    return np.array(path), np.array(biases)


# Output


@pytest.mark.parametrize("name", names())
def test_forward_is_a_linear_map_and_an_activation(name: str) -> None:
    w, b, X, _ = task("linear")
    u = F.linear(torch.tensor(X), torch.tensor(w)[None], torch.tensor([b], dtype=torch.float64))[:, 0]
    twins: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "step": lambda v: (v > 0).double(),
        "linear": lambda v: v,
        "gelu_tanh": lambda v: F.gelu(v, approximate="tanh"),
    }
    twin = twins.get(name) or getattr(F, name)
    np.testing.assert_allclose(forward(w, b, X, name), twin(u).numpy(), rtol=1e-12, atol=1e-14)


def test_a_threshold_is_minus_the_bias() -> None:
    # The decision table of AND: a threshold of 1.5 is a bias of -1.5. At the threshold itself it is silent.
    patterns = [[0, 0], [0, 1], [1, 0], [1, 1]]
    np.testing.assert_array_equal(forward([1, 1], -1.5, patterns, "step"), [0, 0, 0, 1])
    np.testing.assert_array_equal(forward([1, 1], -1.0, patterns, "step"), [0, 0, 0, 1])
    np.testing.assert_array_equal(forward([1, 1], -0.5, patterns, "step"), [0, 1, 1, 1])


# Steps


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rule", LOSSES)
def test_every_iterate_equals_that_of_torch_sgd(rule: str, seed: int) -> None:
    start = task(rule, seed)
    order = np.random.default_rng(seed).integers(0, B, 30)
    wanted, biases = torch_path(rule, start, [slice(i, i + 1) for i in order], 0.1)
    steps = sgd_steps(*start, learning_rate=0.1, rule=rule, order=order)
    assert steps.w.shape == (31, D)
    assert steps.b.shape == (31,)
    assert steps.error.shape == (30,)
    np.testing.assert_allclose(steps.w, wanted, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(steps.b, biases, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("rule", LOSSES)
def test_errors_are_target_minus_output_before_the_step(rule: str) -> None:
    start = task(rule)
    steps = sgd_steps(*start, learning_rate=0.1, rule=rule)
    for t in range(B):
        u = float(start[2][t] @ steps.w[t] + steps.b[t])
        y = u if rule == "linear" else 1 / (1 + math.exp(-u))
        assert steps.error[t] == pytest.approx(start[3][t] - y, rel=1e-12)


@pytest.mark.parametrize("rule", LOSSES)
def test_batch_step_equals_torch_and_is_the_mean_of_single_steps(rule: str) -> None:
    w, b, X, d = start = task(rule)
    wanted, biases = torch_path(rule, start, [slice(None)], 0.3)
    moved, shifted = batch_step(*start, learning_rate=0.3, rule=rule)
    np.testing.assert_allclose(moved, wanted[1], rtol=1e-12)
    assert shifted == pytest.approx(biases[1], rel=1e-12)
    singles = [sgd_steps(w, b, X[[i]], d[[i]], learning_rate=0.3, rule=rule).w[1] for i in range(B)]
    np.testing.assert_allclose(moved, np.mean(singles, axis=0), rtol=1e-12)


def test_the_audit_gradients_of_four_losses_of_one_neuron() -> None:
    # D003-13 at w = 0.5, x = d = 1; torch's squared error without the half has -1.0.
    for rule, gradient in (("linear", -0.5), ("logistic", -0.3775), ("logistic-squared", -0.0887)):
        steps = sgd_steps([0.5], 0.0, [[1.0]], [1.0], learning_rate=1.0, rule=rule)
        assert steps.w[0, 0] - steps.w[1, 0] == pytest.approx(gradient, abs=5e-5)


def test_the_order_is_the_caller_s_and_the_default_is_from_first_to_last() -> None:
    start = task("linear")
    plain = sgd_steps(*start, learning_rate=0.1)
    for order in (range(B), list(range(B)), np.arange(B)):
        np.testing.assert_array_equal(sgd_steps(*start, learning_rate=0.1, order=order).w, plain.w)
    backwards = sgd_steps(*start, learning_rate=0.1, order=range(B - 1, -1, -1))
    assert np.abs(backwards.w[-1] - plain.w[-1]).max() > 1e-3


def test_the_caller_s_arrays_stay_and_float32_stays() -> None:
    w, b, X, d = task("linear")
    kept = w.copy(), X.copy(), d.copy()
    steps = sgd_steps(w, b, X, d, learning_rate=0.1)
    steps.w[0] = 99
    batch_step(w, b, X, d, learning_rate=0.1)[0][...] = 99
    for array, copy in zip((w, X, d), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    single = sgd_steps(w.astype(np.float32), b, X.astype(np.float32), d, learning_rate=0.1)
    assert single.w.dtype == single.b.dtype == single.error.dtype == np.float32
    np.testing.assert_allclose(single.w[-1], steps.w[-1], rtol=1e-4)


# Perceptron


# Learning OR by hand, rate 1, from zero: pattern, target, then output, error, weights and bias after it.
BY_HAND = [
    ((0, 0), 0, 0, 0, (0, 0), 0),
    ((0, 1), 1, 0, 1, (0, 1), 1),
    ((1, 0), 1, 1, 0, (0, 1), 1),
    ((0, 0), 0, 1, -1, (0, 1), 0),
    ((1, 0), 1, 0, 1, (1, 1), 1),
    ((0, 0), 0, 1, -1, (1, 1), 0),
    ((1, 1), 1, 1, 0, (1, 1), 0),
]


def test_perceptron_by_hand() -> None:
    X, d = [row[0] for row in BY_HAND], [row[1] for row in BY_HAND]
    steps = sgd_steps([0, 0], 0, X, d, learning_rate=1, rule="perceptron")
    assert steps.error.tolist() == [row[3] for row in BY_HAND]
    assert steps.w[1:].tolist() == [list(row[4]) for row in BY_HAND]
    assert steps.b[1:].tolist() == [row[5] for row in BY_HAND]


@pytest.mark.parametrize("seed", range(5))
def test_perceptron_makes_no_more_mistakes_than_novikoff_allows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=3)
    X = rng.normal(size=(60, 2))
    X = X[np.abs(X @ truth[:2] + truth[2]) > 0.2]
    d = (X @ truth[:2] + truth[2] > 0).astype(float)
    steps = sgd_steps([0, 0], 0, X, d, learning_rate=0.5, rule="perceptron", order=[*range(len(X))] * 200)
    mistakes = int((steps.error != 0).sum())
    margin = np.abs(X @ truth[:2] + truth[2]).min() / np.linalg.norm(truth)
    radius = ((X**2).sum(1) + 1).max()
    assert 0 < mistakes <= radius / margin**2
    assert (steps.error[-len(X) :] == 0).all()
    np.testing.assert_array_equal(forward(steps.w[-1], float(steps.b[-1]), X, "step"), d)


# Stability


@pytest.mark.parametrize("seed", range(4))
def test_stable_learning_rate_is_two_over_the_hessian_s_largest_eigenvalue(seed: int) -> None:
    X = np.random.default_rng(seed).normal(size=(B, D)) + 1
    rows, d = torch.tensor(X), torch.zeros(B, dtype=torch.float64)

    def J(wb: torch.Tensor) -> torch.Tensor:
        return 0.5 * ((d - rows @ wb[:D] - wb[D]) ** 2).mean()

    hessian = torch.autograd.functional.hessian(J, torch.zeros(D + 1, dtype=torch.float64))
    assert stable_learning_rate(X) == pytest.approx(2 / torch.linalg.eigvalsh(hessian)[-1].item(), rel=1e-12)


def test_stable_learning_rate_of_a_repeated_pattern() -> None:
    x = np.array([[3.0, -1.0, 2.0]])
    for X in (x, np.tile(x, (6, 1))):
        assert stable_learning_rate(X) == pytest.approx(2 / 15, rel=1e-13)


def test_the_limit_parts_convergence_from_divergence() -> None:
    w, b, X, d = task("linear", 5)
    limit = stable_learning_rate(X)

    def loss_after(rate: float) -> float:
        v, c = w, b
        for _ in range(400):
            v, c = batch_step(v, c, X, d, learning_rate=rate)
        return float(((forward(v, c, X) - d) ** 2).mean())

    start = float(((forward(w, b, X) - d) ** 2).mean())
    assert loss_after(0.98 * limit) < start
    assert loss_after(1.02 * limit) > 10 * start


# Bad input


def test_divergence_ends_with_one_clear_line() -> None:
    with pytest.raises(
        ValueError, match=r"learning_rate must keep the weights finite; got 10, which overflows"
    ):
        sgd_steps([1.0], 0.0, [[3.0]], [1.0], learning_rate=10, order=[0] * 1000)


def test_bad_arguments() -> None:
    w, X, d = np.ones(2), np.ones((3, 2)), np.ones(3)
    for f in (sgd_steps, batch_step):
        with pytest.raises(ValueError, match=r"X must have shape \(B, D\); got \(2,\)"):
            f(w, 0.0, X[0], d, learning_rate=0.1)
        with pytest.raises(ValueError, match=r"w must have shape \(2,\); got \(3,\)"):
            f(np.ones(3), 0.0, X, d, learning_rate=0.1)
        with pytest.raises(ValueError, match=r"d must have shape \(3,\); got \(3, 1\)"):
            f(w, 0.0, X, d[:, None], learning_rate=0.1)
        with pytest.raises(TypeError, match=r"b must be a finite number; got ndarray of shape \(1,\)"):
            f(w, np.zeros(1), X, d, learning_rate=0.1)  # type: ignore[arg-type]
        for rate in (0.0, -0.1, math.inf, math.nan):
            with pytest.raises(ValueError, match=r"learning_rate must be a finite number above zero; got"):
                f(w, 0.0, X, d, learning_rate=rate)
        with pytest.raises(
            ValueError, match=r"rule must be one of linear, .*; got 'logistics' \(did you mean"
        ):
            f(w, 0.0, X, d, learning_rate=0.1, rule="logistics")
        for rule in ("logistic", "logistic-squared"):
            with pytest.raises(ValueError, match=r"d must lie in \[0, 1\]; got values from -1 to -1"):
                f(w, 0.0, X, -d, learning_rate=0.1, rule=rule)
        with pytest.raises(ValueError, match=r"d must hold 0 or 1 for the perceptron; got -1"):
            f(w, 0.0, X, -d, learning_rate=0.1, rule="perceptron")
        with pytest.raises(ValueError, match=r"X must hold at least one element; got shape \(0, 2\)"):
            f(w, 0.0, X[:0], d[:0], learning_rate=0.1)
        with pytest.raises(ValueError, match=r"d must be finite; got 3 NaN"):
            f(w, 0.0, X, d * math.nan, learning_rate=0.1)
    with pytest.raises(ValueError, match=r"order must hold labels from 0 to 2; got 3"):
        sgd_steps(w, 0.0, X, d, learning_rate=0.1, order=[0, 3])
    with pytest.raises(
        TypeError, match=r"order must be an array of integer labels; got list \[0.5\] \(float64\)"
    ):
        sgd_steps(w, 0.0, X, d, learning_rate=0.1, order=[0.5])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"order must hold at least one element; got shape \(0,\)"):
        sgd_steps(w, 0.0, X, d, learning_rate=0.1, order=np.zeros(0, int))


def test_bad_arguments_of_the_output_and_the_limit() -> None:
    with pytest.raises(ValueError, match=r"w must have shape \(2,\); got \(1, 2\)"):
        forward([[1.0, 2.0]], 0.0, [[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"b must be a finite number; got inf"):
        forward([1.0], math.inf, [[1.0]])
    with pytest.raises(ValueError, match=r"activation must be one of step, .*; got 'softmax'"):
        forward([1.0], 0.0, [[1.0]], "softmax")
    with pytest.raises(ValueError, match=r"X must have shape \(B, D\); got \(1,\)"):
        stable_learning_rate([1.0])
    with pytest.raises(TypeError, match=r"X must be an array of real numbers; got .* bool"):
        stable_learning_rate(np.array([[True]]))
