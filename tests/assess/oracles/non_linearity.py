"""The chapter on non-linearity: polynomial objects, random networks, ranks, brute force and autograd."""

import math
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.polynomial import Polynomial


def _collapse(v: Mapping[str, Any]) -> list[float]:
    y = Polynomial([0, 1])
    for w, b in v["layers"]:
        y = w * y + b
    return [y(1.0) - y(0.0), y(0.0)]


@cache
def _rank(sizes: tuple[int, ...]) -> int:
    rng = np.random.default_rng(0)
    product = np.eye(sizes[0])
    for a, b in pairwise(sizes):
        product = product @ rng.standard_normal((a, b))
    return int(np.linalg.matrix_rank(product))


@cache
def _width(slope: float, error: float) -> int:
    """Count up until the steepest line, cut into steps, is followed closely enough."""

    def worst(n: int) -> float:
        middle = (np.arange(n) + 0.5) / n
        return float(max(np.abs(slope * (edge - middle)).min() for edge in (0.0, 1.0)))

    n = max(1, int(slope / error / 4))
    while worst(n) > error * (1 + 1e-9):
        n += 1
    return n


def _far_slope(v: Mapping[str, Any]) -> float:
    x = torch.tensor(1e6, dtype=torch.float64, requires_grad=True)
    w, b, out = (torch.tensor(v[name], dtype=torch.float64) for name in ("w", "b", "v"))
    (gradient,) = torch.autograd.grad(torch.relu(w * x + b) @ out, x)
    return gradient.item()


@cache
def _chain(depth: int, w: float) -> float:
    """Put every neuron at its steepest point by a bias, and let autograd multiply."""
    x = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    h = x
    for _ in range(depth):
        u = w * h
        h = torch.sigmoid(u - u.detach())
    (gradient,) = torch.autograd.grad(h, x)
    return gradient.item()


@cache
def _degree(n: int, double: int) -> int:
    """Degree of the interpolant: unknowns of a square system of the different inputs, less one."""
    inputs = np.concatenate([np.arange(n - double), np.arange(double)])
    return int(np.linalg.matrix_rank(np.equal.outer(inputs, np.unique(inputs)).astype(float))) - 1


@cache
def _power(m: int, depth: int) -> int:
    y = Polynomial([1, 1])
    for _ in range(depth):
        y = y**m
    return y.degree()


@cache
def _true(text: str) -> str:
    """Run each true statement in small and return its words."""
    draw = torch.Generator().manual_seed(0)
    if "Xavier" in text:
        x = torch.randn(16, 128, generator=draw, requires_grad=True)
        h = x
        for _ in range(40):
            h = torch.relu(h @ torch.randn(128, 128, generator=draw) / math.sqrt(128))
        upstream = torch.randn(h.shape, generator=draw)
        (gradient,) = torch.autograd.grad(h, x, upstream)
        assert gradient.norm() < 1e-4 * upstream.norm()
        return "With Xavier weights"
    if "three linear" in text:
        factors = [torch.tensor(0.5, requires_grad=True) for _ in range(3)]
        one = torch.tensor(0.125, requires_grad=True)
        for loss in ((factors[0] * factors[1] * factors[2] - 1) ** 2, (one - 1) ** 2):
            loss.backward()
        stepped = math.prod((f - 0.1 * f.grad).item() for f in factors if f.grad is not None)
        assert one.grad is not None
        assert abs(stepped - (one - 0.1 * one.grad).item()) > 0.01
        return "takes another path"
    if "shuffle" in text:
        x, w = torch.randn(5, 9, generator=draw), torch.randn(9, 4, generator=draw)
        order = torch.randperm(9, generator=draw)
        assert torch.allclose((x @ w).relu(), (x[:, order] @ w[order]).relu(), atol=1e-6)
        return "does not hurt an MLP"
    rng = np.random.default_rng(0)
    units = np.maximum(rng.standard_normal((30, 8)) @ rng.standard_normal((8, 200)), 0)
    labels = rng.integers(2, size=30)
    assert np.abs(units @ np.linalg.lstsq(units, labels, rcond=None)[0] - labels).max() < 1e-8
    return "labels drawn by lot"


ORACLES = {
    "nonlin/collapse": _collapse,
    "nonlin/rank": lambda v: _rank(tuple(v["sizes"])),
    "nonlin/staircase": lambda v: _width(v["slope"], v["error"]),
    "nonlin/far-slope": _far_slope,
    "nonlin/chain": lambda v: _chain(v["depth"], v["w"]),
    "nonlin/degree": lambda v: _degree(v["n"], v["double"]),
    "nonlin/power": lambda v: _power(v["m"], v["depth"]),
    "nonlin/statements": lambda v: _true(v["right"]),
}
