"""Points in the plane whose density is known, drawn by a seed."""

__all__ = ["gaussians", "rings", "spiral", "two_moons"]

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from coursekit._check import check_positive, check_positive_int


def _generator(n: object, seed: object, noise: object) -> np.random.Generator:
    """Check what every toy takes and return its generator."""
    check_positive_int(n, "n")
    check_positive_int(seed, "seed", minimum=0)
    check_positive(noise, "noise", zero=True)
    return np.random.default_rng(seed)  # type: ignore[arg-type]


def _points(
    x: NDArray[np.float64], y: NDArray[np.int64], noise: float, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Add isotropic noise and hand over tensors."""
    noisy = x + noise * rng.standard_normal(x.shape)
    return torch.from_numpy(noisy.astype(np.float32)), torch.from_numpy(y.astype(np.int64))


def _circle(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points of the unit circle at the given angles."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def two_moons(n: int, *, seed: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    r"""Draw from two interleaved half circles of radius 1.

    With :math:`t \sim U(0, \pi)`, moon 0 is :math:`(\cos t, \sin t)` and moon 1 is
    :math:`(1 - \cos t, \tfrac12 - \sin t)`; noise :math:`N(0, \sigma^2 I)` is added.

    Args:
        n: how many points, at least 1.
        seed: zero or above.
        noise: the standard deviation, zero or above.

    Shape:
        Returns x (n, 2), float32, and the moon of each point (n,), int64.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if it has a wrong value.

    Example:
        >>> x, y = two_moons(100, seed=0)
        >>> x.shape, y.shape
        (torch.Size([100, 2]), torch.Size([100]))
    """
    rng = _generator(n, seed, noise)
    y = rng.integers(0, 2, n)
    arc = _circle(rng.uniform(0, np.pi, n))
    x = np.where(y[:, None] == 0, arc, np.array([1.0, 0.5]) - arc)
    return _points(x, y, noise, rng)


def rings(
    n: int, *, seed: int, noise: float = 0.05, radii: tuple[float, ...] = (0.5, 1.0)
) -> tuple[Tensor, Tensor]:
    """Draw from concentric circles, each as likely as the others.

    Args:
        n: how many points, at least 1.
        seed: zero or above.
        noise: the standard deviation of the noise in each coordinate, zero or above.
        radii: one a circle, each above zero.

    Shape:
        Returns x (n, 2), float32, and the circle of each point (n,), int64.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if it has a wrong value.

    Example:
        >>> x, y = rings(4, seed=0, noise=0.0)
        >>> bool(torch.allclose(x.norm(dim=1), torch.tensor([0.5, 1.0])[y]))
        True
    """
    rng = _generator(n, seed, noise)
    sizes = np.array([check_positive(radius, "radii") for radius in radii])
    check_positive_int(len(sizes), "the number of radii")
    y = rng.integers(0, len(sizes), n)
    return _points(sizes[y][:, None] * _circle(rng.uniform(0, 2 * np.pi, n)), y, noise, rng)


def gaussians(
    n: int, *, seed: int, noise: float = 0.2, modes: int = 8, radius: float = 2.0
) -> tuple[Tensor, Tensor]:
    r"""Draw from a mixture of equal Gaussians whose means stand evenly on a circle.

    .. math:: p(x) = \frac1K \sum_{k=0}^{K-1} N\bigl(x; R (\cos t_k, \sin t_k), \sigma^2 I\bigr),
              \quad t_k = \frac{2\pi k}{K}

    Args:
        n: how many points, at least 1.
        seed: zero or above.
        noise: :math:`\sigma`, zero or above.
        modes: :math:`K`, at least 1.
        radius: :math:`R`, above zero.

    Shape:
        Returns x (n, 2), float32, and the mode of each point (n,), int64.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if it has a wrong value.

    Example:
        >>> x, y = gaussians(1000, seed=0)
        >>> sorted(set(y.tolist()))
        [0, 1, 2, 3, 4, 5, 6, 7]
    """
    rng = _generator(n, seed, noise)
    check_positive_int(modes, "modes")
    y = rng.integers(0, modes, n)
    return _points(check_positive(radius, "radius") * _circle(2 * np.pi * y / modes), y, noise, rng)


def spiral(
    n: int, *, seed: int, noise: float = 0.05, arms: int = 2, turns: float = 1.5
) -> tuple[Tensor, Tensor]:
    """Draw from interleaved arms of an Archimedean spiral, radius growing from 0 to 1 with the angle.

    The square root of a uniform number makes the points evenly dense along the arm, up to its centre.

    Args:
        n: how many points, at least 1.
        seed: zero or above.
        noise: the standard deviation of the noise in each coordinate, zero or above.
        arms: how many, at least 1.
        turns: full turns of an arm, above zero.

    Shape:
        Returns x (n, 2), float32, and the arm of each point (n,), int64.

    Raises:
        TypeError: if an argument has a wrong type.
        ValueError: if it has a wrong value.

    Example:
        >>> x, y = spiral(100, seed=0, arms=3)
        >>> int(y.max())
        2
    """
    rng = _generator(n, seed, noise)
    check_positive_int(arms, "arms")
    y = rng.integers(0, arms, n)
    radius = np.sqrt(rng.uniform(0, 1, n))
    angle = 2 * np.pi * (check_positive(turns, "turns") * radius + y / arms)
    return _points(radius[:, None] * _circle(angle), y, noise, rng)
