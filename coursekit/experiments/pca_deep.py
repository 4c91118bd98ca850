"""Deep autoencoders against PCA on the digits: by width of the code, by network, by start, by the clock."""

__all__ = ["DeepRun", "PlantedRun", "Timing", "plant", "planted", "run", "timing"]

import statistics
import time
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, require
from coursekit.autoencoders import PCA, DenseAutoencoder, fit_pca
from coursekit.data import Split, digits
from coursekit.experiments.bench import plan, seeded
from coursekit.train import Cosine, fit, own_loss

EPOCHS, BATCH_SIZE = 60, 100
# Widths of the hidden layers, activation, learning rate: the second is a common recipe, the first is tuned.
_NETWORKS = {"wide": ((128,), "gelu", 8e-3), "narrow": ((128, 64), "relu", 3e-3)}


class DeepRun(NamedTuple):
    """Test errors of one kind of network and of PCA at one width of the code.

    ``error`` (S,) and ``clipped`` (S,), with outputs clipped to [0, 1], are those of the network, one entry a
    seed, ``curve`` (S, T) its test error after each epoch; ``pca`` and ``pca_clipped`` are those of PCA.
    ``images`` (30, D) are ten test images, what the first seed makes of them, and what PCA does.
    """

    seeds: tuple[int, ...]
    error: Tensor
    clipped: Tensor
    curve: Tensor
    pca: float
    pca_clipped: float
    images: Tensor


class PlantedRun(NamedTuple):
    """Test errors of the narrow network that starts as PCA: at the start, and after each epoch (S, T)."""

    seeds: tuple[int, ...]
    start: float
    curve: Tensor


class Timing(NamedTuple):
    """Processor seconds to fit PCA, median of repeats, and to train an autoencoder, one a seed."""

    seeds: tuple[int, ...]
    pca: float
    autoencoder: tuple[float, ...]


@cache
def _split() -> Split:
    """Return the digits that all comparisons use."""
    return digits(seed=0)


def _error(x: Tensor, outputs: Tensor) -> float:
    """Return the squared error of an image, summed over pixels."""
    return (x - outputs).square().sum(1).mean().item()


def _network(name: str, k: int, seed: int) -> tuple[DenseAutoencoder, float]:
    """Return a network of a name and its learning rate."""
    hidden, activation, lr = _NETWORKS[check_choice(name, "network", tuple(_NETWORKS))]
    return DenseAutoencoder(64, hidden, k, activation=activation, generator=seeded(seed)), lr


