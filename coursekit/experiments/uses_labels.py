"""Few labels: what an encoder that was trained without them adds, and what then becomes of it."""

__all__ = ["COUNTS", "EPOCHS", "STEPS", "WAYS", "Aliases", "EncoderClassifier", "Frozen", "aliases", "curve",
           "frozen", "scaled_components", "train_classifier"]  # fmt: skip

import copy
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import check_positive_int
from coursekit.autoencoders import DenseAutoencoder, fit_pca
from coursekit.data import stratified_split
from coursekit.dense import linear, reset_weights
from coursekit.experiments.ae_parts import EPOCHS, HIDDEN, digits_in_three, per_pixel, trained
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.uses_codes import accuracy_of
from coursekit.train import fit, own_loss

COUNTS, STEPS, WIDTH = (20, 50, 200, 600), 150, 32
WAYS = ("pixels", "components", "frozen", "fine-tuned", "from scratch", "untrained, frozen")


class Aliases(NamedTuple):
    """Errors of an autoencoder a pixel, one a seed: before a classifier is trained on it, and after it.

    ``shared`` is after a classifier that holds the autoencoder's own encoder, ``copied`` after one that
    holds a copy.
    """

    before: tuple[float, ...]
    shared: tuple[float, ...]
    copied: tuple[float, ...]


class Frozen(NamedTuple):
    """How far the codes of test images move while a classifier with frozen weights trains, one a seed.

    In units of the codes' standard deviation: ``weights_only`` with the encoder in training mode,
    ``all`` with it in evaluation mode.
    """

    weights_only: tuple[float, ...]
    all: tuple[float, ...]


