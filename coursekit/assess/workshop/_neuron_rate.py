"""One neuron, step F: the largest stable learning rate."""

__all__ = ["RATE", "widened"]

from typing import Any

import numpy as np

from coursekit.assess.exercise import Alternate, Case, Exercise, Mutant, Observation
from coursekit.assess.plain import plain
from coursekit.assess.workshop._neuron_cases import Array, arguments, drawn, named
from coursekit.assess.workshop._neuron_reference import largest_rate


def _rate_cases(seed: int) -> tuple[Case, ...]:
    return tuple(named(*size, drawn(seed + size[0], *size)) for size in ((1, 3), (4, 2), (6, 3)))


def _observe_rate(candidate: Any, case: Case) -> Observation:
    rate = candidate(*arguments(case, "X"))
    # eigvals, unlike eigvalsh, may call the eigenvalues of a symmetric matrix complex: that is rounding.
    return {"rate": plain(np.real_if_close(rate, tol=1e6) if np.iscomplexobj(rate) else rate)}


def widened(X: Array) -> Array:
    """Return patterns (B, D) with a one at the end of each, (B, D + 1)."""
    return np.column_stack([X, np.ones(len(X))])


def _eigenvalues(X: Array) -> Array:
    """Return the eigenvalues of the sum of outer products, smallest first."""
    found: Array = np.linalg.eigvalsh(X.T @ X)
    return found


def _by_eigvals(X: Array) -> Any:
    inputs = widened(X)
    return 2 / np.linalg.eigvals(inputs.T @ inputs / len(X)).max()


RATE = Exercise(
    "one-neuron/rate",
    "The largest stable learning rate",
    "largest_rate(X) -> a number: above it, steps on the batch diverge",
    3.0,
    lambda: largest_rate,
    _rate_cases,
    _observe_rate,
    (
        Alternate(
            "singular value",
            lambda: lambda X: 2 * len(X) / np.linalg.svd(widened(X), compute_uv=False)[0] ** 2,
        ),
        Alternate("eigenvalues of any matrix", lambda: _by_eigvals),
        Alternate(
            "matrix norm", lambda: lambda X: 2 / np.linalg.norm(widened(X).T @ widened(X) / len(X), ord=2)
        ),
    ),
    (
        Mutant(
            "bias ignored",
            "The bias is missing: widen every pattern by a 1, its input.",
            lambda: lambda X: 2 * len(X) / _eigenvalues(X)[-1],
            "003-E14",
        ),
        Mutant(
            "one over the eigenvalue",
            "That is half of it: one over the eigenvalue is the fastest rate there, two over it the largest.",
            lambda: lambda X: largest_rate(X) / 2,
        ),
        Mutant(
            "sum for mean",
            "The Hessian was not divided by the number of patterns, although the cost is a mean.",
            lambda: lambda X: 2 / _eigenvalues(widened(X))[-1],
        ),
        Mutant(
            "smallest eigenvalue",
            "That is the flattest direction. The steepest one, the largest eigenvalue, sets the limit.",
            lambda: lambda X: 2 * len(X) / _eigenvalues(widened(X))[0],
        ),
        Mutant(
            "trace for the largest",
            "All eigenvalues were added up. The steepest direction alone sets the limit.",
            lambda: lambda X: 2 * len(X) / _eigenvalues(widened(X)).sum(),
        ),
        Mutant(
            "longest pattern",
            "That is the limit for the longest pattern alone. Others may pull another way: take the "
            "eigenvalue of the mean.",
            lambda: lambda X: 2 / (1 + (X**2).sum(axis=1).max()),
        ),
        Mutant(
            "singular value not squared",
            "The largest singular value of the patterns must be squared: it is the root of the eigenvalue.",
            lambda: lambda X: 2 * len(X) / np.sqrt(_eigenvalues(widened(X))[-1]),
        ),
        Mutant(
            "mean pattern",
            "The patterns were averaged first. Average their outer products: the Hessian holds squares.",
            lambda: lambda X: 2 / (1 + (X.mean(axis=0) ** 2).sum()),
        ),
    ),
    (
        "The cost is a bowl. Its curvature, the Hessian in (w, b), is the mean of the outer products of the "
        "patterns, each widened by a 1.",
        "np.linalg.eigvalsh returns the eigenvalues of a symmetric matrix, smallest first.",
        "For one pattern the answer is 2 / (‖x‖² + 1): use it to check yours.",
    ),
)
