"""Bits a dimension against a distribution whose bits are known."""

import math

import pytest
import torch

from coursekit import metrics


def test_bits_of_a_uniform_byte_are_eight() -> None:
    nll = torch.full((2,), 784 * math.log(256), dtype=torch.float64)
    assert torch.allclose(metrics.bits_per_dim(nll, 784), torch.full((2,), 8.0, dtype=torch.float64))


def test_dims_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="dims must be an int of at least 1"):
        metrics.bits_per_dim(torch.ones(2), 0)
