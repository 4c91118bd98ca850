"""Anomalies among small MNIST images: one digit is normal, or nine are, and the others must be found."""

__all__ = [
    "EPOCHS",
    "METHODS",
    "Alarms",
    "Parts",
    "Ranking",
    "alarms",
    "detector",
    "mixed",
    "precision_at",
    "ranking",
    "scores",
    "small_mnist",
    "split",
]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import require
from coursekit.anomaly import Detector
from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.data import arrays
from coursekit.experiments.bench import plan, seeded
from coursekit.metrics import auroc, average_precision
from coursekit.train import fit, own_loss

EPOCHS, HIDDEN, CODES, RARE = 20, 64, 8, 11
METHODS = ("autoencoder", "PCA", "nearest image", "mean image", "ink")


class Parts(NamedTuple):
    """Images by role, (N, 196): 300 to train, 100 held out, 100 fresh normal ones, 900 odd ones.

    ``train``, ``held`` and ``fresh`` are disjoint and of the normal digit; ``odd`` are of the other nine.
    """

    train: Tensor
    held: Tensor
    fresh: Tensor
    odd: Tensor


class Ranking(NamedTuple):
    """For each method (S, D), seeds by normal digits: area under the ROC curve, and average precision.

    ``precision`` is with 900 odd images among 1,000, ``rare`` with 11 among 111.
    """

    auroc: dict[str, Tensor]
    precision: dict[str, Tensor]
    rare: dict[str, Tensor]


class Alarms(NamedTuple):
    """The share of fresh normal images that is flagged at a nominal 5 per cent, (S, D), by what set it."""

    train: Tensor
    held: Tensor


@cache
def small_mnist() -> tuple[Tensor, Tensor]:
    """Return 5,000 images of MNIST, averaged over blocks of 2x2 pixels, and their classes.

    Shape:
        Returns pixels (5000, 196) in [0, 1] and labels (5000,).
    """
    x, y = arrays("mnist5k")
    return F.avg_pool2d(x.reshape(-1, 1, 28, 28), 2).flatten(1), y


@cache
def split(digit: int, seed: int) -> Parts:
    """Cut the images of one digit into three parts, and draw as many anomalies as there are others.

    Args:
        digit: which one is normal, 0 to 9.
        seed: of the order of the rows.

    Raises:
        ValueError: digit is not between 0 and 9.
    """
    require(0 <= digit <= 9, f"digit must be between 0 and 9; got {digit}")
    x, y = small_mnist()
    order = torch.randperm(len(x), generator=seeded(seed))
    normal, other = order[y[order] == digit], order[y[order] != digit]
    return Parts(x[normal[:300]], x[normal[300:400]], x[normal[400:]], x[other[:900]])


def _fitted(x: Tensor, seed: int, epochs: int, hidden: int = HIDDEN, codes: int = CODES) -> Detector:
    model = DenseAutoencoder(x.shape[1], [hidden], codes, generator=seeded(seed))
    fit(model, (x,), loss=own_loss, epochs=epochs, batch_size=50, lr=5e-3, generator=seeded(10_000 + seed))
    return Detector(model.eval())


@cache
def detector(seed: int, digit: int, epochs: int = EPOCHS) -> Detector:
    """Return a detector whose 196-64-8 model was trained on one digit: one object a process, so leave it.

    Args:
        seed: of the rows, the weights and the order.
        digit: the normal one.
        epochs: passes over its 300 images.
    """
    return _fitted(split(digit, seed).train, seed, epochs)


def scores(found: Detector, train: Tensor, x: Tensor) -> dict[str, Tensor]:
    """Score images by the model and by four rules without a network: the higher, the odder.

    Args:
        found: a detector.
        train: the normal images that all rules may look at.
        x: images to score.

    Shape:
        train: (N, D); x: (B, D); each score is (B,).

    Units:
        Squared distances to the reconstruction, the plane of as many components as the model has codes, the
        nearest training image and their mean; ink is the sum of the pixels.
    """
    line = fit_pca(train, found.model.latent_dim)
    values = (
        found.score(x),
        (line.reconstruct(x) - x).square().sum(1),
        torch.cdist(x, train).amin(1).square(),
        (x - train.mean(0)).square().sum(1),
        x.sum(1),
    )
    return dict(zip(METHODS, values, strict=True))


