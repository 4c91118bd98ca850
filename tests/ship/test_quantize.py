"""Eight bits against the bound of half a scale, NumPy, and torch's own quantiser."""

import math
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from coursekit._check import CourseError
from coursekit.autoencoders import DenseAutoencoder
from coursekit.autoencoders.sparse import SparseAutoencoder
from coursekit.ship import (
    QuantizedLinear,
    dequantize,
    largest_difference,
    model_bytes,
    quantize_affine,
    quantize_dynamic,
    quantize_weights,
)
from tests.ship import toy

NUMBERS = st.floats(-1e300, 1e300)


def _gap(x: Tensor, by_row: bool) -> Tensor:
    """Return each error in units of its scale."""
    quantized = quantize_affine(x, by_row=by_row)
    return (dequantize(quantized) - x).abs() / quantized.scale


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.booleans())
def test_error_is_at_most_half_a_scale_for_any_numbers(values: list[float], by_row: bool) -> None:
    x = torch.tensor(values, dtype=torch.float64)
    assert bool((_gap(x, by_row) <= 0.5 + 1e-9).all())


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_levels_span_zero_whether_the_numbers_do_or_not(values: list[float]) -> None:
    quantized = quantize_affine(torch.tensor(values, dtype=torch.float64))
    assert -128 <= quantized.zero_point.item() <= 127
    assert quantized.scale.item() * 255 >= max(map(abs, values)) * (1 - 1e-12) or quantized.scale.item() == 1


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_zero_comes_back_as_zero_exactly(values: list[float]) -> None:
    x = torch.tensor([*values, 0.0], dtype=torch.float64)
    assert dequantize(quantize_affine(x))[-1].item() == 0.0


def test_levels_are_those_of_numpy_and_of_torch() -> None:
    x = 3 * toy.data(40, 7) - 1
    quantized = quantize_affine(x)
    a = x.numpy()
    scale = (max(a.max(), 0) - min(a.min(), 0)) / 255
    zero_point = np.rint(-128 - min(a.min(), 0) / scale)
    assert quantized.scale.item() == pytest.approx(scale, rel=1e-14)
    assert quantized.zero_point.item() == zero_point
    np.testing.assert_array_equal(
        quantized.values.numpy(), np.clip(np.rint(a / scale) + zero_point, -128, 127)
    )
    twin = torch.fake_quantize_per_tensor_affine(x, scale, int(zero_point), -128, 127)
    # torch rounds the scale to float32.
    torch.testing.assert_close(dequantize(quantized), twin, rtol=0, atol=1e-6)
    assert {int(quantized.values.min()), int(quantized.values.max())} == {-128, 127}


def test_rows_have_levels_of_their_own() -> None:
    x = toy.data(3, 50) * torch.tensor([[1e-4], [1.0], [1e4]])
    together, apart = quantize_affine(x), quantize_affine(x, by_row=True)
    assert apart.scale.shape == (3, 1)
    for row in range(3):
        alone = quantize_affine(x[row])
        assert torch.equal(apart.values[row], alone.values)
        assert apart.scale[row].item() == alone.scale.item()
    assert dequantize(together)[0].abs().max().item() == 0.0
    assert (dequantize(apart)[0] - x[0]).abs().max() < 1e-6


def test_quantised_layer_errs_by_no_more_than_its_weights_do() -> None:
    layer = nn.Linear(6, 4).double()
    x = toy.data(9, 6, seed=3) - 0.5
    small = QuantizedLinear(layer)
    bound = 0.5 * small.scale.squeeze(1) * x.abs().sum(1, keepdim=True)
    gap = (small(x) - layer(x)).abs()
    assert bool((gap <= bound * (1 + 1e-9)).all())
    assert gap.max() > 0
    weight = small.scale * (small.values.double() - small.zero_point.double())
    torch.testing.assert_close(small(x), x @ weight.T + layer.bias, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"tied": True}, {"bias": False}, {"batch_norm": True}])
def test_model_in_eight_bits_is_a_quarter_of_the_size_and_close(options: dict[str, object]) -> None:
    model = DenseAutoencoder(64, [256], 128, generator=toy.generator(), **options).train()  # type: ignore[arg-type]
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    x = toy.data(20, 64, dtype=torch.float32)
    small = quantize_weights(model)
    assert model.training
    assert not small.training
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert not any(type(layer) is nn.Linear for layer in small.modules())
    gap = largest_difference(small.reconstruct, model, x)  # type: ignore[arg-type]
    assert 0 < gap < 0.01
    shares = model_bytes(small) / model_bytes(model)
    # A tied weight is stored once in floats and twice in bytes.
    assert shares < (0.6 if options.get("tied") else 0.32)


def test_quantised_model_reads_its_state_back() -> None:
    small, again = quantize_weights(toy.model()), quantize_weights(toy.model(seed=4))
    again.load_state_dict(small.state_dict())
    x = toy.data(5, 1, 2, 3)
    assert torch.equal(small(x).outputs, again(x).outputs)


def test_unit_columns_are_quantised_as_they_are_applied() -> None:
    model = SparseAutoencoder(6, [], 9, unit_norm=True, top_k=3, generator=toy.generator()).double()
    small, x = quantize_weights(model), toy.data(5, 6)
    assert type(small.decoder[0]) is QuantizedLinear  # type: ignore[index]
    assert 0 < largest_difference(small.reconstruct, model, x) < 0.02  # type: ignore[arg-type]


def test_layer_that_stands_twice_stays_one_layer() -> None:
    layer = nn.Linear(3, 3)
    small = quantize_weights(nn.Sequential(layer, nn.ReLU(), layer))
    assert small[0] is small[2]  # type: ignore[index]
    assert isinstance(quantize_weights(layer), QuantizedLinear)


def test_torchs_dynamic_quantisation_is_close_smaller_and_leaves_the_model() -> None:
    model = DenseAutoencoder(64, [256], 128, generator=toy.generator())
    x = toy.data(20, 64, dtype=torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small = quantize_dynamic(model)
    assert all(type(layer) is nn.Linear for layer in model.modules() if hasattr(layer, "in_features"))
    gap = largest_difference(small.reconstruct, model, x)  # type: ignore[arg-type]
    assert 0 < gap < 0.05
    assert model_bytes(small) < 0.32 * model_bytes(model)


def test_torch_without_the_function_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.ao.quantization", None)
    with pytest.raises(CourseError, match=r"torch .* cannot quantise dynamically here: ") as caught:
        quantize_dynamic(toy.model(dtype=torch.float32))
    assert "\n" not in str(caught.value)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"x must hold at least one number; got shape \(0, 2\)"):
        quantize_affine(torch.zeros(0, 2))
    with pytest.raises(ValueError, match="x must be finite; got 1 NaN"):
        quantize_affine(torch.tensor([1.0, math.inf]))
    with pytest.raises(TypeError, match="x must have a floating dtype"):
        quantize_affine(torch.ones(2, dtype=torch.int64))
    with pytest.raises(ValueError, match="x must have rows"):
        quantize_affine(torch.tensor(1.0), by_row=True)
    with pytest.raises(ValueError, match="model must hold at least one linear layer; got ReLU without"):
        quantize_weights(nn.ReLU())
    with pytest.raises(ValueError, match=r"float32 parameters only; got torch.float64"):
        quantize_dynamic(toy.model())
