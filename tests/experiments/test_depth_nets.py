"""Networks whose weights are written down: against counting, bit operations, products and a dense grid."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.experiments import depth_nets, depth_pieces
from coursekit.experiments.depth_nets import Net, forward, units


def _rows(n: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=n)))


@pytest.mark.parametrize("n", [1, 2, 3, 6, 9, 12])
def test_n_relu_and_n_threshold_neurons_compute_parity_on_every_input(n: int) -> None:
    rows = _rows(n)
    truth = np.bitwise_xor.reduce(rows, axis=1)
    for net in (depth_nets.parity_relu(n), depth_nets.parity_threshold(n)):
        assert units(net) == n
        np.testing.assert_array_equal(forward(net, rows)[:, 0], truth)


def test_the_relu_weights_of_parity_are_those_of_the_text() -> None:
    net = depth_nets.parity_relu(5)
    assert net.weights[1][:, 0].tolist() == [1, -2, 2, -2, 2]
    assert net.biases[0].tolist() == [0, -1, -2, -3, -4]
    counting = depth_nets.parity_threshold(4)
    assert counting.biases[0].tolist() == [-0.5, -1.5, -2.5, -3.5]  # half way between two sums


@pytest.mark.parametrize("n", [2, 3, 4, 7, 8, 11, 16])
def test_a_tree_of_exclusive_ors_needs_two_neurons_a_pair_and_log_depth(n: int) -> None:
    net = depth_nets.parity_tree(n)
    rows = _rows(n) if n < 12 else np.random.default_rng(0).integers(0, 2, (4000, n))
    np.testing.assert_array_equal(forward(net, rows)[:, 0], np.bitwise_xor.reduce(rows, axis=1))
    handed_on, count = 0, n
    while count > 1:
        handed_on += count % 2
        count = (count + 1) // 2
    assert units(net) == 2 * (n - 1) + handed_on
    assert len(net.weights) - 1 == math.ceil(math.log2(n))


def test_forward_is_that_of_torch() -> None:
    rng = np.random.default_rng(1)
    net = depth_pieces.random_net(3, 4, generator=rng)
    parts: list[nn.Module] = []
    for W, b in zip(net.weights, net.biases, strict=True):
        linear = nn.Linear(*W.shape).double()
        linear.weight.data, linear.bias.data = torch.from_numpy(W.T), torch.from_numpy(b)
        parts += [linear, nn.ReLU()]
    x = rng.standard_normal((50, 1))
    twin = nn.Sequential(*parts[:-1])(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(forward(net, x), twin, rtol=1e-12, atol=1e-12)


def _exact_sawtooth(x: Fraction, k: int) -> Fraction:
    """The sawtooth from its period, without a composition."""
    phase = x * 2**k % 2
    return phase if phase <= 1 else 2 - phase


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_deep_and_shallow_net_draw_the_sawtooth(k: int) -> None:
    points = [Fraction(j, 3 * 2**k) for j in range(3 * 2**k + 1)]
    truth = [float(_exact_sawtooth(p, k)) for p in points]
    x = np.array([[float(p)] for p in points])
    for net in (depth_nets.sawtooth_deep(k), depth_nets.sawtooth_shallow(k)):
        np.testing.assert_allclose(forward(net, x)[:, 0], truth, atol=1e-11 * 2**k)
    assert units(depth_nets.sawtooth_deep(k)) == 2 * k
    assert units(depth_nets.sawtooth_shallow(k)) == 2**k


def test_the_tent_is_twice_the_distance_to_the_nearer_end() -> None:
    x = np.linspace(0, 1, 101)
    np.testing.assert_allclose(depth_nets.tent(x), 2 * np.minimum(x, 1 - x), atol=1e-15)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_both_products_are_the_product(n: int) -> None:
    X = np.random.default_rng(n).uniform(-2, 2, (200, n))
    shallow, many = depth_nets.product_by_powers(X)
    deep, few = depth_nets.product_by_tree(X)
    np.testing.assert_allclose(shallow, X.prod(1), atol=1e-10)
    np.testing.assert_allclose(deep, X.prod(1), atol=1e-12)
    assert (many, few) == (2**n, 2 * (n - 1))


def _grid_pieces(net: Net, low: float, high: float, steps: int) -> int:
    """Count the runs of equal slope on a fine grid; a kink inside a cell makes one odd slope."""
    x = np.linspace(low, high, steps + 1)[:, None]
    slope = np.diff(forward(net, x)[:, 0]) * steps / (high - low)
    turns = np.flatnonzero(np.abs(np.diff(slope)) > 1e-6)
    return 1 + int((np.diff(turns, prepend=-9) > 1).sum())


@pytest.mark.parametrize(("depth", "width"), [(1, 12), (2, 6), (4, 4)])
def test_pieces_are_those_of_a_fine_grid(depth: int, width: int) -> None:
    for seed in range(5):
        net = depth_pieces.random_net(depth, width, generator=np.random.default_rng(seed))
        found = depth_pieces.linear_pieces(net, -3, 3)
        x = np.random.default_rng(9).uniform(-3, 3, 300)
        at = np.searchsorted(found.breaks, x) - 1
        line = found.slopes[at] * x + found.intercepts[at]
        np.testing.assert_allclose(line, forward(net, x[:, None])[:, 0], rtol=1e-9, atol=1e-9)
        # A grid may miss a piece shorter than its cells, and never sees one too many.
        seen = _grid_pieces(net, -3, 3, 60_000)
        short = int((np.diff(found.breaks) < 3e-4).sum())
        assert len(found.slopes) - 2 * short <= seen <= len(found.slopes)


def test_one_layer_has_at_most_one_piece_more_than_neurons() -> None:
    for seed in range(20):
        net = depth_pieces.random_net(1, 10, generator=np.random.default_rng(seed))
        kinks = -net.biases[0] / net.weights[0][0]
        inside = np.count_nonzero(np.abs(kinks) < 2)
        assert len(depth_pieces.linear_pieces(net, -2, 2).slopes) == inside + 1 <= 11


def test_equal_neighbours_are_one_piece() -> None:
    cancelling = Net((np.ones((1, 2)), np.array([[1.0], [-1.0]])), (-np.full(2, 0.5), np.zeros(1)), "relu")
    found = depth_pieces.linear_pieces(cancelling)
    assert found.breaks.tolist() == [0, 1]
    assert found.slopes.tolist() == [0]


def test_rounding_makes_no_pieces() -> None:
    read, kinks = np.array([[3.0], [-6.0], [6.0]]), np.array([0, -1 / 3, -2 / 3])
    for k in range(1, 6):
        weights = (np.ones((1, 3)), *[np.hstack([read] * 3)] * (k - 1), read)
        found = depth_pieces.linear_pieces(Net(weights, (*[kinks] * k, np.zeros(1)), "relu"))
        assert len(found.slopes) == 3**k
        np.testing.assert_allclose(np.diff(found.breaks), 3.0**-k, rtol=1e-9)
        assert found.breaks[[0, -1]].tolist() == [0, 1]


def test_the_sawtooth_has_two_to_the_k_pieces() -> None:
    for k, (pieces, deep, shallow) in enumerate(depth_pieces.sawtooth_pieces(8), start=1):
        assert (pieces, deep, shallow) == (2**k, 2 * k, 2**k)
    slopes = depth_pieces.linear_pieces(depth_nets.sawtooth_deep(6)).slopes
    assert slopes.tolist() == [64, -64] * 32
    assert len(depth_pieces.linear_pieces(depth_nets.sawtooth_shallow(6)).slopes) == 64


def test_random_depth_does_not_add_pieces() -> None:
    result = depth_pieces.random_pieces(tuple(range(20)))
    means = [float(np.mean(row)) for row in result.counts]
    assert max(max(row) for row in result.counts) < 2 * result.neurons
    assert means[-1] < 1.1 * means[0]
    assert len(depth_pieces.random_pieces(fast=True).seeds) == 2


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="n must be an int of at least 2; got 1"):
        depth_nets.parity_tree(1)
    with pytest.raises(TypeError, match="k must be an int of at least 1; got float"):
        depth_nets.sawtooth_deep(2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="net must be of relu neurons; got 'step'"):
        depth_pieces.linear_pieces(depth_nets.parity_threshold(1))
    with pytest.raises(ValueError, match="one input and one output; got 3 and 1"):
        depth_pieces.linear_pieces(depth_nets.parity_relu(3))
    with pytest.raises(ValueError, match="low must be below high; got 1 and 0"):
        depth_pieces.linear_pieces(depth_nets.sawtooth_deep(2), 1, 0)
    with pytest.raises(ValueError, match="depths must divide the 64 neurons; got 5"):
        depth_pieces.random_pieces((0,), depths=(5,))
