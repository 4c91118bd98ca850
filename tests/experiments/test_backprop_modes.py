"""Passes of the two modes, gradients through depth, and the picture of a tape, against torch and by hand."""

import math
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import backprop_modes, tape_picture
from coursekit.scratch import autodiff, dual
from coursekit.scratch.autodiff import Var, sin
from coursekit.scratch.mlp import MLP


def test_reverse_passes_are_outputs_and_forward_passes_are_inputs() -> None:
    result = backprop_modes.modes(((1, 9), (4, 4), (7, 2)))
    assert result.reverse == (1, 4, 7)
    assert result.forward == (9, 4, 2)
    assert result.difference < 1e-14


def test_both_jacobians_are_that_of_torch() -> None:
    rng = np.random.default_rng(1)
    a, x = rng.standard_normal((3, 5)), rng.standard_normal(5)
    expected = torch.autograd.functional.jacobian(
        lambda z: torch.tanh(torch.tensor(a) @ torch.sin(z)), torch.tensor(x)
    )
    for mode in (autodiff.jacobian, dual.jacobian):
        got = mode(lambda z: np.tanh(a @ np.sin(z)), x).matrix
        np.testing.assert_allclose(got, expected.numpy(), rtol=1e-12)


def test_sigmoids_lose_the_gradient_and_the_sizes_are_those_of_torch() -> None:
    result = backprop_modes.depth_norms((0, 1), depth=6)
    norms = result.norms["sigmoid, Xavier"]
    assert norms.shape == (2, 6)
    assert (norms[:, 0] < 0.01 * norms[:, -1]).all()
    relu = result.norms["relu, He"]
    assert (relu[:, 0] > 0.1 * relu[:, -1]).all()
    model = MLP((64, *[64] * 5, 10), activation="sigmoid", initialiser="xavier_normal",
                generator=np.random.default_rng(1))  # fmt: skip
    data = backprop_modes.grey_digits()
    weights = [torch.tensor(each["W"], requires_grad=True) for each in model.parameters]
    h = torch.tensor(data.x[:200])
    for n, weight in enumerate(weights):
        h = h @ weight if n + 1 == len(weights) else torch.sigmoid(h @ weight)
    F.cross_entropy(h, torch.tensor(data.d[:200])).backward()
    expected = [weight.grad.norm().item() for weight in weights]  # type: ignore[union-attr]
    np.testing.assert_allclose(norms[1], expected, rtol=1e-9)


def _tape() -> tuple[Var, dict[str, Var]]:
    x, y = Var(2.0), Var(3.0)
    return x * y + sin(x), {"x": x, "y": y}


def test_boxes_hold_values_and_slopes_worked_out_by_hand() -> None:
    output, names = _tape()
    found = {box.name: box for box in tape_picture.boxes(output, names)}
    assert set(found) == {"x", "y", "×", "sin", "+"}
    assert found["+"].value == pytest.approx(6 + math.sin(2))
    assert found["x"].gradient == pytest.approx(3 + math.cos(2))
    assert found["y"].gradient == 2
    assert (found["×"].gradient, found["sin"].gradient) == (1, 1)
    assert [found[name].column for name in ("x", "sin", "+")] == [0, 1, 2]


def test_the_picture_has_a_box_a_variable_and_an_arrow_a_use() -> None:
    output, names = _tape()
    figure = tape_picture.draw(output, names=names, alt="Five boxes.")
    assert figure.alt == "Five boxes."
    for image in (figure.light, figure.dark):
        kinds = [element.tag.rpartition("}")[2] for element in ElementTree.fromstring(image).iter()]
        assert kinds.count("rect") == 1 + 5
        assert kinds.count("line") == 5
    assert figure.light != figure.dark


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="depth must be an int of at least 2; got 1"):
        backprop_modes.depth_norms(depth=1)
    with pytest.raises(ValueError, match="width must be an int of at least 1; got 0"):
        backprop_modes.depth_norms(width=0)


def test_depths_are_counted_in_layers_with_weights() -> None:
    sizes = (64, *[8] * 3, 10)
    assert len(backprop_modes.depth_norms((0,), depth=4, width=8).norms["relu, He"][0]) == len(
        list(pairwise(sizes))
    )