def precision_at(share: float, found: float, false: float) -> float:
    r"""Return which part of the alarms is right.

    .. math:: P = \frac{\pi t}{\pi t + (1 - \pi)\, a}

    Args:
        share: :math:`\pi`, the share of anomalies in what comes in.
        found: t, the share of them that is flagged.
        false: a, the share of normal samples that is flagged.

    Raises:
        ValueError: a share is outside [0, 1], or nothing is flagged.

    Example:
        >>> round(precision_at(0.01, 0.9, 0.05), 4)
        0.1538
    """
    for name, value in (("share", share), ("found", found), ("false", false)):
        require(0 <= value <= 1, f"{name} must lie between 0 and 1; got {value}")
    flagged = share * found + (1 - share) * false
    require(flagged > 0, "something must be flagged; got rates of 0")
    return share * found / flagged


def ranking(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, digits: Sequence[int] = tuple(range(10)), epochs: int = EPOCHS,
    fast: bool = False,
) -> Ranking:  # fmt: skip
    """Make each digit the normal one in turn, and rank fresh images of it among 900 of the others.

    Args:
        seeds: one set of models each.
        digits: the normal ones.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or a digit is not between 0 and 9.
    """
    used, epochs = plan(seeds, epochs, fast)
    tables = torch.zeros(3, len(METHODS), len(used), len(digits))
    for i, seed in enumerate(used):
        for j, digit in enumerate(digits):
            parts = split(digit, seed)
            x = torch.cat([parts.fresh, parts.odd])
            odd = torch.arange(len(x)) >= len(parts.fresh)
            few = len(parts.fresh) + RARE
            for k, value in enumerate(scores(detector(seed, digit, epochs), parts.train, x).values()):
                tables[0, k, i, j] = auroc(value, odd)
                tables[1, k, i, j] = average_precision(value, odd)
                tables[2, k, i, j] = average_precision(value[:few], odd[:few])
    return Ranking(*(dict(zip(METHODS, table, strict=True)) for table in tables))


def alarms(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, digits: Sequence[int] = tuple(range(10)), epochs: int = EPOCHS,
    fast: bool = False,
) -> Alarms:  # fmt: skip
    """Set a threshold for 5 per cent of false alarms twice, and count those on fresh normal images.

    Args: as for :func:`ranking`.
    """
    used, epochs = plan(seeds, epochs, fast)
    found = torch.zeros(2, len(used), len(digits))
    for i, seed in enumerate(used):
        for j, digit in enumerate(digits):
            parts, own = split(digit, seed), detector(seed, digit, epochs)
            for k, source in enumerate((parts.train, parts.held)):
                judge = Detector(own.model)
                judge.fit_threshold(source, 0.95)
                found[k, i, j] = judge.predict(parts.fresh).double().mean()
    return Alarms(*found)


def mixed(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, digit: int = 3, epochs: int = EPOCHS, fast: bool = False
) -> tuple[Tensor, Tensor]:
    """Train on all ten digits as if they were normal; return what it flags, and how it ranks one digit.

    The first number is the share flagged of fresh images of the same ten digits, where nothing is odd, with
    the threshold from the training images; the second the area under the ROC curve of the one digit as
    normal against the other nine.

    Args: as for :func:`ranking`; ``digit`` is the one that somebody meant.

    Shape:
        Returns two (S,).
    """
    used, epochs = plan(seeds, epochs, fast)
    flagged, area = torch.zeros(2, len(used))
    for i, seed in enumerate(used):
        x, y = small_mnist()
        order = torch.randperm(len(x), generator=seeded(seed))
        train, fresh = order[:3000], order[3000:]
        found = _fitted(x[train], seed, max(1, epochs // 5))
        found.fit_threshold(x[train], 0.95)
        flagged[i] = found.predict(x[fresh]).double().mean()
        area[i] = auroc(found.score(x[fresh]), y[fresh] != digit)
    return flagged, area
