"""Lecture 5, by torch, numpy and scikit-learn."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score
from sklearn.model_selection import KFold, ParameterGrid, RepeatedKFold


def _mse(v: Mapping[str, Any]) -> float:
    d, y = (torch.tensor(v[name], dtype=torch.float64) for name in ("D", "Y"))
    return F.mse_loss(y, d).item() * d.shape[1]


def _error_rate(v: Mapping[str, Any]) -> float:
    return 1 - accuracy_score(v["d"], v["y"])


@cache
def _fold_sizes(p: int, k: int) -> list[int]:
    return [len(held) for _, held in KFold(k).split(np.zeros(p))]


@cache
def _trainings(g1: int, g2: int, k: int, repeats: int) -> int:
    grid = ParameterGrid({"rate": range(g1), "width": range(g2)})
    splits = RepeatedKFold(n_splits=k, n_repeats=repeats).split(np.zeros(k))
    folds = sum(1 for _ in splits)
    final = 1
    return sum(folds for _ in grid) + final


def _choice(v: Mapping[str, Any]) -> tuple[float, float]:
    means = np.asarray(v["errors"], dtype=float).mean(axis=1)
    return float(means.argmin()) + 1, float(means.min())


ORACLES = {
    "selection/mse": _mse,
    "selection/error-rate": _error_rate,
    "selection/fold-sizes": lambda v: _fold_sizes(v["P"], v["k"]),
    "selection/trainings": lambda v: _trainings(v["g1"], v["g2"], v["k"], v["R"]),
    "selection/choice": _choice,
}
