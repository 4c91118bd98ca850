"""The gradient checker: what it must catch, what it must not accuse, and the V of finite differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from coursekit.scratch.gradcheck import Report, central_difference, check_gradient, gradcheck

Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]
PAIRS: list[Pair] = [
    (lambda x: np.sum(np.sin(x)), np.cos),
    (lambda x: np.sum(np.exp(x)), np.exp),
    (lambda x: 0.5 * np.vdot(x, x) + 1.0, lambda x: x),
    (lambda x: np.sum(np.logaddexp(0.0, x)), lambda x: 1.0 / (1.0 + np.exp(-x))),
    (lambda x: np.sum(np.maximum(x, 0.0)), lambda x: (x > 0) * 1.0),
    (np.prod, lambda x: np.prod(x) / x),
    (lambda x: np.log(np.sum(x * x)), lambda x: 2.0 * x / np.sum(x * x)),
    (lambda x: 1e6 + np.sum(x**3), lambda x: 3.0 * x * x),
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# The V


def test_error_over_the_step_is_a_v() -> None:
    """004-D095 prints 2.7e-7, 3.2e-11, 6.8e-9, 1.4e-3; its own demo and theory (h^2 cos / 6) give these."""
    steps = (1e-3, 1e-5, 1e-8, 1e-13)
    errors = [abs(central_difference(np.sin, 1.234, 1.0, step=h) - np.cos(1.234)) for h in steps]
    assert errors[0] == pytest.approx(1e-6 / 6 * np.cos(1.234), rel=1e-3)
    assert 5e-8 < errors[0] < 6e-8
    assert errors[1] < 2e-11  # the bottom: rounding of eps / h = 2e-11 at most
    assert errors[1] < errors[2] < 4.4e-8
    assert 1e-5 < errors[3] < 4.4e-3
    assert np.argmin(errors) == 1


def test_error_of_float32_is_smallest_at_a_step_of_a_hundredth() -> None:
    x = np.float32(1.234)
    errors = {
        h: float(abs(central_difference(np.sin, x, np.float32(1.0), step=h) - np.cos(1.234)))
        for h in (1e-1, 1e-2, 1e-4, 1e-8)
    }
    assert min(errors, key=lambda h: errors[h]) == 1e-2
    assert errors[1e-2] < 3e-5
    assert central_difference(np.sin, x, np.float32(1.0), step=1e-8) == 0.0


@pytest.mark.parametrize(("accuracy", "power"), [(2, 2), (4, 4)])
def test_error_falls_with_the_promised_power(accuracy: int, power: int) -> None:
    def error(h: float) -> float:
        return float(abs(central_difference(np.exp, 0.3, 1.0, step=h, accuracy=accuracy) - np.exp(0.3)))

    assert np.log2(error(0.1) / error(0.05)) == pytest.approx(power, abs=0.02)


def test_central_difference_of_polynomials_is_exact() -> None:
    assert central_difference(lambda x: x**2, 3.0, 1.0, step=0.5) == 6.0
    assert central_difference(lambda x: x**4, 1.0, 1.0, step=0.5, accuracy=4) == pytest.approx(4.0, rel=1e-15)
    along = central_difference(lambda x: x[0] * x[1], np.array([2.0, 3.0]), np.array([1.0, -1.0]), step=0.25)
    assert along == 1.0


# What it must catch


@pytest.mark.parametrize("accuracy", [2, 4])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda g, x: -g,  # noqa: ARG005
        lambda g, x: 2.0 * g,  # noqa: ARG005
        lambda g, x: 1.001 * g,  # noqa: ARG005
        lambda g, x: g / x.size,
        lambda g, x: np.roll(g, 1),  # noqa: ARG005
        lambda g, x: 0.0 * g,  # noqa: ARG005
        lambda g, x: g + 1e-3 * x,
        lambda g, x: np.where(np.arange(x.size) == 3, np.nan, g),
    ],
)
def test_wrong_gradients_are_caught(wrong: Callable[[Any, Any], Any], accuracy: int) -> None:
    for seed in range(10):
        x = rng(seed).normal(size=6)
        for f, gradient in PAIRS[:4]:
            claim = lambda x, g=gradient: wrong(g(x), x)  # noqa: E731
            assert not gradcheck(f, claim, x, accuracy=accuracy, generator=rng(seed)).holds


def test_one_forgotten_term_among_a_thousand_is_seen_in_every_direction() -> None:
    x = rng(1).normal(size=1000)

    def forgetful(x: Any) -> Any:
        g = np.cos(x)
        g[777] = 0.0
        return g

    for seed in range(100):
        report = gradcheck(lambda x: np.sum(np.sin(x)), forgetful, x, directions=1, generator=rng(seed))
        assert not report.holds
        expected = abs(np.cos(x[777]) * report.direction[777]) / max(
            np.linalg.norm(forgetful(x)), abs(report.measured)
        )
        assert report.relative_error == pytest.approx(expected, rel=1e-2)


def test_two_errors_that_cancel_along_one_direction_do_not_along_four() -> None:
    x = rng(2).normal(size=50)

    def swapped(x: Any) -> Any:
        g = np.exp(x)
        g[[4, 9]] += [0.1, -0.1]
        return g

    for seed in range(50):
        assert not gradcheck(lambda x: np.sum(np.exp(x)), swapped, x, generator=rng(seed)).holds


def test_batch_mean_forgotten_and_bias_summed_wrongly_are_caught() -> None:
    X, d = rng(3).normal(size=(8, 3)), rng(4).normal(size=8)

    def loss(w: Any) -> Any:
        return 0.5 * np.mean((X @ w[:3] + w[3] - d) ** 2)

    def right(w: Any) -> Any:
        e = X @ w[:3] + w[3] - d
        return np.append(X.T @ e, e.sum()) / 8

    w = rng(5).normal(size=4)
    assert gradcheck(loss, right, w, generator=rng()).holds
    assert not gradcheck(loss, lambda w: 8 * right(w), w, generator=rng()).holds
    assert not gradcheck(loss, lambda w: right(w) * [1, 1, 1, 8], w, generator=rng()).holds


# What it must not accuse


def accusations(cases: int, seed: int) -> list[Report]:
    """Return the reports of right gradients, at random points of random size, that do not hold."""
    r, accused = rng(seed), []
    for case in range(cases):
        f, gradient = PAIRS[case % len(PAIRS)]
        x = r.normal(size=int(r.integers(1, 8))) * 10 ** r.uniform(-3, 1)
        report = gradcheck(f, gradient, x, accuracy=2 + 2 * (case % 2), directions=1, generator=r)
        accused += [] if report.holds else [report]
    return accused


def test_right_gradients_are_not_accused() -> None:
    assert accusations(400, seed=0) == []


@pytest.mark.slow
def test_right_gradients_are_not_accused_in_ten_thousand_cases() -> None:
    assert accusations(10_000, seed=1) == []


def test_stationary_points_and_constants_hold() -> None:
    assert gradcheck(lambda x: 1e3 + np.vdot(x, x), lambda x: 2.0 * x, np.zeros(4), generator=rng()).holds
    constant = gradcheck(lambda x: 7.0, lambda x: 0.0 * x, np.ones(3), generator=rng())  # noqa: ARG005
    assert constant.holds
    assert constant.relative_error == 0.0


def test_small_gradients_under_a_large_value_lower_the_resolution() -> None:
    x = np.full(3, 1e-3)
    report = gradcheck(lambda x: 1e6 + np.sum(x**3), lambda x: -3.0 * x * x, x, generator=rng())
    assert report.resolution > 0.05  # a wrong sign may pass here, and the report says so
    clear = gradcheck(lambda x: np.sum(x**3), lambda x: 3.0 * x * x, x, generator=rng())
    assert clear.resolution < 1e-5


def test_gradients_of_a_torch_network_hold() -> None:
    torch_rng = torch.Generator().manual_seed(0)
    X = torch.randn(6, 4, generator=torch_rng, dtype=torch.float64)
    V = torch.randn(5, generator=torch_rng, dtype=torch.float64)

    def loss(w: torch.Tensor) -> torch.Tensor:
        return (torch.tanh(X @ w) @ V).square().mean()

    def gradient(w: Any) -> Any:
        leaf = torch.tensor(w, requires_grad=True)
        return torch.autograd.grad(loss(leaf), leaf)[0].numpy()

    report = check_gradient(
        lambda w: loss(torch.tensor(w)).item(), gradient, rng(6).normal(size=(4, 5)), generator=rng()
    )
    assert report.relative_error < 1e-8


# Second derivatives


def test_hessian_products_hold_and_wrong_ones_do_not() -> None:
    A = rng(7).normal(size=(5, 5))
    S = A @ A.T

    def gradient(x: Any) -> Any:
        return S @ x + np.cos(x)

    def product(x: Any, v: Any) -> Any:
        return S @ v - np.sin(x) * v

    for seed in range(20):
        x = rng(seed).normal(size=5)
        for accuracy in (2, 4):
            assert gradcheck(gradient, product, x, order=2, accuracy=accuracy, generator=rng(seed)).holds
        for wrong in (
            lambda x, v: S @ v + np.sin(x) * v,
            lambda x, v: S @ v,  # noqa: ARG005
            lambda x, v: 2 * product(x, v),
            lambda x, v: product(x, v) * (np.arange(5) != 2),
        ):
            assert not gradcheck(gradient, wrong, x, order=2, generator=rng(seed)).holds


# Reports and errors


def test_check_names_the_worst_direction() -> None:
    x = np.linspace(0.1, 1.0, 20)
    report = gradcheck(lambda x: np.sum(np.sin(x)), np.sin, x, generator=rng(8))
    with pytest.raises(
        ValueError, match=r"to 1e-06; got a relative error of .* along direction \d"
    ) as caught:
        check_gradient(lambda x: np.sum(np.sin(x)), np.sin, x, generator=rng(8))
    assert f"direction {report.worst}, [" in str(caught.value)
    assert f"claimed {report.claimed:.6g}, measured {report.measured:.6g}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert report.claimed == pytest.approx(np.sin(x) @ report.direction, rel=1e-12)
    assert report.measured == pytest.approx(np.cos(x) @ report.direction, rel=1e-8)


def test_same_generator_same_directions_and_sizes_in_range() -> None:
    one, two = (gradcheck(np.sum, np.ones_like, np.ones(500), generator=rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one.direction, two.direction)
    assert np.abs(one.direction).min() >= 0.5
    assert np.abs(one.direction).max() <= 1.5
    assert 150 < (one.direction > 0).sum() < 350


def test_bad_input_says_what_is_required_and_what_came() -> None:
    x = np.ones(3)

    def bad(
        match: str,
        kind: type[Exception] = ValueError,
        f: Any = np.sum,
        g: Any = np.ones_like,
        at: Any = x,
        **options: Any,
    ) -> None:
        with pytest.raises(kind, match=match):
            gradcheck(f, g, at, **{"generator": rng(), **options})

    bad(r"order must be 1 or 2; got 3", order=3)
    bad(r"accuracy must be 2 or 4; got 3", accuracy=3)
    bad(r"x must be float64; got float32", at=x.astype(np.float32))
    bad(r"f must return shape \(\) for order 1; got \(3,\)", f=np.sin)
    bad(r"f must return shape \(3,\) for order 2; got \(\)", order=2)
    bad(r"gradient must return the shape of x, \(3,\); got \(\)", g=np.sum)
    bad(r"directions must be an int of at least 1; got 0", directions=0)
    bad(r"tolerance must be a finite number above zero; got 0", tolerance=0)
    bad(r"step must be a finite number above zero; got -1", step=-1.0)
    bad(r"generator must be a numpy.random.Generator", TypeError, generator=0)
    rough = rng(10)
    bad(
        r"f must be smooth around x; got differences uncertain by",
        f=lambda x: float(rough.normal()) + x.sum(),
    )
    with pytest.raises(ValueError, match=r"v must have shape \(3,\); got \(2,\)"):
        central_difference(np.sum, x, np.ones(2), step=0.1)
