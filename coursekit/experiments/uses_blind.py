"""What a reconstruction error does not see: a simple unseen digit, and the decoder's own pictures."""

__all__ = ["EPOCHS", "RULES", "Judges", "judges", "unseen"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit.anomaly import Detector
from coursekit.autoencoders import DenseAutoencoder
from coursekit.experiments.ae_parts import EPOCHS as AE_EPOCHS
from coursekit.experiments.ae_parts import digits_in_three, trained
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.uses_anomaly import scores, small_mnist
from coursekit.metrics import auroc
from coursekit.train import fit, own_loss

EPOCHS = 12
RULES = ("autoencoder", "PCA", "nearest image", "error over ink")


class Judges(NamedTuple):
    """How well three scores tell decoded noise from test images, as areas under the ROC curve, one a seed."""

    error: tuple[float, ...]
    doubt: tuple[float, ...]
    distance: tuple[float, ...]


@cache
def _nine(digit: int, seed: int, epochs: int) -> tuple[Detector, Tensor, Tensor, Tensor]:
    """Train on nine digits; return the detector, its images, fresh normal ones and those of the tenth."""
    x, y = small_mnist()
    order = torch.randperm(len(x), generator=seeded(seed))
    normal, odd = order[y[order] != digit], order[y[order] == digit]
    train = x[normal[:2000]]
    model = DenseAutoencoder(x.shape[1], [128], 16, generator=seeded(seed))
    fit(model, (train,), loss=own_loss, epochs=epochs, batch_size=100, lr=3e-3, generator=seeded(100 + seed))
    return Detector(model.eval()), train, x[normal[3000:]], x[odd]


def unseen(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, digits: Sequence[int] = (0, 1), epochs: int = EPOCHS,
    fast: bool = False,
) -> dict[str, Tensor]:  # fmt: skip
    """Train on nine digits, and rank the tenth among fresh images of the nine.

    Args:
        seeds: one set of models each.
        digits: those left out, in turn.
        epochs: passes over 2,000 images.
        fast: two seeds and a quarter of the epochs.

    Shape:
        Each (S, D), areas under the ROC curve; one half is chance.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    area = {name: torch.zeros(len(used), len(digits)) for name in RULES}
    for i, seed in enumerate(used):
        for j, digit in enumerate(digits):
            found, train, fresh, odd = _nine(digit, seed, epochs)
            x = torch.cat([fresh, odd])
            values = scores(found, train, x)
            values["error over ink"] = values["autoencoder"] / values["ink"]
            for name in RULES:
                area[name][i, j] = auroc(values[name], torch.arange(len(x)) >= len(fresh))
    return area


def judges(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = AE_EPOCHS, fast: bool = False) -> Judges:
    """Decode codes drawn from N(0, I), which gives blots, and let three scores tell them from test digits.

    The scores: the model's own error; one minus the confidence of a classifier of pixels; the distance to
    the nearest training image.

    Args:
        seeds: of models and draws.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    from sklearn.linear_model import LogisticRegression

    used, epochs = plan(seeds, epochs, fast)
    parts = digits_in_three()
    judge = LogisticRegression(max_iter=500).fit(parts.x_train.numpy(), parts.y_train.numpy())
    found: list[list[float]] = [[], [], []]
    for seed in used:
        model = trained(seed, 8, epochs)[0]
        with torch.no_grad():
            blots = model.decode(torch.randn(300, 8, generator=seeded(seed))).clamp(0, 1)
        x = torch.cat([parts.x_test, blots])
        odd = torch.arange(len(x)) >= len(parts.x_test)
        doubt = 1 - torch.from_numpy(judge.predict_proba(x.numpy())).max(1).values
        values = Detector(model).score(x), doubt, torch.cdist(x, parts.x_train).amin(1)
        for column, value in zip(found, values, strict=True):
            column.append(auroc(value, odd))
    return Judges(*(tuple(column) for column in found))
