"""What width and activation can do, by other solvers and by the best polynomial."""

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.linear_model import LinearRegression

from coursekit.experiments import polynomials, random_features


def test_squares_give_a_parabola_at_every_width() -> None:
    x = np.linspace(-3, 3, 601)
    parabola = np.polynomial.Polynomial.fit(x, random_features.target(x), 2)
    told = np.abs(parabola(x) - random_features.target(x)).max()
    for seed in range(3):
        for width in (5, 50, 200):
            assert random_features.fit_error("square", width, seed)[0] == pytest.approx(told, rel=1e-5)
    # No quadratic at all comes closer than this, by a linear programme for the sup norm.
    rows = np.c_[np.ones_like(x), x, x**2]
    ones = np.ones((len(x), 1))
    best = linprog(
        [0, 0, 0, 1], np.vstack([np.c_[rows, -ones], np.c_[-rows, -ones]]),
        np.r_[random_features.target(x), -random_features.target(x)], bounds=[(None, None)] * 3 + [(0, None)],
    ).fun  # fmt: skip
    assert best > 0.8


def test_fit_equals_another_least_squares() -> None:
    w, b = np.random.default_rng(4).standard_normal((2, 20)) * [[1.0], [3.0]]
    x, far = np.linspace(-3, 3, 601), np.linspace(3, 6, 301)
    units = [np.maximum(np.outer(part, w) + b, 0) for part in (x, far)]
    model = LinearRegression().fit(units[0], random_features.target(x))
    told = [
        np.abs(model.predict(u) - random_features.target(part)).max()
        for u, part in zip(units, (x, far), strict=True)
    ]
    assert random_features.fit_error("relu", 20, 4) == pytest.approx(told, rel=1e-5)


def test_width_helps_inside_and_not_outside() -> None:
    result = random_features.run()
    for name in ("relu", "tanh"):
        assert result.inside[name][:, -1].max() < 0.05
        assert (result.inside[name][:, 0] > result.inside[name][:, -1]).all()
        assert result.outside[name][:, -1].min() > 1
    assert result.inside["square"].min() > 1.1


def test_one_width_does_less_in_more_dimensions() -> None:
    for seed in range(3):
        errors = random_features.dimension_errors(seed=seed)
        assert (np.diff(errors) > 0).all()
        assert errors[0] < 0.01 < 0.9 < errors[-1]
    rng = np.random.default_rng(7)
    w, b = rng.standard_normal((3, 40)), rng.uniform(-2, 2, 40)
    x = rng.uniform(-1, 1, (300, 3))
    aim, units = np.cos(2 * x).prod(1), np.maximum(x @ w + b, 0)
    model = LinearRegression().fit(units[:150], aim[:150])
    left = 1 - model.score(units[150:], aim[150:])  # unexplained share of the variance, about its own mean
    told = np.sqrt(left)
    got = random_features.dimension_errors((3,), width=40, rows=150, seed=7)
    assert got == pytest.approx((told,), rel=1e-6)


def test_random_labels_are_fitted_and_teach_nothing() -> None:
    for seed in range(3):
        train, test = random_features.random_labels(seed)
        assert train == 1.0
        assert abs(test - 0.1) < 5.5 * (0.09 / 297) ** 0.5


def test_interpolation_takes_degree_n_minus_one_and_is_stable_at_good_nodes() -> None:
    nodes, values = np.array([-1.0, 0.2, 0.9, 1.0]), np.array([1.0, -2.0, 0.5, 3.0])
    through = np.polynomial.Polynomial.fit(nodes, values, 3)
    np.testing.assert_allclose(through(nodes), values, atol=1e-12)
    below = np.polynomial.Polynomial.fit(nodes, values, 2)
    assert np.abs(below(nodes) - values).max() > 0.1
    errors = [polynomials.interpolation_error(n) for n in (9, 99, 999)]
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 1e-8


def test_degree_99_is_the_disaster_and_degree_1000_is_not() -> None:
    result = polynomials.run()
    at = {degree: result.degrees.index(degree) for degree in (5, 99, 1000)}
    assert result.test[:, at[5]].max() < 0.2
    assert result.test[:, at[99]].min() > 1e6
    assert result.test[:, at[1000]].max() < 100
    assert result.miss[:, at[1000]].max() < 1e-6
    x = np.random.default_rng(0).uniform(-1, 1, 100)
    features = polynomials._features(x, 3)
    np.testing.assert_allclose(features[:, 2], np.sqrt(5) * (3 * x**2 - 1) / 2)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="activation must be one of relu, tanh, square; got 'cube'"):
        random_features.fit_error("cube", 5, 0)
    with pytest.raises(ValueError, match="width must be an int of at least 1; got 0"):
        random_features.fit_error("relu", 0, 0)
    with pytest.raises(ValueError, match="width must be an int of at least 1; got 0"):
        random_features.dimension_errors(width=0)
    with pytest.raises(ValueError, match="width must be an int of at least 1; got 0"):
        random_features.random_labels(0, width=0)
    with pytest.raises(ValueError, match="degree must be an int of at least 1; got 0"):
        polynomials.interpolation_error(0)
    with pytest.raises(ValueError, match="seeds must hold at least one seed; got none"):
        polynomials.run(())
