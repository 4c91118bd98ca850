"""Measures, splits and choices against scikit-learn, refitting, and exact probabilities."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from sklearn.model_selection import KFold, LeaveOneOut, ParameterGrid, StratifiedKFold, cross_val_score

from coursekit.scratch.model_selection import (
    Split,
    accuracy,
    confusion,
    cross_validate,
    error_rate,
    grid,
    holdout,
    kfold,
    leave_one_out,
    precision_recall,
    press,
    select,
    selection_bias,
    stratified_kfold,
    trainings,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# Measures


def test_error_rate_of_the_audit_is_a_share_not_a_count() -> None:
    # D003-03: the sum without 1/P says 2.
    assert error_rate([0, 1, 2, 0, 1], [0, 1, 1, 0, 2]) == 0.4
    assert error_rate([0, 2], [2, 0]) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_measures_match_scikit_learn(seed: int) -> None:
    r, classes = rng(seed), 2 + seed % 4
    d, y = r.integers(classes, size=(2, 5 + 3 * seed))
    assert accuracy(y, d) == pytest.approx(accuracy_score(d, y), rel=1e-15)
    assert error_rate(y, d) == pytest.approx(1 - accuracy_score(d, y), abs=1e-15)
    labels = list(range(classes))
    np.testing.assert_array_equal(confusion(y, d, classes=classes), confusion_matrix(d, y, labels=labels))
    ours = precision_recall(y, d, classes=classes)
    theirs = precision_recall_fscore_support(d, y, labels=labels, zero_division=np.nan)[:3]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_undefined_precision_and_recall_are_nan_not_zero() -> None:
    scores = precision_recall([0, 0], [0, 1], classes=3)
    np.testing.assert_array_equal(scores.precision, [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(scores.recall, [1.0, 0.0, np.nan])
    np.testing.assert_allclose(scores.f1, [2 / 3, 0.0, np.nan])


# Splits


def check_cover(splits: list[Split], n: int) -> None:
    """Every pattern is tested exactly once and never trained on where it is tested."""
    np.testing.assert_array_equal(np.sort(np.concatenate([s.test for s in splits])), np.arange(n))
    for train, test in splits:
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(n))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.data())
def test_kfold_sizes_and_cover(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(2, n))
    for generator in (None, rng(n)):
        folds = kfold(n, k, generator=generator)
        check_cover(folds, n)
        assert [f.test.size for f in folds] == [n // k + (i < n % k) for i in range(k)]


@pytest.mark.parametrize(("n", "k"), [(10, 3), (7, 7), (100, 6), (5, 2)])
def test_kfold_matches_scikit_learn(n: int, k: int) -> None:
    for ours, (train, test) in zip(kfold(n, k), KFold(k).split(np.zeros(n)), strict=True):
        np.testing.assert_array_equal(ours.train, train)
        np.testing.assert_array_equal(ours.test, test)


def test_leave_one_out_matches_scikit_learn() -> None:
    for ours, (train, test) in zip(leave_one_out(6), LeaveOneOut().split(np.zeros(6)), strict=True):
        np.testing.assert_array_equal(ours.train, train)
        np.testing.assert_array_equal(ours.test, test)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=60), st.data())
def test_stratified_folds_differ_by_one_in_size_and_in_every_class(
    labels: list[int], data: st.DataObject
) -> None:
    k = data.draw(st.integers(2, len(labels)))
    for generator in (None, rng(1)):
        folds = stratified_kfold(labels, k, generator=generator)
        check_cover(folds, len(labels))
        assert np.ptp([f.test.size for f in folds]) <= 1
        for label in set(labels):
            assert np.ptp([(np.array(labels)[f.test] == label).sum() for f in folds]) <= 1


def test_stratified_counts_match_scikit_learn() -> None:
    labels = np.repeat([0, 1, 2], [12, 6, 3])
    theirs = [np.bincount(labels[test]).tolist() for _, test in StratifiedKFold(3).split(labels, labels)]
    assert [np.bincount(labels[f.test]).tolist() for f in stratified_kfold(labels, 3)] == theirs


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=80), st.floats(0.2, 0.8), st.integers(0, 99))
def test_holdout_covers_and_stratifies(labels: list[int], fraction: float, seed: int) -> None:
    n = len(labels)
    for stratify in (None, labels):
        train, test = holdout(n, fraction=fraction, generator=rng(seed), stratify=stratify)
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(n))
        assert test.size == int(n * fraction + 0.5)
        if stratify is not None:
            for label in set(labels):
                share = labels.count(label) * test.size / n
                assert abs((np.array(labels)[test] == label).sum() - share) < 1


def test_splits_are_random_and_reproducible() -> None:
    for draw in (
        lambda g: holdout(60, fraction=1 / 3, generator=g).test,
        lambda g: holdout(60, fraction=1 / 3, generator=g, stratify=np.arange(60) % 3).test,
        lambda g: kfold(60, 4, generator=g)[0].test,
        lambda g: stratified_kfold(np.arange(60) % 3, 4, generator=g)[0].test,
    ):
        np.testing.assert_array_equal(draw(rng(5)), draw(rng(5)))
        assert not np.array_equal(draw(rng(5)), draw(rng(6)))


@pytest.mark.parametrize("stratified", [False, True])
def test_every_pattern_is_held_out_equally_often(stratified: bool) -> None:
    g, labels, counts, runs = rng(7), np.repeat([0, 1], [8, 4]), np.zeros(12), 20_000
    for _ in range(runs):
        counts[holdout(12, fraction=1 / 3, generator=g, stratify=labels if stratified else None).test] += 1
    # Classes of 8 and 4 give exact shares of 8/3 and 4/3: three and one are taken, by the larger remainder.
    expected = np.where(labels == 0, 3 / 8, 1 / 4) if stratified else np.full(12, 1 / 3)
    deviation = (counts / runs - expected) / np.sqrt(expected * (1 - expected) / runs)
    assert np.abs(deviation).max() < stats.norm.isf(1e-6 / 24)


# Cross-validation and choice


def test_cross_validation_matches_scikit_learn() -> None:
    r = rng(8)
    X, d = r.normal(size=(40, 3)), r.integers(2, size=40)

    def fit(X: Any, d: Any) -> Any:
        return LogisticRegression().fit(X, d)

    ours = cross_validate(fit, lambda m, X, d: accuracy(m.predict(X), d), X, d, kfold(40, 5))
    np.testing.assert_allclose(ours, cross_val_score(LogisticRegression(), X, d, cv=KFold(5)), rtol=1e-14)


def test_cross_validation_fits_afresh_on_the_training_part_only() -> None:
    seen: list[list[float]] = []

    def fit(X: Any, d: Any) -> float:
        seen.append(X[:, 0].tolist())
        return float(d.mean())

    scores = cross_validate(
        fit, lambda m, X, d: float(m + X[0, 0] - d[0]), np.arange(6)[:, None], np.arange(6), kfold(6, 3)
    )
    assert seen == [[2, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 3]]
    np.testing.assert_array_equal(scores, [3.5, 2.5, 1.5])


def test_grid_matches_scikit_learn_and_counts() -> None:
    choices: dict[str, list[Any]] = {"rate": [0.1, 0.01], "units": [4, 8, 16], "batch": [32]}
    ours = grid(**choices)
    key = lambda c: sorted(c.items())  # noqa: E731
    assert sorted(ours, key=key) == sorted(ParameterGrid(choices), key=key)
    assert trainings(len(ours), 5, repeats=3) == 2 * 3 * 5 * 3 + 1
    assert trainings(len(ours), 5, refit=False) == 30
    assert grid() == [{}]


def test_select_takes_the_best_mean_not_the_best_fold() -> None:
    table = np.array([[0.1, 0.9, 0.9], [0.4, 0.5, 0.4], [0.8, 0.9, 0.7]])
    assert select(table) == 1
    assert select(table, lower_is_better=False) == 2


# PRESS


@pytest.mark.parametrize("ridge", [0.0, 0.3, 50.0])
@pytest.mark.parametrize("bias", [True, False])
def test_press_equals_refitting_without_each_pattern(ridge: float, bias: bool) -> None:
    r = rng(9)
    X, d = r.normal(size=(15, 4)) + 3.0, r.normal(size=15)

    def fit(X: Any, d: Any) -> Any:
        return Ridge(alpha=ridge, fit_intercept=bias, solver="svd").fit(X, d)

    refitted = cross_validate(fit, lambda m, X, d: float((d - m.predict(X))[0]), X, d, leave_one_out(15))
    shortcut = press(X, d, ridge=ridge, bias=bias)
    np.testing.assert_allclose(shortcut.residuals, refitted, rtol=1e-10)
    assert shortcut.total == pytest.approx((refitted**2).sum(), rel=1e-10)
    if not ridge:
        assert shortcut.leverages.sum() == pytest.approx(4 + bias, rel=1e-12)


def test_press_keeps_its_digits_where_the_normal_equations_lose_them() -> None:
    x = np.linspace(0, 1, 12)
    X, d = np.vander(x, 7)[:, :-1], np.sin(3 * x)

    def left_out(i: int) -> float:
        keep = np.arange(12) != i
        return float(d[i] - np.polyval(np.polyfit(x[keep], d[keep], 6), x[i]))

    np.testing.assert_allclose(press(X, d).residuals, [left_out(i) for i in range(12)], rtol=1e-6)


# Selection bias


@pytest.mark.parametrize(("models", "audit"), [(1, 0.51), (10, 0.61), (100, 0.68), (1000, 0.72)])
def test_best_of_many_guessers_matches_theory_and_the_audit(models: int, audit: float) -> None:
    # D003-18: E[max] = sum over s of 1 - F(s)^M, divided by n.
    n, repeats = 50, 4_000
    exact = (1 - stats.binom.cdf(np.arange(n), n, 0.5) ** models).sum() / n
    best = selection_bias(models, n, repeats=repeats, generator=rng(10))
    assert best.shape == (repeats,)
    assert abs(best.mean() - exact) < stats.norm.isf(5e-7) * best.std() / repeats**0.5
    assert exact == pytest.approx(audit, abs=0.011)


# Bad input

BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: error_rate([0], [0, 1]),
        ValueError,
        r"prediction must have the shape of target, \(2,\); got \(1,\)",
    ),
    (lambda: error_rate([], []), (TypeError, ValueError), r"target must"),  # type: ignore[list-item]
    (lambda: accuracy([0.5], [0]), TypeError, "prediction must be an array of integer labels"),
    (lambda: accuracy([-1], [0]), ValueError, "prediction must hold labels from 0"),
    (lambda: confusion([2], [0], classes=2), ValueError, "prediction must hold labels from 0 to 1; got 2"),
    (lambda: kfold(5, 6), ValueError, "k must be at most n = 5; got 6"),
    (lambda: kfold(5, 1), ValueError, "k must be an int of at least 2; got 1"),
    (lambda: kfold(5, 2, generator=0), TypeError, r"generator must be a numpy"),  # type: ignore[arg-type]
    (lambda: leave_one_out(1), ValueError, "n must be an int of at least 2; got 1"),
    (lambda: stratified_kfold([0, 1], 3), ValueError, "k must be at most n = 2; got 3"),
    (
        lambda: holdout(3, fraction=0.1, generator=rng()),
        ValueError,
        "fraction must leave both parts a pattern; got 0.1",
    ),
    (
        lambda: holdout(3, fraction=1.0, generator=rng()),
        ValueError,
        "fraction must leave both parts a pattern; got 1.0",
    ),
    (
        lambda: holdout(3, fraction=0.5, generator=rng(), stratify=[0, 1]),
        ValueError,
        r"stratify must have shape \(3,\); got \(2,\)",
    ),
    (lambda: grid(rate=0.1), TypeError, "rate must be a list of values; got float 0.1"),  # type: ignore[arg-type]
    (lambda: grid(rate="ab"), TypeError, "rate must be a list of values; got str 'ab'"),
    (lambda: grid(rate=[]), ValueError, "rate must have at least one value; got none"),
    (lambda: trainings(0, 5), ValueError, "configurations must be an int of at least 1; got 0"),
    (lambda: select([0.1, 0.2]), ValueError, r"scores must have shape \(M, k\); got \(2,\)"),
    (lambda: press(np.ones((4, 1)), np.ones(4)), ValueError, "X must have 2 independent columns"),
    (lambda: press(np.ones((4, 1)), np.ones(3)), ValueError, r"d must have shape \(4,\); got \(3,\)"),
    (
        lambda: press([[0.0], [0.0], [1.0]], np.ones(3)),
        ValueError,
        r"without any one pattern; got pattern \[2\]",
    ),
    (
        lambda: press([[1.0]], [1.0], ridge=-1.0),
        ValueError,
        "ridge must be a finite number, zero or above; got -1",
    ),
    (
        lambda: selection_bias(5, 5, chance=1.0, generator=rng()),
        ValueError,
        "chance must be below 1; got 1.0",
    ),
]


@pytest.mark.parametrize(("call", "kind", "match"), BAD)
def test_bad_input_says_what_is_required_and_what_came(
    call: Callable[[], Any], kind: type[Exception], match: str
) -> None:
    with pytest.raises(kind, match=match):
        call()


def test_a_fold_that_trains_on_what_it_tests_is_refused() -> None:
    def run(folds: list[Split], d: Any = (1.0, 2.0, 3.0)) -> Any:
        return cross_validate(lambda X, d: 0.0, lambda m, X, d: 0.0, np.zeros((3, 1)), d, folds)  # noqa: ARG005

    with pytest.raises(ValueError, match=r"folds must not train on what they test; got fold 0 with \[1\]"):
        run([Split(np.array([0, 1]), np.array([1, 2]))])
    with pytest.raises(ValueError, match="folds must hold at least one split; got none"):
        run([])
    with pytest.raises(ValueError, match="d must have one entry for each of 3 patterns; got 2"):
        run(kfold(3, 3), d=(1.0, 2.0))
