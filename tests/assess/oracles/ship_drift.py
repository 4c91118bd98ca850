"""Questions on drift, by scipy's entropies and its two-sample test, and by drawing counts."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import chi2, entropy, ks_2samp


def _index(v: Mapping[str, Any]) -> float:
    return float(entropy(v["now"], v["then"]) + entropy(v["then"], v["now"]))


def _chance(v: Mapping[str, Any]) -> float:
    # The mean of the chi-squared law, scaled: the harmonic sum is that of a difference of two shares.
    return float(chi2(v["bins"] - 1, scale=(v["n"] + v["m"]) / (v["n"] * v["m"])).mean())


def _gap(v: Mapping[str, Any]) -> float:
    return float(ks_2samp(np.array(v["old"]), np.array(v["new"])).statistic)


ORACLES = {"ship/index": _index, "ship/chance": _chance, "ship/gap": _gap}
