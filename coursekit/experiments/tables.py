"""Trees and a small network on tables of numbers, where nothing is near anything."""

__all__ = ["SETS", "Tables", "run"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coursekit._check import check_choice
from coursekit.experiments.bench import plan

SETS = ("cancer", "wine")


class Tables(NamedTuple):
    """Accuracy in five folds by data set and method, one entry a seed: ``accuracy[set, method]``."""

    seeds: tuple[int, ...]
    accuracy: dict[tuple[str, str], tuple[float, ...]]


def run(seeds: Sequence[int] = (0, 1, 2, 3, 4), *, sets: Sequence[str] = SETS, fast: bool = False) -> Tables:
    """Cross-validate a linear model, a forest and a network on two small tables.

    Args:
        seeds: of folds, forest and network.
        sets: which tables.
        fast: two seeds.

    Raises:
        ValueError: there is no seed, or a table is unknown.

    Source:
        The tables that come with scikit-learn; the methods are scikit-learn's own.
    """
    from sklearn.datasets import load_breast_cancer, load_wine
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    used, _ = plan(seeds, 1, fast)
    loaders = {"cancer": load_breast_cancer, "wine": load_wine}
    accuracy: dict[tuple[str, str], tuple[float, ...]] = {}
    for name in sets:
        x, y = loaders[check_choice(name, "sets", SETS)](return_X_y=True)
        rows: dict[str, list[float]] = {"linear": [], "forest": [], "network": []}
        for seed in used:
            methods = {
                "linear": make_pipeline(StandardScaler(), LogisticRegression()),
                "forest": RandomForestClassifier(30, random_state=seed),
                "network": make_pipeline(
                    StandardScaler(),
                    MLPClassifier((16,), solver="lbfgs", alpha=1.0, max_iter=2000, random_state=seed),
                ),
            }
            folds = StratifiedKFold(5, shuffle=True, random_state=seed)
            for method, model in methods.items():
                rows[method].append(float(np.mean(cross_val_score(model, x, y, cv=folds))))
        accuracy |= {(name, method): tuple(values) for method, values in rows.items()}
    return Tables(used, accuracy)
