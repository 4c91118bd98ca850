"""Two ways to limit a gradient: its length over all parameters, and each entry alone."""

__all__ = ["clip_by_global_norm", "clip_by_value"]

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit._check import check_positive

Floats = NDArray[np.floating[Any]]


def clip_by_global_norm(gradients: Sequence[Floats], limit: float) -> list[Floats]:
    r"""Shorten a gradient that is too long, all parameters by one factor.

    .. math:: g \leftarrow \min\!\left(1, \frac{c}{\lVert g \rVert}\right) g, \qquad
              \lVert g \rVert^2 = \sum_l \lVert g_l \rVert^2

    The direction stays. A short gradient stays as it is: nothing is ever made longer.

    Args:
        gradients: :math:`g_l`, one array a parameter; never changed.
        limit: :math:`c`, above zero.

    Shape:
        gradients: any; each result has the shape of its gradient.

    Raises:
        TypeError: if the limit is no number.
        ValueError: if it is not above zero.

    Source:
        Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent networks, algorithm 1.

    Example:
        >>> [g.tolist() for g in clip_by_global_norm([np.array([3.0, 0.0]), np.array([0.0, 4.0])], 1)]
        [[0.6000000000000001, 0.0], [0.0, 0.8]]
    """
    check_positive(limit, "limit")
    norm = math.sqrt(sum(float(np.square(g).sum()) for g in gradients))
    return [g * min(1.0, limit / norm) if norm else g.copy() for g in gradients]


def clip_by_value(gradients: Sequence[Floats], limit: float) -> list[Floats]:
    r"""Limit every entry alone, which may turn the gradient.

    .. math:: g_i \leftarrow \max(-c, \min(c, g_i))

    Args:
        gradients: one array a parameter; never changed.
        limit: :math:`c`, above zero.

    Shape:
        gradients: any; each result has the shape of its gradient.

    Raises:
        TypeError: if the limit is no number.
        ValueError: if it is not above zero.

    Example:
        >>> clip_by_value([np.array([3.0, -0.5])], 1)[0].tolist()
        [1.0, -0.5]
    """
    check_positive(limit, "limit")
    return [np.clip(g, -limit, limit) for g in gradients]
