"""The equations of a network with one hidden layer, against autograd and torch's own steps."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.scratch.mlp import MLP, two_layer_backward, two_layer_forward, two_layer_loss

B, D, H, K = 7, 5, 4, 3


def _draw(seed: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(size=s) for s in ((D, H), (H,), (H, K), (K,))]
    return parts, rng.normal(size=(B, D)), rng.integers(0, K, B)


@pytest.mark.parametrize("hidden", ["tanh", "sigmoid"])
def test_forward_loss_and_gradients_are_those_of_autograd(hidden: str) -> None:
    parts, x, labels = _draw(0)
    cache = two_layer_forward(x, *parts, hidden=hidden)
    leaves = [torch.tensor(p, requires_grad=True) for p in parts]
    h = getattr(torch, hidden)(torch.tensor(x) @ leaves[0] + leaves[1])
    v = h @ leaves[2] + leaves[3]
    loss = F.cross_entropy(v, torch.tensor(labels))
    np.testing.assert_allclose(cache.H, h.detach(), rtol=1e-12)
    np.testing.assert_allclose(cache.Y, v.softmax(1).detach(), rtol=1e-12)
    assert two_layer_loss(cache, labels) == pytest.approx(loss.item(), rel=1e-12)
    found = two_layer_backward(cache, labels)
    for name, right in zip(("W1", "b1", "W2", "b2"), torch.autograd.grad(loss, leaves), strict=True):
        np.testing.assert_allclose(found[name], right, rtol=1e-10, atol=1e-14)


def test_the_hidden_error_is_the_gradient_by_the_hidden_net_input() -> None:
    """The bias gradient is the column sum of Delta_1: autograd by U itself gives the same matrix's sums."""
    parts, x, labels = _draw(1)
    u = torch.tensor(x @ parts[0] + parts[1], requires_grad=True)
    loss = F.cross_entropy(
        torch.tanh(u) @ torch.tensor(parts[2]) + torch.tensor(parts[3]), torch.tensor(labels)
    )
    (delta1,) = torch.autograd.grad(loss, u)
    found = two_layer_backward(two_layer_forward(x, *parts, hidden="tanh"), labels)
    np.testing.assert_allclose(found["b1"], delta1.sum(0), rtol=1e-10)
    np.testing.assert_allclose(found["W1"], x.T @ delta1.numpy(), rtol=1e-10)


def test_one_step_is_torchs_step_and_lowers_the_loss() -> None:
    _, x, labels = _draw(2)
    model = MLP((D, H, K), activation="tanh", generator=np.random.default_rng(2))
    start = [{k: v.copy() for k, v in part.items()} for part in model.parameters]
    leaves = [torch.tensor(part[k], requires_grad=True) for part in start for k in ("W", "b")]
    optimiser = torch.optim.SGD(leaves, lr=0.1)

    def loss() -> torch.Tensor:
        h = torch.tanh(torch.tensor(x) @ leaves[0] + leaves[1])
        return F.cross_entropy(h @ leaves[2] + leaves[3], torch.tensor(labels))

    before = loss()
    assert model.step(x, labels, learning_rate=0.1) == pytest.approx(before.item(), rel=1e-12)
    before.backward()
    optimiser.step()
    own = [part[k] for part in model.parameters for k in ("W", "b")]
    for mine, leaf in zip(own, leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.detach(), rtol=1e-10)
    assert loss().item() < before.item()


def test_w2_after_its_own_update_gives_a_wrong_hidden_gradient() -> None:
    parts, x, labels = _draw(3)
    right = two_layer_backward(two_layer_forward(x, *parts, hidden="tanh"), labels)
    cache = two_layer_forward(x, *parts, hidden="tanh")
    moved = cache._replace(W2=parts[2] - 0.5 * right["W2"])
    stale = two_layer_backward(moved, labels)
    np.testing.assert_array_equal(stale["W2"], right["W2"])
    assert np.abs(stale["W1"] - right["W1"]).max() > 1e-3
