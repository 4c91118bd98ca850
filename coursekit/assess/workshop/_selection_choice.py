"""Model selection, steps E and F: choosing a penalty by folds, and leave-one-out from one fit."""

__all__ = ["CHOOSE", "LEAVE_ONE_OUT"]

from functools import cache
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._selection_reference import Array, choose, kfold, leave_one_out, ridge

PENALTIES = (300.0, 10.0, 1.0, 1.0, 0.01)  # the best stands twice: the first counts
_SIZES = ((11, 3, 4), (14, 4, 3))


def _drawn(seed: int, rows: int, features: int) -> tuple[Array, Array]:
    """Draw patterns and noisy targets of a linear world."""
    rng = np.random.default_rng(seed)
    X = rng.normal(0, 1, (rows, features))
    return X, X @ rng.choice((-1.5, 1.5), features) + 1.2 * rng.normal(0, 1, rows)


@cache
def _wanted(seed: int, rows: int, features: int, k: int) -> tuple[Array, Array]:
    """Draw until the choice is clear: penalty 1 by its mean, penalty 10 by its best fold."""
    for attempt in range(1000):
        X, d = _drawn(1000 * seed + attempt, rows, features)
        table = _table(X, d, PENALTIES, kfold(rows, k), ridge)
        means, lucky = table.mean(axis=1), int(table.min(axis=1).argmin())
        # Each mistake takes another one: the smallest penalty has the smallest apparent error.
        if (means.argmin(), lucky, means.argmax()) == (2, 1, 0) and means[[1, 4]].min() > 1.02 * means[2]:
            return X, d
    raise RuntimeError("no data set with a clear choice in 1,000 draws")


def _choices(seed: int) -> tuple[Case, ...]:
    data = [(size, _wanted(seed + size[0], *size)) for size in _SIZES]
    shared: list[tuple[str, dict[str, Plain]]] = [
        (f"{rows} patterns in {k} folds", {"X": X, "d": d, "k": k}) for (rows, _, k), (X, d) in data
    ]
    errors = [Case(name, own, group="errors") for name, own in shared]
    return (*errors, *[Case(f"the choice on {name}", own, 3, group="choice") for name, own in shared])


def _observe_choice(candidate: Any, case: Case) -> Observation:
    X, d = (np.array(case.inputs[name]) for name in ("X", "d"))
    folds = [fold.copy() for fold in kfold(len(d), int(case.inputs["k"]))]
    found = candidate(X, d, list(PENALTIES), folds, ridge)
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        return {"result": told(found)}
    means, best, w = found
    if case.layer == 1:
        return {"error of each penalty": plain(means)}
    return {"place of the best": plain(best), "weights": plain(w)}


