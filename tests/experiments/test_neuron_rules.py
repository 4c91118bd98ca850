"""Two digits and one neuron: the numbers once more by torch, and the sorted order that spoils them."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coursekit.data import digits
from coursekit.experiments import neuron_rules


def test_the_pair_holds_two_digits_and_nothing_else() -> None:
    X, d, X_test, d_test = neuron_rules.pair(2, first=0, second=1)
    split = digits(seed=2, test_size=297)
    assert len(d) == int(((split.y_train == 0) | (split.y_train == 1)).sum())
    assert d.sum() == int((split.y_train == 1).sum())
    np.testing.assert_array_equal(X_test[d_test == 1], split.x_test[split.y_test == 1].numpy())
    assert X.shape[1] == 64


def test_a_logistic_neuron_errs_as_often_as_torch_s() -> None:
    result = neuron_rules.run((3,))
    X, d, X_test, d_test = (torch.tensor(part) for part in neuron_rules.pair(3))
    rng = np.random.default_rng(3)
    order = np.concatenate([rng.permutation(len(d)) for _ in range(neuron_rules.PASSES)])
    neuron = torch.nn.Linear(64, 1, dtype=torch.float64)
    torch.nn.init.zeros_(neuron.weight)
    torch.nn.init.zeros_(neuron.bias)
    optimiser = torch.optim.SGD(neuron.parameters(), lr=neuron_rules.RATES["logistic"])
    for i in order:
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(neuron(X[i])[0], d[i]).backward()
        optimiser.step()
    wrong = ((neuron(X_test)[:, 0] > 0) != (d_test > 0.5)).double().mean().item()
    assert result.mixed["logistic"] == [pytest.approx(wrong)]


def test_mixed_patterns_are_learnt_and_sorted_ones_are_not() -> None:
    result = neuron_rules.run(fast=True)
    assert result.seeds == (0, 1)
    assert list(result.mixed) == list(neuron_rules.RULES) == list(result.by_class)
    assert max(e for errors in result.mixed.values() for e in errors) < 0.06
    assert min(e for errors in result.by_class.values() for e in errors) > 0.3
    with pytest.raises(ValueError, match="at least one seed"):
        neuron_rules.run(())
