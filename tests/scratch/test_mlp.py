"""The multilayer perceptron and the two-layer functions beside torch; their benchmark at a tiny size."""

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.scratch import losses
from coursekit.scratch.activations import names
from coursekit.scratch.mlp import MLP, two_layer_backward, two_layer_forward, two_layer_loss

# Every size differs from every other: a transposed matrix or a bias along the batch cannot fit by chance.
SIZES = ([7, 3], [7, 6, 3], [7, 6, 4, 3], [7, 6, 4, 5, 3])
B, D, H, K = 9, 7, 6, 3
TORCH = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "softplus": F.softplus,
    "linear": lambda u: u,
}
LOSSES = ("cross_entropy", "cross_entropy rows", "bce", "squared")


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class _Activation(torch.nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.function = TORCH[name]

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return self.function(u)


def _twin(model: MLP, activation: str) -> torch.nn.Sequential:
    """Return the same network in torch, with the weights copied."""
    parts: list[torch.nn.Module] = []
    for each in model.parameters:
        fan_in, fan_out = each["W"].shape
        layer = torch.nn.Linear(fan_in, fan_out, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(each["W"].T.copy()))
            layer.bias.copy_(torch.from_numpy(each["b"].copy()))
        parts += [_Activation(activation)] * bool(parts) + [layer]
    return torch.nn.Sequential(*parts)


def _model(sizes: list[int], activation: str = "tanh", seed: int = 0) -> MLP:
    model = MLP(sizes, activation=activation, generator=_rng(seed))
    for each in model.parameters:  # biases that are not zero
        each["b"] += _rng(seed + 1).normal(size=each["b"].shape)
    return model


def _targets(loss: str, seed: int = 2) -> np.ndarray:
    g = _rng(seed)
    if loss == "cross_entropy":
        return g.integers(0, K, B)
    return g.uniform(0.05, 0.95, size=(B, K)) if loss != "squared" else g.normal(size=(B, K))


def _torch_loss(loss: str, u: torch.Tensor, d: np.ndarray) -> torch.Tensor:
    """Return the loss written with torch's own functions: sums over outputs, means over the batch."""
    target = torch.from_numpy(d)
    if loss == "cross_entropy":
        return F.cross_entropy(u, target)
    if loss == "cross_entropy rows":
        return -(target * torch.log_softmax(u, 1)).sum() / B
    if loss == "bce":
        return F.binary_cross_entropy_with_logits(u, target, reduction="sum") / B
    return 0.5 * F.mse_loss(u, target, reduction="sum") / B


def _close(got: np.ndarray, want: torch.Tensor | np.ndarray, rel: float = 1e-10) -> None:
    expected = want.detach().numpy() if isinstance(want, torch.Tensor) else want
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= rel * np.abs(expected).max()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", TORCH)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_gradient_is_that_of_torch(sizes: list[int], activation: str, loss: str) -> None:
    model = _model(sizes, activation)
    net, x, d = _twin(model, activation), _rng(5).normal(size=(B, D)), _targets(loss)
    u = net(torch.from_numpy(x))
    want = _torch_loss(loss, u, d)
    want.backward()
    _close(model.forward(x), u)
    value, gradients = model.loss_and_gradients(x, d, loss.split()[0])
    assert value == pytest.approx(want.item(), rel=1e-12)
    linear = [part for part in net if isinstance(part, torch.nn.Linear)]
    for layer, gradient in zip(linear, gradients, strict=True):
        _close(gradient["W"], layer.weight.grad.T)
        _close(gradient["b"], layer.bias.grad)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_ten_steps_are_those_of_torch(sizes: list[int], loss: str) -> None:
    model = _model(sizes, "relu", seed=3)
    net = _twin(model, "relu")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    for step in range(10):
        x, d = _rng(step).normal(size=(B, D)), _targets(loss, seed=100 + step)
        optimizer.zero_grad()
        want = _torch_loss(loss, net(torch.from_numpy(x)), d)
        want.backward()
        optimizer.step()
        assert model.step(x, d, learning_rate=0.3, loss=loss.split()[0]) == pytest.approx(
            want.item(), rel=1e-10
        )
    linear = [part for part in net if isinstance(part, torch.nn.Linear)]
    for layer, each in zip(linear, model.parameters, strict=True):
        _close(each["W"], layer.weight.T)
        _close(each["b"], layer.bias)


@pytest.mark.parametrize("name", sorted(set(names()) - {"step"}))
def test_the_fast_pass_and_the_layers_agree(name: str) -> None:
    """The class runs its batch by hand; its layers, one after another, must do the same."""
    model, x, d = _model([7, 6, 4, 3], name), _rng(5).normal(size=(B, D)), _targets("cross_entropy")
    value, gradients = model.loss_and_gradients(x, d)
    u = model.forward(x)
    assert value == pytest.approx(losses.cross_entropy(u, d), rel=1e-12)
    back = losses.cross_entropy_gradient(u, d)
    for layer in reversed(model.layers):
        back = layer.backward(back)
    for layer, gradient in zip(model.layers[::2], gradients, strict=True):
        for key in ("W", "b"):
            assert np.allclose(layer.gradients[key], gradient[key], rtol=1e-12, atol=1e-15)


def test_losses_are_those_of_the_room_at_large_logits() -> None:
    u = np.array([[1000.0, -1000.0, 3.0], [0.0, 40.0, -800.0]])
    model = MLP([3, 3], initialiser="constant", value=0, generator=_rng())
    model.parameters[0]["W"] += np.eye(3)
    for name, twin, d in (
        ("cross_entropy", "cross_entropy", np.array([1, 1])),
        ("bce", "bce_with_logits", np.array([[1.0, 1.0, 0.0], [0.5, 0.0, 1.0]])),
        ("squared", "half_squared_error", np.ones((2, 3))),
    ):
        value, gradients = model.loss_and_gradients(u, d, name)
        assert value == pytest.approx(getattr(losses, twin)(u, d), rel=1e-14)
        want = getattr(losses, f"{twin}_gradient")(u, d)
        assert np.allclose(gradients[0]["b"], want.sum(axis=0), rtol=1e-12, atol=1e-15)


def test_parameter_counts() -> None:
    """The counts that one can do by hand: (fan_in + 1) fan_out, summed."""
    assert MLP([10, 128, 64, 32, 2], generator=_rng()).parameter_count == 11_810
    assert MLP([784, 128, 10], generator=_rng()).parameter_count == 101_770
    assert len(MLP([4, 2], generator=_rng()).layers) == 1


def test_weights_come_from_the_initialiser_and_the_generator() -> None:
    one, two = (MLP([200, 300, 4], generator=_rng(7)) for _ in range(2))
    for a, b in zip(one.parameters, two.parameters, strict=True):
        assert np.array_equal(a["W"], b["W"])
        assert not a["b"].any()
    # He: variance 2/fan_in; the variance of a sample variance of 60,000 normals is 2 sigma^4 / 60,000.
    assert abs(one.parameters[0]["W"].var() * 100 - 1) < 5 * math.sqrt(2 / 60_000)
    small = MLP([200, 300, 4], initialiser="normal", std=0.1, generator=_rng(7))
    assert abs(small.parameters[0]["W"].var() * 100 - 1) < 5 * math.sqrt(2 / 60_000)


def test_nothing_of_the_caller_changes_and_gradients_are_theirs_to_keep() -> None:
    model, x, d = _model([7, 6, 3]), _rng(5).normal(size=(B, D)), _targets("bce")
    copies = x.copy(), d.copy()
    _, kept = model.loss_and_gradients(x, d, "bce")
    before = [{key: value.copy() for key, value in each.items()} for each in kept]
    model.step(x, d, learning_rate=1.0, loss="bce")
    model.loss_and_gradients(2 * x, d, "bce")
    assert np.array_equal(x, copies[0])
    assert np.array_equal(d, copies[1])
    for a, b in zip(kept, before, strict=True):
        assert all(np.array_equal(a[key], b[key]) for key in b)
    assert not np.shares_memory(model.forward(x), model.forward(x))


def test_float32_stays_float32_and_the_batch_is_converted() -> None:
    model = MLP([7, 6, 3], generator=_rng(), dtype=np.float32)
    x, d = _rng(1).normal(size=(B, D)), _targets("cross_entropy")
    for batch in (x, x.astype(np.float32)):
        assert model.forward(batch).dtype == np.float32
        _, gradients = model.loss_and_gradients(batch, d)
        model.step(batch, d, learning_rate=0.1)
        for each in (*gradients, *model.parameters):
            assert {value.dtype for value in each.values()} == {np.dtype(np.float32)}
    assert MLP([7, 3], generator=_rng()).forward(x.astype(np.float32)).dtype == np.float64


def test_a_loss_that_is_not_finite_moves_nothing() -> None:
    for activation in ("relu", "tanh"):
        model = MLP([2, 3, 2], activation=activation, generator=_rng())
        model.parameters[0]["W"][:] = 1e200
        before = [each["W"].copy() for each in model.parameters]
        x = np.full((1, 2), 1e200)
        assert not math.isfinite(model.step(x, [[0.0, 0.0]], learning_rate=0.1, loss="squared"))
        with pytest.raises(ValueError, match="X and the parameters must give a finite loss; got"):
            model.loss_and_gradients(x, [[0.0, 0.0]], "squared")
        for each, old in zip(model.parameters, before, strict=True):
            assert np.array_equal(each["W"], old)


def test_bad_arguments_of_the_network_are_named() -> None:
    g = _rng()
    for sizes in ([3], [], 3):
        with pytest.raises(ValueError, match="sizes must list at least an input and an output width; got"):
            MLP(sizes, generator=g)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"sizes\[1\] must be an int of at least 1; got 0"):
        MLP([3, 0, 2], generator=g)
    with pytest.raises(ValueError, match=r"activation must be one of .*; got 'softmax'"):
        MLP([3, 2], activation="softmax", generator=g)
    with pytest.raises(ValueError, match="initialiser must be one of"):
        MLP([3, 2], initialiser="he", generator=g)
    with pytest.raises(TypeError, match=r"generator must be a numpy\.random\.Generator"):
        MLP([3, 2], generator=0)  # type: ignore[arg-type]
    model = _model([7, 6, 3])
    x, d = _rng().normal(size=(B, D)), _targets("cross_entropy")
    with pytest.raises(ValueError, match=r"X must have shape \(B, 7\); got \(9, 6\)"):
        model.forward(x[:, 1:])
    with pytest.raises(ValueError, match="X must be finite; got 1 NaN"):
        model.forward(np.where(np.arange(7) == 0, np.nan, x[:1]))
    with pytest.raises(ValueError, match=r"X must have shape \(B, 7\), none of them 0; got \(7,\)"):
        model.step(x[0], d[:1], learning_rate=0.1)
    with pytest.raises(ValueError, match=r"d must have shape \(9,\); got \(8,\)"):
        model.step(x, d[:8], learning_rate=0.1)
    for label in (-1, 3):
        with pytest.raises(ValueError, match=f"d must hold labels from 0 to 2; got {label}"):
            model.step(x, np.where(np.arange(B) == 4, label, d), learning_rate=0.1)
    with pytest.raises(TypeError, match="d must be an array of integer labels"):
        model.step(x, d.astype(float), learning_rate=0.1)
    with pytest.raises(ValueError, match=r"d must have shape \(9, 3\); got \(9,\)"):
        model.step(x, d, learning_rate=0.1, loss="squared")
    with pytest.raises(ValueError, match=r"d must lie in \[0, 1\]"):
        model.step(x, np.full((B, K), 2.0), learning_rate=0.1, loss="bce")
    with pytest.raises(ValueError, match=r"loss must be one of cross_entropy, bce, squared; got 'mse'"):
        model.step(x, d, learning_rate=0.1, loss="mse")
    with pytest.raises(ValueError, match="learning_rate must be a finite number above zero; got -1"):
        model.step(x, d, learning_rate=-1)


