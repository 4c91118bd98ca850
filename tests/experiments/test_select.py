"""Model selection measured: against closed forms, scikit-learn, and loops that leave one out."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score

from coursekit.experiments import select_choice, select_curves, select_folds


def test_ridge_is_that_of_scikit_learn_and_pinv_without_a_penalty() -> None:
    rng = np.random.default_rng(0)
    X, d = rng.standard_normal((12, 5)), rng.standard_normal(12)
    for penalty in (0.3, 4.0):
        twin = Ridge(alpha=penalty, fit_intercept=False).fit(X, d).coef_
        np.testing.assert_allclose(select_curves.ridge(X, d, penalty), twin, rtol=1e-9)
    wide = rng.standard_normal((4, 9))
    np.testing.assert_allclose(select_curves.ridge(wide, d[:4], 0.0), np.linalg.pinv(wide) @ d[:4], rtol=1e-9)
    with pytest.raises(ValueError, match="penalty must be a finite number, zero or above; got -1"):
        select_curves.ridge(X, d, -1.0)


def test_legendre_columns_are_the_polynomials() -> None:
    x = np.linspace(-1, 1, 7)
    expected = np.stack([np.ones(7), x, (3 * x**2 - 1) / 2, (5 * x**3 - 3 * x) / 2], 1)
    np.testing.assert_allclose(select_curves.legendre(x, 3), expected, atol=1e-14)
    with pytest.raises(ValueError, match="degree must be an int of at least 0; got -1"):
        select_curves.legendre(x, -1)


def test_the_apparent_error_falls_and_the_true_error_turns() -> None:
    result = select_curves.degrees()
    assert (np.diff(result.apparent, axis=1) <= 1e-12).all()
    assert set(result.chosen("apparent")) == {14}
    assert max(result.chosen("true")) <= 8
    assert (result.true[:, -1] > 1.3 * result.true.min(1)).all()
    # The noise of 5,000 fresh patterns: relative standard error sqrt(2 / 5000), five of them.
    assert result.true.min() > result.floor * (1 - 5 * math.sqrt(2 / 5000))
    assert (result.apparent[:, 4:] < result.true[:, 4:]).all()


def test_folds_of_a_polynomial_are_those_of_scikit_learn() -> None:
    result = select_curves.degrees((3,), largest=4)
    rng = np.random.default_rng(3)
    x, d = select_curves._drawn(30, rng)
    select_curves._drawn(select_curves.FRESH, rng)
    rng.permutation(30)  # the draw of the hold-out
    order = rng.permutation(30)
    rows = select_curves.legendre(x, 3)[order]
    model = Ridge(alpha=1e-12, fit_intercept=False, solver="svd")
    scores = cross_val_score(model, rows, d[order], cv=KFold(10), scoring="neg_mean_squared_error")
    assert result.folds[0, 2] == pytest.approx(-scores.mean(), rel=1e-6)
    with pytest.raises(ValueError, match="largest must be from 1 to 18; got 19"):
        select_curves.degrees((0,), largest=19)
    with pytest.raises(ValueError, match="at least one seed"):
        select_curves.degrees(())


def test_learning_curves_close_in_on_each_other() -> None:
    result = select_curves.learning()
    gap = result.test - result.apparent
    assert (gap[:, 0] > 0.15).all()
    assert (np.abs(gap[:, -1]) < 0.03).all()
    assert (result.apparent[:, 0] == 0).all()
    assert (result.test[:, -1] < result.test[:, 0] / 2).all()
    assert len(select_curves.learning(fast=True).seeds) == 2


def test_the_true_error_by_drawing() -> None:
    w, truth, noise = np.array([1.0, -2.0, 0.5]), np.array([0.5, 0.0, 0.5]), 0.7
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400_000, 3))
    squares = (X @ w - X @ truth - noise * rng.standard_normal(400_000)) ** 2
    error = squares.std() / math.sqrt(squares.size)
    assert abs(select_folds.true_error(w, truth, noise) - squares.mean()) < 5 * error


def test_the_estimates_are_those_of_separate_fits() -> None:
    rng = np.random.default_rng(1)
    X, d = rng.standard_normal((12, 4)), rng.standard_normal(12)
    model = Ridge(alpha=select_folds.RIDGE, fit_intercept=False)
    left_out = cross_val_score(model, X, d, cv=12, scoring="neg_mean_squared_error")
    assert select_folds._estimate(X, d, 12, rng) == pytest.approx(-left_out.mean(), rel=1e-9)
    order = np.random.default_rng(5).permutation(12)
    folds = cross_val_score(model, X[order], d[order], cv=KFold(3), scoring="neg_mean_squared_error")
    assert select_folds._estimate(X, d, 3, np.random.default_rng(5)) == pytest.approx(-folds.mean(), rel=1e-9)


def test_few_folds_are_pessimistic_and_here_not_steadier() -> None:
    result = select_folds.bias_and_spread()
    assert (result.bias[0] > 0.3).all()
    assert (np.diff(result.bias.mean(1)) < 0).all()
    assert abs(result.bias[-1].mean()) < 0.08
    assert (result.spread[-1] < result.spread[0]).all()
    assert (result.gap[-1] < result.gap[0]).all()


def test_plain_folds_miss_a_rare_class_as_often_as_the_hypergeometric_law_says() -> None:
    result = select_folds.rare(tuple(range(10)))
    law = stats.hypergeom(100, 5, 20).pmf(0)
    assert result.expected == pytest.approx(law, rel=1e-12)
    # 2,000 shuffles of five folds, as if each shuffle had one.
    share = np.mean(result.plain)
    assert abs(share - law) < 5 * math.sqrt(law * (1 - law) / 2000)
    assert set(result.stratified) == {0.0}


def test_the_winner_shows_less_error_than_it_has() -> None:
    result = select_choice.noise_search()
    assert max(result.shown) < 0.4
    assert abs(np.mean(result.nested) - 0.5) < 0.06
    # 40 models on 1,000 fresh coin flips: standard error 0.5 / sqrt(40,000) a model at most.
    assert abs(np.mean(result.fresh) - 0.5) < 5 * 0.5 / math.sqrt(40_000)


def test_columns_picked_before_the_folds_leak() -> None:
    result = select_choice.leak()
    assert max(result.before) < 0.25
    assert abs(np.mean(result.inside) - 0.5) < 0.15
    X = np.array([[0.0, 1.0, 5.0], [0.0, 3.0, 4.0], [1.0, 2.0, 9.0], [1.0, 2.0, 0.0]])
    assert select_choice._columns(X, np.array([0, 0, 1, 1]), 1).tolist() == [0]


def test_nested_folds_never_show_the_outer_test_to_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[float]] = []
    real = select_choice._best

    def spy(X: np.ndarray, *rest: object) -> tuple[int, float]:
        seen.append(set(X[:, 0]))
        return real(X, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(select_choice, "_best", spy)
    rng = np.random.default_rng(0)
    X, d = rng.standard_normal((20, 4)), np.arange(20) % 2
    select_choice._nested(X, d, [np.array([0, 1]), np.array([2, 3])], 5, rng)
    assert [len(rows) for rows in seen] == [16] * 5
    assert len(set.intersection(*seen)) == 0


def test_one_configuration_is_many_models() -> None:
    result = select_choice.one_configuration(tuple(range(4)))
    assert len(set(result.error)) > 1
    assert result.apart > 1
    assert 0 < result.disagree < 0.3
    again = select_choice.one_configuration((0, 1))
    assert again.error == result.error[:2]
