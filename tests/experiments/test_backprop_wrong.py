"""Wrong gradients, each against autograd of the function whose gradient it really is."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import backprop_wrong
from coursekit.scratch.mlp import two_layer_forward

SIZES = 6, 5, 4, 4  # rows, inputs, hidden neurons, outputs


def _network() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    rows, inputs, hidden, outputs = SIZES
    shapes = {"W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, outputs), "b2": (outputs,)}
    parameters = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return parameters, rng.standard_normal((rows, inputs)), rng.integers(0, outputs, rows)


def _by_torch(rule: str, learning_rate: float) -> dict[str, np.ndarray]:
    parameters, x, labels = _network()
    p = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    inputs = torch.tensor(x)
    logits = torch.tanh(inputs @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    logits.retain_grad()
    F.cross_entropy(logits, torch.tensor(labels)).backward()
    found = {name: value.grad.numpy().copy() for name, value in p.items()}  # type: ignore[union-attr]
    if rule == "right":
        return found
    # A linear function of the hidden layer whose gradient by W1 is the wrong one.
    second = p["W2"].detach()
    if rule == "W2 not transposed":
        second = second.T
    if rule == "updated W2 used":
        second = second - learning_rate * torch.tensor(found["W2"])
    u = inputs @ p["W1"] + p["b1"]
    hidden = u if rule == "slope left out" else torch.tanh(u)
    by = torch.autograd.grad((logits.grad * (hidden @ second)).sum(), (p["W1"], p["b1"]))
    return {**found, "W1": by[0].numpy(), "b1": by[1].numpy()}


@pytest.mark.parametrize("rule", backprop_wrong.RULES)
def test_every_rule_is_what_its_name_says(rule: str) -> None:
    parameters, x, labels = _network()
    cache = two_layer_forward(x, **parameters, hidden="tanh")
    got = backprop_wrong.gradients(rule, cache, labels, learning_rate=0.3)
    expected = _by_torch(rule, 0.3)
    for name, value in got.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-10, atol=1e-14)


def test_a_falling_loss_does_not_tell_right_from_wrong() -> None:
    result = backprop_wrong.run(fast=True)
    assert (result.seeds, result.epochs, result.rules) == ((0, 1), 5, backprop_wrong.RULES)
    for rule in result.rules:
        assert (result.curves[rule][:, -1] < result.curves[rule][:, 0]).all()
        assert min(result.accuracy[rule]) > 0.8
    assert result.error["right"] == (0.0, 0.0)
    assert min(result.error["W2 not transposed"]) > 0.5
    assert 0.001 < min(result.error["updated W2 used"]) < max(result.error["updated W2 used"]) < 0.2


def test_bad_arguments() -> None:
    parameters, x, labels = _network()
    cache = two_layer_forward(x, **parameters, hidden="tanh")
    with pytest.raises(ValueError, match="rule must be one of right"):
        backprop_wrong.gradients("wrong", cache, labels, learning_rate=0.1)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        backprop_wrong.run(())
