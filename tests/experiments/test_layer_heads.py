"""One layer under four losses, against torch's layer, losses and optimiser."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import layer_heads

NAMES = tuple(layer_heads.HEADS)


def _torch_loss(name: str, u: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    if name == "softmax, cross-entropy":
        return F.cross_entropy(u, d)
    if name == "sigmoid, binary cross-entropy":
        return F.binary_cross_entropy_with_logits(u, d, reduction="sum") / len(u)
    y = u.softmax(1) if name.startswith("softmax") else u.sigmoid()
    return F.mse_loss(y, d, reduction="sum") / (2 * len(u))


@pytest.mark.parametrize("name", NAMES)
def test_loss_and_delta_are_those_of_autograd(name: str) -> None:
    rng = np.random.default_rng(3)
    u, d = rng.standard_normal((7, 10)), np.eye(10)[rng.integers(0, 10, 7)]
    leaf = torch.tensor(u, requires_grad=True)
    loss = _torch_loss(name, leaf, torch.tensor(d))
    (expected,) = torch.autograd.grad(loss, leaf)
    head = layer_heads.HEADS[name]
    assert head.loss(u, d) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(head.delta(u, d), expected.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_training_equals_torch_sgd_step_by_step(name: str) -> None:
    rng = np.random.default_rng(5)
    x, d = rng.standard_normal((23, 6)), np.eye(4)[rng.integers(0, 4, 23)]
    got = layer_heads.train_layer(
        x, d, layer_heads.HEADS[name], epochs=3, batch_size=5, learning_rate=0.3, spread=0.7,
        generator=np.random.default_rng(9),
    )  # fmt: skip
    again = np.random.default_rng(9)
    w = torch.tensor(0.7 * again.standard_normal((6, 4)), requires_grad=True)
    b = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimiser, inputs, targets = torch.optim.SGD([w, b], lr=0.3), torch.tensor(x), torch.tensor(d)
    curve = []
    for _ in range(3):
        for rows in torch.tensor(again.permutation(23)).split(5):
            optimiser.zero_grad()
            _torch_loss(name, inputs[rows] @ w + b, targets[rows]).backward()
            optimiser.step()
        curve.append(_torch_loss(name, inputs @ w + b, targets).item())
    np.testing.assert_allclose(got[0], w.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(got[1], b.detach().numpy(), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(got[2], curve, rtol=1e-10)


def test_rows_of_softmax_sum_to_one_and_rows_of_sigmoids_do_not() -> None:
    result = layer_heads.run(fast=True)
    assert (result.seeds, result.epochs) == ((0, 1), 10)
    for low, high in result.get("softmax, cross-entropy").row_sum:
        assert low == pytest.approx(1, abs=1e-12)
        assert high == pytest.approx(1, abs=1e-12)
    assert all(high - low > 0.3 for low, high in result.get("sigmoid, binary cross-entropy").row_sum)
    for head in result.heads:
        assert min(head.accuracy) > 0.9
        assert all(len(curve) == 10 and curve[-1] < curve[0] for curve in head.curves)
        assert head.weights[0].shape == (64, 10)


def test_from_confident_mistakes_only_the_matching_pairs_recover() -> None:
    result = layer_heads.run((0,), epochs=15, spread=3.0)
    matching = min(result.get(name).accuracy[0] for name in NAMES[:2])
    others = max(result.get(name).accuracy[0] for name in NAMES[2:])
    assert matching > 0.8 > 0.5 > others


def test_bad_arguments() -> None:
    data, head = layer_heads.grey_digits(), layer_heads.HEADS[NAMES[0]]
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        layer_heads.train_layer(data.x, data.d, head, epochs=0, generator=rng)
    with pytest.raises(ValueError, match="learning_rate must be a finite number above zero; got 0"):
        layer_heads.train_layer(data.x, data.d, head, epochs=1, learning_rate=0.0, generator=rng)
    with pytest.raises(ValueError, match="spread must be a finite number, zero or above; got -1"):
        layer_heads.train_layer(data.x, data.d, head, epochs=1, spread=-1.0, generator=rng)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        layer_heads.run(())
    with pytest.raises(ValueError, match=r"name must be one of softmax, cross-entropy, .*; got 'other'"):
        layer_heads.run((0,), epochs=1).get("other")
