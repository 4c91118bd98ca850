"""Paths through the latent space: straight, spherical, and along one coordinate."""

__all__ = ["lerp", "slerp", "traversal"]

import torch
from torch import Tensor

from coursekit._check import check_positive_int, check_tensor, require


def _weights(steps: int, like: Tensor) -> Tensor:
    check_positive_int(steps, "steps", minimum=2)
    return torch.linspace(0, 1, steps, dtype=like.dtype, device=like.device).unsqueeze(-1)  # (steps, 1)


def lerp(start: Tensor, end: Tensor, steps: int) -> Tensor:
    r"""Return equally spaced points of the straight line from start to end, both ends included.

    .. math:: z_t = (1 - t)\,z_0 + t\,z_1, \qquad t = 0, \tfrac{1}{n-1}, \dots, 1

    :math:`z_0`, :math:`z_1` are the ends and :math:`n` the number of steps.

    Args:
        start: first point.
        end: last point.
        steps: number of points, 2 or more.

    Shape:
        start, end: (Z,); returns (steps, Z).

    Raises:
        TypeError: an end is no floating-point tensor.
        ValueError: the ends are not both (Z,), or steps is below 2.

    Example:
        >>> lerp(torch.zeros(1), torch.ones(1), 3).flatten().tolist()
        [0.0, 0.5, 1.0]
    """
    check_tensor(start, "start", shape=("Z",), floating=True)
    check_tensor(end, "end", shape=start.shape, floating=True)
    t = _weights(steps, start)
    return (1 - t) * start + t * end  # (steps, Z)


def slerp(start: Tensor, end: Tensor, steps: int) -> Tensor:
    r"""Return points from start to end that turn at constant speed, so that the norm does not dip.

    .. math:: z_t = \frac{\sin((1 - t)\omega)}{\sin\omega}\,z_0 + \frac{\sin(t\omega)}{\sin\omega}\,z_1,
              \qquad \cos\omega = \frac{z_0^\top z_1}{\|z_0\|\,\|z_1\|}

    :math:`\omega` is the angle between the ends; for parallel ends the path is the straight line.

    Args:
        start: first point, not zero.
        end: last point, not zero and not opposite to start.
        steps: number of points, 2 or more.

    Shape:
        start, end: (Z,); returns (steps, Z).

    Raises:
        TypeError: an end is no floating-point tensor.
        ValueError: the ends are not both (Z,), one is zero, they are opposite, or steps is below 2.

    Source:
        Shoemake 1985, spherical linear interpolation.

    Example:
        >>> path = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 3)
        >>> [round(v, 4) for v in path[1].tolist()]
        [0.7071, 0.7071]
    """
    check_tensor(start, "start", shape=("Z",), floating=True)
    check_tensor(end, "end", shape=start.shape, floating=True)
    t = _weights(steps, start)
    norms = start.norm() * end.norm()
    require(bool(norms > 0), "start and end must not be zero: a zero vector has no direction; use lerp")
    omega = torch.arccos((start @ end / norms).clamp(-1, 1))
    sine = torch.sin(omega)
    if bool(sine < 1e-6):
        require(bool(omega < 1), "start and end must not be opposite: no single arc joins them; use lerp")
        return lerp(start, end, steps)
    return (torch.sin((1 - t) * omega) * start + torch.sin(t * omega) * end) / sine  # (steps, Z)


def traversal(z: Tensor, latent: int, values: Tensor) -> Tensor:
    """Return copies of one code in which a single latent takes the given values.

    Args:
        z: the code to start from.
        latent: index of the latent to vary, from 0 to Z - 1.
        values: what that latent is set to, copy by copy.

    Shape:
        z: (Z,); values: (T,); returns (T, Z).

    Raises:
        TypeError: z or values is no floating-point tensor.
        ValueError: z is not (Z,), values is not (T,), or latent is no index of z.

    Example:
        >>> traversal(torch.zeros(2), 1, torch.tensor([-1.0, 1.0])).tolist()
        [[0.0, -1.0], [0.0, 1.0]]
    """
    check_tensor(z, "z", shape=("Z",), floating=True)
    check_tensor(values, "values", shape=("T",), floating=True)
    require(0 <= latent < len(z), f"latent must be an index from 0 to {len(z) - 1}; got {latent}")
    codes = z.repeat(len(values), 1)  # (T, Z)
    codes[:, latent] = values
    return codes
