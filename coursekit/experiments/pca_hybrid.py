"""PCA first, an autoencoder on its scores: a floor, an exact sum of errors, a sigmoid that cannot reach."""

__all__ = ["HybridRun", "SigmoidOutput", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import require
from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.data import digits
from coursekit.experiments.bench import plan, seeded
from coursekit.train import Cosine, fit, own_loss

EPOCHS, BATCH_SIZE, RATE = 30, 100, 8e-3


class HybridRun(NamedTuple):
    """Test errors of PCA to M scores and of an autoencoder of K codes behind it, one entry a seed.

    ``floor`` is the error of PCA with M components alone, ``score`` (S,) that of the autoencoder in the
    scores, ``pixel`` (S,) that of both together, ``sigmoid`` (S,) the same with a sigmoid at the
    autoencoder's output. ``pca`` is the error of PCA with K components, ``mean`` that of the mean image,
    ``negative`` the share of scores below 0, ``reach`` the smallest and the largest.
    """

    seeds: tuple[int, ...]
    floor: float
    score: Tensor
    pixel: Tensor
    sigmoid: Tensor
    pca: float
    mean: float
    negative: float
    reach: tuple[float, float]


class SigmoidOutput(DenseAutoencoder):
    """A dense autoencoder whose outputs pass a sigmoid, and so cannot leave (0, 1): wrong for scores."""

    def _decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(super()._decode(z))


def _train(kind: type[DenseAutoencoder], scores: Tensor, k: int, seed: int, epochs: int) -> DenseAutoencoder:
    """Train an M-128-K autoencoder on scores."""
    model = kind(scores.shape[1], [128], k, activation="gelu", generator=seeded(seed))
    steps = epochs * -(-len(scores) // BATCH_SIZE)
    fit(model, (scores,), loss=own_loss, epochs=epochs, batch_size=BATCH_SIZE, lr=RATE,
        schedule=Cosine(steps), generator=seeded(10_000 + seed))  # fmt: skip
    return model


def _error(x: Tensor, outputs: Tensor) -> float:
    """Return the squared error of a row, summed over its entries."""
    return (x - outputs).square().sum(1).mean().item()


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    m: int = 32,
    k: int = 8,
    epochs: int = EPOCHS,
    fast: bool = False,
) -> HybridRun:
    """Train autoencoders on the scores of the digits, with a linear and with a sigmoid output.

    Args:
        seeds: of the initial weights and of the order of the rows.
        m: components of the PCA.
        k: codes of the autoencoder, fewer.
        epochs: passes over 1,438 rows of scores.
        fast: two seeds and a quarter of the epochs.

    Units:
        Errors are squared, summed over the entries of a row and averaged over test rows.

    Raises:
        TypeError: epochs, m or k is no int.
        ValueError: there is no seed, k is not below m, or a count is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    require(k < m, f"k must be below m = {m}; got {k}")
    split = digits(seed=0)
    x, test = split.x_train, split.x_test
    pca = fit_pca(x, m)
    scores, held = pca.encode(x), pca.encode(test)
    found: dict[type[DenseAutoencoder], list[Tensor]] = {DenseAutoencoder: [], SigmoidOutput: []}
    for kind, outputs in found.items():
        outputs += [_train(kind, scores, k, seed, epochs).reconstruct(held) for seed in used]
    pixel, sigmoid = (torch.tensor([_error(test, pca.decode(o)) for o in outs]) for outs in found.values())
    return HybridRun(
        used,
        floor=_error(test, pca.reconstruct(test)),
        score=torch.tensor([_error(held, outputs) for outputs in found[DenseAutoencoder]]),
        pixel=pixel,
        sigmoid=sigmoid,
        pca=_error(test, fit_pca(x, k).reconstruct(test)),
        mean=_error(test, x.mean(0).expand_as(test)),
        negative=(scores < 0).double().mean().item(),
        reach=(scores.min().item(), scores.max().item()),
    )
