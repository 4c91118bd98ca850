"""The equations of the chapter on layers, for sizes that all differ, against torch's layer and autograd."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.scratch.activations import activation
from coursekit.scratch.layers import Linear
from coursekit.scratch.losses import bce, bce_with_logits, cross_entropy, cross_entropy_gradient
from coursekit.scratch.mlp import MLP

B, D, K = 7, 5, 3


def _drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    return rng.normal(size=(B, D)), rng.normal(size=(D, K)), rng.normal(size=K), rng.integers(0, K, B)


def test_one_pattern_is_w_transposed_times_x_plus_b() -> None:
    x, w, b, _ = _drawn()
    by_sums = [sum(w[j, k] * x[0, j] for j in range(D)) + b[k] for k in range(K)]
    np.testing.assert_allclose(Linear(w, b).forward(x[:1])[0], by_sums, rtol=1e-13)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "linear"])
def test_a_batch_equals_torch_with_the_weight_transposed(name: str) -> None:
    x, w, b, _ = _drawn()
    u = F.linear(torch.tensor(x), torch.tensor(w).T, torch.tensor(b))
    expected = {"relu": F.relu, "sigmoid": torch.sigmoid, "linear": lambda t: t}[name](u)
    got = activation(name).function(Linear(w, b).forward(x))
    np.testing.assert_allclose(got, expected.numpy(), rtol=1e-12)


def test_a_column_of_biases_is_another_layer_even_where_it_fits() -> None:
    rng = np.random.default_rng(2)
    x, w, b = rng.normal(size=(K, D)), rng.normal(size=(D, K)), rng.normal(size=K)
    right = Linear(w, b).forward(x)
    assert np.abs(x @ w + b[:, None] - right).max() > 0.1
    with pytest.raises(ValueError, match="shape"):
        Linear(w, b[:, None])


def test_gradients_of_a_softmax_layer_are_those_of_autograd() -> None:
    x, w, b, labels = _drawn()
    leaves = [torch.tensor(part, requires_grad=True) for part in (w, b)]
    loss = F.cross_entropy(torch.tensor(x) @ leaves[0] + leaves[1], torch.tensor(labels))
    by_w, by_b = torch.autograd.grad(loss, leaves)
    layer = Linear(w, b)
    layer.backward(cross_entropy_gradient(layer.forward(x), labels))
    np.testing.assert_allclose(layer.gradients["W"], by_w.numpy(), rtol=1e-10)
    np.testing.assert_allclose(layer.gradients["b"], by_b.numpy(), rtol=1e-10)


def test_the_batch_loss_is_the_mean_of_single_losses_and_ignores_copies() -> None:
    x, w, b, labels = _drawn()
    u = x @ w + b
    single = [-np.log(np.exp(row[c]) / np.exp(row).sum()) for row, c in zip(u, labels, strict=True)]
    assert cross_entropy(u, labels) == pytest.approx(np.mean(single), rel=1e-12)
    assert cross_entropy(np.vstack([u, u]), np.tile(labels, 2)) == pytest.approx(np.mean(single), rel=1e-12)


def test_binary_loss_from_probabilities_and_from_logits_equals_torch() -> None:
    u, d = np.array([-3.0, 0.2, 4.0, -0.7]), np.array([0.0, 1.0, 0.0, 1.0])
    p = torch.sigmoid(torch.tensor(u))
    expected = F.binary_cross_entropy(p, torch.tensor(d)).item()
    assert bce(p.numpy(), d) == pytest.approx(expected, rel=1e-12)
    assert bce_with_logits(u, d) == pytest.approx(expected, rel=1e-12)


def test_classes_are_counted_from_zero_here_and_in_torch() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        F.cross_entropy(torch.zeros(1, 2), torch.tensor([2]))
    with pytest.raises(ValueError, match="d must hold labels from 0 to 1; got 2"):
        cross_entropy(np.zeros((1, 2)), [2])
    assert cross_entropy([[0.0, 5.0]], [1]) < 0.01 < cross_entropy([[0.0, 5.0]], [0])


@pytest.mark.parametrize("sizes", [(3, 2), (2, 3, 1), (10, 128, 64, 32, 2)])
def test_size_and_depth_count_what_torch_counts(sizes: tuple[int, ...]) -> None:
    model = MLP(sizes, generator=np.random.default_rng(0))
    twin = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    assert model.parameter_count == sum(p.numel() for layer in twin for p in layer.parameters())
    assert sum(isinstance(layer, Linear) for layer in model.layers) == len(twin) == len(sizes) - 1


def test_a_network_without_hidden_layer_is_one_linear_layer() -> None:
    x, *_ = _drawn()
    model = MLP((D, K), activation="relu", generator=np.random.default_rng(4))
    (only,) = model.parameters
    np.testing.assert_allclose(model.forward(x), x @ only["W"] + only["b"], rtol=1e-13)
    assert model.forward(x).min() < 0  # no activation after the last layer
