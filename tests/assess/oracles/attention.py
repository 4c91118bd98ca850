"""Lecture 9, by torch: its fused attention, its modules' parameters, unfold and the FLOP counter."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode


def _attend(v: Mapping[str, Any], *, causal: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights, as the output for unit values, and the output."""
    q, k, values = (torch.tensor(v[name], dtype=torch.float64)[None] for name in "qkv")
    unit = torch.eye(3, dtype=torch.float64)[None]
    weights, y = (F.scaled_dot_product_attention(q, k, x, is_causal=causal)[0] for x in (unit, values))
    return weights, y


def _output(v: Mapping[str, Any]) -> torch.Tensor:
    return torch.cat([part[v["n"]] for part in _attend(v, causal=False)])


def _causal(v: Mapping[str, Any]) -> torch.Tensor:
    return _attend(v, causal=True)[1][:2].flatten()


def _position(v: Mapping[str, Any]) -> torch.Tensor:
    """The usual recipe: all frequencies by one exp, sines and cosines interleaved."""
    frequencies = torch.exp(torch.arange(0, v["d"], 2, dtype=torch.float64) * (-math.log(10000.0) / v["d"]))
    table = torch.zeros(v["p"] + 1, v["d"], dtype=torch.float64)
    angles = torch.arange(v["p"] + 1, dtype=torch.float64)[:, None] * frequencies
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table[-1, v["j"] - 1 : v["j"] + 1]


@cache
def _parameters(heads: int, width: int) -> int:
    layer = torch.nn.MultiheadAttention(width, heads, device="meta")
    return sum(p.numel() for p in layer.parameters())


@cache
def _patches(side: int, height: int, width: int) -> tuple[int, int]:
    _, length, count = F.unfold(torch.empty(1, 3, height, width, device="meta"), side, stride=side).shape
    return count, length


@cache
def _flops(tokens: int, width: int) -> int:
    layer = torch.nn.MultiheadAttention(width, 1, bias=False, device="meta")
    x = torch.empty(tokens, 1, width, device="meta")
    with FlopCounterMode(display=False) as counter:
        layer(x, x, x)
    return counter.get_total_flops()


ORACLES = {
    "attention/output": _output,
    "attention/causal": _causal,
    "attention/position": _position,
    "attention/parameters": lambda v: _parameters(v["heads"], v["width"]),
    "attention/patches": lambda v: _patches(v["side"], v["height"], v["width"]),
    "attention/flops": lambda v: _flops(v["tokens"], v["width"]),
}
