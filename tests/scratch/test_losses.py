"""Losses and gradients against torch, autograd, differences and scipy; which scores are proper."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F

from coursekit.scratch import losses
from coursekit.scratch.activations import softmax

B, K = 7, 5


class Pair(NamedTuple):
    """A loss by name, its twin in torch, the prediction and the target it is tried on, its options."""

    name: str
    twin: Callable[..., torch.Tensor]
    draw: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]
    options: dict[str, float]


def numbers(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 2 * rng.normal(size=(B, K)), 2 * rng.normal(size=(B, K))


def chances(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(0.01, 0.99, (B, K)), rng.uniform(0, 1, (B, K))


def logits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 5 * rng.normal(size=(B, K)), rng.uniform(0, 1, (B, K))


def labels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 5 * rng.normal(size=(B, K)), rng.integers(0, K, B)


def soft_rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 5 * rng.normal(size=(B, K)), rng.uniform(0, 1, (B, K))


def forecasts(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return softmax(rng.normal(size=(B, K))), rng.integers(0, K, B)


def one_hot(d: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    return F.one_hot(d, p.shape[1]).to(p.dtype)


def gaussian(y: torch.Tensor, d: torch.Tensor, sigma: float = 1.0) -> torch.Tensor:
    return -torch.distributions.Normal(y, sigma).log_prob(d).sum() / len(y)


PAIRS = [
    Pair("half_squared_error", lambda y, d: 0.5 * K * F.mse_loss(y, d), numbers, {}),
    Pair("mse", lambda y, d: K * F.mse_loss(y, d), numbers, {}),
    Pair("absolute_error", lambda y, d: K * F.l1_loss(y, d), numbers, {}),
    Pair("huber", lambda y, d: K * F.huber_loss(y, d), numbers, {}),
    Pair("huber", lambda y, d, delta: K * F.huber_loss(y, d, delta=delta), numbers, {"delta": 0.4}),
    Pair("huber", lambda y, d, delta: K * F.huber_loss(y, d, delta=delta), numbers, {"delta": 3.0}),
    Pair("gaussian_nll", gaussian, numbers, {}),
    Pair("gaussian_nll", gaussian, numbers, {"sigma": 0.3}),
    Pair("bce", lambda p, d: K * F.binary_cross_entropy(p, d), chances, {}),
    Pair("bce_with_logits", lambda u, d: K * F.binary_cross_entropy_with_logits(u, d), logits, {}),
    Pair("cross_entropy", F.cross_entropy, labels, {}),
    Pair("cross_entropy", F.cross_entropy, soft_rows, {}),
    Pair("brier", lambda p, d: ((p - one_hot(d, p)) ** 2).sum(1).mean(), forecasts, {}),
    Pair("spherical", lambda p, d: -(F.normalize(p) * one_hot(d, p)).sum(1).mean(), forecasts, {}),
]


def call(name: str, *arguments: Any, **options: float) -> Any:
    return getattr(losses, name)(*arguments, **options)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.name}-{pair.draw.__name__}-{pair.options}")
def test_value_and_gradient_equal_torch(pair: Pair, seed: int) -> None:
    prediction, target = pair.draw(np.random.default_rng(seed))
    y = torch.tensor(prediction, requires_grad=True)
    J = pair.twin(y, torch.tensor(target), **pair.options)
    (gradient,) = torch.autograd.grad(J, y)
    ours = call(pair.name, prediction, target, **pair.options)
    assert isinstance(ours, float)
    assert ours == pytest.approx(J.item(), rel=1e-12)
    slope = call(f"{pair.name}_gradient", prediction, target, **pair.options)
    np.testing.assert_allclose(slope, gradient.numpy(), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.name}-{pair.draw.__name__}-{pair.options}")
def test_gradient_equals_central_differences(pair: Pair) -> None:
    prediction, target = pair.draw(np.random.default_rng(3))
    gradient, h = call(f"{pair.name}_gradient", prediction, target, **pair.options), 1e-6
    for i, k in np.ndindex(prediction.shape):
        bump = np.zeros_like(prediction)
        bump[i, k] = h
        up, down = (call(pair.name, prediction + s * bump, target, **pair.options) for s in (1, -1))
        assert gradient[i, k] == pytest.approx((up - down) / (2 * h), abs=2e-8, rel=1e-6)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.name}-{pair.draw.__name__}-{pair.options}")
def test_a_doubled_batch_keeps_the_loss_and_float32_stays(pair: Pair) -> None:
    prediction, target = pair.draw(np.random.default_rng(4))
    once = call(pair.name, prediction, target, **pair.options)
    twice = call(pair.name, np.tile(prediction, (2, 1)), np.concatenate([target, target]), **pair.options)
    assert twice == pytest.approx(once, rel=1e-14)
    single = call(f"{pair.name}_gradient", prediction.astype(np.float32), target, **pair.options)
    assert single.dtype == np.float32
    double = call(f"{pair.name}_gradient", prediction, target, **pair.options)
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["half_squared_error", "mse", "absolute_error", "huber", "gaussian_nll", "bce", "bce_with_logits"]
)
def test_a_single_output_may_drop_its_axis(name: str) -> None:
    rng = np.random.default_rng(0)
    y, d = rng.uniform(0.1, 0.9, 9), rng.uniform(0, 1, 9)
    assert call(name, y, d) == pytest.approx(call(name, y[:, None], d[:, None]), rel=1e-15)
    flat, column = call(f"{name}_gradient", y, d), call(f"{name}_gradient", y[:, None], d[:, None])
    np.testing.assert_array_equal(flat, column[:, 0])
    # The trap of (B,) against (B, 1), which would broadcast to (B, B).
    with pytest.raises(ValueError, match=r"d must have shape \(9, 1\); got \(9,\)"):
        call(name, y[:, None], d)


# Normalisers and meanings


def test_torch_mse_is_smaller_by_the_number_of_outputs_and_steps_twice_as_far_as_the_half() -> None:
    rng = np.random.default_rng(0)
    d, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    assert losses.mse(y, d) / F.mse_loss(torch.tensor(y), torch.tensor(d)).item() == pytest.approx(3)
    np.testing.assert_array_equal(losses.mse_gradient(y, d), 2 * losses.half_squared_error_gradient(y, d))


def test_gaussian_nll_is_the_density_of_scipy_and_affine_in_the_squared_error() -> None:
    rng = np.random.default_rng(0)
    y, d = rng.normal(size=(B, K)), rng.normal(size=(B, K))
    for sigma in (0.3, 1.0, 2.5):
        density = -scipy.stats.norm.logpdf(d, y, sigma).sum() / B
        assert losses.gaussian_nll(y, d, sigma=sigma) == pytest.approx(density, rel=1e-13)
        other = rng.normal(size=(B, K))
        rise = losses.gaussian_nll(other, d, sigma=sigma) - losses.gaussian_nll(y, d, sigma=sigma)
        squares = losses.mse(other, d) - losses.mse(y, d)
        assert rise == pytest.approx(squares / (2 * sigma**2), rel=1e-12)


def test_squares_want_the_mean_and_absolutes_the_median() -> None:
    d = np.array([0.0, 1.0, 2.0, 3.0, 100.0])
    grid = np.linspace(-5, 105, 11_001)
    best = {
        name: grid[np.argmin([call(name, np.full(5, c), d) for c in grid])]
        for name in ("half_squared_error", "mse", "absolute_error")
    }
    assert best["mse"] == best["half_squared_error"] == pytest.approx(d.mean(), abs=0.006)
    assert best["absolute_error"] == pytest.approx(np.median(d), abs=0.006)


def test_signs_at_the_corners() -> None:
    np.testing.assert_array_equal(losses.absolute_error_gradient([1.0, 2.0], [1.0, 0.0]), [0, 0.5])
    np.testing.assert_array_equal(losses.huber_gradient([1.0, -9.0], [0.0, 0.0], delta=1.0), [0.5, -0.5])
    assert losses.huber([2.0], [0.0], delta=2.0) == 2.0


# Extremes


def test_binary_cross_entropy_of_certain_probabilities() -> None:
    assert losses.bce([0.0, 1.0], [0, 1]) == 0.0
    assert math.copysign(1, losses.bce([1.0], [1])) == 1
    assert losses.bce([0.0], [1]) == losses.bce([1.0], [0]) == math.inf
    assert losses.bce([1e-300], [1]) == pytest.approx(300 * math.log(10), rel=1e-14)
    assert losses.bce([1e-300], [0]) == pytest.approx(1e-300, rel=1e-14, abs=0)
    gradient = losses.bce_gradient([0.0, 1.0, 0.0, 1.0], [1, 0, 0, 1])
    np.testing.assert_array_equal(gradient, [-math.inf, math.inf, 0.25, -0.25])


def test_losses_of_large_logits_are_exact() -> None:
    # Audit 004-D096: log(p + 1e-8) caps this at 18.4, and a clipped sigmoid loses the gradient.
    assert losses.bce_with_logits([40.0], [0]) == 40.0
    assert losses.bce_with_logits([1000.0, -1000.0], [0, 1]) == 1000.0
    assert losses.bce_with_logits([1000.0, -1000.0], [1, 0]) == 0.0
    assert losses.bce_with_logits([-700.0], [0]) == pytest.approx(math.exp(-700), rel=1e-13, abs=0)
    assert losses.bce_with_logits([700.0], [1]) == pytest.approx(math.exp(-700), rel=1e-13, abs=0)
    # u - u d would be off by 2 % here.
    small = 2.0**-50
    assert losses.bce_with_logits([1000.0], [1 - small]) == pytest.approx(1000 * small, rel=1e-14, abs=0)
    np.testing.assert_array_equal(losses.bce_with_logits_gradient([1000.0, -1000.0], [0, 1]), [0.5, -0.5])
    assert losses.cross_entropy([[0.0, 40.0]], [0]) == 40.0
    assert losses.cross_entropy([[-1000.0, 1000.0]], [0]) == 2000.0
    assert losses.cross_entropy([[-1000.0, 1000.0]], [1]) == 0.0
    assert math.copysign(1, losses.cross_entropy([[-1000.0, 1000.0]], [1])) == 1
    np.testing.assert_array_equal(losses.cross_entropy_gradient([[-1000.0, 1000.0]], [0]), [[-1, 1]])


# Cross-entropy


def test_labels_one_hot_rows_and_integers_are_the_same_target() -> None:
    u, d = labels(np.random.default_rng(0))
    rows = np.eye(K)[d]
    for name in ("cross_entropy", "cross_entropy_gradient"):
        wanted = call(name, u, d)
        for target in (rows, rows.astype(int), rows.tolist(), d.tolist(), d.astype(np.uint8)):
            np.testing.assert_array_equal(call(name, u, target), wanted)


def test_rows_that_do_not_sum_to_one_keep_their_sum_in_the_gradient() -> None:
    # Audit 004-D099: p - d is wrong here, by 0.27 in its example; p * sum(d) - d is right.
    u, d = soft_rows(np.random.default_rng(0))
    x = torch.tensor(u, requires_grad=True)
    (wanted,) = torch.autograd.grad(-(torch.tensor(d) * torch.log_softmax(x, 1)).sum() / B, x)
    np.testing.assert_allclose(losses.cross_entropy_gradient(u, d), wanted.numpy(), rtol=1e-12, atol=1e-15)
    assert np.abs((softmax(u) - d) / B - wanted.numpy()).max() > 0.01


def test_cross_entropy_splits_into_entropy_and_divergence() -> None:
    p, u = softmax(np.random.default_rng(0).normal(size=(B, K))), np.random.default_rng(1).normal(size=(B, K))
    split = losses.entropy(p) + losses.kl(p, softmax(u))
    assert losses.cross_entropy(u, p) == pytest.approx(split.mean(), rel=1e-13)


# Entropy and divergence


def test_entropy_and_divergence_equal_scipy() -> None:
    p, q = (softmax(2 * np.random.default_rng(s).normal(size=(3, B, K))) for s in (0, 1))
    p[0, 0] = [1, 0, 0, 0, 0]
    np.testing.assert_allclose(losses.entropy(p), scipy.stats.entropy(p, axis=-1), rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(losses.kl(p, q), scipy.stats.entropy(p, q, axis=-1), rtol=1e-12)
    assert float(losses.entropy(p[1, 1])) == pytest.approx(scipy.stats.entropy(p[1, 1]), rel=1e-13)


def test_divergence_is_zero_only_at_home_infinite_when_excluded_and_not_symmetric() -> None:
    p, q = [0.3, 0.7], [0.5, 0.5]
    assert losses.kl(p, p) == 0
    assert losses.kl(p, q) == pytest.approx(0.3 * math.log(0.6) + 0.7 * math.log(1.4), rel=1e-13)
    assert abs(losses.kl(p, q) - losses.kl(q, p)) > 1e-3
    assert losses.kl([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert losses.kl([1.0, 0.0], [0.5, 0.5]) == pytest.approx(math.log(2), rel=1e-14)
    assert losses.kl([1.0, 0.0], [1.0, 0.0]) == 0
    assert losses.entropy([1.0, 0.0]) == 0
    assert losses.entropy(np.full(8, 0.125)) == pytest.approx(math.log(8), rel=1e-15)


# Proper scores


def expected(score: Callable[[np.ndarray, np.ndarray], float], p: np.ndarray, q: np.ndarray) -> float:
    """Return the mean loss of the forecast q when class k comes with probability p[k]."""
    return sum(p[k] * score(q[None], np.array([k])) for k in range(len(p)))


def linear_score(q: np.ndarray, d: np.ndarray) -> float:
    return float(-q[0, d[0]])


def log_score(q: np.ndarray, d: np.ndarray) -> float:
    return losses.cross_entropy(np.log(q), d)


SIMPLEX = np.array([(i, j, 20 - i - j) for i in range(1, 19) for j in range(1, 20 - i)]) / 20
TRUTHS = [(0.05, 0.3, 0.65), (0.2, 0.2, 0.6), (0.1, 0.45, 0.45), (0.35, 0.35, 0.3)]


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("score", [log_score, losses.brier, losses.spherical])
def test_strictly_proper_scores_are_best_at_the_truth_alone(score: Any, truth: tuple[float, ...]) -> None:
    p = np.array(truth)
    costs = np.array([expected(score, p, q) for q in SIMPLEX])
    order = np.argsort(costs)
    np.testing.assert_allclose(SIMPLEX[order[0]], p)
    assert costs[order[1]] - costs[order[0]] > 1e-4


def test_the_linear_score_is_improper() -> None:
    p = np.array([0.1, 0.3, 0.6])
    best = SIMPLEX[np.argmin([expected(linear_score, p, q) for q in SIMPLEX])]
    # It asks for the most extreme forecast on the grid, not for the truth.
    np.testing.assert_allclose(best, [0.05, 0.05, 0.9])


def test_the_audit_example_of_two_classes_is_minimised_at_three_tenths() -> None:
    q = np.linspace(0.001, 0.999, 999)
    rows = np.column_stack([1 - q, q])
    p = np.array([0.7, 0.3])
    for score in (log_score, losses.brier, losses.spherical):
        assert q[np.argmin([expected(score, p, row) for row in rows])] == pytest.approx(0.3)


# Bad input


ROWWISE = ["half_squared_error", "mse", "absolute_error", "huber", "gaussian_nll", "bce", "bce_with_logits"]
CLASSES = ["cross_entropy", "brier", "spherical"]
FIRST = {"gaussian_nll": "mean", "bce": "p", "bce_with_logits": "u"}
FIRST |= {"cross_entropy": "u", "brier": "p", "spherical": "p"}


def refuses(name: str, arguments: tuple[Any, ...], kind: type[Exception], match: str, **options: Any) -> None:
    for f in (getattr(losses, name), getattr(losses, f"{name}_gradient")):
        with pytest.raises(kind, match=match) as told:
            f(*arguments, **options)
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ROWWISE)
def test_bad_predictions_and_targets(name: str) -> None:
    first, half = FIRST.get(name, "y"), np.full((2, 3), 0.5)
    refuses(name, (half, half[:1]), ValueError, r"d must have shape \(2, 3\); got \(1, 3\)")
    refuses(
        name, (half[None], half[None]), ValueError, rf"{first} must have shape \(B,\) or \(B, K\); got \(1, 2"
    )
    refuses(name, (0.5, 0.5), ValueError, rf"{first} must have shape \(B,\) or \(B, K\); got \(\)")
    refuses(
        name, (half[:0], half[:0]), ValueError, rf"{first} must hold at least one element; got shape \(0, 3\)"
    )
    refuses(name, (half * math.nan, half), ValueError, rf"{first} must be finite; got 6 NaN")
    refuses(name, (half, half * math.inf), ValueError, r"d must be finite; got 6 NaN")
    refuses(name, (half > 0, half), TypeError, rf"{first} must be an array of real numbers; got .* bool")
    refuses(name, (half, half.astype(str)), TypeError, r"d must be an array of real numbers; got .* <U")


@pytest.mark.parametrize("name", CLASSES)
def test_bad_logits_labels_and_rows(name: str) -> None:
    first, half = FIRST[name], np.full((2, 3), 0.5)
    refuses(name, (half[0], [0]), ValueError, rf"{first} must have shape \(B, K\); got \(3,\)")
    refuses(name, (half[:0], []), ValueError, rf"{first} must hold at least one element; got shape \(0, 3\)")
    refuses(name, (half, [0, 3]), ValueError, r"d must hold labels from 0 to 2; got 3")
    refuses(name, (half, [-1, 0]), ValueError, r"d must hold labels from 0 to 2; got -1")
    refuses(name, (half, [0]), ValueError, r"d must have shape \(2,\); got \(1,\)")
    refuses(name, (half, [0.0, 1.0]), TypeError, r"d must be an array of integer labels; got .* float64")
    refuses(name, (half, [True, False]), TypeError, r"d must be an array of integer labels; got .* bool")
    refuses(name, (half, 1), ValueError, r"d must have shape \(2,\) or \(2, 3\); got \(\)")
    refuses(name, (half, half[:, :2]), ValueError, r"d must have shape \(2, 3\); got \(2, 2\)")
    refuses(name, (half, half - 1), ValueError, r"d must hold weights of zero or above; got -0.5")
    refuses(name, (half, half * math.nan), ValueError, r"d must be finite")
    refuses(name, (half, [[1], [1, 2]]), TypeError, r"d must be an array; got list")


def test_values_outside_the_unit_interval_and_bad_options() -> None:
    two = np.array([[0.5, 1.5]])
    for name in ("bce", "brier", "spherical"):
        target = [1] if name != "bce" else [[1, 1]]
        refuses(name, (two, target), ValueError, r"p must lie in \[0, 1\]; got values from 0.5 to 1.5")
    for name in ("bce", "bce_with_logits"):
        refuses(name, (two / 2, two), ValueError, r"d must lie in \[0, 1\]; got values from 0.5 to 1.5")
    refuses(
        "spherical", (np.array([[0.5, 0.5], [0, 0]]), [0, 1]), ValueError, r"p must have .*; row 1 has none"
    )
    for delta in (0.0, -1.0, math.inf, math.nan):
        refuses("huber", ([1.0], [1.0]), ValueError, r"delta must be a finite number above zero", delta=delta)
        refuses(
            "gaussian_nll", ([1.0], [1.0]), ValueError, r"sigma must be a finite number above", sigma=delta
        )


def test_bad_distributions() -> None:
    with pytest.raises(ValueError, match=r"p must sum to 1 over its last axis; got a sum of 0.9"):
        losses.entropy([[0.5, 0.5], [0.5, 0.4]])
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\]; got values from -0.5 to 1.5"):
        losses.entropy([-0.5, 1.5])
    with pytest.raises(ValueError, match=r"p must have shape \(..., K\); got \(\)"):
        losses.entropy(1.0)
    with pytest.raises(ValueError, match=r"q must have shape \(2,\); got \(3,\)"):
        losses.kl([0.5, 0.5], [0.5, 0.25, 0.25])
    with pytest.raises(ValueError, match=r"q must sum to 1 over its last axis; got a sum of 2"):
        losses.kl([0.5, 0.5], [1, 1])
    with pytest.raises(ValueError, match=r"p must be finite"):
        losses.kl([math.nan, 0.5], [0.5, 0.5])
