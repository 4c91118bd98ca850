"""Batch and layer normalisation beside torch: outputs, gradients, running statistics, hard numbers."""

import numpy as np
import pytest
import torch

from coursekit.scratch.layers import BatchNorm, LayerNorm

B, D = 7, 4


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _close(got: np.ndarray, want: torch.Tensor, rel: float = 1e-10) -> None:
    expected = want.detach().numpy()
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= rel * np.abs(expected).max()


def _scaled(layer: BatchNorm | LayerNorm, twin: torch.nn.Module) -> None:
    """Give both the same gamma and beta, none of them 1 or 0."""
    for name, other, seed in (("gamma", "weight", 1), ("beta", "bias", 2)):
        values = _rng(seed).normal(size=D) + 0.5
        layer.parameters[name][:] = values
        with torch.no_grad():
            getattr(twin, other).copy_(torch.from_numpy(values))


def _compare(layer: BatchNorm | LayerNorm, twin: torch.nn.Module, x: np.ndarray, seed: int) -> None:
    upstream = _rng(seed).normal(size=x.shape)
    tx = torch.tensor(x, requires_grad=True)
    twin.zero_grad()
    y = twin(tx)
    y.backward(torch.tensor(upstream))
    _close(layer.forward(x, training=twin.training), y)
    _close(layer.backward(upstream), tx.grad)
    _close(layer.gradients["gamma"], twin.weight.grad)
    _close(layer.gradients["beta"], twin.bias.grad)


@pytest.mark.parametrize(("momentum", "eps"), [(0.1, 1e-5), (0.7, 1e-2), (1.0, 1e-8), (0.0, 1e-5)])
def test_batch_norm_over_several_batches(momentum: float, eps: float) -> None:
    layer = BatchNorm(D, momentum=momentum, eps=eps)
    twin = torch.nn.BatchNorm1d(D, momentum=momentum, eps=eps, dtype=torch.float64)
    _scaled(layer, twin)
    for step in range(6):
        twin.train(step % 3 < 2)  # every third batch is one of evaluation
        rows = B + step  # of sizes that differ: the unbiased factor B/(B - 1) changes
        _compare(layer, twin, 3 * _rng(step).normal(size=(rows, D)) + np.arange(D) * 5, 50 + step)
        want = twin.running_mean
        assert np.allclose(layer.running_mean, want.numpy(), rtol=1e-12, atol=1e-14)
        _close(layer.running_var, twin.running_var)


def test_running_variance_is_the_unbiased_one() -> None:
    layer = BatchNorm(1, momentum=1.0)
    layer.forward([[0.0], [2.0]], training=True)
    assert layer.running_var[0] == pytest.approx(2.0)
    assert layer.running_mean[0] == 1.0


def test_evaluation_leaves_the_statistics_and_does_not_mix_rows() -> None:
    layer = BatchNorm(D)
    layer.forward(_rng().normal(size=(B, D)), training=True)
    mean, variance = layer.running_mean.copy(), layer.running_var.copy()
    x = _rng(1).normal(size=(B, D))
    whole = layer.forward(x)
    assert np.array_equal(mean, layer.running_mean)
    assert np.array_equal(variance, layer.running_var)
    single = np.vstack([layer.forward(row[None]) for row in x])
    assert np.array_equal(whole, single)


def test_gradient_of_batch_norm_knows_the_shift_and_the_scale() -> None:
    """What two wrong gradients break: columns sum to zero, and are orthogonal to the normalised batch."""
    layer = BatchNorm(D, eps=1e-14)
    x = _rng().normal(size=(B, D))
    normal = layer.forward(x, training=True)
    back = layer.backward(_rng(1).normal(size=(B, D)))
    assert np.abs(back.sum(axis=0)).max() < 1e-13
    assert np.abs((back * normal).sum(axis=0)).max() < 1e-10
    assert np.abs(back).max() > 0.1


@pytest.mark.parametrize("shape", [(B, D), (2, 3, D), (D,), (1, D)])
@pytest.mark.parametrize("eps", [1e-5, 1e-2])
def test_layer_norm(shape: tuple[int, ...], eps: float) -> None:
    layer, twin = LayerNorm(D, eps=eps), torch.nn.LayerNorm(D, eps=eps, dtype=torch.float64)
    _scaled(layer, twin)
    for seed in range(5):
        _compare(layer, twin, 3 * _rng(seed).normal(size=shape) + 2, 50 + seed)
        twin.train(seed % 2 == 0)


