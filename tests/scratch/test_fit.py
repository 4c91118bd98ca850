"""Training over epochs: which rows a step sees, what the history says, when it stops."""

import math

import numpy as np
import pytest
import torch

from coursekit._check import CourseError
from coursekit.scratch.mlp import MLP, History, fit

N, D, K = 23, 4, 3


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class _Recorder:
    """A model that learns nothing and writes down what it is given; its loss is the mean of X."""

    def __init__(self) -> None:
        self.batches: list[tuple[np.ndarray, np.ndarray]] = []
        self.settings: list[tuple[float, str]] = []

    def step(self, X: np.ndarray, d: np.ndarray, *, learning_rate: float, loss: str) -> float:
        self.batches.append((X.copy(), d.copy()))
        self.settings.append((learning_rate, loss))
        return float(X.mean())


def _run(model: object, x: np.ndarray, d: np.ndarray, **changes: object) -> History:
    settings = {"epochs": 2, "batch_size": 5, "learning_rate": 0.1, "generator": _rng(), **changes}
    return fit(model, x, d, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("batch_size", [1, 5, 23, 100])
def test_every_row_is_used_once_an_epoch_with_its_target(batch_size: int) -> None:
    x = np.arange(N, dtype=float)[:, None]
    model = _Recorder()
    history = _run(model, x, np.arange(N) * 10, batch_size=batch_size, epochs=3)
    per_epoch = math.ceil(N / batch_size)
    assert len(model.batches) == 3 * per_epoch
    orders = []
    for epoch in range(3):
        part = model.batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        assert [len(rows) for rows, _ in part[:-1]] == [batch_size] * (per_epoch - 1)
        order = np.concatenate([rows[:, 0] for rows, _ in part])
        assert np.array_equal(np.sort(order), np.arange(N))
        assert np.array_equal(np.concatenate([d for _, d in part]), order * 10)
        orders.append(order.tolist())
        # A mean over rows, not over batches: the last batch is smaller.
        assert history.loss[epoch] == pytest.approx((N - 1) / 2, rel=1e-12)
    assert orders[0] != orders[1]
    assert set(model.settings) == {(0.1, "cross_entropy")}


def test_the_generator_decides_the_order() -> None:
    runs = []
    for seed in (0, 0, 1):
        model = _Recorder()
        _run(model, np.arange(N, dtype=float)[:, None], np.zeros(N, int), generator=_rng(seed))
        runs.append(np.concatenate([rows for rows, _ in model.batches]))
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_a_run_is_that_of_torch_on_the_same_batches() -> None:
    x, d = _rng(1).normal(size=(N, D)), _rng(2).integers(0, K, N)
    model = MLP([D, 6, K], activation="tanh", generator=_rng(3))
    parameters = [
        torch.tensor(v.copy(), requires_grad=True) for each in model.parameters for v in each.values()
    ]
    optimizer, orders, want = torch.optim.SGD(parameters, lr=0.2), _rng(4), []
    for _ in range(4):
        order, total = orders.permutation(N), 0.0
        for start in range(0, N, 5):
            rows = order[start : start + 5]
            hidden = torch.tanh(torch.from_numpy(x[rows]) @ parameters[0] + parameters[1])
            logits = hidden @ parameters[2] + parameters[3]
            loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(d[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        want.append(total / N)
    history = _run(model, x, d, epochs=4, learning_rate=0.2, generator=_rng(4))
    assert history.loss == pytest.approx(want, rel=1e-10)
    arrays = [value for each in model.parameters for value in each.values()]
    for got, tensor in zip(arrays, parameters, strict=True):
        assert np.allclose(got, tensor.detach().numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_exclusive_or_of_quadrants_is_learned(seed: int) -> None:
    """The best accuracy is 1: the class is a function of the pattern."""
    g = _rng(seed)
    x = g.uniform(-1, 1, size=(400, 2))
    d = (x[:, :1] * x[:, 1:] < 0).astype(float)
    model = MLP([2, 16, 1], activation="tanh", initialiser="xavier_normal", generator=g)
    history = _run(model, x, d, epochs=150, batch_size=20, learning_rate=0.5, generator=g, loss="bce")
    test = g.uniform(-1, 1, size=(2000, 2))
    right = (model.forward(test)[:, 0] > 0) == (test[:, 0] * test[:, 1] < 0)
    assert history.loss[0] > 0.6
    assert history.loss[-1] < 0.15
    assert right.mean() > 0.95


def test_the_callback_hears_every_epoch() -> None:
    heard: list[tuple[int, float]] = []
    model = MLP([D, K], generator=_rng())
    x, d = _rng(1).normal(size=(N, D)), _rng(2).integers(0, K, N)
    history = _run(model, x, d, epochs=3, callback=lambda epoch, loss: heard.append((epoch, loss)))
    assert heard == list(enumerate(history.loss, start=1))


def test_arrays_of_the_caller_are_left_alone() -> None:
    x, d = _rng(1).normal(size=(N, D)), _rng(2).normal(size=(N, K))
    copies = x.copy(), d.copy()
    _run(MLP([D, K], generator=_rng()), x, d, loss="squared")
    assert np.array_equal(x, copies[0])
    assert np.array_equal(d, copies[1])


@pytest.mark.parametrize("activation", ["relu", "tanh", "linear"])
def test_divergence_stops_with_one_line(activation: str) -> None:
    model = MLP([D, 5, K], activation=activation, generator=_rng())
    x, d = _rng(1).normal(size=(N, D)), 1e3 * _rng(2).normal(size=(N, K))
    wanted = (
        r"^the loss is not finite in epoch \d+, batch \d \((nan|inf)\): "
        r"the parameters are those before this batch; try a smaller learning_rate$"
    )
    with pytest.raises(CourseError, match=wanted):
        _run(model, x, d, epochs=400, learning_rate=1e6, loss="squared")
    if activation == "linear":
        assert all(np.isfinite(value).all() for each in model.parameters for value in each.values())


def test_bad_arguments_are_named() -> None:
    model, x, d = MLP([D, K], generator=_rng()), np.ones((N, D)), np.zeros(N, int)
    with pytest.raises(ValueError, match=r"X must have shape \(N, D\); got \(4,\)"):
        _run(model, x[0], d)
    with pytest.raises(ValueError, match="X must be finite"):
        _run(model, np.full((N, D), np.nan), d)
    with pytest.raises(
        ValueError, match=r"d must have one target for each of the 23 rows of X; got shape \(22,\)"
    ):
        _run(model, x, d[1:])
    with pytest.raises(ValueError, match=r"rows of X; got shape \(\)"):
        _run(model, x, 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        _run(model, x, d, epochs=0)
    with pytest.raises(TypeError, match="batch_size must be an int of at least 1; got float"):
        _run(model, x, d, batch_size=2.5)
    with pytest.raises(ValueError, match="learning_rate must be a finite number above zero; got 0"):
        _run(model, x, d, learning_rate=0)
    with pytest.raises(TypeError, match=r"generator must be a numpy\.random\.Generator"):
        _run(model, x, d, generator=None)
    with pytest.raises(ValueError, match="loss must be one of"):
        _run(model, x, d, loss="mse")
