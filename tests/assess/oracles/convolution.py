"""Lecture 6, by torch: values and shapes of its layers, and where a gradient arrives."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


def _maps(rows: Any) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)[None, None]


def _filter(v: Mapping[str, Any]) -> torch.Tensor:
    return F.conv2d(_maps(v["x"]), _maps(v["k"]), torch.tensor([v["b"]], dtype=torch.float64))


@cache
def _size(n: int, f: int, s: int, p: int, d: int) -> int:
    x, w = torch.empty(1, 1, n, n, device="meta"), torch.empty(1, 1, f, f, device="meta")
    return F.conv2d(x, w, stride=s, padding=p, dilation=d).shape[-1]


@cache
def _parameters(d1: int, d2: int, f: int) -> int:
    return sum(p.numel() for p in nn.Conv2d(d1, d2, f, device="meta").parameters())


@cache
def _receptive_field(layers: tuple[tuple[int, int], ...]) -> int:
    image = torch.ones(1, 1, 201, dtype=torch.float64, requires_grad=True)
    h = image
    for f, s in layers:
        h = F.conv1d(h, torch.ones(1, 1, f, dtype=torch.float64), stride=s)
    h[0, 0, h.shape[-1] // 2].backward()
    assert image.grad is not None
    reached = image.grad[0, 0].nonzero()
    return int(reached[-1] - reached[0]) + 1


@cache
def _same(n: int, f: int, s: int) -> tuple[int, int]:
    """Return the side and the fewest zeros with which a filter stands on every s-th pixel."""
    side, w = len(range(0, n, s)), torch.ones(1, 1, f)
    for zeros in range(f + s):
        padded = F.pad(torch.ones(1, 1, n), (zeros // 2, zeros - zeros // 2))
        if F.conv1d(padded, w, stride=s).shape[-1] == side:
            return side, zeros
    raise ValueError("no padding fits")


ORACLES = {
    "convolution/filter": _filter,
    "convolution/size": lambda v: _size(v["N"], v["F"], v["S"], v["P"], v["D"]),
    "convolution/parameters": lambda v: _parameters(v["D1"], v["D2"], v["F"]),
    "convolution/receptive-field": lambda v: _receptive_field(tuple(v["layers"])),
    "convolution/max-pooling": lambda v: F.max_pool2d(_maps(v["x"]), 2),
    "convolution/same": lambda v: _same(v["N"], v["F"], v["S"]),
}