PAIRS = (("linear", "squared"), ("sigmoid", "bce"), ("sigmoid", "squared"), ("softmax", "cross_entropy"))


def _arrays(seed: int = 0) -> dict[str, np.ndarray]:
    g = _rng(seed)
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, K), "b2": (K,)}
    return {name: g.normal(size=shape) for name, shape in shapes.items()}


def _two_layer_targets(loss: str) -> np.ndarray:
    return _targets("cross_entropy rows" if loss == "cross_entropy" else loss)


def _torch_two_layer(
    parameters: dict[str, torch.Tensor], x: np.ndarray, d: np.ndarray, hidden: str, output: str, loss: str
) -> torch.Tensor:
    """Return the loss from probabilities, as the formulas say it, not from logits."""
    h = TORCH[hidden](torch.from_numpy(x) @ parameters["W1"] + parameters["b1"])
    v = h @ parameters["W2"] + parameters["b2"]
    y = {"linear": lambda t: t, "sigmoid": torch.sigmoid, "softmax": lambda t: torch.softmax(t, 1)}[output](v)
    target = torch.from_numpy(d)
    if loss == "squared":
        return 0.5 * (y - target).square().sum() / B
    if loss == "bce":
        return F.binary_cross_entropy(y, target, reduction="sum") / B
    return -(target * y.log()).sum() / B


