"""Model selection, step F: leave-one-out from one fit."""

__all__ = ["LEAVE_ONE_OUT", "drawn"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._selection_reference import Array, leave_one_out, ridge


def drawn(seed: int, rows: int, features: int) -> tuple[Array, Array]:
    """Draw patterns (B, D) and noisy targets (B,) of a linear world."""
    rng = np.random.default_rng(seed)
    X = rng.normal(0, 1, (rows, features))
    return X, X @ rng.choice((-1.5, 1.5), features) + 1.2 * rng.normal(0, 1, rows)


def _leave_cases(seed: int) -> tuple[Case, ...]:
    found = []
    for rows, features, penalty in ((7, 3, 0.5), (9, 4, 2.0)):
        X, d = drawn(seed + rows, rows, features)
        name = f"{rows} patterns, penalty {penalty:g}"
        found.append(Case(name, {"X": X, "d": d, "penalty": penalty}))
    return tuple(found)


def _observe_leave(candidate: Any, case: Case) -> Observation:
    X, d = (np.array(case.inputs[name]) for name in ("X", "d"))
    return {"error": plain(candidate(X, d, float(case.inputs["penalty"])))}


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