@pytest.mark.parametrize(("dtype", "mean", "error"), [(np.float64, 1e4, 1e-11), (np.float32, 1e4, 1e-5),
                                                      (np.float64, 1e8, 1e-7)])  # fmt: skip
def test_a_large_mean_does_no_harm(dtype: type, mean: float, error: float) -> None:
    """E[x^2] - E[x]^2 has no correct digit left in float32 at a mean of 1e4."""
    for layer, axis in ((BatchNorm(64, eps=1e-12), 0), (LayerNorm(64, eps=1e-12), 1)):
        x = (_rng().normal(size=(64, 64)) + mean).astype(dtype)
        exact = x.astype(np.longdouble)
        exact -= exact.mean(axis=axis, keepdims=True)
        exact /= np.sqrt(np.square(exact).mean(axis=axis, keepdims=True))
        y = layer.forward(x, training=True)
        assert y.dtype == dtype
        assert np.abs(y - exact).max() < error
        if isinstance(layer, BatchNorm):
            want = 0.9 + 0.1 * x.astype(np.float64).var(axis=0, ddof=1)
            assert np.abs(layer.running_var - want).max() < error


def test_a_constant_column_gives_beta() -> None:
    for layer, x in ((BatchNorm(D), np.full((B, D), 0.1)), (LayerNorm(D), np.full((B, D), 0.1))):
        layer.parameters["beta"][:] = 3
        assert np.allclose(layer.forward(x, training=True), 3, atol=1e-9)
        assert np.isfinite(layer.backward(_rng().normal(size=(B, D)))).all()


def test_dtypes_are_kept() -> None:
    for kind in (BatchNorm, LayerNorm):
        for dtype in (np.float32, np.float64):
            for parameters in (np.float32, np.float64):
                layer = kind(D, dtype=parameters)
                for training in (True, False):
                    assert (
                        layer.forward(_rng().normal(size=(B, D)).astype(dtype), training=training).dtype
                        == dtype
                    )
                    assert layer.backward(np.ones((B, D))).dtype == dtype
                assert {value.dtype for value in layer.gradients.values()} == {np.dtype(parameters)}
                if isinstance(layer, BatchNorm):
                    assert layer.running_mean.dtype == layer.running_var.dtype == parameters


def test_arrays_of_the_caller_are_left_alone() -> None:
    for layer in (BatchNorm(D), LayerNorm(D)):
        x, upstream = _rng().normal(size=(B, D)), _rng(1).normal(size=(B, D))
        copies = x.copy(), upstream.copy()
        layer.forward(x, training=True)
        layer.backward(upstream)
        assert np.array_equal(x, copies[0])
        assert np.array_equal(upstream, copies[1])


def test_bad_arguments_are_named() -> None:
    layer = BatchNorm(D)
    with pytest.raises(ValueError, match=r"BatchNorm\.backward needs a forward pass before it"):
        layer.backward(np.ones((B, D)))
    with pytest.raises(ValueError, match=r"LayerNorm\.backward needs a forward pass before it"):
        LayerNorm(D).backward(np.ones((B, D)))
    with pytest.raises(
        ValueError, match="x must have at least 2 rows in training: one row has no variance; got 1"
    ):
        layer.forward(np.ones((1, D)), training=True)
    assert layer.forward(np.ones((1, D))).shape == (1, D)
    with pytest.raises(ValueError, match=r"x must have shape \(B, 4\), none of them 0; got \(7, 5\)"):
        layer.forward(np.ones((B, D + 1)))
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 4\), none of them 0; got \(7, 5\)"):
        LayerNorm(D).forward(np.ones((B, D + 1)))
    layer.forward(np.ones((B, D)))
    with pytest.raises(
        ValueError, match=r"upstream must have the shape of the output, \(7, 4\); got \(6, 4\)"
    ):
        layer.backward(np.ones((6, D)))
    with pytest.raises(ValueError, match=r"momentum must lie in \[0, 1\]; got 1\.1"):
        BatchNorm(D, momentum=1.1)
    with pytest.raises(ValueError, match="momentum must be a finite number, zero or above; got nan"):
        BatchNorm(D, momentum=float("nan"))
    for kind in (BatchNorm, LayerNorm):
        with pytest.raises(ValueError, match="eps must be a finite number above zero; got 0"):
            kind(D, eps=0)
        with pytest.raises(ValueError, match="D must be an int of at least 1; got 0"):
            kind(0)
        with pytest.raises(TypeError, match="dtype must be float32 or float64"):
            kind(D, dtype="int64")
