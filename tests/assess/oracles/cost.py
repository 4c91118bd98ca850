"""Lecture 6, by torch's FLOP counter, its shapes and the size of its parameters."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def counted(net: nn.Module, depth: int, height: int, width: int) -> int:
    """Return the FLOPs that torch counts for one input."""
    with FlopCounterMode(display=False) as counter:
        net(torch.empty(1, depth, height, width, device="meta"))
    return counter.get_total_flops()


@cache
def _standard(d1: int, d2: int, f: int, stride: int, height: int, width: int, padding: int = 0) -> int:
    net = nn.Conv2d(d1, d2, f, stride=stride, padding=padding, device="meta")
    return counted(net, d1, height, width)


@cache
def _separable(d1: int, d2: int, f: int, n: int) -> int:
    depthwise = nn.Conv2d(d1, d1, f, padding="same", groups=d1, device="meta")
    return counted(nn.Sequential(depthwise, nn.Conv2d(d1, d2, 1, device="meta")), d1, n, n)


def _ratio(v: Mapping[str, Any]) -> float:
    d1, d2, f = v["D1"], v["D2"], v["F"]
    return _separable(d1, d2, f, 9) / _standard(d1, d2, f, 1, 9, 9, f // 2)


@cache
def _dense(n: int, f: int, depth: int, c1: int, c2: int, k: int) -> int:
    x = torch.empty(1, depth, n, n, device="meta")
    for channels in (c1, c2):
        x = F.max_pool2d(nn.Conv2d(x.shape[1], channels, f, device="meta")(x), 2)
    layer = nn.Linear(x.numel(), k, device="meta")
    return sum(p.numel() for p in layer.parameters())


def _transposed(v: Mapping[str, Any]) -> int:
    x, w = torch.empty(1, 1, v["N"], v["N"], device="meta"), torch.empty(1, 1, v["F"], v["F"], device="meta")
    y = F.conv_transpose2d(x, w, stride=v["S"], padding=v["P"], output_padding=v["output_padding"])
    return y.shape[-1]


ORACLES = {
    "cost/standard-flops": lambda v: _standard(v["D1"], v["D2"], v["F"], v["S"], v["H"], v["W"]),
    "cost/separable-flops": lambda v: _separable(v["D1"], v["D2"], v["F"], v["N"]),
    "cost/separable-ratio": _ratio,
    "cost/dense-after-pooling": lambda v: _dense(v["N"], v["F"], v["depth"], v["c1"], v["c2"], v["K"]),
    "cost/transposed-size": _transposed,
}
