"""Questions on convolutional autoencoders, by torch's own layers and by NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from tests.assess.oracles.concepts import by_stem


def _sides(side: int, stages: int) -> list[int]:
    x, w, sides = torch.zeros(1, 1, side), torch.zeros(1, 1, 3), [side]
    for _ in range(stages):
        x = F.conv1d(x, w, stride=2, padding=1)
        sides.append(x.shape[-1])
    return sides


def _down_and_back(v: Mapping[str, Any]) -> tuple[float, ...]:
    sides = _sides(v["side"], 3)
    w, found = torch.zeros(1, 1, 3), [float(sides[-1])]
    for shorter, longer in zip(sides[:0:-1], sides[-2::-1], strict=True):
        back = [
            F.conv_transpose1d(torch.zeros(1, 1, shorter), w, stride=2, padding=1, output_padding=q).shape[-1]
            for q in (0, 1)
        ]
        found.append(float(back.index(longer)))
    return tuple(found)


def _up_size(v: Mapping[str, Any]) -> float:
    x, w = torch.zeros(1, 1, v["n"]), torch.zeros(1, 1, v["kernel"])
    options = {"stride": v["stride"], "padding": v["padding"], "dilation": v["dilation"]}
    return float(F.conv_transpose1d(x, w, output_padding=v["extra"], **options).shape[-1])


def _dense_layers(v: Mapping[str, Any]) -> float:
    entries = v["channels"] * _sides(v["side"], v["stages"])[-1] ** 2
    layers = nn.Linear(entries, v["code"], device="meta"), nn.Linear(v["code"], entries, device="meta")
    return float(sum(p.numel() for layer in layers for p in layer.parameters()))


def _taps(v: Mapping[str, Any]) -> float:
    ones, kernel = np.zeros(60 * v["stride"]), np.ones(v["kernel"])
    ones[:: v["stride"]] = 1
    line = np.convolve(ones, kernel)
    return float(line[v["r"]] * line[v["c"]])


def _places(v: Mapping[str, Any]) -> tuple[float, ...]:
    _, places = nn.MaxPool2d(2, return_indices=True)(torch.tensor(v["x"])[None, None])
    return tuple(map(float, places.flatten().tolist()))


def _rise(v: Mapping[str, Any]) -> float:
    slopes = np.diff([[v["own"], v["stranger"]], [v["plain"], v["plain_stranger"]]])
    return float(slopes[0, 0] / slopes[1, 0])


ORACLES = {
    "conv-ae/down-and-back": _down_and_back,
    "conv-ae/up-size": _up_size,
    "conv-ae/dense-layers": _dense_layers,
    "conv-ae/taps": _taps,
    "conv-ae/places": _places,
    "conv-ae/rise": _rise,
    "conv-ae/diagnosis": by_stem(
        {
            "nearly perfect digits": "maps carry",
            "regular grid": "different weights of the kernel",
            "convolution of stride 2": "no moved copy",
            "shuffles the pixels": "dense",
            "calls the repetition": "places",
        }
    ),
}
