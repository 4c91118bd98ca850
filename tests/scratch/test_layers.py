"""Linear layers, activations, softmax and dropout beside torch; what they refuse and leave alone."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.scratch.layers import Activate, Dropout, Layer, Linear, Softmax

B, D, K = 5, 4, 3
TWINS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda u: u,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
}


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _close(got: np.ndarray, want: torch.Tensor, rel: float = 1e-12) -> None:
    expected = want.detach().numpy()
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= rel * max(1e-30, np.abs(expected).max())


def _linear(dtype: type = np.float64) -> tuple[Linear, torch.nn.Linear]:
    weight, bias = _rng().normal(size=(D, K)).astype(dtype), _rng(1).normal(size=K).astype(dtype)
    twin = torch.nn.Linear(D, K, dtype=torch.float64 if dtype is np.float64 else torch.float32)
    with torch.no_grad():
        twin.weight.copy_(torch.from_numpy(weight.T.copy()))
        twin.bias.copy_(torch.from_numpy(bias))
    return Linear(weight, bias), twin


@pytest.mark.parametrize("seed", range(5))
def test_linear_is_that_of_torch_with_its_weight_transposed(seed: int) -> None:
    layer, twin = _linear()
    x, upstream = _rng(seed + 10).normal(size=(B, D)), _rng(seed + 20).normal(size=(B, K))
    tx = torch.tensor(x, requires_grad=True)
    y = twin(tx)
    y.backward(torch.tensor(upstream))
    _close(layer.forward(x, training=bool(seed % 2)), y)
    _close(layer.backward(upstream), tx.grad)
    _close(layer.gradients["W"], twin.weight.grad.T)
    _close(layer.gradients["b"], twin.bias.grad)


def test_a_second_backward_replaces_gradients_and_leaves_the_first_alone() -> None:
    layer, _ = _linear()
    layer.forward(_rng().normal(size=(B, D)))
    layer.backward(np.ones((B, K)))
    first = layer.gradients["W"]
    kept = first.copy()
    layer.backward(2 * np.ones((B, K)))
    assert np.array_equal(first, kept)
    assert np.array_equal(layer.gradients["W"], 2 * kept)


def test_arrays_of_the_caller_are_copied_and_never_changed() -> None:
    weight, bias, x, upstream = np.ones((D, K)), np.ones(K), np.ones((B, D)), np.ones((B, K))
    layer = Linear(weight, bias)
    for each in (Linear(weight, bias), Activate("relu"), Dropout(0.5, generator=_rng()), Softmax()):
        output = each.forward(x, training=True)
        each.backward(np.ones_like(output))
    layer.parameters["W"] -= 1
    layer.parameters["b"] -= 1
    layer.forward(x)
    layer.backward(upstream)
    for array in (weight, bias, x, upstream):
        assert (array == 1).all()


@pytest.mark.parametrize("name", TWINS)
def test_activations_forward_and_back(name: str) -> None:
    u, upstream = 3 * _rng().normal(size=(B, D)), _rng(1).normal(size=(B, D))
    tu = torch.tensor(u, requires_grad=True)
    y = TWINS[name](tu)
    y.backward(torch.tensor(upstream))
    layer = Activate(name)
    _close(layer.forward(u), y)
    _close(layer.backward(upstream), tu.grad)


def test_softmax_forward_and_back() -> None:
    u, upstream = 5 * _rng().normal(size=(B, K)), _rng(1).normal(size=(B, K))
    tu = torch.tensor(u, requires_grad=True)
    y = torch.softmax(tu, 1)
    y.backward(torch.tensor(upstream))
    layer = Softmax()
    _close(layer.forward(u), y)
    _close(layer.backward(upstream), tu.grad)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_has_the_variance_of_its_formula(p: float) -> None:
    rows = 200_000
    layer = Dropout(p, generator=_rng())
    y = layer.forward(np.full((rows, 1), 3.0), training=True)
    scale = 3 / (1 - p)
    assert np.isin(np.unique(y), (0.0, scale)).all()
    # The share of zeros is a binomial mean: five standard errors are passed once in two million runs.
    assert abs((y == 0).mean() - p) <= 5 * math.sqrt(p * (1 - p) / rows)
    assert abs(y.mean() - 3) <= 5 * 3 * math.sqrt(p / (1 - p) / rows)
    fourth = scale**4 * p * (1 - p) * (1 - 3 * p * (1 - p)) + 1e-30
    spread = math.sqrt(max(0.0, fourth - (9 * p / (1 - p)) ** 2) / rows)
    assert abs(y.var() - 9 * p / (1 - p)) <= 5 * spread + 9 / rows * 25


def test_dropout_goes_back_under_the_same_mask() -> None:
    layer = Dropout(0.4, generator=_rng())
    x, upstream = _rng(1).normal(size=(50, 8)), _rng(2).normal(size=(50, 8))
    first = layer.forward(x, training=True)
    second = layer.forward(x, training=True)
    assert not np.array_equal(first, second)
    assert 0 < (second == 0).mean() < 1
    assert np.allclose(layer.backward(upstream), upstream * (second / x), rtol=1e-12, atol=0)


def test_dropout_masks_elements_one_by_one() -> None:
    y = Dropout(0.5, generator=_rng()).forward(np.ones((4000, 2)), training=True) > 0
    both = (y[:, 0] & y[:, 1]).mean()
    assert abs(both - 0.25) <= 5 * math.sqrt(0.25 * 0.75 / 4000)


def test_dropout_in_evaluation_is_the_identity_and_draws_nothing() -> None:
    generator = _rng()
    layer, x = Dropout(0.9, generator=generator), _rng(1).normal(size=(B, D))
    before = generator.bit_generator.state
    y = layer.forward(x)
    assert np.array_equal(y, x)
    assert y is not x
    assert np.array_equal(layer.backward(x), x)
    assert generator.bit_generator.state == before
    twins = [Dropout(0.5, generator=_rng(3)).forward(x, training=True) for _ in range(2)]
    assert np.array_equal(*twins)


def _all(dtype: type = np.float64) -> list[Layer]:
    return [_linear(dtype)[0], Activate("tanh"), Activate("relu"), Softmax(), Dropout(0.5, generator=_rng())]


def test_the_dtype_of_the_batch_is_that_of_the_answer() -> None:
    for dtype in (np.float32, np.float64):
        for parameters in (np.float32, np.float64):
            for layer in _all(parameters):
                y = layer.forward(np.ones((B, D), dtype), training=True)
                assert y.dtype == dtype
                assert layer.backward(np.ones(y.shape)).dtype == dtype
                for name, gradient in layer.gradients.items():
                    assert gradient.dtype == layer.parameters[name].dtype == parameters
    assert _linear()[0].forward([[1, 2, 3, 4]]).dtype == np.float64


def test_backward_needs_forward_first() -> None:
    for layer in _all():
        with pytest.raises(
            ValueError, match=r"^\w+\.backward needs a forward pass before it; none was made$"
        ):
            layer.backward(np.ones((B, K)))


def test_backward_wants_the_shape_of_the_output() -> None:
    for layer in _all():
        shape = layer.forward(np.ones((B, D)), training=True).shape
        wrong = (shape[0], shape[1] + 1)
        with pytest.raises(ValueError, match=rf"upstream must have the shape of the output, \({shape[0]}, "):
            layer.backward(np.ones(wrong))
        with pytest.raises(ValueError, match="upstream must have the shape of the output"):
            layer.backward(np.ones((1, shape[1])))
        with pytest.raises(ValueError, match="upstream must have the shape of the output"):
            layer.backward(np.ones(shape[::-1]))
        with pytest.raises(TypeError, match="upstream must be an array of real numbers"):
            layer.backward(np.ones(shape, dtype=bool))


def test_bad_batches_are_named() -> None:
    layer, _ = _linear()
    with pytest.raises(ValueError, match=r"x must have shape \(B, 4\), none of them 0; got \(5, 3\)"):
        layer.forward(np.ones((B, 3)))
    with pytest.raises(ValueError, match=r"got \(4,\)"):
        layer.forward(np.ones(D))
    with pytest.raises(ValueError, match=r"got \(0, 4\)"):
        layer.forward(np.ones((0, D)))
    with pytest.raises(TypeError, match="x must be an array of real numbers; got str 'x'"):
        layer.forward("x")
    with pytest.raises(ValueError, match=r"x must have shape \(B, D\), none of them 0; got \(3,\)"):
        Softmax().forward(np.ones(3))


def test_bad_parameters_are_named() -> None:
    with pytest.raises(ValueError, match=r"W must have shape \(D, K\), one column a neuron; got \(4,\)"):
        Linear(np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match=r"b must have shape \(3,\), one bias a column of W; got \(4,\)"):
        Linear(np.ones((4, 3)), np.ones(4))
    with pytest.raises(
        ValueError, match=r"activation must be one of .*; got 'relo' \(did you mean 'relu'\?\)"
    ):
        Activate("relo")
    for p in (1.0, 1.5):
        with pytest.raises(ValueError, match=rf"p must lie in \[0, 1\); got {p}"):
            Dropout(p, generator=_rng())
    with pytest.raises(ValueError, match="p must be a finite number, zero or above; got nan"):
        Dropout(math.nan, generator=_rng())
    with pytest.raises(TypeError, match=r"generator must be a numpy\.random\.Generator"):
        Dropout(0.5, generator=0)  # type: ignore[arg-type]