@pytest.mark.parametrize(("output", "loss"), PAIRS)
@pytest.mark.parametrize("hidden", TORCH)
@pytest.mark.parametrize("seed", range(3))
def test_two_layer_gradients_are_those_of_autograd(hidden: str, output: str, loss: str, seed: int) -> None:
    arrays, x, d = _arrays(seed), _rng(10 + seed).normal(size=(B, D)), _two_layer_targets(loss)
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in arrays.items()}
    want = _torch_two_layer(tensors, x, d, hidden, output, loss)
    want.backward()
    cache = two_layer_forward(x, **arrays, hidden=hidden, output=output)
    assert two_layer_loss(cache, d, loss=loss) == pytest.approx(want.item(), rel=1e-11)
    gradients = two_layer_backward(cache, d, loss=loss)
    assert list(gradients) == ["W1", "b1", "W2", "b2"]
    for name, tensor in tensors.items():
        _close(gradients[name], tensor.grad)


@pytest.mark.parametrize(("output", "loss"), PAIRS)
def test_two_layer_gradients_are_central_differences(output: str, loss: str) -> None:
    arrays, x, d = _arrays(), _rng(10).normal(size=(B, D)), _two_layer_targets(loss)
    gradients = two_layer_backward(two_layer_forward(x, **arrays, hidden="tanh", output=output), d, loss=loss)
    for name, array in arrays.items():
        for index in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = {**arrays, name: array.copy()}
                moved[name][index] += sign * 1e-5
                cache = two_layer_forward(x, **moved, hidden="tanh", output=output)
                ends.append(two_layer_loss(cache, d, loss=loss))
            assert gradients[name][index] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-9)


