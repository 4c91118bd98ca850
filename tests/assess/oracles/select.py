"""Questions on choosing models, by scikit-learn, scipy and plain counting."""

import itertools
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy import stats
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, precision_score, recall_score
from sklearn.model_selection import LeaveOneOut, cross_val_score

from tests.assess.oracles.concepts import by_stem


def _leave_mean(v: Mapping[str, Any]) -> float:
    d = np.array(v["d"], dtype=float)
    errors = [(d[i] - np.delete(d, i).mean()) ** 2 for i in range(len(d))]
    if len(d) == 3:  # scikit-learn takes a while: once is enough to tie the loop to it
        _same_as_sklearn(tuple(d), float(np.mean(errors)))
    return float(np.mean(errors))


@cache
def _tied() -> list[bool]:
    return []


def _same_as_sklearn(d: tuple[float, ...], error: float) -> None:
    if not _tied():
        _tied().append(True)
        scores = cross_val_score(
            DummyRegressor(), np.zeros((len(d), 1)), d, cv=LeaveOneOut(), scoring="neg_mean_squared_error"
        )
        assert abs(-scores.mean() - error) < 1e-9


def _press(v: Mapping[str, Any]) -> tuple[float, float]:
    x, d, at = np.array(v["x"], dtype=float), np.array(v["d"], dtype=float), v["at"]
    model = Ridge(alpha=v["penalty"], fit_intercept=False)
    nudged = d.copy()
    nudged[at] += 1
    # Predictions are linear in the targets: the leverage is what one unit more of a target adds to its own.
    leverage = [model.fit(x[:, None], targets).predict(x[at : at + 1, None])[0] for targets in (nudged, d)]
    rest = model.fit(np.delete(x, at)[:, None], np.delete(d, at))
    return leverage[0] - leverage[1], float(d[at] - rest.predict(x[at : at + 1, None])[0])


def _winner(v: Mapping[str, Any]) -> float:
    none_wrong = stats.binom(v["count"], v["wrong"]).pmf(0)
    return float(stats.binom(v["models"], none_wrong).sf(0))


def _rare(v: Mapping[str, Any]) -> tuple[float, float, float]:
    d = [1] * v["few"] + [0] * v["many"]
    y = [1] * v["hits"] + [0] * (v["few"] - v["hits"]) + [1] * v["alarms"] + [0] * (v["many"] - v["alarms"])
    if (v["few"] + v["many"]) % 50:  # the same by counting: scikit-learn takes milliseconds
        right = sum(a == b for a, b in zip(d, y, strict=True))
        both = sum(a and b for a, b in zip(d, y, strict=True))
        return right / len(d), both / sum(d), both / sum(y)
    return accuracy_score(d, y), recall_score(d, y), precision_score(d, y)


def _trainings(v: Mapping[str, Any]) -> float:
    compared = sum(1 for _ in itertools.product(range(v["outer"]), range(v["inner"]), range(v["models"])))
    return float(compared + v["outer"])


ORACLES = {
    "select/leave-mean": _leave_mean,
    "select/press-shortcut": _press,
    "select/expected-winner": _winner,
    "select/accuracy-rare": _rare,
    "select/stratified": lambda v: float(stats.hypergeom(v["total"], v["few"], v["size"]).pmf(0)),
    "select/nested-cost": _trainings,
    "select/errors": by_stem(
        {
            "compare twelve networks": "too small on average",
            "scaling of the inputs": "training part, in each fold",
            "apparent error is zero": "Overfitting",
            "one configuration of a network": "A family of models",
        }
    ),
    "select/folds": by_stem(
        {
            "two-fold": "half of the patterns only",
            "Ten photographs": "All photographs of a person",
            "5 of 100 patterns": "each class dealt by itself",
            "leave-one-out cost": "Ridge regression",
        }
    ),
}
