"""A network moved to torch: the right copy does the same, the copy without a transpose does not."""

import numpy as np
import pytest
import torch

from coursekit.experiments import layer_copy
from coursekit.scratch.mlp import MLP


def test_only_the_transposed_copy_does_the_same() -> None:
    result = layer_copy.run(fast=True)
    assert result.seeds == (0, 1)
    assert result.right == result.original
    assert max(result.largest_difference) < 1e-10
    assert min(result.original) > 0.85
    assert max(result.forgotten) < 0.6


@pytest.mark.parametrize("sizes", [(3, 2), (4, 4, 2), (5, 3, 3, 2)])
def test_a_copy_computes_what_written_out_matrices_compute(sizes: tuple[int, ...]) -> None:
    model = MLP(sizes, activation="relu", generator=np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((6, sizes[0]))
    weights = [layer.parameters for layer in model.layers if layer.parameters]
    expected = x
    for i, one in enumerate(weights):
        expected = expected @ one["W"] + one["b"]
        expected = np.maximum(expected, 0) if i + 1 < len(weights) else expected
    with torch.no_grad():
        got = layer_copy.to_torch(model)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_ten_128_64_32_2_has_11810_parameters_counted_by_torch_and_here() -> None:
    model = MLP((10, 128, 64, 32, 2), generator=np.random.default_rng(0))
    here = model.parameter_count
    assert here == sum(p.numel() for p in layer_copy.to_torch(model).parameters()) == 11_810


def test_no_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        layer_copy.run(())
