"""Lines under three losses against scipy's solvers, and least squares as a projection."""

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, minimize

from coursekit.experiments import line_fits
from coursekit.scratch.losses import absolute_error, huber


def _points(seed: int, n: int = 17) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, noise = rng.uniform(-2, 2, n), rng.standard_t(2, n)
    return x, 1.5 * x - 0.5 + noise


@pytest.mark.parametrize("seed", range(5))
def test_least_squares_line_equals_the_closed_form(seed: int) -> None:
    x, d = _points(seed)
    w = np.cov(x, d)[0, 1] / np.var(x, ddof=1)
    assert line_fits.fit("squared", x, d) == pytest.approx((w, d.mean() - w * x.mean()), rel=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_least_absolute_line_equals_the_linear_programme(seed: int) -> None:
    x, d = _points(seed)
    rows, eye = np.column_stack([x, np.ones_like(x)]), np.eye(len(x))
    above, below = np.hstack([rows, -eye]), np.hstack([-rows, -eye])
    done = linprog(
        np.r_[0, 0, np.ones(len(x))], np.vstack([above, below]), np.r_[d, -d],
        bounds=[(None, None)] * 2 + [(0, None)] * len(x),
    )  # fmt: skip
    line = line_fits.fit("absolute", x, d)
    assert absolute_error(line.w * x + line.b, d) * len(x) == pytest.approx(done.fun, rel=1e-9)
    assert line == pytest.approx(tuple(done.x[:2]), abs=1e-7)


@pytest.mark.parametrize("delta", [0.2, 1.0, 50.0])
@pytest.mark.parametrize("seed", range(3))
def test_huber_line_equals_a_general_minimiser(seed: int, delta: float) -> None:
    x, d = _points(seed)

    def cost(theta: np.ndarray) -> float:
        errors = torch.tensor(theta[0] * x + theta[1] - d)
        return torch.nn.functional.huber_loss(errors, torch.zeros_like(errors), delta=delta).item()

    done = minimize(cost, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14})
    line = line_fits.fit("huber", x, d, delta=delta)
    assert line == pytest.approx(tuple(done.x), abs=1e-5)
    assert huber(line.w * x + line.b, d, delta=delta) <= cost(done.x) * (1 + 1e-9)


def test_projection_is_the_nearest_point_and_leaves_an_orthogonal_rest() -> None:
    rng = np.random.default_rng(3)
    X, d = rng.standard_normal((12, 4)), rng.standard_normal(12)
    y = line_fits.projection(X, d)
    np.testing.assert_allclose(y, X @ torch.linalg.lstsq(torch.tensor(X), torch.tensor(d)).solution.numpy())
    np.testing.assert_allclose(X.T @ (d - y), 0, atol=1e-12)
    np.testing.assert_allclose(line_fits.projection(X, y), y, atol=1e-12)
    assert d @ d == pytest.approx(y @ y + (d - y) @ (d - y), rel=1e-12)
    for _ in range(20):
        other = X @ rng.standard_normal(4)
        assert np.linalg.norm(d - y) < np.linalg.norm(d - other)


def test_bad_arguments() -> None:
    x = np.arange(3.0)
    with pytest.raises(ValueError, match="loss must be one of squared, absolute, huber; got 'l1'"):
        line_fits.fit("l1", x, x)
    with pytest.raises(ValueError, match="x and d must have one length; got 3, 2"):
        line_fits.least_squares(x, x[:2])
    with pytest.raises(ValueError, match="x must hold two different values or more"):
        line_fits.least_absolute(np.ones(3), x)
    with pytest.raises(ValueError, match="delta must be a finite number above zero; got 0"):
        line_fits.least_huber(x, x, delta=0)
    with pytest.raises(ValueError, match="X must have independent columns; got 2 of rank 1"):
        line_fits.projection(np.ones((3, 2)), x)
    with pytest.raises(ValueError, match="X and d must have one length; got 3, 2"):
        line_fits.projection(np.ones((3, 1)), x[:2])
