"""Model selection, step E: choosing a penalty by folds."""

__all__ = ["CHOOSE"]

from functools import cache
from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation, Plain
from coursekit.assess.plain import plain, told
from coursekit.assess.workshop._selection_leave import drawn
from coursekit.assess.workshop._selection_reference import Array, choose, kfold, ridge

# The best stands twice, and the first counts. No penalty is the place of another one.
PENALTIES = (300.0, 1.5, 0.02, 12.5, 1.5, 80.0)
_SIZES = ((11, 3, 4), (14, 4, 3))


def _fit(X: Array, d: Array, penalty: float) -> Array:
    """Fit in another way than the notebook's ridge does, so that what was handed in must be used."""
    return ridge(X, d, 1.7 * penalty)


def _mixed(rows: int, k: int) -> list[Array]:
    """Return folds that are no blocks, so that what was handed in must be used."""
    order = np.random.default_rng(rows).permutation(rows)
    return [np.sort(order[fold]) for fold in kfold(rows, k)]


@cache
def _wanted(seed: int, rows: int, features: int, k: int) -> tuple[Array, Array]:
    """Draw until the choice is clear: penalty 1.5 by its mean, penalty 12.5 by its best fold."""
    for attempt in range(1000):
        X, d = drawn(1000 * seed + attempt, rows, features)
        table = _table(X, d, PENALTIES, _mixed(rows, k), _fit)
        means, lucky = table.mean(axis=1), int(table.min(axis=1).argmin())
        # Each mistake takes another one: the smallest penalty has the smallest apparent error.
        if (means.argmin(), lucky, means.argmax()) == (1, 3, 0) and means[[2, 3, 5]].min() > 1.02 * means[1]:
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
    found = candidate(X, d, list(PENALTIES), _mixed(len(d), int(case.inputs["k"])), _fit)
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        return {"result": told(found)}
    means, best, w = found
    if case.layer == 1:
        return {"error of each penalty": plain(means)}
    return {"place of the best": plain(best), "weights": plain(w)}


def _table(X: Array, d: Array, penalties: Any, folds: Any, fit: Any, kind: str = "right") -> Array:
    """Return the errors by penalty and fold, with one mistake."""
    table = np.zeros((len(penalties), len(folds)))
    for i, penalty in enumerate(penalties):
        for j, test in enumerate(folds):
            train = np.setdiff1d(np.arange(len(d)), test)
            learn, judge = {
                "apparent": (train, train), "leak": (np.arange(len(d)), test), "swapped": (test, train),
                "alone": (test, test),
            }.get(kind, (train, test))  # fmt: skip
            w = fit(X[learn], d[learn], penalty)
            squares = (X[judge] @ w - d[judge]) ** 2
            # Folds of another size count otherwise if squares are summed, or pooled.
            table[i, j] = {
                "sums": squares.sum(), "pooled": squares.sum() * len(folds) / len(d),
                "roots": np.sqrt(squares.mean()),
            }.get(kind, squares.mean())  # fmt: skip
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


def _left_over(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
    means, best, _ = choose(X, d, penalties, folds, fit)
    train = np.setdiff1d(np.arange(len(d)), folds[-1])
    return means, best, fit(X[train], d[train], penalties[-1])


def _own_folds(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, int, Array]:
    return choose(X, d, penalties, kfold(len(d), len(folds)), fit)


def _placed(change: Any) -> Any:
    """Return a choice that names the place of the best in another way."""

    def wrong(X: Array, d: Array, penalties: Any, folds: Any, fit: Any) -> tuple[Array, Any, Array]:
        means, best, w = choose(X, d, penalties, folds, fit)
        return means, change(best, penalties), w

    return wrong


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
            "fitted and judged on the fold",
            "Each fold was fitted and judged alone. Fit on all the others, and measure on the one held out.",
            lambda: _scored("alone"),
        ),
        Mutant(
            "squares summed",
            "The squared errors in a fold were added up. The error of a fold is their mean.",
            lambda: _scored("sums"),
        ),
        Mutant(
            "pooled",
            "All squared errors were averaged at once, so a larger fold counts more. Average in each fold "
            "first, then over the folds.",
            lambda: _scored("pooled"),
        ),
        Mutant(
            "roots",
            "The root of a fold's error was taken. The mean squared error keeps the square.",
            lambda: _scored("roots"),
        ),
        Mutant(
            "own ridge",
            "The function that was handed in was not used: call fit, whatever it does.",
            lambda: lambda X, d, penalties, folds, _: choose(X, d, penalties, folds, ridge),
        ),
        Mutant(
            "own folds",
            "The folds that were handed in were not used: they need not be blocks of neighbours.",
            lambda: _own_folds,
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
            "weights from the loops",
            "These are the weights that the loops left: the last penalty, without the last fold. Fit once "
            "more, with the chosen penalty, on all patterns.",
            lambda: _left_over,
        ),
        Mutant(
            "penalty for place",
            "This is the penalty itself. Return its place in the list, counted from 0.",
            lambda: _placed(lambda best, penalties: penalties[best]),
        ),
        Mutant(
            "counted from one",
            "The place is too large by one. Python counts from 0.",
            lambda: _placed(lambda best, _: best + 1),
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
