"""Clipping: torch does the same, and nothing short is made longer."""

import numpy as np
import pytest
import torch

from coursekit.experiments.clipping import clip_by_global_norm, clip_by_value


@pytest.mark.parametrize("limit", [0.1, 1.0, 50.0])
def test_both_equal_torch(limit: float) -> None:
    rng = np.random.default_rng(0)
    gradients = [rng.normal(size=shape) for shape in ((3, 4), (4,), (1,))]
    for ours, theirs in (
        (clip_by_global_norm, torch.nn.utils.clip_grad_norm_),
        (clip_by_value, torch.nn.utils.clip_grad_value_),
    ):
        leaves = [torch.zeros(g.shape, dtype=torch.float64) for g in gradients]
        for leaf, g in zip(leaves, gradients, strict=True):
            leaf.grad = torch.tensor(g)
        theirs(leaves, limit)
        for mine, leaf in zip(ours(gradients, limit), leaves, strict=True):
            np.testing.assert_allclose(mine, leaf.grad, rtol=2e-5)


def test_the_global_norm_keeps_the_direction_and_never_lengthens() -> None:
    pair = [np.array([3.0, 0.0]), np.array([0.0, 4.0])]
    clipped = np.concatenate(clip_by_global_norm(pair, 1.0))
    np.testing.assert_allclose(clipped, [0.6, 0, 0, 0.8])
    tiny = [1e-9 * g for g in pair]
    np.testing.assert_array_equal(np.concatenate(clip_by_global_norm(tiny, 1.0)), np.concatenate(tiny))
    assert not np.any(clip_by_global_norm([np.zeros(3)], 1.0)[0])


def test_limits_must_be_positive() -> None:
    for clip in (clip_by_global_norm, clip_by_value):
        with pytest.raises(ValueError, match="limit must be a finite number above zero; got 0"):
            clip([np.ones(2)], 0)
