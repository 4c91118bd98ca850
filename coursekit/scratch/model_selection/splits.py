"""Splits of pattern numbers into a part to learn from and a part to be tested on."""

__all__ = ["Split", "holdout", "kfold", "leave_one_out", "stratified_kfold"]

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit._check import check_positive, check_positive_int, require
from coursekit.scratch._arrays import Ints, Rng, as_labels, check_rng


class Split(NamedTuple):
    """The numbers of the patterns to train on and to test on: disjoint, sorted, together all of them."""

    train: Ints
    test: Ints


def _split(n: int, test: Ints) -> Split:
    """Return the split that tests on the given patterns."""
    chosen = np.zeros(n, dtype=bool)
    chosen[test] = True
    return Split(np.flatnonzero(~chosen), np.flatnonzero(chosen))


def _grouped(labels: Ints, generator: "Rng | None") -> Ints:
    """Return the pattern numbers class by class, in random order within a class if there is a generator."""
    order: Ints = (
        np.arange(labels.size) if generator is None else check_rng(generator).permutation(labels.size)
    )
    grouped: Ints = order[np.argsort(labels[order], kind="stable")]
    return grouped


def _labels(labels: ArrayLike, name: str) -> Ints:
    """Return labels of any classes."""
    return as_labels(labels, name, classes=int(np.iinfo(np.intp).max))


def _quotas(counts: Ints, total: int) -> Ints:
    """Share ``total`` among classes by their counts; the largest remainders get what is left."""
    exact = counts * total / counts.sum()
    quotas: Ints = np.floor(exact).astype(np.intp)
    most_left = np.argsort(-(exact - quotas), kind="stable")
    quotas[most_left[: total - int(quotas.sum())]] += 1
    return quotas


def holdout(n: int, *, fraction: float, generator: Rng, stratify: ArrayLike | None = None) -> Split:
    r"""Hold out a random part of the patterns for the test.

    .. math:: |\text{test}| = \lfloor n \cdot \text{fraction} + \tfrac12 \rfloor

    Args:
        n: number of patterns, at least 2.
        fraction: the share held out, strictly between 0 and 1.
        generator: draws the part.
        stratify: labels; each class then gives its share, to within one pattern.

    Shape:
        stratify: (B,) with B = n; returns numbers (B - T,) and (T,), both sorted.

    Raises:
        TypeError: if n is no int, the labels are no integers, or the generator is none.
        ValueError: if the fraction leaves one part empty, or there is not one label for each pattern.

    Source:
        Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, section 7.2.

    Example:
        >>> [part.size for part in holdout(9, fraction=1 / 3, generator=np.random.default_rng(0))]
        [6, 3]
    """
    check_positive_int(n, "n", minimum=2)
    size = int(n * check_positive(fraction, "fraction") + 0.5)
    require(0 < size < n, f"fraction must leave both parts a pattern; got {fraction} of {n}")
    if stratify is None:
        return _split(n, check_rng(generator).permutation(n)[:size])
    labels = _labels(stratify, "stratify")
    require(labels.shape == (n,), f"stratify must have shape ({n},); got {labels.shape}")
    order = _grouped(labels, check_rng(generator))
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    taken = [order[s : s + q] for s, q in zip(starts, _quotas(counts, size), strict=True)]
    return _split(n, np.concatenate(taken))


def kfold(n: int, k: int, *, generator: "Rng | None" = None) -> list[Split]:
    r"""Divide the patterns into k folds and let each be the test once.

    .. math:: |\text{fold}_i| = \lfloor n / k \rfloor + [\,i < n \bmod k\,], \qquad i = 0, \dots, k - 1

    Args:
        n: number of patterns.
        k: number of folds, from 2 to n.
        generator: shuffles first; without one the folds are blocks of neighbours, which sorted data ruin.

    Shape:
        Numbers of patterns (B,), in two sorted parts for each fold.

    Raises:
        TypeError: if n or k is no int, or the generator is none.
        ValueError: if k is below 2 or above n.

    Source:
        Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, section 7.10.1.

    Example:
        >>> [fold.test.tolist() for fold in kfold(7, 3)]
        [[0, 1, 2], [3, 4], [5, 6]]
    """
    check_positive_int(n, "n", minimum=2)
    check_positive_int(k, "k", minimum=2)
    require(k <= n, f"k must be at most n = {n}; got {k}")
    order = np.arange(n) if generator is None else check_rng(generator).permutation(n)
    return [_split(n, part) for part in np.array_split(order, k)]


def stratified_kfold(labels: ArrayLike, k: int, *, generator: "Rng | None" = None) -> list[Split]:
    """Divide the patterns into k folds with the same mix of classes.

    The patterns, class by class, are dealt to the folds in turn: the sizes of two folds, and the counts of
    each class in them, differ by at most one.

    Args:
        labels: of all patterns, integers from 0.
        k: number of folds, from 2 to the number of patterns.
        generator: shuffles the patterns of each class first.

    Shape:
        labels: (B,); returns numbers of patterns, in two sorted parts for each fold.

    Raises:
        TypeError: if k is no int, a label no integer, or the generator none.
        ValueError: if k is below 2 or above the number of patterns.

    Source:
        Kohavi (1995), A study of cross-validation and bootstrap, section 2.2.

    Example:
        >>> [fold.test.tolist() for fold in stratified_kfold([0, 0, 0, 0, 1, 1], 2)]
        [[0, 2, 4], [1, 3, 5]]
    """
    known = _labels(labels, "labels")
    check_positive_int(k, "k", minimum=2)
    require(k <= known.size, f"k must be at most n = {known.size}; got {k}")
    order = _grouped(known, generator)
    return [_split(known.size, order[i::k]) for i in range(k)]


def leave_one_out(n: int) -> list[Split]:
    """Let each pattern be the test once, with all others to learn from: k-fold with k = n.

    Args:
        n: number of patterns, at least 2.

    Raises:
        TypeError: if n is no int.
        ValueError: if it is below 2.

    Source:
        Stone (1974), Cross-validatory choice and assessment of statistical predictions, section 2.

    Example:
        >>> [fold.test.tolist() for fold in leave_one_out(3)]
        [[0], [1], [2]]
    """
    check_positive_int(n, "n", minimum=2)
    return kfold(n, n)
