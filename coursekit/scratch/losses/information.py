"""Entropy and Kullback-Leibler divergence of discrete distributions."""

__all__ = ["entropy", "kl"]

import numpy as np
from numpy.typing import ArrayLike

from coursekit.scratch._arrays import Floats, as_floats, check_unit


def _distribution(p: ArrayLike, name: str) -> Floats:
    """Return rows that are distributions: entries in [0, 1] that sum to one."""
    rows = as_floats(p, name)
    if rows.ndim == 0:
        raise ValueError(f"{name} must have shape (..., K); got ()")
    check_unit(rows, name)
    gap = np.abs(rows.sum(axis=-1) - 1)
    if gap.max() > (1e-4 if rows.dtype == np.float32 else 1e-6):
        worst = rows.sum(axis=-1).flat[gap.argmax()]
        raise ValueError(f"{name} must sum to 1 over its last axis; got a sum of {worst:g}")
    return rows


def entropy(p: ArrayLike) -> Floats:
    r"""Return the expected surprise of each distribution.

    .. math:: H(p) = -\sum_{k=1}^{K} p_k \log p_k, \qquad 0 \log 0 = 0

    Args:
        p: distributions over the last axis.

    Shape:
        p: (..., K); returns (...).

    Units:
        Nats, from 0 to log K.

    Raises:
        TypeError: if ``p`` holds anything but real numbers.
        ValueError: if it is empty, outside [0, 1], or does not sum to one.

    Source:
        Shannon (1948), A mathematical theory of communication, section 6.

    Example:
        >>> entropy([[0.5, 0.5], [1.0, 0.0]]).round(4)
        array([0.6931, 0.    ])
    """
    rows = _distribution(p, "p")
    logs = np.log(rows, out=np.zeros_like(rows), where=rows > 0)
    result: Floats = np.maximum(-(rows * logs).sum(axis=-1), 0)
    return result


def kl(p: ArrayLike, q: ArrayLike) -> Floats:
    r"""Return the Kullback-Leibler divergence of q from p: what believing q costs when p is true.

    .. math:: \mathrm{KL}(p \,\|\, q) = \sum_{k=1}^{K} p_k \log \frac{p_k}{q_k} = H(p, q) - H(p)

    Infinite where p gives weight to what q excludes. Not symmetric, hence no distance.

    Args:
        p: distributions over the last axis, from which the patterns come.
        q: distributions that are believed.

    Shape:
        p, q: (..., K); returns (...).

    Units:
        Nats, zero or above up to rounding.

    Raises:
        TypeError: if an argument holds anything but real numbers.
        ValueError: if one is empty, outside [0, 1] or does not sum to one, or the shapes differ.

    Source:
        Kullback and Leibler (1951), On information and sufficiency, equation 2.4.

    Example:
        >>> kl([0.5, 0.5], [0.5, 0.5]) == 0, np.isinf(kl([0.5, 0.5], [1.0, 0.0]))
        (np.True_, np.True_)
    """
    rows = _distribution(p, "p")
    believed = _distribution(as_floats(q, "q", shape=rows.shape), "q")
    held = rows > 0
    with np.errstate(divide="ignore"):
        logs = np.log(rows, out=np.zeros_like(rows), where=held) - np.log(
            believed, out=np.zeros_like(believed), where=held
        )
    result: Floats = np.asarray((rows * logs).sum(axis=-1))
    return result
