"""Digits on a larger canvas, centred, moved or with shuffled pixels, seen by four classifiers."""

__all__ = ["MODELS", "VIEWS", "Shifted", "edge_histogram", "move", "run"]

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import check_tensor, require
from coursekit.data import Split, digits
from coursekit.experiments.bench import plan, seeded

SIDE, CLASSES = 14, 10
MODELS = ("linear", "edges + linear", "MLP", "CNN")
VIEWS = ("centred", "moved", "shuffled")
_EPOCHS, _BATCH, _RATE, _CELLS, _ANGLES = 10, 100, 5e-3, 2, 8


class Shifted(NamedTuple):
    """Test accuracy of each model on each view of the digits, one entry a seed: ``accuracy[model, view]``."""

    seeds: tuple[int, ...]
    accuracy: dict[tuple[str, str], tuple[float, ...]]


@cache
def _split() -> Split:
    return digits(seed=0, test_size=297)


def move(images: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Put 8x8 images on a canvas of 14x14, in the middle or, with a generator, anywhere.

    Args:
        images: rows of 64 pixels.
        generator: source of the places; None for the middle.

    Shape:
        images: (B, 64); returns (B, 14, 14).

    Raises:
        TypeError: if images is no tensor.
        ValueError: if it has another shape.

    Example:
        >>> move(torch.ones(2, 64)).sum((1, 2)).tolist()
        [64.0, 64.0]
    """
    check_tensor(images, "images", shape=("B", 64))
    canvas = images.new_zeros(len(images), SIDE, SIDE)
    room = SIDE - 8
    middle = torch.full((len(images), 2), room // 2)
    places = middle if generator is None else torch.randint(room + 1, middle.shape, generator=generator)
    for image, (top, left), sheet in zip(images.view(-1, 8, 8), places.tolist(), canvas, strict=True):
        sheet[top : top + 8, left : left + 8] = image
    return canvas


def edge_histogram(images: Tensor) -> Tensor:
    r"""Return how much edge there is in each of eight directions, in each quarter of an image.

    .. math:: h_{c,a} = \sum_{(r, s) \in c} \|\nabla I_{rs}\|\, [\angle \nabla I_{rs} \text{ in sector } a]

    Args:
        images: grey values.

    Shape:
        images: (B, H, W) with even sides; returns (B, 32), each row of length 1 unless it is empty.

    Raises:
        TypeError: if images is no tensor.
        ValueError: if it has another shape or an odd side.

    Source:
        Dalal & Triggs 2005, the idea in its simplest form: no blocks, no interpolation.
    """
    check_tensor(images, "images", ndim=3)
    height, width = images.shape[1:]
    require(height % 2 == 0 and width % 2 == 0, f"images must have even sides; got {height} by {width}")
    padded = F.pad(images, (1, 1, 1, 1))
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    angle = torch.atan2(down, right) / (2 * torch.pi) * _ANGLES
    sector = F.one_hot(angle.round().long() % _ANGLES, _ANGLES) * torch.hypot(down, right)[..., None]
    quarters = sector.view(-1, _CELLS, height // _CELLS, _CELLS, width // _CELLS, _ANGLES)
    cells = quarters.sum((2, 4))
    return F.normalize(cells.flatten(1), dim=1)


def _model(name: str, draw: torch.Generator) -> nn.Module:
    """Return a classifier with weights drawn by the generator."""
    shapes: dict[str, Callable[[], nn.Module]] = {
        "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, CLASSES)),
        "edges + linear": lambda: nn.Linear(_CELLS**2 * _ANGLES, CLASSES),
        "MLP": lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(SIDE * SIDE, 64), nn.ReLU(), nn.Linear(64, CLASSES)
        ),
        "CNN": lambda: nn.Sequential(
            nn.Unflatten(1, (1, SIDE)), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 24, 3), nn.ReLU(),
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(24, CLASSES),
        ),
    }  # fmt: skip
    model = shapes[name]()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter, generator=draw)
        else:
            nn.init.zeros_(parameter)
    return model


def _accuracy(name: str, train: Tensor, test: Tensor, seed: int, epochs: int) -> float:
    """Train on one view and score on the test images of the same view."""
    data, draw = _split(), seeded(seed)
    if name == "edges + linear":
        train, test = edge_histogram(train) * 5, edge_histogram(test) * 5
    model = _model(name, draw)
    optimiser = torch.optim.Adam(model.parameters(), lr=_RATE)
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(train), generator=draw), _BATCH):
            optimiser.zero_grad()
            F.cross_entropy(model(train[rows]), data.y_train[rows]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    with torch.no_grad():
        return float((model(test).argmax(1) == data.y_test).double().mean())


def _views(seed: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Return training and test images of each view; shuffled means one order of pixels for all images."""
    data, draw = _split(), seeded(10_000 + seed)
    parts = data.x_train, data.x_test
    centred = tuple(move(part) for part in parts)
    moved = tuple(move(part, generator=draw) for part in parts)
    order = torch.randperm(SIDE * SIDE, generator=draw)
    shuffled = tuple(part.flatten(1)[:, order].view(-1, SIDE, SIDE) for part in centred)
    return {name: (pair[0], pair[1]) for name, pair in zip(VIEWS, (centred, moved, shuffled), strict=True)}


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, models: Sequence[str] = MODELS, fast: bool = False
) -> Shifted:
    """Train four classifiers on three views of the digits.

    Args:
        seeds: one draw of weights and places each.
        models: which classifiers to train.
        fast: two seeds, a quarter of the epochs.

    Raises:
        ValueError: there is no seed, or a model is unknown.
    """
    used, epochs = plan(seeds, _EPOCHS, fast)
    require(set(models) <= set(MODELS), f"models must be among {', '.join(MODELS)}; got {', '.join(models)}")
    views = {seed: _views(seed) for seed in used}
    accuracy = {
        (name, view): tuple(_accuracy(name, *views[seed][view], seed, epochs) for seed in used)
        for name in models
        for view in VIEWS
    }
    return Shifted(used, accuracy)
