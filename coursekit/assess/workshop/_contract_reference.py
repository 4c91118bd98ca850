"""The steps of the contractive assignment as plain code, each as a student would write it."""

__all__ = ["contraction", "encode", "exact", "gain", "hutchinson", "jacobian", "loss"]

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]


def jacobian(W: Array, b: Array, x: Array) -> Array:
    """Return the Jacobians (B, K, D) of z = sigmoid(W x + b)."""
    z = 1 / (1 + np.exp(-(x @ W.T + b)))
    slope: Array = z * (1 - z)
    return slope[:, :, None] * W


def contraction(z: Array, W: Array) -> Any:
    """Return the squared norm of the Jacobian of a sigmoid layer, averaged over the batch."""
    slope = z * (1 - z)
    return (slope**2 @ (W**2).sum(axis=1)).mean()


def encode(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    """Return the codes (B, K) of a deep encoder: given to the students."""
    return torch.sigmoid(torch.tanh(x @ W.T) @ V.T)


def exact(W: Tensor, V: Tensor, x: Tensor) -> Tensor:
    """Return the squared norm (B,) of the Jacobian of a deep encoder at samples x (B, D), with a graph."""
    leaf = x.clone().requires_grad_()
    z = encode(W, V, leaf)
    total = torch.zeros(len(x))
    for k in range(z.shape[1]):
        (row,) = torch.autograd.grad(z[:, k].sum(), leaf, create_graph=True)
        total = total + (row**2).sum(1)
    return total


def hutchinson(J: Array, V: Array) -> Any:
    """Return the estimate of the squared norm of one Jacobian from given probes."""
    rows = V @ J
    return (rows**2).sum(axis=1).mean()


def loss(W: Tensor, b: Tensor, c: Tensor, x: Tensor, weight: float) -> Tensor:
    """Return the loss of a tied contractive autoencoder with a sigmoid code, for the samples x (B, D)."""
    z = torch.sigmoid(x @ W.T + b)
    error = ((z @ W + c - x) ** 2).sum(1)
    penalty = (z * (1 - z)) ** 2 @ (W**2).sum(1)
    return (error + weight * penalty).mean()


def gain(z: Array, moved: Array) -> tuple[Any, Any, Any]:
    """Return the mean move of a code, the mean distance of two codes, and the first over the second."""
    change = np.linalg.norm(moved - z, axis=2).mean()
    B = len(z)
    distances = np.linalg.norm(z[:, None] - z[None], axis=2)
    spread = distances.sum() / (B * (B - 1))
    return change, spread, change / spread