class EncoderClassifier(nn.Module):
    r"""A linear layer on a copy of an autoencoder's encoder.

    .. math:: o(x) = W f(x) + b

    Args:
        model: the autoencoder; it is never changed.
        classes: how many there are.
        frozen: whether the encoder stays as it is, its buffers and its mode included.
        generator: source of the new layer's weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to logits (B, classes).

    Raises:
        TypeError: classes is no int.
        ValueError: classes is below 1.
    """

    def __init__(
        self, model: DenseAutoencoder, classes: int, *, frozen: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.encoder = copy.deepcopy(model.encoder).requires_grad_(not frozen)
        self.head = linear(model.latent_dim, check_positive_int(classes, "classes"))
        reset_weights(self.head, generator=generator)
        self.frozen = frozen
        self.train(model.training)

    def train(self, mode: bool = True) -> "EncoderClassifier":
        """Set the mode; a frozen encoder stays in evaluation mode.

        Args:
            mode: whether to train.
        """
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        r"""Return logits.

        Args:
            x: samples.

        Shape:
            x: (B, \*input_shape); returns (B, classes).
        """
        logits: Tensor = self.head(self.encoder(x.flatten(1)))
        return logits


def train_classifier(model: nn.Module, x: Tensor, y: Tensor, *, steps: int = STEPS, lr: float = 3e-3) -> None:
    """Train a classifier in place: Adam on all rows at once, then evaluation mode.

    Args:
        model: returns logits.
        x: samples.
        y: their classes.
        steps: of Adam.
        lr: learning rate.

    Shape:
        x: (N, D); y: (N,).

    Raises:
        TypeError: steps is no int.
        ValueError: steps is below 1.
    """
    free = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(free, lr=lr)
    model.train()
    for _ in range(check_positive_int(steps, "steps")):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    model.eval()


def _network(model: DenseAutoencoder, x: Tensor, y: Tensor, seed: int) -> float:
    parts = digits_in_three()
    classifier = EncoderClassifier(model, 10, generator=seeded(20_000 + seed))
    train_classifier(classifier, x, y)
    with torch.no_grad():
        right: Tensor = classifier(parts.x_test).argmax(1) == parts.y_test
    return right.double().mean().item()


@cache
def _one(seed: int, count: int, epochs: int) -> tuple[float, ...]:
    """Return the accuracy of each way for one seed and one number of labels."""
    parts = digits_in_three()
    rows = stratified_split(parts.y_train, count, seed)[1]
    x, y = parts.x_train[rows], parts.y_train[rows]
    model, line = trained(seed, WIDTH, epochs)[0], fit_pca(parts.x_train, WIDTH)
    fresh = DenseAutoencoder(64, [HIDDEN], WIDTH, generator=seeded(seed))  # as the trained one began
    views = {
        "pixels": (x, parts.x_test),
        "components": (line.encode(x), line.encode(parts.x_test)),
        "frozen": (model.encode(x).detach(), model.encode(parts.x_test).detach()),
        "untrained, frozen": (fresh.encode(x).detach(), fresh.encode(parts.x_test).detach()),
    }
    # Untrained codes are small, and the classifier's penalty would hold them down unless they are scaled.
    found = {
        name: accuracy_of(a, y, b, parts.y_test, scale=name.startswith("untrained"))
        for name, (a, b) in views.items()
    }
    found |= {"fine-tuned": _network(model, x, y, seed), "from scratch": _network(fresh, x, y, seed)}
    return tuple(found[name] for name in WAYS)


def curve(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, counts: Sequence[int] = COUNTS, epochs: int = EPOCHS,
    fast: bool = False,
) -> dict[str, Tensor]:  # fmt: skip
    """Return test accuracy by number of labelled digits; encoder and components saw all 1,200 unlabelled.

    Args:
        seeds: of the labelled digits and of all weights.
        counts: labelled digits, below 1,200, the classes in equal shares.
        epochs: of the autoencoder.
        fast: two seeds and a quarter of the epochs.

    Shape:
        Each (S, C), by the names of ``WAYS``.

    Raises:
        ValueError: there is no seed, or a count does not fit the 1,200 digits.
    """
    used, epochs = plan(seeds, epochs, fast)
    table = torch.tensor([[_one(seed, count, epochs) for count in counts] for seed in used])
    return dict(zip(WAYS, table.unbind(2), strict=True))


def scaled_components(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, labels: int = 50
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return test accuracy from 32 components with and without scaling each to variance 1, one a seed.

    Args:
        seeds: of the labelled digits.
        labels: labelled digits.

    Raises:
        ValueError: there is no seed.
    """
    used, _ = plan(seeds, 1, False)
    parts = digits_in_three()
    line = fit_pca(parts.x_train, WIDTH)
    found: tuple[list[float], list[float]] = ([], [])
    z, fresh = line.encode(parts.x_train), line.encode(parts.x_test)
    for seed in used:
        rows = stratified_split(parts.y_train, labels, seed)[1]
        for column, scale in zip(found, (True, False), strict=True):
            column.append(accuracy_of(z[rows], parts.y_train[rows], fresh, parts.y_test, scale=scale))
    return tuple(found[0]), tuple(found[1])


def aliases(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, labels: int = 300, epochs: int = EPOCHS, fast: bool = False
) -> Aliases:
    """Fine-tune a classifier on an autoencoder's encoder, its own or a copy, and measure the autoencoder.

    Args:
        seeds: one autoencoder each.
        labels: labelled digits.
        epochs: of the autoencoder.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts = digits_in_three()
    x, y = parts.x_train[:labels], parts.y_train[:labels]
    found: list[tuple[float, float, float]] = []
    for seed in used:
        model = copy.deepcopy(trained(seed, WIDTH, epochs)[0])
        errors = [per_pixel(model.reconstruct(parts.x_test), parts.x_test)]
        for shared in (False, True):
            classifier = EncoderClassifier(model, 10, generator=seeded(20_000 + seed))
            if shared:
                classifier.encoder = model.encoder
            train_classifier(classifier, x, y)
            errors.append(per_pixel(model.reconstruct(parts.x_test), parts.x_test))
        found.append((errors[0], errors[2], errors[1]))
    return Aliases(*zip(*found, strict=True))


def frozen(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, labels: int = 50, epochs: int = EPOCHS, fast: bool = False
) -> Frozen:
    """Train a classifier on a batch-normalised encoder without gradients, in both modes of the encoder.

    Args:
        seeds: one autoencoder each.
        labels: labelled digits, a sample that is not like all the others.
        epochs: of the autoencoder.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts, moved = digits_in_three(), torch.zeros(2, len(used))
    x, y = parts.x_train[:labels], parts.y_train[:labels]
    for i, seed in enumerate(used):
        model = DenseAutoencoder(64, [HIDDEN], WIDTH, batch_norm=True, generator=seeded(seed))
        fit(model, (parts.x_train,), loss=own_loss, epochs=epochs, batch_size=100, lr=3e-3,
            generator=seeded(10_000 + seed))  # fmt: skip
        before = model.eval().encode(parts.x_test).detach()
        for k, whole in enumerate((False, True)):
            classifier = EncoderClassifier(model, 10, frozen=whole, generator=seeded(20_000 + seed))
            classifier.encoder.requires_grad_(False)
            train_classifier(classifier, x, y)
            with torch.no_grad():
                gap = classifier.encoder(parts.x_test) - before
            moved[k, i] = gap.square().mean().sqrt() / before.std(0).square().mean().sqrt()
    return Frozen(*(tuple(row.tolist()) for row in moved))
