"""Hidden patches of digits: filled in by the mean, by the best linear guess, and by two autoencoders."""

__all__ = ["PatchResult", "fill_linear", "fill_mean", "filled", "hidden_error", "run", "trained"]

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_tensor
from coursekit.autoencoders import MaskedAutoencoder, patchify, unpatchify
from coursekit.experiments.bench import plan, seeded, train
from coursekit.experiments.contractive_sweep import images
from coursekit.train import own_loss
from coursekit.train.terms import Batch

SHAPE, PATCH, HIDDEN, WIDTH, EPOCHS, RATE = (1, 8, 8), 2, 128, 32, 20, 1e-2


class PatchResult(NamedTuple):
    """Mean squared error of a hidden pixel of the test images, one mask an image, the same for all.

    ``masked`` was trained to fill patches in, ``plain`` the same network to copy whole images, each (S,).
    """

    seeds: tuple[int, ...]
    mean: float
    linear: float
    masked: Tensor
    plain: Tensor


def _pictures(x: Tensor) -> Tensor:
    return x.view(-1, *SHAPE)


def _plain(model: nn.Module, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    del generator
    autoencoder = cast(MaskedAutoencoder, model)
    return {"loss": autoencoder.error(autoencoder(batch[0]).outputs, batch[0]).mean()}


@cache
def trained(masked: bool, seed: int, epochs: int = EPOCHS) -> MaskedAutoencoder:
    """Return a trained model; the same one for the same arguments.

    Args:
        masked: whether it is trained on hidden patches, or to copy images that it sees whole.
        seed: of the weights, the order of the rows and the masks.
        epochs: passes over the training images.
    """
    model = MaskedAutoencoder(SHAPE, [HIDDEN], WIDTH, patch=PATCH, generator=seeded(seed))
    loss = own_loss if masked else _plain
    train(model, (_pictures(images().x_train),), seed=seed, epochs=epochs, loss=loss, lr=RATE)
    return model


def hidden_error(outputs: Tensor, x: Tensor, mask: Tensor) -> float:
    """Return the mean squared error of a hidden pixel.

    Args:
        outputs: filled-in images.
        x: the true ones.
        mask: True where a patch is hidden.

    Shape:
        outputs, x: (B, 1, 8, 8); mask: (B, 16).

    Raises:
        TypeError, ValueError: an argument is no tensor of the shape above.
    """
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    gaps = patchify(outputs, PATCH)[mask] - patchify(x, PATCH)[mask]
    return gaps.square().mean().item()


def fill_mean(x: Tensor, mask: Tensor, known: Tensor) -> Tensor:
    """Return images whose hidden patches hold the mean training image.

    Args:
        x: images.
        mask: True where a patch is hidden.
        known: training images.

    Shape:
        x: (B, 1, 8, 8); mask: (B, 16); known: (N, 1, 8, 8).

    Raises:
        TypeError, ValueError: an argument is no tensor of the shape above.
    """
    check_tensor(known, "known", shape=("N", *SHAPE), floating=True)
    rows = torch.where(mask.unsqueeze(2), patchify(known, PATCH).mean(0), patchify(x, PATCH))
    return unpatchify(rows, SHAPE, PATCH)


def fill_linear(x: Tensor, mask: Tensor, known: Tensor, ridge: float = 1e-3) -> Tensor:
    r"""Return images whose hidden pixels are the best linear guess from the visible ones.

    .. math:: \hat x_h = \mu_h + \Sigma_{hv} (\Sigma_{vv} + \rho I)^{-1} (x_v - \mu_v)

    Args:
        x: images.
        mask: True where a patch is hidden.
        known: training images, which set the mean and the covariance.
        ridge: rho, which keeps constant pixels from dividing by zero.

    Shape:
        x: (B, 1, 8, 8); mask: (B, 16); known: (N, 1, 8, 8).

    Raises:
        TypeError, ValueError: an argument is no tensor of the shape above, or ridge not above 0.
    """
    check_tensor(known, "known", shape=("N", *SHAPE), floating=True)
    check_positive(ridge, "ridge")
    rows = patchify(x, PATCH).flatten(1).double()  # (B, 64), patch by patch
    table = patchify(known, PATCH).flatten(1).double()
    mean, covariance = table.mean(0), torch.cov(table.T)
    hidden = mask.repeat_interleave(PATCH * PATCH, dim=1)
    found = rows.clone()
    for row, gone, out in zip(rows, hidden, found, strict=True):
        seen = ~gone
        own = covariance[seen][:, seen] + ridge * torch.eye(int(seen.sum()), dtype=torch.float64)
        out[gone] = mean[gone] + covariance[gone][:, seen] @ torch.linalg.solve(own, row[seen] - mean[seen])
    return unpatchify(found.to(x.dtype).view(len(x), -1, PATCH * PATCH), SHAPE, PATCH)


@torch.no_grad()
def filled(model: MaskedAutoencoder, x: Tensor, mask: Tensor) -> Tensor:
    """Return images whose hidden patches hold what a model makes of the visible ones.

    Args:
        model: trained.
        x: images; what they hold in hidden patches is never read.
        mask: True where a patch is hidden.

    Shape:
        x: (B, 1, 8, 8); mask: (B, 16).
    """
    rows = torch.where(mask.unsqueeze(2), patchify(model(x, mask).outputs, PATCH), patchify(x, PATCH))
    return unpatchify(rows, SHAPE, PATCH)


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = EPOCHS, fast: bool = False) -> PatchResult:
    """Train both models for each seed, and let all four fill in the same patches.

    Args:
        seeds: one pair each.
        epochs: passes over the training images.
        fast: two seeds and a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or epochs is below 1.
    """
    seeds, epochs = plan(seeds, epochs, fast)
    known, x = _pictures(images().x_train), _pictures(images().x_test)
    mask = trained(True, seeds[0], epochs).draw_mask(len(x), generator=seeded(0))
    rows = [
        [hidden_error(filled(trained(kind, seed, epochs), x, mask), x, mask) for seed in seeds]
        for kind in (True, False)
    ]
    mean, linear = (hidden_error(fill(x, mask, known), x, mask) for fill in (fill_mean, fill_linear))
    return PatchResult(seeds, mean, linear, *torch.tensor(rows))
