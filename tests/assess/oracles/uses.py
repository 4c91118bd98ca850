"""Questions on uses of autoencoders, by search, scikit-learn and counting."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.assess.oracles.concepts import by_stem


def _threshold(v: Mapping[str, Any]) -> tuple[float, float]:
    """Search the ranks: of n + 1 equally likely places, those above the threshold are false alarms."""
    for k in range(1, v["n"] + 1):
        above = sum(1 for place in range(v["n"] + 1) if place >= k)
        if 100 * above <= (100 - v["per"]) * (v["n"] + 1):
            return k, above / (v["n"] + 1)
    raise AssertionError(v)


def _ranking(v: Mapping[str, Any]) -> float:
    truth = [1] * len(v["odd"]) + [0] * len(v["normal"])
    return float(roc_auc_score(truth, v["odd"] + v["normal"]))


def _worth(v: Mapping[str, Any]) -> float:
    """Count in a million samples of each kind, by Bayes' rule."""
    odds = (v["found"] / v["false"]) / (v["every"] - 1)
    return odds / (1 + odds)


def _decibels(v: Mapping[str, Any]) -> float:
    return float(20 * np.log10(v["sigma"]) - 10 * np.log10(v["left"]))


def _average(v: Mapping[str, Any]) -> float:
    return float(average_precision_score(v["marks"], -np.arange(len(v["marks"]))))


ORACLES = {
    "uses/threshold": _threshold,
    "uses/ranking": _ranking,
    "uses/alarm-worth": _worth,
    "uses/decibels": _decibels,
    "uses/average-precision": _average,
    "uses/detector": by_stem(
        {
            "may set the threshold": "has not seen",
            "95th percentile": "Nothing yet",
            "AUROC of 0.1": "sign of the score",
            "likely to miss": "A one",
        }
    ),
    "uses/encoder": by_stem(
        {
            "assigning an autoencoder": "Both hold one object",
            "Gradients are off": "Running means",
            "adds to its architecture": "without training",
            "20 to 600 labelled": "as good as training",
        }
    ),
}
