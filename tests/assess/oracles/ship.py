"""Questions on smaller models, by torch's own quantisation, layers that are built, and scipy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import nn

from tests.assess.oracles.concepts import by_stem


def _levels(v: Mapping[str, Any]) -> tuple[float, float]:
    # Two equations: the ends of the range lie on the ends of the levels.
    scale, shift = np.linalg.solve([[-128.0, -1.0], [127.0, -1.0]], [v["low"], v["high"]])
    return float(scale), float(round(shift / scale))


def _stored(v: Mapping[str, Any]) -> tuple[float, float]:
    x = torch.tensor([v["x"]], dtype=torch.float32)
    back = torch.fake_quantize_per_tensor_affine(x, v["scale"], v["zero"], -128, 127).item()
    return float(round(back / v["scale"]) + v["zero"]), back


def _bound(v: Mapping[str, Any]) -> float:
    # The worst corner of the box of errors, by trying all sixteen.
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1)
    return float((v["scale"] / 2 * signs.T @ np.array(v["x"])).max())


def _bytes(v: Mapping[str, Any]) -> float:
    rows, columns = v["outputs"], v["inputs"]
    parts = (
        np.zeros((rows, columns), np.int8), np.zeros(rows, np.float32), np.zeros(rows, np.int8),
        np.zeros(rows, np.float32),
    )  # fmt: skip
    return float(sum(part.nbytes for part in parts))


def _pruned(v: Mapping[str, Any]) -> float:
    left = v["hidden"] - int(v["hidden"] * v["share"])
    net = nn.Sequential(
        nn.Linear(v["inputs"], left, device="meta"), nn.Linear(left, v["code"], device="meta")
    )
    return float(sum(p.numel() for p in net.parameters()))


def _blend(v: Mapping[str, Any]) -> float:
    share = v["share"]
    found = minimize_scalar(lambda s: (1 - share) * (s - v["x"]) ** 2 + share * (s - v["told"]) ** 2)
    return float(found.x)


ORACLES = {
    "ship/levels": _levels,
    "ship/stored": _stored,
    "ship/bound": _bound,
    "ship/bytes": _bytes,
    "ship/pruned": _pruned,
    "ship/blend": _blend,
    "ship/diagnosis": by_stem(
        {
            "prints the shape": "values agree",
            "two different answers": "training mode",
            "zero in nine of ten": "multiplies by its zeros",
            "falls after a change": "codes",
            "hash of the file": "not the file",
        }
    ),
}
