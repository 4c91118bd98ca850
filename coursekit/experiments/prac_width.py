"""How wide a code: the error that keeps falling, what a classifier gains, and a rule that fails."""

__all__ = ["WIDTHS", "Sweep", "rule_of_thumb", "sweep"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive_int
from coursekit.autoencoders import fit_pca
from coursekit.experiments.ae_parts import digits_in_three, per_pixel
from coursekit.experiments.prac_stack import Recipe, run

WIDTHS = (2, 4, 8, 16, 32, 64)


class Sweep(NamedTuple):
    """By width: validation and test error per pixel and a linear classifier's accuracy on the codes, (S, W);
    PCA's test error and accuracy, (W,)."""

    widths: tuple[int, ...]
    valid: Tensor
    test: Tensor
    accuracy: Tensor
    line: Tensor
    line_accuracy: Tensor

    def chosen(self) -> list[int]:
        """Return the width with the smallest validation error, one a seed."""
        return [self.widths[int(at)] for at in self.valid.argmin(1)]

    def enough(self, accuracy: float) -> list[int]:
        """Return the smallest width whose codes reach an accuracy, one a seed; the widest if none does."""
        reached = self.accuracy >= accuracy
        reached[:, -1] = True
        return [self.widths[int(at)] for at in reached.int().argmax(1)]


def rule_of_thumb(pixels: int) -> tuple[float, float]:
    """Return the widths that "between a fiftieth and a tenth of the numbers of an image" allows.

    Args:
        pixels: numbers of an image, 1 or more.

    Raises:
        TypeError: pixels is no int.
        ValueError: it is below 1.

    Example:
        >>> rule_of_thumb(100)
        (2.0, 10.0)
    """
    check_positive_int(pixels, "pixels")
    return pixels / 50, pixels / 10


def _accuracy(train: Tensor, test: Tensor) -> float:
    """Fit a ridge classifier to standardised codes of the training part and score it on the test part."""
    from sklearn.linear_model import RidgeClassifier

    parts = digits_in_three()
    mean, scale = train.mean(0), train.std(0).clamp_min(1e-6)
    classifier = RidgeClassifier(1.0).fit(((train - mean) / scale).numpy(), parts.y_train.numpy())
    return float(classifier.score(((test - mean) / scale).numpy(), parts.y_test.numpy()))


@torch.no_grad()
def sweep(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, widths: Sequence[int] = WIDTHS, fast: bool = False
) -> Sweep:
    """Train the reference with each width of the code, and fit as many principal components.

    Args:
        seeds: one run each.
        widths: K, one model each.
        fast: two seeds and a quarter of the epochs.

    Units:
        Errors are squared pixel values, averaged over images and pixels.

    Raises:
        ValueError: there is no seed or no width, or a width is below 1.
    """
    outcomes = run([Recipe(latents=width) for width in widths], seeds, fast=fast)
    parts, line, line_accuracy = digits_in_three(), [], []
    for width in widths:
        pca = fit_pca(parts.x_train, width)
        line.append(per_pixel(pca.reconstruct(parts.x_test), parts.x_test))
        line_accuracy.append(_accuracy(pca.encode(parts.x_train), pca.encode(parts.x_test)))
    accuracy = [
        [_accuracy(t.model.encode(parts.x_train), t.model.encode(parts.x_test)) for t in outcome.runs]
        for outcome in outcomes
    ]
    valid, test = (torch.tensor([o.column(name) for o in outcomes]).T for name in ("valid", "test"))
    told = torch.tensor(accuracy).T
    return Sweep(tuple(widths), valid, test, told, torch.tensor(line), torch.tensor(line_accuracy))
