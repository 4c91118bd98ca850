"""Products that fit and are wrong; a start on the kink of ReLU."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import backprop_traps


def test_with_square_arrays_sixteen_products_fit_and_one_is_right() -> None:
    for seed in range(5):
        square = backprop_traps.products((4, 4, 4, 4), seed=seed)
        assert (square.fitting, square.right) == (16, 1)
        assert min(square.errors) > 0.05
    assert backprop_traps.products((6, 5, 4, 3)) == (1, 1, ())
    # Equal hidden and output widths leave the square weights behind the hidden layer in doubt.
    assert backprop_traps.products((6, 5, 4, 4)).fitting == 2


def test_relu_starts_on_its_kink_and_stays_there() -> None:
    result = backprop_traps.zero_start((0, 1), epochs=3)
    assert max(result.accuracy["relu"]) < 0.15
    assert min(result.accuracy["tanh"]) > 0.8
    assert min(result.accuracy["leaky_relu"]) > 0.5
    assert result.slope_at_zero == {"relu": 0.0, "leaky_relu": 0.01, "tanh": 1.0}


@pytest.mark.parametrize(("name", "moves"), [("relu", False), ("leaky_relu", True), ("tanh", True)])
def test_torch_agrees_on_which_first_layer_gets_a_gradient(name: str, moves: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    x, second = torch.randn(7, 5, generator=generator), torch.randn(4, 3, generator=generator)
    first = torch.zeros(5, 4, requires_grad=True)
    hidden = {"relu": F.relu, "leaky_relu": F.leaky_relu, "tanh": torch.tanh}[name](x @ first)
    F.cross_entropy(hidden @ second, torch.tensor([0, 1, 2, 0, 1, 2, 0])).backward()
    assert first.grad is not None
    assert bool(first.grad.abs().max() > 0) is moves


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        backprop_traps.zero_start(())
    with pytest.raises(ValueError, match="activation"):
        backprop_traps.zero_start((0,), names=("relo",))


def test_the_share_of_one_class_is_what_a_stuck_network_reads() -> None:
    data = backprop_traps.grey_digits()
    shares = np.bincount(data.labels_test) / len(data.labels_test)
    stuck = backprop_traps.zero_start((3,), names=("relu",), epochs=2).accuracy["relu"][0]
    assert np.isclose(shares, stuck).any()
