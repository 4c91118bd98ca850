"""PCA, step C: how many components keep a share of the variance."""

__all__ = ["KEEP"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._pca_reference import Array, keep
from coursekit.assess.workshop._untouched import untouched

# Each mistake gives another list of answers on these four alone; the first share is met exactly.
_TABLE = ((4, 2, 1, 1, 0), (5, 1, 1, 1, 0), (9, 4, 2, 1, 0), (3, 3, 2, 1, 1))
_SHARES = (0.75, 0.6, 0.9, 0.35)


def _keeps(seed: int) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.uniform(0.2, 6, (2, 5)))[:, ::-1]
    inputs = {"variances": np.vstack([_TABLE, drawn]), "shares": np.array([*_SHARES, 0.8, 0.45])}
    return (Case("six lists of five variances", inputs),)


def _observe_keep(candidate: Any, case: Case) -> Observation:
    table, shares = np.array(case.inputs["variances"]), np.array(case.inputs["shares"])
    found = [candidate(row.copy(), float(share)) for row, share in zip(table, shares, strict=True)]
    return {"numbers of components": plain(found)}


def _counted(variances: Array, share: float) -> int:
    total, kept, k = variances.sum(), 0.0, 0
    while kept < share * total:
        kept, k = kept + variances[k], k + 1
    return k


KEEP = Exercise(
    "autoencoder-pca/keep",
    "How many components",
    "keep(variances, share) -> the smallest K whose components keep at least this share of all variance",
    2.0,
    lambda: keep,
    _keeps,
    untouched(_observe_keep, "variances"),
    (
        Alternate("a loop", lambda: _counted),
        Alternate("searchsorted", lambda: lambda v, share: 1 + np.cumsum(v).searchsorted(share * v.sum())),
    ),
    (
        Mutant(
            "one too few", "That is the number of components that keep less: one more is needed.",
            lambda: lambda v, share: keep(v, share) - 1,
        ),
        Mutant(
            "one too many", "One component fewer keeps the share as well: count again where it is reached.",
            lambda: lambda v, share: keep(v, share) + 1,
        ),
        Mutant(
            "more than the share", "At least the share is asked for: where it is met exactly, stop there.",
            lambda: lambda v, share: int(np.sum(np.cumsum(v) / np.sum(v) <= share)) + 1,
        ),
        Mutant(
            "standard deviations", "The share is one of the variance. Don't take roots before you add.",
            lambda: lambda v, share: keep(np.sqrt(v), share),
        ),
        Mutant(
            "squared again", "The variances were squared: they are squares already.",
            lambda: lambda v, share: keep(v**2, share),
        ),
        Mutant(
            "smallest first", "The components were added from the smallest on. Begin with the largest.",
            lambda: lambda v, share: keep(v[::-1], share),
        ),
        Mutant(
            "share of the first", "Each variance was compared with the first. The share is one of their sum.",
            lambda: lambda v, share: int(np.sum(v / v[0] > 1 - share)),
        ),
    ),
    (
        "Add the variances from the largest on, and divide by the sum of all.",
        "np.cumsum has the running sums; count those that are below the share, and one more.",
    ),
)  # fmt: skip
