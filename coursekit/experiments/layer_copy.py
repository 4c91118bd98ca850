"""A trained network copied into torch, its weights transposed as they must be, and not."""

__all__ = ["CopyResult", "run", "to_torch"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from coursekit.experiments.bench import plan
from coursekit.experiments.layer_heads import grey_digits
from coursekit.scratch.layers import Linear
from coursekit.scratch.mlp import MLP, fit


class CopyResult(NamedTuple):
    """Test accuracy of the network, its right copy and the copy without a transpose, one entry a seed."""

    seeds: tuple[int, ...]
    original: tuple[float, ...]
    right: tuple[float, ...]
    forgotten: tuple[float, ...]
    largest_difference: tuple[float, ...]


def to_torch(model: MLP, *, transpose_square: bool = True) -> nn.Sequential:
    r"""Copy a NumPy network into torch, whose ``nn.Linear`` keeps :math:`W^T`.

    Args:
        model: a network of linear layers and ReLU.
        transpose_square: False leaves square weights as they are, which torch accepts without a word.

    Returns a network in float64 that does the same, or, with the mistake, something else.
    """
    layers: list[nn.Module] = []
    for layer in model.layers:
        if not isinstance(layer, Linear):
            layers.append(nn.ReLU())
            continue
        weight, bias = (torch.from_numpy(layer.parameters[name].copy()).double() for name in ("W", "b"))
        keep = weight.shape[0] == weight.shape[1] and not transpose_square
        linear = nn.Linear(weight.shape[0], weight.shape[1], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(weight if keep else weight.T)
            linear.bias.copy_(bias)
        layers.append(linear)
    return nn.Sequential(*layers)


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, epochs: int = 20, fast: bool = False) -> CopyResult:
    """Train a 64-64-10 network on the digits in NumPy and score it and its two copies.

    Args:
        seeds: one training each.
        epochs: passes over the rows, 1 or more.
        fast: two seeds and a quarter of the epochs.

    Raises:
        TypeError: epochs is no int.
        ValueError: there is no seed, or epochs is below 1.
    """
    used, epochs = plan(seeds, epochs, fast)
    data, rows = grey_digits(), []
    labels = data.d.argmax(axis=1)
    for seed in used:
        rng = np.random.default_rng(seed)
        model = MLP((64, 64, 10), activation="relu", generator=rng)
        fit(model, data.x, labels, epochs=epochs, batch_size=50, learning_rate=0.2, generator=rng)
        own = model.forward(data.x_test)
        x = torch.from_numpy(data.x_test)
        with torch.no_grad():
            copies = [to_torch(model, transpose_square=turned)(x).numpy() for turned in (True, False)]
        hits = [float((u.argmax(axis=1) == data.labels_test).mean()) for u in (own, *copies)]
        rows.append((*hits, float(np.abs(own - copies[0]).max())))
    original, right, forgotten, difference = zip(*rows, strict=True)
    return CopyResult(used, original, right, forgotten, difference)
