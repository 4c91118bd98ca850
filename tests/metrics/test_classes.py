"""Accuracy and the confusion matrix against scikit-learn's."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit import metrics


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_accuracy_and_confusion_equal_scikit_learns() -> None:
    from sklearn.metrics import accuracy_score, confusion_matrix

    scores = _normal(200, 5)
    y = torch.randint(0, 5, (200,), generator=torch.Generator().manual_seed(1))
    predicted = scores.argmax(dim=1)
    assert metrics.accuracy(scores, y) == metrics.accuracy(predicted, y) == accuracy_score(y, predicted)
    ours = metrics.confusion_matrix(scores, y, classes=5)
    assert np.array_equal(ours.numpy(), confusion_matrix(y, predicted))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy(torch.ones(3), torch.ones(4)), r"predicted must have shape \(4,\)"),
        (lambda: metrics.accuracy(torch.ones(0), torch.ones(0)), "y must hold at least one label"),
        (
            lambda: metrics.confusion_matrix(torch.tensor([0, 3]), torch.tensor([0, 1]), classes=3),
            "predicted must hold labels from 0 to 2; got 0 to 3",
        ),
    ],
)
def test_bad_arguments_are_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
