"""The images of the world: how many could be, how many directions they use, what shifts and labels do."""

__all__ = [
    "DimensionResult",
    "LabelResult",
    "dimensions",
    "log10_images",
    "pca_dimensions",
    "random_labels",
    "shift_error",
    "two_nn",
]

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from coursekit._check import check_positive_int, require
from coursekit.data import Split, mnist5k
from coursekit.experiments.bench import plan, seeded
from coursekit.experiments.depth_stack import cross_entropies, hidden, numbers, run_adam, share_right, stack

IMAGES = 1000


class LabelResult(NamedTuple):
    """Training and test accuracy with the true labels and with shuffled ones, one entry a seed."""

    seeds: tuple[int, ...]
    train_true: tuple[float, ...]
    test_true: tuple[float, ...]
    train_random: tuple[float, ...]
    test_random: tuple[float, ...]


class DimensionResult(NamedTuple):
    """Dimensions of sets of images, one entry a seed: linear at 95 % of the variance, and by neighbours.

    ``noise`` is the neighbour estimate of equally many images of independent pixels.
    """

    seeds: tuple[int, ...]
    linear: tuple[int, ...]
    neighbours: tuple[float, ...]
    noise: tuple[float, ...]


def log10_images(height: int, width: int, *, channels: int = 3, levels: int = 256) -> float:
    r"""Return the decimal logarithm of the number of different images.

    .. math:: \log_{10} \text{levels}^{H W C} = H W C \log_{10} \text{levels}

    Args:
        height: H.
        width: W.
        channels: C.
        levels: values of one number.

    Raises:
        TypeError: if an argument is no int.
        ValueError: if one is below 1.

    Example:
        >>> round(log10_images(256, 256), 2)
        473479.24
    """
    sizes = {"height": height, "width": width, "channels": channels, "levels": levels}
    for name, size in sizes.items():
        check_positive_int(size, name)
    return height * width * channels * math.log10(levels)


def two_nn(X: ArrayLike) -> float:
    r"""Estimate the dimension of a cloud of points from the distances to its two nearest neighbours.

    .. math:: \hat d = \frac{N}{\sum_i \log (r_{i2} / r_{i1})}

    Where the density hardly changes between a point and its second neighbour, the ratio of the two distances
    follows a Pareto law whose exponent is the dimension.

    Args:
        X: different points.

    Shape:
        X: (N, D), N at least 3.

    Raises:
        ValueError: if there are fewer than three points, or two of them coincide.

    Source:
        Facco, d'Errico, Rodriguez and Laio (2017), equation 3; the maximum-likelihood form.

    Example:
        >>> line = np.random.default_rng(0).random((500, 1)) * np.ones(4)
        >>> round(two_nn(line))
        1
    """
    points = np.asarray(X, dtype=np.float64)
    require(len(points) >= 3, f"X must hold at least 3 points; got {len(points)}")
    squares = (points**2).sum(1)
    apart = squares[:, None] + squares - 2 * points @ points.T
    np.fill_diagonal(apart, np.inf)
    near = np.argpartition(apart, 1, axis=1)[:, :2]
    # The expanded square only finds the neighbours: distances come from differences, which keep the digits.
    r = np.sort(np.sqrt(((points[:, None] - points[near]) ** 2).sum(2)), axis=1)
    require((r[:, 0] > 0).all(), "X must hold different points; got two that coincide")
    return len(points) / float(np.log(r[:, 1] / r[:, 0]).sum())


def pca_dimensions(X: ArrayLike, *, share: float = 0.95) -> int:
    """Return how many principal directions hold a share of the variance.

    Args:
        X: points that differ.
        share: between 0 and 1.

    Shape:
        X: (N, D).

    Raises:
        ValueError: if the share is outside (0, 1).

    Example:
        >>> pca_dimensions([[3.0, 0.0], [-3.0, 0.0], [0.0, 0.5], [0.0, -0.5]])
        1
    """
    require(0 < share < 1, f"share must lie between 0 and 1; got {share}")
    points = np.asarray(X, dtype=np.float64)
    centred = points - points.mean(0)
    variance = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    return int(np.searchsorted(np.cumsum(variance) / variance.sum(), share)) + 1


