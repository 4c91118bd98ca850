"""The references of the model-selection assignment against scikit-learn, and its notebook against them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneOut, PredefinedSplit, cross_val_score
from torch.nn import functional as F

from coursekit.assess import check, exercises
from coursekit.assess.workshop import _selection_reference as reference

NOTEBOOK = Path(__file__).parents[2] / "solutions" / "model-selection" / "model-selection.ipynb"
OWN = [task for task in exercises() if task.id.startswith("model-selection/")]


def test_measures_are_those_of_scikit_learn_and_torch() -> None:
    rng = np.random.default_rng(0)
    y, d = rng.integers(0, 3, (2, 20))
    assert reference.error_rate(y, d) == pytest.approx(1 - accuracy_score(d, y))
    Y, D = rng.standard_normal((2, 6, 4))
    by_torch = F.mse_loss(torch.from_numpy(Y), torch.from_numpy(D)).item() * 4
    assert reference.mse(Y, D) == pytest.approx(by_torch, rel=1e-12)


def test_the_held_out_part_is_a_random_cut() -> None:
    numbers = np.arange(50.0)
    seen = np.zeros(50)
    for seed in range(400):
        parts = reference.holdout(numbers[:, None], -numbers, 0.3, np.random.default_rng(seed))
        X_train, d_train, X_test, d_test = parts
        assert (len(X_train), len(X_test)) == (35, 15)
        assert sorted([*X_train[:, 0], *X_test[:, 0]]) == numbers.tolist()
        assert np.array_equal(-X_test[:, 0], d_test)
        assert np.array_equal(-X_train[:, 0], d_train)
        seen[X_test[:, 0].astype(int)] += 1
    # Each number is held out with probability 0.3 in 400 draws; 50 of them at 6 standard errors.
    assert np.abs(seen / 400 - 0.3).max() < 6 * (0.3 * 0.7 / 400) ** 0.5


@pytest.mark.parametrize(("B", "k"), [(7, 3), (20, 4), (23, 6), (5, 5)])
def test_folds_are_those_of_scikit_learn(B: int, k: int) -> None:
    theirs = [test.tolist() for _, test in KFold(k).split(np.zeros(B))]
    assert [fold.tolist() for fold in reference.kfold(B, k)] == theirs


def test_the_choice_is_that_of_a_grid_search() -> None:
    rng = np.random.default_rng(1)
    X, d = rng.standard_normal((23, 5)), rng.standard_normal(23)
    penalties, folds = [0.1, 1.0, 10.0, 100.0], reference.kfold(23, 4)
    means, best, w = reference.choose(X, d, penalties, folds, reference.ridge)
    owner = np.concatenate([np.full(len(fold), j) for j, fold in enumerate(folds)])
    search = GridSearchCV(
        Ridge(fit_intercept=False), {"alpha": penalties}, cv=PredefinedSplit(owner),
        scoring="neg_mean_squared_error",
    ).fit(X, d)  # fmt: skip
    np.testing.assert_allclose(means, -search.cv_results_["mean_test_score"], rtol=1e-9)
    assert penalties[best] == search.best_params_["alpha"]
    np.testing.assert_allclose(w, search.best_estimator_.coef_, rtol=1e-9)


def test_the_shortcut_is_leave_one_out() -> None:
    rng = np.random.default_rng(2)
    X, d = rng.standard_normal((15, 4)), rng.standard_normal(15)
    for penalty in (0.01, 1.0, 50.0):
        model = Ridge(alpha=penalty, fit_intercept=False)
        scores = cross_val_score(model, X, d, cv=LeaveOneOut(), scoring="neg_mean_squared_error")
        assert reference.leave_one_out(X, d, penalty) == pytest.approx(-scores.mean(), rel=1e-9)


def test_each_part_of_the_choice_is_earned_alone() -> None:
    def unfinished(X: np.ndarray, d: np.ndarray, penalties: list[float], folds: list, fit: object) -> tuple:
        return reference.choose(X, d, penalties, folds, fit)[0], None, None  # type: ignore[arg-type]

    report = str(check("model-selection/choose", unfinished))
    assert "2 of 4 points" in report


def test_lists_are_taken_and_odd_answers_are_not() -> None:
    assert check("model-selection/kfold", lambda B, k: tuple(map(list, reference.kfold(B, k)))).passed
    assert check("model-selection/error-rate", lambda y, d: np.array(np.mean(y != d))).passed
    for odd in (None, 3, "x", (1, 2, 3, 4), ([], [], [], [])):
        report = check("model-selection/holdout", lambda *_, odd=odd: odd)
        assert not report.passed
    for odd in (5, [3], [[1, 2], "x"], [np.zeros((2, 2))], []):
        assert not check("model-selection/kfold", lambda *_, odd=odd: odd).passed
