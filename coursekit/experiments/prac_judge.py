"""A loss in features learnt from half of the training digits, and a judge learnt from the rest."""

__all__ = ["Feature", "accuracy", "extractor", "features_of_digits", "judged"]

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import require
from coursekit.autoencoders.perceptual import FeatureLoss
from coursekit.dense import mlp, reset_weights
from coursekit.experiments.ae_parts import digits_in_three
from coursekit.experiments.bench import seeded
from coursekit.train import fit
from coursekit.train.terms import Batch

HALF, EPOCHS = 600, 25


class Feature(NamedTuple):
    """Test error per pixel and the judge's accuracy on the copies, (M, S) each; ``real`` on the images."""

    error: Tensor
    accuracy: Tensor
    real: float


def _class_terms(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    """Return the cross-entropy of a batch of images and classes."""
    del generator
    return {"loss": F.cross_entropy(model(batch[0]), batch[1])}


@cache
def extractor() -> nn.Module:
    """Return two hidden layers of a classifier of 600 training digits, (B, 64) to (B, 64).

    They are one object a process, so leave it as it is.
    """
    net, parts = mlp([64, 96, 64, 10]), digits_in_three()
    reset_weights(net, generator=seeded(0))
    fit(
        net, (parts.x_train[:HALF], parts.y_train[:HALF]), loss=_class_terms, epochs=EPOCHS, batch_size=50,
        lr=3e-3, generator=seeded(1),
    )  # fmt: skip
    return net[:-1].eval().requires_grad_(False)


@cache
def features_of_digits() -> FeatureLoss:
    """Return the loss in the features of :func:`extractor`."""
    return FeatureLoss(extractor())


@cache
def _judge() -> Any:
    """Return a support vector machine fitted to the other 600 training digits."""
    from sklearn.svm import SVC

    parts = digits_in_three()
    return SVC(C=10.0, gamma=0.06).fit(parts.x_train[HALF:].numpy(), parts.y_train[HALF:].numpy())


def accuracy(images: Tensor, classes: Tensor) -> float:
    """Return the share of images that the judge takes for what they are.

    Args:
        images: pixel values.
        classes: what they show.

    Shape:
        images: (N, 64); classes: (N,).

    Raises:
        ValueError: the lengths differ.
    """
    require(
        len(images) == len(classes), f"images and classes must be as many; got {len(images)}, {len(classes)}"
    )
    told = torch.as_tensor(_judge().predict(images.numpy()))
    return (told == classes).double().mean().item()


def judged(columns: Sequence[Sequence[nn.Module]]) -> Feature:
    """Score models by pixels and by the judge, which shares neither images nor weights with the features.

    Args:
        columns: trained autoencoders, one row a loss, one column a seed.

    Raises:
        ValueError: there is no model.
    """
    require(columns and columns[0], "columns must hold at least one model; got none")
    parts = digits_in_three()
    errors, shares = [], []
    for models in columns:
        told = [model.reconstruct(parts.x_test) for model in models]  # type: ignore[operator]
        errors.append([(y - parts.x_test).square().mean().item() for y in told])
        shares.append([accuracy(y, parts.y_test) for y in told])
    return Feature(torch.tensor(errors), torch.tensor(shares), accuracy(parts.x_test, parts.y_test))