@cache
def _images() -> Split:
    """Return MNIST-5k, standardised with the usual mean and deviation of its pixels."""
    split = mnist5k(seed=0, test_size=IMAGES)
    parts = [(x - 0.1307) / 0.3081 for x in (split.x_train, split.x_test)]
    return Split(parts[0], split.y_train, parts[1], split.y_test, split.name, split.shape, split.classes)


def dimensions(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, count: int = 2000, fast: bool = False
) -> DimensionResult:
    """Measure the dimension of MNIST images, drawn anew for each seed, and of images of independent noise.

    Args:
        seeds: one draw each.
        count: images a draw, at least 3.
        fast: use two seeds.

    Raises:
        ValueError: if there is no seed.
    """
    used, _ = plan(seeds, 1, fast)
    pixels, rows = _images().x_train.double().numpy(), []
    for seed in used:
        rng = np.random.default_rng(seed)
        drawn = pixels[rng.permutation(len(pixels))[:count]]
        rows.append((pca_dimensions(drawn), two_nn(drawn), two_nn(rng.standard_normal(drawn.shape))))
    return DimensionResult(used, *zip(*rows, strict=True))


def shift_error(stride: int, *, seed: int = 0) -> float:
    r"""Return by how much a circular convolution misses to follow a shift of its input by one pixel.

    .. math:: \min_k \max \big| \operatorname{conv}(R_1 x) - R_k \operatorname{conv}(x) \big|

    Args:
        stride: of the convolution, at least 1.
        seed: of kernel and image.

    Raises:
        TypeError: if the stride is no int.
        ValueError: if it is below 1.

    Example:
        >>> shift_error(1)
        0.0
    """
    check_positive_int(stride, "stride")
    g = seeded(seed)
    x = torch.randn(1, 1, 12, 12, generator=g, dtype=torch.float64)
    kernel = torch.randn(4, 1, 3, 3, generator=g, dtype=torch.float64)

    def convolve(image: Tensor) -> Tensor:
        padded = nn.functional.pad(image, (1, 1, 1, 1), mode="circular")
        return nn.functional.conv2d(padded, kernel, stride=stride)

    plain, moved = convolve(x), convolve(x.roll(1, 3))
    return min(float((moved - plain.roll(k, 3)).abs().max()) for k in range(plain.shape[3]))


def random_labels(
    seeds: Sequence[int] = (0, 1, 2, 3, 4), *, steps: int = 60, fast: bool = False
) -> LabelResult:
    """Train a 784-256-10 network on 1,000 images with their labels, and with the same labels shuffled.

    Args:
        seeds: one draw of images, order and weights each.
        steps: of full-batch Adam at a rate of 0.003.
        fast: two seeds and a quarter of the steps.

    Raises:
        TypeError: if ``steps`` is no int.
        ValueError: if there is no seed, or ``steps`` is below 1.

    Source:
        Zhang et al. (2017), Understanding deep learning requires rethinking generalization, section 2.
    """
    used, steps = plan(seeds, steps, fast)
    split, rows = _images(), []
    for seed in used:
        g = seeded(seed)
        at = torch.randperm(len(split.x_train), generator=g)[:IMAGES]
        x, labels = split.x_train[at], split.y_train[at]
        measured: list[float] = []
        for d in (labels, labels[torch.randperm(IMAGES, generator=g)]):
            net = stack((seed,), (784, 256, 10), dtype=torch.float32)
            net[-1] = (0.3 * net[-1][0], net[-1][1])  # small logits at the start save a third of the steps

            def loss(_: int, d: Tensor = d, net: list[tuple[Tensor, Tensor]] = net, x: Tensor = x) -> Tensor:
                return cross_entropies(hidden(net, x)[-1], d)

            run_adam(numbers(net), loss, steps=steps, learning_rate=3e-3)
            measured += share_right(hidden(net, x)[-1], d)
            measured += share_right(hidden(net, split.x_test)[-1], split.y_test)
        rows.append(tuple(measured))
    return LabelResult(used, *zip(*rows, strict=True))
