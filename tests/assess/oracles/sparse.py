"""Questions on sparse codes, by NumPy, scipy and torch's own distributions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import entropy

from tests.assess.oracles.concepts import by_stem


def _hoyer(v: Mapping[str, Any]) -> float:
    z = np.array(v["z"], dtype=float)
    spread = np.linalg.norm(z, 1) / np.linalg.norm(z)
    # On a straight line from one active unit (ratio 1) to all alike (ratio of the norms of ones).
    ones = np.ones_like(z)
    return float(np.interp(spread, [1.0, ones.sum() / np.linalg.norm(ones)], [1.0, 0.0]))


def _soft(v: Mapping[str, Any]) -> float:
    def cost(z: float) -> float:
        return float((z - v["v"]) ** 2 + v["weight"] * abs(z))

    found = minimize_scalar(cost, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}).x
    return float(found if cost(found) < cost(0.0) - 1e-9 else 0.0)


def _kl(v: Mapping[str, Any]) -> float:
    means = np.array(v["a"]).mean(axis=0)
    target = [v["rho"], 1 - v["rho"]]
    return float(sum(entropy(target, [mean, 1 - mean]) for mean in means))


def _peak(v: Mapping[str, Any]) -> float:
    z = np.abs(np.array(v["z"], dtype=float))
    return float(np.log(z.mean()) - np.log(z.max()))


def _rescaled(v: Mapping[str, Any]) -> float:
    # A code of one unit with that price, a column of length 1, and a target that leaves that error.
    z, column = v["price"] / v["factor"], 1.0 * v["factor"]
    target = v["price"] + np.sqrt(v["error"])
    return float((target - column * z) ** 2 + v["weight"] * abs(z))


def _lifetime(v: Mapping[str, Any]) -> float:
    r = np.abs(np.array(v["r"], dtype=float))
    # The cosine between the answers and a constant says how constant they are.
    cosine = r @ np.ones_like(r) / np.linalg.norm(r) / np.sqrt(len(r))
    return float((1 - cosine**2) * len(r) / (len(r) - 1))


def _activity(v: Mapping[str, Any]) -> tuple[float, float]:
    z = np.array(v["z"])
    return 1 - np.count_nonzero(z) / z.size, float(np.mean(z.max(axis=0) == 0))


ORACLES = {
    "sparse/hoyer": _hoyer,
    "sparse/soft": _soft,
    "sparse/kl-table": _kl,
    "sparse/peak": _peak,
    "sparse/rescaled": _rescaled,
    "sparse/lifetime": _lifetime,
    "sparse/activity": _activity,
    "sparse/diagnosis": by_stem(
        {
            "mean activation on target": "decoder receives",
            "falls steadily": "columns",
            "vertical stripes": "constant",
            "not one exact zero": "ReLU",
            "answers to no image": "dead",
        }
    ),
}
