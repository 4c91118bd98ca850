"""Settings that do something else than their name: clipping, weight decay, and a loss behind two sigmoids."""

__all__ = [
    "Norms",
    "batch_means",
    "bernoulli_excess",
    "decayed",
    "gradient_norms",
    "pixel_entropy",
    "two_sigmoids",
]

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import check_choice, check_in_unit, check_positive_int
from coursekit.autoencoders import DenseAutoencoder
from coursekit.experiments.ae_parts import EPOCHS, HIDDEN, digits_in_three, per_pixel, trained
from coursekit.experiments.bench import BATCH_SIZE, plan, seeded
from coursekit.train import fit, own_loss
from coursekit.train.terms import Batch, batches

OPTIMIZERS = ("Adam", "AdamW")


class Norms(NamedTuple):
    """The norm of the gradient in each step, (S, T), by what the squared errors of a batch are divided by."""

    per_image: Tensor
    per_pixel: Tensor


def gradient_norms(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 3, fast: bool = False) -> Norms:
    """Train with Adam, once on errors summed over the pixels, once on their mean, and note the norms.

    Args:
        seeds: one run each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    rows: dict[float, list[list[float]]] = {1.0: [], 64.0: []}
    for divisor, found in rows.items():
        for seed in used:
            model = DenseAutoencoder(64, [HIDDEN], 8, generator=seeded(seed))
            optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
            order, norms = seeded(10_000 + seed), []
            for _ in range(epochs):
                x = digits_in_three().x_train
                for (batch,) in batches((x[torch.randperm(len(x), generator=order)],), BATCH_SIZE):
                    optimizer.zero_grad()
                    (model.loss(batch).loss / divisor).backward()  # type: ignore[no-untyped-call]
                    # An infinite limit clips nothing and still returns the norm.
                    norms.append(nn.utils.clip_grad_norm_(model.parameters(), float("inf")).item())
                    optimizer.step()
            found.append(norms)
    return Norms(torch.tensor(rows[1.0]), torch.tensor(rows[64.0]))


def decayed(
    optimizer: str, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, decay: float = 1e-5, epochs: int = 6,
    fast: bool = False,
) -> tuple[float, ...]:  # fmt: skip
    """Return what is left of the weights that read pixels which are black in every training image.

    Args:
        optimizer: "Adam" or "AdamW".
        seeds: one run each.
        decay: its weight decay.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        The norm of these weights after training over the one before.

    Raises:
        ValueError: there is no seed, epochs is below 1, or the optimiser is another one.

    Source:
        Loshchilov & Hutter 2019.
    """
    used, epochs = plan(seeds, epochs, fast)
    kind: type[torch.optim.Adam] = getattr(torch.optim, check_choice(optimizer, "optimizer", OPTIMIZERS))
    x = digits_in_three().x_train
    black, found = x.amax(0) == 0, []
    for seed in used:
        model = DenseAutoencoder(64, [HIDDEN], 8, generator=seeded(seed))
        weight = next(model.encoder.parameters())
        before = weight[:, black].norm().item()
        fit(
            model, (x,), loss=own_loss, epochs=epochs, batch_size=BATCH_SIZE,
            optimizer=kind(model.parameters(), lr=3e-3, weight_decay=decay), generator=seeded(10_000 + seed),
        )  # fmt: skip
        found.append(weight[:, black].norm().item() / before)
    return tuple(found)


def pixel_entropy(x: Tensor) -> Tensor:
    r"""Return the smallest cross-entropy that any reconstruction of x can have.

    .. math:: h(x) = -\sum_{i=1}^{D} \bigl[ x_i \ln x_i + (1 - x_i) \ln (1 - x_i) \bigr]

    It is zero for black and white pixels only.

    Args:
        x: images in [0, 1].

    Shape:
        x: (B, D); returns (B,).

    Units:
        Nats per image.

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x is outside [0, 1].

    Example:
        >>> pixel_entropy(torch.tensor([[0.0, 1.0, 0.5]])).item() == torch.tensor(2.0).log().item()
        True
    """
    check_in_unit(x, "x")
    terms: Tensor = torch.xlogy(x, x) + torch.special.xlog1py(1 - x, -x)
    return -terms.sum(-1)


def bernoulli_excess(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False
) -> tuple[tuple[float, ...], float]:
    """Train with the Bernoulli loss; return its test value, one a seed, and the entropy below it.

    Args:
        seeds: one run each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Nats per pixel, the unit in which such numbers are quoted.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    x = digits_in_three().x_test
    models = [trained(seed, 8, epochs, "bernoulli")[0] for seed in used]
    values = [model.loss(x).loss.item() / x.shape[1] for model in models]
    return tuple(values), pixel_entropy(x).mean().item() / x.shape[1]


def _behind_two(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    """Return the loss of someone who puts a sigmoid before a loss that has one."""
    del generator
    outputs = torch.sigmoid(model(batch[0]).outputs)
    return {"loss": F.binary_cross_entropy_with_logits(outputs, batch[0], reduction="sum") / len(batch[0])}


def two_sigmoids(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS // 3, fast: bool = False
) -> Tensor:
    """Train with one sigmoid and with two, and return what the second one does.

    Args:
        seeds: one run each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Shape:
        Returns (S, 4): lowest and highest pixel with two, the error per pixel with two, and with one.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    parts, found = digits_in_three(), []
    for seed in used:
        model = DenseAutoencoder(64, [HIDDEN], 8, loss="bernoulli", generator=seeded(seed))
        fit(
            model, (parts.x_train,), loss=_behind_two, epochs=epochs, batch_size=BATCH_SIZE, lr=3e-3,
            generator=seeded(10_000 + seed),
        )  # fmt: skip
        # What the loss compared with x was the sigmoid of a sigmoid.
        pixels = torch.sigmoid(model.reconstruct(parts.x_test))
        right = trained(seed, 8, 3 * epochs, "bernoulli")[0].reconstruct(parts.x_test)
        errors = [per_pixel(outputs, parts.x_test) for outputs in (pixels, right)]
        found.append([pixels.min().item(), pixels.max().item(), *errors])
    return torch.tensor(found)


def batch_means(errors: Tensor, size: int) -> tuple[float, float]:
    """Return the mean of batch means, and the mean of all errors.

    Args:
        errors: one an image.
        size: images in a batch, the last one perhaps fewer.

    Shape:
        errors: (N,).

    Raises:
        ValueError: size is below 1.

    Example:
        >>> batch_means(torch.tensor([1.0, 1.0, 4.0]), 2)
        (2.5, 2.0)
    """
    check_positive_int(size, "size")
    return torch.stack(
        [part.mean() for (part,) in batches((errors,), size)]
    ).mean().item(), errors.mean().item()