def test_output_factors_of_one_sigmoid() -> None:
    """The three products of the table: at y = 0.8 and d = 1 they are -0.2, -0.032 and -0.2."""
    logit = math.log(4)
    for output, v, loss, want in (
        ("linear", 0.8, None, -0.2),
        ("sigmoid", logit, "squared", -0.032),
        ("sigmoid", logit, "bce", -0.2),
    ):
        cache = two_layer_forward([[1.0]], [[1.0]], [0.0], [[v]], [0.0], output=output)
        assert cache.Y[0, 0] == pytest.approx(0.8)
        assert two_layer_backward(cache, [[1.0]], loss=loss)["b2"][0] == pytest.approx(want, rel=1e-12)


def test_labels_and_their_one_hot_rows_are_one_target() -> None:
    arrays, x, d = _arrays(), _rng().normal(size=(B, D)), _targets("cross_entropy")
    cache = two_layer_forward(x, **arrays)
    for name, gradient in two_layer_backward(cache, d).items():
        assert np.allclose(gradient, two_layer_backward(cache, np.eye(K)[d])[name], rtol=1e-13, atol=1e-16)
    assert np.allclose(cache.Y.sum(axis=1), 1)


def test_two_layer_functions_are_pure() -> None:
    arrays, x, d = _arrays(), _rng().normal(size=(B, D)), _targets("cross_entropy")
    copies = {name: value.copy() for name, value in arrays.items()}
    cache = two_layer_forward(x, **arrays)
    want = two_layer_backward(cache, d)
    for name, value in arrays.items():
        assert np.array_equal(value, copies[name])
    arrays["W2"] -= 0.5 * want["W2"]  # an update too early: the cache has its own W2
    late = two_layer_backward(cache, d)
    assert all(np.array_equal(late[name], want[name]) for name in want)
    single = two_layer_forward(x.astype(np.float32), **{k: v.astype(np.float32) for k, v in copies.items()})
    assert {value.dtype for value in two_layer_backward(single, d).values()} == {np.dtype(np.float32)}