def _leave_cases(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, features, penalty in ((7, 3, 0.5), (9, 4, 2.0)):
        X, d = _drawn(seed + rows, rows, features)
        name = f"{rows} patterns, penalty {penalty:g}"
        found.append(Case(name, {"X": X, "d": d, "penalty": penalty}))
    return tuple(found)


def _observe_leave(candidate: Any, case: Case) -> Observation:
    X, d = (np.array(case.inputs[name]) for name in ("X", "d"))
    return {"error": plain(candidate(X, d, float(case.inputs["penalty"])))}


def _table(X: Array, d: Array, penalties: Any, folds: Any, fit: Any, kind: str = "right") -> Array:
    """Return the errors by penalty and fold, with one mistake."""
    table = np.zeros((len(penalties), len(folds)))
    for i, penalty in enumerate(penalties):
        for j, test in enumerate(folds):
            train = np.setdiff1d(np.arange(len(d)), test)
            learn, judge = {
                "apparent": (train, train), "leak": (np.arange(len(d)), test), "swapped": (test, train),
            }.get(kind, (train, test))  # fmt: skip
            w = fit(X[learn], d[learn], penalty)
            table[i, j] = ((X[judge] @ w - d[judge]) ** 2).mean()
    return table


def _scored(kind: str) -> Any:
    """Return a choice whose errors are computed with one mistake."""

    def wrong(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
        means = _table(X, d, penalties, folds, fit, kind).mean(axis=1)
        best = int(means.argmin())
        return means, best, fit(X, d, penalties[best])

    return wrong


def _picked(kind: str) -> Any:
    """Return a choice whose errors are right and whose pick is not."""

    def wrong(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
        table = _table(X, d, penalties, folds, fit)
        means = table.mean(axis=1)
        best = {
            "largest": int(means.argmax()), "fold": int(table.min(axis=1).argmin()),
            "last": len(means) - 1 - int(means[::-1].argmin()),
        }[kind]  # fmt: skip
        return means, best, fit(X, d, penalties[best])

    return wrong


def _summed(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
    means, best, w = choose(X, d, penalties, folds, fit)
    return means * len(folds), best, w


def _not_refitted(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
    means, best, _ = choose(X, d, penalties, folds, fit)
    train = np.setdiff1d(np.arange(len(d)), folds[-1])
    return means, best, fit(X[train], d[train], penalties[best])


def _last_penalty(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
    means, best, _ = choose(X, d, penalties, folds, fit)
    return means, best, fit(X, d, penalties[-1])


def _with_masks(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, Any, Array]:
    means = []
    for penalty in penalties:
        found = []
        for fold in folds:
            mask = np.ones(len(d), dtype=bool)
            mask[fold] = False
            w = fit(X[mask], d[mask], penalty)
            found.append(np.mean((d[fold] - X[fold] @ w) ** 2))
        means.append(sum(found) / len(found))
    best = min(range(len(means)), key=means.__getitem__)
    return np.array(means), best, fit(X, d, penalties[best])


def _by_helper(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Any, Any, Array]:
    means = _table(X, d, penalties, folds, fit).mean(1)
    return means.tolist(), np.argmin(means), fit(X, d, penalties[np.argmin(means)])


def _parts(X: Array, d: Array, penalty: float) -> tuple[Array, Array]:
    hat = X @ np.linalg.inv(X.T @ X + penalty * np.eye(X.shape[1])) @ X.T
    return d - hat @ d, np.diag(hat)


def _no_penalty(X: Array, d: Array, penalty: float) -> Any:
    del penalty
    return leave_one_out(X, d, 0.0)


def _one_by_one(X: Array, d: Array, penalty: float) -> float:
    found = []
    for i in range(len(d)):
        w = ridge(np.delete(X, i, 0), np.delete(d, i), penalty)
        found.append((d[i] - X[i] @ w) ** 2)
    return float(np.mean(found))


def _by_svd(X: Array, d: Array, penalty: float) -> Any:
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    shrink = s**2 / (s**2 + penalty)
    left = (d - U @ (shrink * (U.T @ d))) / (1 - (U**2) @ shrink)
    return left @ left / len(d)


CHOOSE = Exercise(
    "model-selection/choose",
    "A penalty chosen by folds",
    "choose(X, d, penalties, folds, fit) -> error of each penalty (M,), place of the best, its weights (D,)",
    4.0,
    lambda: choose,
    _choices,
    _observe_choice,
    (Alternate("masks and lists", lambda: _with_masks), Alternate("a table first", lambda: _by_helper)),
    (
        Mutant(
            "scored on the training part",
            "The error was measured on the patterns that were fitted: that is the apparent error. Measure it "
            "on the fold held out.",
            lambda: _scored("apparent"),
        ),
        Mutant(
            "fitted on everything",
            "The fold that judges was fitted too: that is a leak. Fit on the other folds only.",
            lambda: _scored("leak"),
        ),
        Mutant(
            "fitted on the fold",
            "Fitting and testing are swapped: fit on the other folds, test on the one held out.",
            lambda: _scored("swapped"),
        ),
        Mutant(
            "sum over folds",
            "The errors of the folds were added up. Return their mean.",
            lambda: _summed,
        ),
        Mutant(
            "best single fold",
            "The errors are right, but the choice goes by the best single fold. Choose by the mean.",
            lambda: _picked("fold"),
            "003-E30",
        ),
        Mutant(
            "largest error",
            "The errors are right, but the largest was chosen. The smallest wins.",
            lambda: _picked("largest"),
        ),
        Mutant(
            "last of equals",
            "Two penalties tie, and the last was taken. The rule is: the first of the smallest.",
            lambda: _picked("last"),
        ),
        Mutant(
            "not refitted",
            "The weights are those of the last fold. After the choice, fit once more on all patterns.",
            lambda: _not_refitted,
            "003-E29",
        ),
        Mutant(
            "refitted with another penalty",
            "The final fit used the last penalty of the list. Use the chosen one.",
            lambda: _last_penalty,
        ),
    ),
    (
        "Two loops: over the penalties, and inside over the folds. Each round fits once and measures once.",
        "np.setdiff1d(np.arange(len(d)), fold) are the patterns to fit on when a fold is held out.",
        "np.argmin takes the first of equals. After the choice: fit(X, d, penalties[best]).",
    ),
    groups=(("errors", 2.0), ("choice", 2.0)),
)
LEAVE_ONE_OUT = Exercise(
    "model-selection/leave-one-out",
    "Leave-one-out from one fit",
    "leave_one_out(X, d, penalty) -> the mean squared error of B ridge fits, each without one pattern",
    3.0,
    lambda: leave_one_out,
    _leave_cases,
    _observe_leave,
    (Alternate("B fits", lambda: _one_by_one), Alternate("singular values", lambda: _by_svd)),
    (
        Mutant(
            "apparent error",
            "That is the apparent error. Divide each residual by one minus its leverage before squaring.",
            lambda: lambda X, d, penalty: (_parts(X, d, penalty)[0] ** 2).mean(),
        ),
        Mutant(
            "divided after squaring",
            "The square was divided by 1 − h. Divide first: the leverage is squared too.",
            lambda: (
                lambda X, d, penalty: (_parts(X, d, penalty)[0] ** 2 / (1 - _parts(X, d, penalty)[1])).mean()
            ),
        ),
        Mutant(
            "plus for minus",
            "The residuals were divided by 1 + h, which makes them smaller. Left out, a pattern fits worse.",
            lambda: (
                lambda X, d, penalty: (
                    (_parts(X, d, penalty)[0] / (1 + _parts(X, d, penalty)[1])) ** 2
                ).mean()
            ),
        ),
        Mutant(
            "mean leverage",
            "All patterns got the mean leverage: that is generalised cross-validation. Use each one's own.",
            lambda: (
                lambda X, d, penalty: (
                    (_parts(X, d, penalty)[0] / (1 - _parts(X, d, penalty)[1].mean())) ** 2
                ).mean()
            ),
        ),
        Mutant(
            "penalty left out of the hat",
            "The hat matrix lacks the penalty: X (XᵀX + λI)⁻¹ Xᵀ.",
            lambda: _no_penalty,
        ),
        Mutant(
            "sum for mean",
            "The squares were added up. Divide by the number of patterns.",
            lambda: lambda X, d, penalty: len(d) * leave_one_out(X, d, penalty),
        ),
        Mutant(
            "root",
            "This is the root of it. Return the mean of the squares.",
            lambda: lambda X, d, penalty: np.sqrt(leave_one_out(X, d, penalty)),
        ),
    ),
    (
        "H = X (XᵀX + λI)⁻¹ Xᵀ turns targets into predictions; its diagonal holds the leverages h.",
        "The residual of pattern i without pattern i is e_i / (1 − h_i).",
        "np.linalg.solve(X.T @ X + penalty * np.eye(D), X.T) has the shape (D, B).",
    ),
)
