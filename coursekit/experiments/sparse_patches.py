"""A dictionary learned from patches of two photographs, with and without a price on the code."""

__all__ = ["PatchResult", "effective_pixels", "patches", "run", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor
from coursekit.autoencoders import SparseAutoencoder, UnitColumns, dead_units, fit_pca
from coursekit.autoencoders.activity import activity
from coursekit.experiments.bench import plan, seeded
from coursekit.train import fit, own_loss

SIDE, UNITS, EPOCHS, WEIGHT = 8, 128, 12, 2.0


class PatchResult(NamedTuple):
    """Medians over the atoms, an entry a seed, and for principal components the same of one set of patches.

    ``sparse`` and ``plain`` count the effective pixels of the atoms with and without the price;
    ``active`` is the share of active units with it; ``atoms`` (16, D) are those used most by the first seed.
    """

    seeds: tuple[int, ...]
    sparse: tuple[float, ...]
    plain: tuple[float, ...]
    active: tuple[float, ...]
    components: float
    atoms: Tensor
    leading: Tensor


@cache
def patches(count: int = 5000, *, seed: int = 0) -> Tensor:
    """Return whitened patches of 8 by 8 pixels with some contrast, from scikit-learn's two photographs.

    Args:
        count: how many, 1 or more.
        seed: of the choice.

    Shape:
        Returns (count, 64), with mean 0 in each row and standard deviation 1 over all.

    Raises:
        TypeError: count is no int.
        ValueError: count is below 1.
    """
    from sklearn.datasets import load_sample_images

    check_positive_int(count, "count")
    grey = [torch.from_numpy(image.mean(2) / 255).float() for image in load_sample_images().images]
    cut = torch.cat([g.unfold(0, SIDE, 2).unfold(1, SIDE, 2).reshape(-1, SIDE * SIDE) for g in grey])
    cut = cut[cut.std(1) > 0.05]
    rows = cut[torch.randperm(len(cut), generator=seeded(seed))[:count]]
    rows = rows - rows.mean(1, keepdim=True)
    values, vectors = torch.linalg.eigh(rows.T @ rows / len(rows))
    # The constant keeps the finest patterns, which are mostly noise, from being blown up to full size.
    white: Tensor = rows @ vectors @ torch.diag((values.clamp_min(0) + 0.003).rsqrt()) @ vectors.T
    return white / white.std()


def effective_pixels(atoms: Tensor) -> Tensor:
    r"""Return over how many pixels the energy of each atom is spread.

    .. math:: n(w) = \frac{(\sum_d w_d^2)^2}{\sum_d w_d^4}

    1 for a single pixel, D for D pixels of equal strength.

    Args:
        atoms: one a row, none of them zero.

    Shape:
        atoms: (K, D); returns (K,).

    Raises:
        TypeError: atoms is no floating-point tensor.
        ValueError: atoms has another shape.

    Example:
        >>> effective_pixels(torch.tensor([[0.0, 3.0], [1.0, -1.0]])).tolist()
        [1.0, 2.0]
    """
    energy = check_tensor(atoms, "atoms", shape=("K", "D"), floating=True).square()
    return energy.sum(1).square() / energy.square().sum(1)


@cache
def trained(seed: int, weight: float = WEIGHT, epochs: int = EPOCHS) -> SparseAutoencoder:
    """Return the autoencoder of the patches of a seed: one object a process, so leave it as it is.

    Args:
        seed: of the weights and the order of the patches.
        weight: price of the code.
        epochs: passes over the patches.
    """
    model = SparseAutoencoder(SIDE * SIDE, [], UNITS, weight=weight, unit_norm=True, generator=seeded(seed))
    fit(model, (patches(),), loss=own_loss, epochs=epochs, batch_size=200, lr=1e-2,
        generator=seeded(10_000 + seed))  # fmt: skip
    return model.eval()


@torch.no_grad()
def _atoms(model: SparseAutoencoder) -> Tensor:
    """Return the columns that some patch uses, those with the largest total activation first."""
    z, decoder = model.encode(patches()), model.decoder[0]
    columns = decoder.columns if isinstance(decoder, UnitColumns) else torch.empty(0)
    order = z.sum(0).argsort(descending=True)
    return columns.T[order[~dead_units(z)[order]]]


@torch.no_grad()
def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> PatchResult:
    """Learn a dictionary with and without a price on the code, and count the pixels that an atom uses.

    Args:
        seeds: one run of either kind each.
        epochs: passes over the patches.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    sparse = [trained(seed, WEIGHT, epochs) for seed in seeds]
    plain = [trained(seed, 0.0, epochs) for seed in seeds]
    components = fit_pca(patches(), SIDE * SIDE - 1).components
    return PatchResult(
        seeds=seeds,
        sparse=tuple(effective_pixels(_atoms(model)).median().item() for model in sparse),
        plain=tuple(effective_pixels(_atoms(model)).median().item() for model in plain),
        active=tuple(activity(model.encode(patches())).active for model in sparse),
        components=effective_pixels(components).median().item(),
        atoms=_atoms(sparse[0])[:32],
        leading=components[:16],
    )
