"""Failures without an error message: each symptom is computed a second time by other code."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from coursekit.experiments import scratch_fails as study
from coursekit.experiments.layer_heads import grey_digits


def test_zero_weights_get_no_gradient_but_the_output_bias() -> None:
    data = grey_digits()
    x, labels = torch.tensor(data.x[:64]), torch.tensor(data.d[:64].argmax(axis=1))
    w1, b1, w2, b2 = (
        torch.zeros(s, dtype=torch.float64, requires_grad=True) for s in ((64, 32), 32, (32, 10), 10)
    )
    loss = F.cross_entropy(torch.relu(x @ w1 + b1) @ w2 + b2, labels)
    grads = torch.autograd.grad(loss, (w1, b1, w2, b2))
    assert [bool(g.abs().max() > 0) for g in grads] == [False, False, False, True]
    result = study.zero_start(fast=True)
    assert result.moved == [0.0, 0.0]
    assert max(result.zero) < 0.12
    assert min(result.random) > 0.8


def test_sorted_rows_end_where_the_last_class_is() -> None:
    result = study.sorted_rows((0, 1), epochs=3)
    assert result.ordered.shape == result.shuffled.shape == (2, 3)
    assert result.ordered[:, -1].max() < 0.3
    assert result.shuffled[:, -1].min() > 0.8


def test_learning_rates_fail_at_both_ends() -> None:
    result = study.rates((0, 1), values=(0.001, 0.1, 8.0), epochs=5)
    low, good, high = result.accuracy.T
    assert low.max() < 0.4
    assert good.min() > 0.9
    assert high.max() < 0.15
    with pytest.raises(ValueError, match="values must hold at least one learning rate"):
        study.rates(values=())


def test_a_bias_along_the_batch_makes_neighbours_count() -> None:
    result = study.neighbours((0, 1))
    assert result.row == [0.0, 0.0]
    assert min(result.column) > 0
    assert max(result.column) < 0.05
    assert min(result.off) > 0.3


def test_one_seed_gives_one_run_and_weights_that_are_the_data() -> None:
    result = study.one_seed(steps=100)
    assert len(set(result.same)) == 1
    assert len(set(result.own)) == 5
    assert result.copied == 0.0
    x = np.random.default_rng(42).standard_normal((100, 2))
    w = np.random.default_rng(42).normal(0, 0.1, (2, 3))
    np.testing.assert_allclose(w.ravel(), 0.1 * x.ravel()[:6])


def test_an_offset_inside_the_logarithm_caps_the_loss_and_kills_its_gradient() -> None:
    logit = torch.tensor(-40.0, dtype=torch.float64, requires_grad=True)
    capped = -torch.log(torch.sigmoid(logit) + 1e-8)
    exact = F.binary_cross_entropy_with_logits(logit, torch.ones_like(logit))
    (slope,) = torch.autograd.grad(capped, logit)
    (right,) = torch.autograd.grad(exact, logit)
    assert capped.item() == pytest.approx(-math.log(1e-8), abs=1e-6)
    assert exact.item() == pytest.approx(40, abs=1e-9)
    assert right.item() == pytest.approx(-1)
    assert abs(slope.item()) < 1e-9
    assert -math.log(1 + 1e-8) < 0


def test_outer_flattens_a_batch() -> None:
    x, delta = np.ones((4, 5)), np.ones((4, 7))
    assert np.outer(x, delta).shape == (20, 28)
    assert (x.T @ delta).shape == (5, 7)
    one = np.random.default_rng(0).normal(size=(2, 5))
    np.testing.assert_allclose(np.outer(one[0], one[1]), one[:1].T @ one[1:])


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="runs must be an int of at least 1; got 0"):
        study.one_seed(0)
    with pytest.raises(ValueError, match="seeds must hold at least one seed"):
        study.neighbours(())
