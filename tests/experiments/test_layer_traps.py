"""Mistakes that raise no error: each is seen in a number that another code computes as well."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import layer_traps


def test_a_bias_along_the_batch_never_moves_and_costs_the_classes() -> None:
    result = layer_traps.bias_along_batch(fast=True)
    assert result.seeds == (0, 1)
    assert min(result.right) > 0.9
    assert max(result.wrong) < 0.4
    assert min(result.moved_right) > 1
    assert max(result.moved_wrong) < 1e-12
    assert result.points.shape == (300, 2)
    assert np.bincount(result.labels).tolist() == [100, 100, 100]


def test_softmax_gives_a_column_bias_no_gradient_and_a_row_bias_one() -> None:
    generator = torch.Generator().manual_seed(1)
    u = torch.randn(5, 5, dtype=torch.float64, generator=generator)
    b = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 2, 4])
    (column,) = torch.autograd.grad(F.cross_entropy(u + b[:, None], labels), b)
    (row,) = torch.autograd.grad(F.cross_entropy(u + b, labels), b)
    assert column.abs().max() < 1e-15
    assert row.abs().max() > 0.01


def test_the_summed_gradient_grows_with_the_batch_and_the_mean_is_that_of_torch() -> None:
    result = layer_traps.reduction((0, 1), batch_sizes=(1, 8, 64))
    np.testing.assert_allclose(result.total, result.mean * np.array([1, 8, 64]), rtol=1e-12)
    data = layer_traps.grey_digits()
    rng = np.random.default_rng(1)
    w = torch.tensor(0.01 * rng.standard_normal((64, 10)), requires_grad=True)
    rows = rng.permutation(len(data.x))[:8]
    loss = F.cross_entropy(torch.tensor(data.x[rows]) @ w, torch.tensor(data.d[rows]))
    (gradient,) = torch.autograd.grad(loss, w)
    assert result.mean[1, 1] == pytest.approx(gradient.norm().item(), rel=1e-10)


def test_only_the_logits_keep_a_large_loss() -> None:
    result = layer_traps.saturation()
    np.testing.assert_allclose(result.from_logits, np.logaddexp(0, result.gap), rtol=1e-6)
    assert np.isinf(result.from_probabilities[result.gap > 105]).all()
    assert np.isfinite(result.from_probabilities[result.gap < 100]).all()
    assert result.clipped.max() == pytest.approx(-math.log(1e-8))


def test_shifted_labels_train_as_well_and_name_the_neighbour() -> None:
    result = layer_traps.shifted_index(fast=True)
    for wrong, right in zip(result.loss, result.loss_right, strict=True):
        assert wrong == pytest.approx(right, rel=0.02)
    assert min(result.accuracy_right) > 0.85
    assert max(result.accuracy) < 0.05


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        layer_traps.bias_along_batch(())
    with pytest.raises(ValueError, match="epochs must be an int of at least 1; got 0"):
        layer_traps.shifted_index(epochs=0)
