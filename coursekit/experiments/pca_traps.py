"""What goes wrong around PCA: a mean forgotten, pixels rescaled, a basis fitted on the test images."""

__all__ = ["TrapRun", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit.autoencoders import PCA, fit_pca
from coursekit.data import digits
from coursekit.experiments.bench import plan


class TrapRun(NamedTuple):
    """Test errors of a PCA of the digits and of its misuses, one entry for each seed of the split.

    ``right`` (S,) is correct; ``uncentred`` (S,) fits and projects without the mean; ``half`` (S,) adds it
    but does not subtract it; ``forgotten`` (S,) fits with the mean and never uses it again; ``scaled`` (S,)
    divides each pixel by its standard deviation and multiplies at the end; ``peeked`` (S,) is fitted on the
    test images.
    """

    seeds: tuple[int, ...]
    right: Tensor
    uncentred: Tensor
    half: Tensor
    forgotten: Tensor
    scaled: Tensor
    peeked: Tensor


def _standardised(x: Tensor, test: Tensor, k: int) -> Tensor:
    """Return reconstructions by a PCA of pixels of unit variance; constant pixels are only centred."""
    spread = x.std(0)
    spread = torch.where(spread > 0, spread, torch.ones_like(spread))
    return fit_pca(x / spread, k).reconstruct(test / spread) * spread


def _uncentred(x: Tensor, test: Tensor, k: int) -> Tensor:
    """Return projections on the first singular vectors of rows that were never centred."""
    v: Tensor = torch.linalg.svd(x, full_matrices=False)[2][:k]
    return test @ v.T @ v


def _errors(x: Tensor, test: Tensor, k: int) -> list[float]:
    """Return the errors in the order of the fields."""
    pca: PCA = fit_pca(x, k)
    along = test @ pca.components.T @ pca.components
    outputs = (
        pca.reconstruct(test),
        _uncentred(x, test, k),
        pca.mean + along,
        along,
        _standardised(x, test, k),
        fit_pca(test, k).reconstruct(test),
    )
    return [(test - each).square().sum(1).mean().item() for each in outputs]


def run(k: int = 8, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, fast: bool = False) -> TrapRun:
    """Measure each mistake on the digits.

    Args:
        k: components.
        seeds: of the split into training and test images.
        fast: two seeds.

    Units:
        Errors are squared, summed over the pixels of an image and averaged over test images.

    Raises:
        TypeError: k is no int.
        ValueError: there is no seed, or k is below 1 or above 64.
    """
    used, _ = plan(seeds, 1, fast)
    splits = [digits(seed=seed, dtype=torch.float64) for seed in used]
    table = torch.tensor([_errors(split.x_train, split.x_test, k) for split in splits], dtype=torch.float64)
    return TrapRun(used, *table.T)
