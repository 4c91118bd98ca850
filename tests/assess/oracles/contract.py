"""Questions on contraction, by autograd, enumeration of signs and matrix algebra."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from tests.assess.oracles.concepts import by_stem


def _one_layer(v: Mapping[str, Any]) -> float:
    w, z = torch.tensor(v["w"], dtype=torch.float64), torch.tensor(v["z"], dtype=torch.float64)
    bias = torch.logit(z)  # the sample 0 has this code
    j = torch.autograd.functional.jacobian(lambda x: torch.sigmoid(w @ x + bias), torch.zeros(2).double())
    return float((j * j).sum())


def _one_probe(v: Mapping[str, Any]) -> tuple[float, float]:
    j = np.array(v["j"])
    return float(np.linalg.norm(np.array(v["v"]) @ j) ** 2), float(np.trace(j @ j.T))


def _variance(v: Mapping[str, Any]) -> tuple[float, float]:
    a = np.array(v["a"])
    values = [np.array(signs) @ a @ np.array(signs) for signs in itertools.product((-1, 1), repeat=2)]
    # A Gaussian quadratic form is a sum of chi-squares, each of variance 2, weighted by the eigenvalues.
    return float(2 * (np.linalg.eigvalsh(a) ** 2).sum() / v["probes"]), float(np.var(values) / v["probes"])


def _rank(v: Mapping[str, Any]) -> float:
    share = np.array(v["s"]) ** 2 / np.sum(np.array(v["s"]) ** 2)
    return float(1 / (share @ share))


ORACLES = {
    "contract/one-layer": _one_layer,
    "contract/one-probe": _one_probe,
    "contract/probe-variance": _variance,
    "contract/gain-factor": lambda v: v["moves"][0] * v["spreads"][1] / (v["moves"][1] * v["spreads"][0]),
    "contract/weight": lambda v: float(sum(v["told"] for _ in range(v["side"]) for _ in range(v["side"]))),
    "contract/rank": _rank,
    "contract/diagnose": by_stem(
        {
            "equal to the last digit": "no graph",
            "answering with the mean image": "mean distance of two codes",
            "at no cost": "the decoder scales up",
            "batch normalisation": "derivatives by other samples",
            "singular values": "fall much faster",
        }
    ),
}
