"""The equations of the chapter on backpropagation against torch's autograd, for sizes that all differ."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.scratch.autodiff import Var, grad, sigmoid, sin, vjp
from coursekit.scratch.dual import jvp
from coursekit.scratch.gradcheck import central_difference, gradcheck
from coursekit.scratch.mlp import MLP, two_layer_backward, two_layer_forward, two_layer_loss

B, D, H, K = 7, 5, 4, 3


def _parameters() -> list[np.ndarray]:
    rng = np.random.default_rng(21)
    return [rng.standard_normal(shape) for shape in ((D, H), (H,), (H, K), (K,))]


def _targets(output: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(22)
    x = rng.standard_normal((B, D))
    if output == "softmax":
        return x, np.eye(K)[rng.integers(0, K, B)]
    return x, rng.integers(0, 2, (B, K)).astype(float)


def _torch_loss(v: torch.Tensor, d: torch.Tensor, output: str, loss: str) -> torch.Tensor:
    if output == "softmax":
        return F.cross_entropy(v, d)
    if loss == "bce":
        return F.binary_cross_entropy_with_logits(v, d, reduction="sum") / len(v)
    y = v if output == "linear" else torch.sigmoid(v)
    return F.mse_loss(y, d, reduction="sum") / (2 * len(v))


PAIRS = [("linear", "squared"), ("sigmoid", "bce"), ("softmax", "cross_entropy"), ("sigmoid", "squared")]


@pytest.mark.parametrize("hidden", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_two_layers_equal_autograd_for_every_output_and_loss(hidden: str, output: str, loss: str) -> None:
    x, d = _targets(output)
    leaves = [torch.tensor(part, requires_grad=True) for part in _parameters()]
    f = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}[hidden]
    v = f(torch.tensor(x) @ leaves[0] + leaves[1]) @ leaves[2] + leaves[3]
    value = _torch_loss(v, torch.tensor(d), output, loss)
    expected = torch.autograd.grad(value, leaves)
    cache = two_layer_forward(x, *_parameters(), hidden=hidden, output=output)
    np.testing.assert_allclose(cache.V, v.detach().numpy(), rtol=1e-12)
    assert two_layer_loss(cache, d, loss=loss) == pytest.approx(value.item(), rel=1e-12)
    for got, wanted in zip(two_layer_backward(cache, d, loss=loss).values(), expected, strict=True):
        np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-9, atol=1e-14)


def test_the_caches_and_gradients_have_the_shapes_of_the_chapter() -> None:
    x, d = _targets("softmax")
    cache = two_layer_forward(x, *_parameters())
    assert [part.shape for part in cache[:5]] == [(B, D), (B, H), (B, H), (B, K), (B, K)]
    found = two_layer_backward(cache, d)
    assert [found[name].shape for name in ("W1", "b1", "W2", "b2")] == [part.shape for part in _parameters()]


def test_the_error_at_the_output_keeps_the_slope_for_a_sigmoid_with_squared_error() -> None:
    y, d = 0.8, 1.0
    u = math.log(y / (1 - y))
    for output, loss, expected in (
        ("linear", "squared", -0.2), ("sigmoid", "bce", -0.2), ("sigmoid", "squared", -0.032),
    ):  # fmt: skip
        # One pattern without hidden activity: b2 is the net input itself, and its gradient is delta.
        bias = [y if output == "linear" else u]
        cache = two_layer_forward([[0.0]], [[1.0]], [0.0], [[1.0]], bias, hidden="tanh", output=output)
        assert two_layer_backward(cache, [[d]], loss=loss)["b2"][0] == pytest.approx(expected, rel=1e-12)


def test_four_factors_of_a_scalar_chain_equal_autograd() -> None:
    x, v, d = 2.0, -1.0, 1.0
    w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad((v * torch.sigmoid(w * x) - d) ** 2 / 2, w)
    h = 1 / (1 + math.exp(-1.0))
    assert (v * h - d) * v * h * (1 - h) * x == pytest.approx(expected.item(), rel=1e-12)
    found = float(grad(lambda w: 0.5 * (v * sigmoid(w * x) - d) ** 2)(0.5))
    assert found == pytest.approx(expected.item(), rel=1e-12)


def test_rows_pull_back_and_columns_push_forward_through_the_same_jacobian() -> None:
    rng = np.random.default_rng(3)
    a, x, u, v = (rng.standard_normal(shape) for shape in ((K, D), D, D, K))

    def function(z: object) -> object:
        return np.tanh(a @ np.sin(z))  # type: ignore[operator]

    pulled, pushed = vjp(function, x, v)[1], jvp(function, x, u)[1]
    assert v @ pushed == pytest.approx(pulled @ u, rel=1e-12)
    jacobian = torch.autograd.functional.jacobian(
        lambda z: torch.tanh(torch.tensor(a) @ torch.sin(z)), torch.tensor(x)
    ).numpy()
    np.testing.assert_allclose(pulled, jacobian.T @ v, rtol=1e-12)


def test_transposed_jacobians_run_from_the_first_layer_to_the_last() -> None:
    rng = np.random.default_rng(4)
    j1, j2, j3 = (rng.standard_normal(shape) for shape in ((5, 3), (2, 5), (1, 2)))
    expected = grad(lambda x: (j3 @ (j2 @ (j1 @ x))).sum())(np.ones(3))
    np.testing.assert_allclose((j1.T @ j2.T @ j3.T)[:, 0], expected, rtol=1e-12)
    with pytest.raises(ValueError, match="mismatch"):
        j3.T @ j2.T @ j1.T


def test_the_derivative_of_a_layer_by_its_weights_has_three_axes() -> None:
    h, w = torch.randn(3, generator=torch.Generator().manual_seed(0)), torch.zeros(3, 2)
    jacobian = torch.autograd.functional.jacobian(lambda each: h @ each, w)  # (K, H, K)
    expected = torch.einsum("ki,j->kji", torch.eye(2), h)
    torch.testing.assert_close(jacobian, expected)
    _, pulled = vjp(lambda each: h.double().numpy() @ each, np.zeros((3, 2)), np.array([1.0, -2.0]))
    np.testing.assert_allclose(pulled, np.outer(h.double().numpy(), [1.0, -2.0]), rtol=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 8])
def test_the_loop_over_layers_equals_autograd_at_any_depth(depth: int) -> None:
    rng = np.random.default_rng(depth)
    sizes = [int(size) for size in rng.choice(np.arange(2, 12), depth + 1, replace=False)]
    model = MLP(sizes, activation="tanh", initialiser="xavier_normal", generator=rng)
    x, labels = rng.standard_normal((B, sizes[0])), rng.integers(0, sizes[-1], B)
    leaves = [
        torch.tensor(each[name], requires_grad=True) for each in model.parameters for name in ("W", "b")
    ]
    h = torch.tensor(x)
    for layer in range(depth):
        h = h @ leaves[2 * layer] + leaves[2 * layer + 1]
        h = torch.tanh(h) if layer + 1 < depth else h
    expected = torch.autograd.grad(F.cross_entropy(h, torch.tensor(labels)), leaves)
    _, found = model.loss_and_gradients(x, labels)
    got = [each[name] for each in found for name in ("W", "b")]
    for one, two in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, two.numpy(), rtol=1e-9, atol=1e-13)


def test_a_difference_and_the_gradient_agree() -> None:
    assert float(central_difference(np.sin, 1.234, 1.0, step=1e-5)) == pytest.approx(
        math.cos(1.234), abs=1e-10
    )
    x, d = _targets("softmax")
    parameters = _parameters()

    def loss(first: np.ndarray) -> float:
        return two_layer_loss(two_layer_forward(x, first, *parameters[1:], hidden="tanh"), d)

    def gradient(first: np.ndarray) -> np.ndarray:
        return two_layer_backward(two_layer_forward(x, first, *parameters[1:], hidden="tanh"), d)["W1"]

    assert gradcheck(loss, gradient, parameters[0], generator=np.random.default_rng(0)).holds


def test_all_uses_of_a_variable_count_and_calls_add_up() -> None:
    x, y = Var(2.0), Var(3.0)
    z = x * y + sin(x)
    z.backward()
    assert float(x.grad) == pytest.approx(3 + math.cos(2.0), rel=1e-14)
    assert float(y.grad) == 2.0
    z.backward()
    assert float(x.grad) == pytest.approx(2 * (3 + math.cos(2.0)), rel=1e-14)


def test_one_engine_serves_a_loop_with_shared_weights() -> None:
    def run(w: object, squash: object) -> object:
        state = 0.3
        for _ in range(20):
            state = squash(w * state + 0.5)  # type: ignore[operator]
        return state

    w = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad(run(w, torch.sigmoid), w)
    assert float(grad(lambda each: run(each, sigmoid))(1.7)) == pytest.approx(expected.item(), rel=1e-12)


def test_an_update_between_the_passes_cannot_reach_the_gradients() -> None:
    x, d = _targets("softmax")
    parameters = _parameters()
    cache = two_layer_forward(x, *parameters)
    before = two_layer_backward(cache, d)["W1"]
    parameters[2] -= 5.0
    np.testing.assert_array_equal(two_layer_backward(cache, d)["W1"], before)
