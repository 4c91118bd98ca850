"""Choosing among models: configurations, cross-validation, and the bias that choosing brings."""

__all__ = ["cross_validate", "grid", "select", "selection_bias", "trainings"]

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coursekit._check import check_positive, check_positive_int, describe, require
from coursekit.scratch._arrays import Floats, Rng, as_floats, check_rng
from coursekit.scratch.model_selection.splits import Split

Model = TypeVar("Model")


def grid(**choices: Sequence[Any]) -> list[dict[str, Any]]:
    """Return every combination of hyper-parameters, the last one varying fastest.

    A configuration is a family of models: weights, seed and order of the data still differ.

    Args:
        choices: the values of each hyper-parameter, at least one.

    Raises:
        TypeError: if the choices for a name are no sequence of values.
        ValueError: if one has no value.

    Example:
        >>> grid(rate=[0.1, 0.2], units=[8])
        [{'rate': 0.1, 'units': 8}, {'rate': 0.2, 'units': 8}]
    """
    for name, values in choices.items():
        if isinstance(values, str) or not hasattr(values, "__len__"):
            raise TypeError(f"{name} must be a list of values; got {describe(values)}")
        require(len(values) > 0, f"{name} must have at least one value; got none")
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


def trainings(configurations: int, folds: int, *, repeats: int = 1, refit: bool = True) -> int:
    r"""Return how many trainings a search costs.

    .. math:: n = G\,k\,R + 1

    Args:
        configurations: :math:`G`, the size of the grid.
        folds: :math:`k`; 1 for a single hold-out.
        repeats: :math:`R`, how often each is trained with another seed or shuffle.
        refit: whether the winner is trained once more on all patterns.

    Raises:
        TypeError: if a count is no int.
        ValueError: if a count is below 1.

    Example:
        >>> trainings(len(grid(rate=[0.1, 0.2], units=[8, 16, 32])), 5)
        31
    """
    for value, name in ((configurations, "configurations"), (folds, "folds"), (repeats, "repeats")):
        check_positive_int(value, name)
    return configurations * folds * repeats + bool(refit)


def cross_validate(
    fit: Callable[[NDArray[Any], NDArray[Any]], Model],
    score: Callable[[Model, NDArray[Any], NDArray[Any]], float],
    X: ArrayLike,
    d: ArrayLike,
    folds: Iterable[Split],
) -> Floats:
    r"""Train on each fold's training part alone and score on its test part.

    .. math:: s_i = \text{score}(\text{fit}(T_i), V_i), \qquad T_i \cap V_i = \emptyset

    :math:`T_i, V_i` are the patterns and targets of fold i. Scaling belongs inside ``fit``, and so does an
    inner search: the scores are then nested ones.

    Args:
        fit: returns a fresh model.
        score: judges a model.
        X, d: patterns and targets.
        folds: such as :func:`kfold` makes.

    Shape:
        X: (B, ...); d: (B, ...); returns (k,), one score for each fold.

    Raises:
        ValueError: if X and d differ in length, there is no fold, or a fold trains on what it tests.

    Source:
        Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, section 7.10.

    Example:
        >>> fit, score = lambda X, d: d.mean(), lambda m, X, d: float(((d - m) ** 2).mean())
        >>> cross_validate(fit, score, np.zeros((3, 1)), [0.0, 3.0, 6.0], [Split([0, 1], [2])])
        array([20.25])
    """
    x, target = np.asarray(X), np.asarray(d)
    require(len(x) == len(target), f"d must have one entry for each of {len(x)} patterns; got {len(target)}")
    scores = []
    for number, (train, test) in enumerate(folds):
        shared = np.intersect1d(train, test)
        fault = f"got fold {number} with {shared[:3]}"
        require(shared.size == 0, f"folds must not train on what they test; {fault}")
        model = fit(x[train], target[train])
        scores.append(float(score(model, x[test], target[test])))
    require(scores, "folds must hold at least one split; got none")
    return np.array(scores)


def select(scores: ArrayLike, *, lower_is_better: bool = True) -> int:
    r"""Return the model with the best mean over the folds.

    .. math:: m^* = \arg\min_m \frac1k \sum_{i=1}^{k} s_{mi}

    Args:
        scores: a row for each model, a column for each fold.
        lower_is_better: whether scores are losses.

    Shape:
        scores: (M, k) with M models; returns a row number.

    Raises:
        TypeError: if the scores are no real numbers.
        ValueError: if they are no table, or one is not finite.

    Example:
        >>> select([[0.1, 0.9], [0.4, 0.4]])
        1
    """
    means = as_floats(scores, "scores", shape=("M", "k")).mean(axis=1)
    return int(means.argmin() if lower_is_better else means.argmax())


def selection_bias(
    models: int, patterns: int, *, chance: float = 0.5, repeats: int = 200, generator: Rng
) -> Floats:
    r"""Return the best accuracy among models that all guess, for many repeats.

    .. math:: a^* = \max_{m \le M} \frac{S_m}{n}, \qquad S_m \sim \operatorname{Bin}(n, p)

    Every model is right with probability :math:`p`; what the best one shows above it is the bias of
    reporting the score that it was chosen by.

    Args:
        models: :math:`M`, how many are compared.
        patterns: :math:`n`, how many they are tested on.
        chance: :math:`p`, strictly between 0 and 1.
        repeats: how many comparisons.
        generator: draws the counts of hits.

    Shape:
        Returns (B,), one best accuracy for each of B repeats.

    Raises:
        TypeError: if a count is no int, ``chance`` no number, or the generator none.
        ValueError: if a count is below 1 or ``chance`` outside (0, 1).

    Source:
        Cawley and Talbot (2010), On over-fitting in model selection, section 5.

    Example:
        >>> bool(selection_bias(1000, 50, generator=np.random.default_rng(0)).mean() > 0.65)
        True
    """
    for value, name in ((models, "models"), (patterns, "patterns"), (repeats, "repeats")):
        check_positive_int(value, name)
    require(check_positive(chance, "chance") < 1, f"chance must be below 1; got {chance}")
    hits = check_rng(generator).binomial(patterns, chance, size=(repeats, models))
    best: Floats = hits.max(axis=1) / patterns
    return best