def test_bad_arguments_of_two_layers_are_named() -> None:
    arrays, x = _arrays(), _rng().normal(size=(B, D))
    with pytest.raises(ValueError, match=r"X must have shape \(B, D\); got \(7,\)"):
        two_layer_forward(x[0], **arrays)
    with pytest.raises(ValueError, match=r"b1 must have shape \(6,\); got \(9,\)"):
        two_layer_forward(x, **{**arrays, "b1": np.zeros(B)})
    with pytest.raises(ValueError, match=r"W1 must have shape \(7, H\); got \(6, 7\)"):
        two_layer_forward(x, **{**arrays, "W1": arrays["W1"].T})
    with pytest.raises(ValueError, match=r"W2 must have shape \(6, K\); got \(3, 6\)"):
        two_layer_forward(x, **{**arrays, "W2": arrays["W2"].T})
    with pytest.raises(ValueError, match=r"b2 must have shape \(3,\)"):
        two_layer_forward(x, **{**arrays, "b2": np.zeros((1, K))})
    with pytest.raises(ValueError, match="output must be one of linear, sigmoid, softmax; got 'relu'"):
        two_layer_forward(x, **arrays, output="relu")
    with pytest.raises(ValueError, match="activation must be one of"):
        two_layer_forward(x, **arrays, hidden="none")
    cache = two_layer_forward(x, **arrays)
    with pytest.raises(ValueError, match="loss must be cross_entropy for a softmax output; got 'squared'"):
        two_layer_backward(cache, np.ones((B, K)), loss="squared")
    with pytest.raises(ValueError, match=r"d must have shape \(9,\); got \(3,\)"):
        two_layer_loss(cache, [0, 1, 2])
    linear = two_layer_forward(x, **arrays, output="linear")
    with pytest.raises(ValueError, match=r"d must have shape \(9, 3\); got \(9, 1\)"):
        two_layer_backward(linear, np.ones((B, 1)))


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "scratch_mlp.py"
    spec = importlib.util.spec_from_file_location("scratch_mlp", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_benchmark_runs_at_a_tiny_size() -> None:
    """No time is judged here, only that the code runs and that both sides learn the same task."""
    bench = _benchmark()
    table = bench.compare((5, 4, 3), 1, rounds=2, repeats=2)
    assert {"torch nn + SGD", "coursekit MLP.step, float32"} <= set(table)
    assert table["torch nn + SGD"][1] == 1
    x, d = bench.data((5, 4, 3), 6)
    for step in bench.cases((5, 4, 3), 6).values():
        first = step()
        assert math.isfinite(first)
    for make in (bench.coursekit_step, bench.torch_step):
        step = make((5, 4, 3), x, d)
        values = [step() for _ in range(200)]
        assert values[-1] < values[0]
