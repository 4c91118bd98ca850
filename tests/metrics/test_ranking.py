"""Rankings against scikit-learn, pairs counted one by one, and a closed form of two Gaussians."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from coursekit.metrics import auroc, average_precision, roc_curve


def _case(seed: int, n: int, levels: int) -> tuple[Tensor, Tensor]:
    """Return scores with few different values, so with many ties, and labels with both classes."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, levels, (n,), generator=generator).double() / levels
    y = torch.randint(0, 2, (n,), generator=generator)
    y[:2] = torch.tensor([0, 1])
    return scores, y


@pytest.mark.parametrize("levels", [1, 2, 5, 10**6])
@pytest.mark.parametrize("n", [2, 3, 50, 401])
def test_areas_equal_scikit_learns_with_and_without_ties(n: int, levels: int) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    for seed in range(5):
        scores, y = _case(seed, n, levels)
        assert auroc(scores, y) == pytest.approx(roc_auc_score(y, scores), abs=1e-12)
        assert average_precision(scores, y) == pytest.approx(average_precision_score(y, scores), abs=1e-12)


@pytest.mark.parametrize("levels", [1, 4, 10**6])
def test_points_equal_scikit_learns(levels: int) -> None:
    from sklearn.metrics import roc_curve as twin

    scores, y = _case(3, 200, levels)
    for ours, theirs in zip(roc_curve(scores, y), twin(y, scores, drop_intermediate=False), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-15)


def test_auroc_counts_pairs_and_ties_half() -> None:
    scores, y = _case(1, 60, 7)
    high, low = scores[y == 1].tolist(), scores[y == 0].tolist()
    wins = sum((a > b) + 0.5 * (a == b) for a in high for b in low)
    assert auroc(scores, y) == pytest.approx(wins / (len(high) * len(low)), abs=1e-12)
    assert auroc(-scores, y) == pytest.approx(1 - auroc(scores, y), abs=1e-12)


def test_auroc_of_two_gaussians_is_their_closed_form() -> None:
    # P(s+ > s-) = Phi(d / sqrt 2) for N(d, 1) against N(0, 1); its variance is at most A (1 - A) / n.
    n, d = 20_000, 1.0
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(2 * n, generator=generator, dtype=torch.float64)
    y = torch.arange(2 * n) >= n
    scores[n:] += d
    want = 0.5 * (1 + math.erf(d / 2))
    assert abs(auroc(scores, y) - want) < 5 * math.sqrt(want * (1 - want) / n)


def test_scores_that_know_nothing_reach_one_half_and_the_share_of_positives() -> None:
    y = torch.tensor([1, 0, 0, 0])
    assert auroc(torch.ones(4), y) == 0.5
    assert average_precision(torch.ones(4), y) == 0.25


def test_arguments_stay_as_they_are_and_order_does_not_matter() -> None:
    scores, y = _case(2, 80, 9)
    before = scores.clone(), y.clone()
    order = torch.randperm(80, generator=torch.Generator().manual_seed(4))
    assert auroc(scores, y) == auroc(scores[order], y[order])
    assert average_precision(scores, y) == average_precision(scores[order], y[order].bool())
    assert torch.equal(scores, before[0])
    assert torch.equal(y, before[1])


@pytest.mark.parametrize("measure", [auroc, average_precision, roc_curve])
@pytest.mark.parametrize(
    ("scores", "y", "message"),
    [
        (torch.ones(3), torch.ones(4), r"y must have shape \(3,\); got \(4,\)"),
        (torch.ones(2, 2), torch.ones(2), r"scores must have shape \(N,\); got \(2, 2\)"),
        (torch.tensor([math.nan, 1.0]), torch.tensor([0, 1]), "scores must be finite; got 1 NaN"),
        (torch.ones(2), torch.tensor([1, 2]), "y must hold 0 .negative. and 1 .positive. only"),
        (torch.ones(2), torch.tensor([1, 1]), "y must hold positives and negatives; got 2 and 0"),
        (torch.ones(0), torch.ones(0), "y must hold positives and negatives; got 0 and 0"),
    ],
)
def test_bad_arguments_are_named(measure: object, scores: Tensor, y: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        measure(scores, y)  # type: ignore[operator]
