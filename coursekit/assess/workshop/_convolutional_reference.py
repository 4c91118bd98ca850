"""The steps of the convolutional assignment as plain code, each as a student would write it."""

__all__ = ["conv", "conv_size", "conv_transpose", "output_padding", "rise", "unpool"]

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def conv_size(n: int, k: int, s: int, p: int, d: int) -> int:
    """Return the side after a convolution."""
    reach = d * (k - 1) + 1
    return (n + 2 * p - reach) // s + 1


def output_padding(n: int, k: int, s: int, p: int, d: int) -> int:
    """Return the output padding with which a transposed convolution leads back to the side n."""
    reach = d * (k - 1) + 1
    return (n + 2 * p - reach) % s


def conv(x: Array, w: Array, b: Array, s: int, p: int) -> Array:
    """Return the maps of a convolution."""
    k = w.shape[3]
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    height, width = ((side + 2 * p - k) // s + 1 for side in x.shape[2:])
    y = np.zeros((len(x), len(w), height, width))
    for i in range(height):
        for j in range(width):
            window = padded[:, :, s * i : s * i + k, s * j : s * j + k]
            y[:, :, i, j] = np.einsum("bcij,ocij->bo", window, w) + b
    return y


def conv_transpose(y: Array, w: Array, s: int, p: int, q: int) -> Array:
    """Return the maps of the transposed convolution."""
    k = w.shape[3]
    height, width = (s * (side - 1) + k + q for side in y.shape[2:])
    full = np.zeros((len(y), w.shape[1], height, width))
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            patch = np.einsum("bo,ocij->bcij", y[:, :, i, j], w)
            full[:, :, s * i : s * i + k, s * j : s * j + k] += patch
    return full[:, :, p : height - p, p : width - p]


def unpool(values: Array, places: Array, height: int, width: int) -> Array:
    """Return maps with each value at its place and 0 everywhere else."""
    rows, channels = values.shape[:2]
    y = np.zeros((rows, channels, height * width))
    for b in range(rows):
        for c in range(channels):
            y[b, c, places[b, c].ravel()] = values[b, c].ravel()
    return y.reshape(rows, channels, height, width)


def rise(z: Array, maps: Array, x: Array, V: Array, W: Array, c: Array, order: Array) -> tuple[Any, Any]:
    """Return the error with each picture's own code, and what strangers' codes add to it."""
    own = ((z @ V.T + maps @ W.T + c - x) ** 2).sum(axis=1).mean()
    strangers = ((z[order] @ V.T + maps @ W.T + c - x) ** 2).sum(axis=1).mean()
    return own, strangers - own