def _train(
    model: DenseAutoencoder, lr: float, seed: int, epochs: int, *, watched: bool = True
) -> list[float]:
    """Train on batches of 100 at a rate that falls along half a cosine; return the test errors if watched."""
    split = _split()
    steps = epochs * -(-len(split.x_train) // BATCH_SIZE)
    history = fit(
        model, (split.x_train,), loss=own_loss, epochs=epochs, batch_size=BATCH_SIZE, lr=lr,
        schedule=Cosine(steps), generator=seeded(10_000 + seed),
        validation=(split.x_test,) if watched else None,
    )  # fmt: skip
    model.eval()
    return history.column("val_loss") if watched else []


def run(
    k: int, seeds: Sequence[int] = (0, 1, 2, 3, 4), *, network: str = "wide", epochs: int = EPOCHS,
    fast: bool = False,
) -> DeepRun:  # fmt: skip
    """Train an autoencoder on the digits, one a seed, and fit PCA with as many components.

    Args:
        k: width of the code.
        seeds: of the initial weights and of the order of the rows.
        network: "wide", 64-128-K with GELU, or "narrow", 64-128-64-K with ReLU.
        epochs: passes over 1,438 images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Errors are squared, summed over the pixels of an image and averaged over test images.

    Raises:
        TypeError: epochs or k is no int.
        ValueError: there is no seed, the network is unknown, or epochs or k is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    x, test = _split().x_train, _split().x_test
    plain = fit_pca(x, k).reconstruct(test)
    outputs, curves = [], []
    for seed in used:
        model, lr = _network(network, k, seed)
        curves.append(_train(model, lr, seed, epochs))
        outputs.append(model.reconstruct(test))
    error, clipped = ([_error(test, o) for o in outs] for outs in (outputs, [o.clamp(0, 1) for o in outputs]))
    return DeepRun(
        used, torch.tensor(error), torch.tensor(clipped), torch.tensor(curves),
        _error(test, plain), _error(test, plain.clamp(0, 1)),
        torch.cat([test[:10], outputs[0][:10], plain[:10]]),
    )  # fmt: skip


def _mirrored(rows: Tensor) -> Tensor:
    """Return rows and their negatives: relu(a) - relu(-a) = a."""
    return torch.cat([rows, -rows])


def plant(model: DenseAutoencoder, pca: PCA) -> None:
    """Write PCA into a ReLU network with the hidden layers 2 D and 2 K, whose reconstructions it then gives.

    Args:
        model: a DenseAutoencoder of widths D, 2 D, 2 K, K and back, changed in place.
        pca: a fit of K components.

    Shape:
        Components (K, D).

    Raises:
        ValueError: the widths or the activation of the model do not fit.
    """
    k, width = pca.components.shape
    found = (*model.input_shape, *model.hidden_dims, model.latent_dim)
    wanted = (width, 2 * width, 2 * k, k)
    require(found == wanted, f"model must have the widths {wanted}; got {found}")
    require(model.activation == "relu", f"model must use relu; got {model.activation!r}")
    v, eye, code = pca.components, torch.eye(width), torch.eye(k)
    centre = (v @ pca.mean)[:, None]  # (K, 1)
    both = [
        (_mirrored(eye), torch.zeros(2 * width)),
        (_mirrored(torch.cat([v, -v], 1)), -_mirrored(centre)[:, 0]),
        (torch.cat([code, -code], 1), torch.zeros(k)),
        (_mirrored(code), torch.zeros(2 * k)),
        (_mirrored(torch.cat([v.T, -v.T], 1)), torch.zeros(2 * width)),
        (torch.cat([eye, -eye], 1), pca.mean),
    ]
    linears = [
        layer for part in (model.encoder, model.decoder) for layer in part if isinstance(layer, nn.Linear)
    ]
    with torch.no_grad():
        for layer, (weight, bias) in zip(linears, both, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def planted(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 20, lr: float = 2e-3, fast: bool = False
) -> PlantedRun:
    """Train the narrow network with 32 codes from PCA's own weights.

    Args:
        seeds: of the order of the rows.
        epochs: passes over 1,438 images.
        lr: the largest learning rate.
        fast: two seeds and a quarter of the epochs.

    Units:
        Errors are squared, summed over the pixels of an image and averaged over test images.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    split, curves, start = _split(), [], 0.0
    for seed in used:
        model, _ = _network("narrow", 32, seed)
        plant(model, fit_pca(split.x_train, 32))
        start = _error(split.x_test, model.reconstruct(split.x_test))
        curves.append(_train(model, lr, seed, epochs))
    return PlantedRun(used, start, torch.tensor(curves))


def timing(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, k: int = 8, epochs: int = 5, fast: bool = False
) -> Timing:
    """Clock both fits alike: fitting only, no evaluation, processor time.

    Args:
        seeds: one training each.
        k: width of the code.
        epochs: passes of the autoencoder over the training images.
        fast: two seeds and a quarter of the epochs.

    Units:
        Seconds of processor time.

    Raises:
        TypeError: epochs or k is no int.
        ValueError: there is no seed, or epochs or k is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    x, fits, trainings = _split().x_train, [], []
    for _ in range(11):
        start = time.process_time()
        fit_pca(x, k)
        fits.append(time.process_time() - start)
    for seed in used:
        model, lr = _network("wide", k, seed)
        start = time.process_time()
        _train(model, lr, seed, epochs, watched=False)
        trainings.append(time.process_time() - start)
    return Timing(used, statistics.median(fits), tuple(trainings))
