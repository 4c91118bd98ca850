"""Four ways to score a forecast, what each expects of an honest one, and what each looks at."""

__all__ = ["SCORES", "Coin", "best_forecast", "coin", "expected_score", "score", "simplex"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coursekit._check import check_choice, check_positive_int, require
from coursekit.scratch._arrays import Floats, as_floats

SCORES = ("log", "brier", "spherical", "linear")


class Coin(NamedTuple):
    """Best forecasts for coins tossed n times: the estimates of maximum likelihood and of the posterior mode.

    ``rate`` is the true probability of heads. The mean squared errors are exact: summed over all outcomes.
    """

    tosses: tuple[int, ...]
    rate: float
    likelihood_error: tuple[float, ...]
    posterior_error: tuple[float, ...]


def score(name: str, q: Floats) -> Floats:
    r"""Return what a forecast pays for each class that may come true.

    .. math:: -\log q_k, \qquad \sum_j (q_j - e_j)^2, \qquad -\frac{q_k}{\|q\|}, \qquad 1 - q_k

    :math:`e` is one at the class k that came true and zero elsewhere.

    Args:
        name: "log", "brier", "spherical" or "linear".
        q: forecasts, probabilities above zero that sum to one over the last axis.

    Shape:
        q: (..., K); returns (..., K), entry k for class k.

    Raises:
        TypeError: if q holds anything but real numbers.
        ValueError: if the name is unknown, or q is no forecast.

    Source:
        Gneiting & Raftery 2007, section 3.

    Example:
        >>> score("brier", np.array([0.75, 0.25])).round(3)
        array([0.125, 1.125])
    """
    check_choice(name, "name", SCORES)
    forecast = as_floats(q, "q")
    sums = forecast.sum(-1)
    require(bool((forecast > 0).all() and np.allclose(sums, 1)), "q must be above 0 and sum to 1 in each row")
    if name == "log":
        return -np.log(forecast)
    squares: Floats = (forecast**2).sum(-1, keepdims=True)
    if name == "brier":
        return squares - 2 * forecast + 1
    return -forecast / np.sqrt(squares) if name == "spherical" else 1 - forecast


def expected_score(name: str, p: Floats, q: Floats) -> Floats:
    r"""Return the mean score of a forecast q where class k comes true with probability p_k.

    .. math:: \bar S(p, q) = \sum_k p_k\, S(q, k)

    Args:
        name: "log", "brier", "spherical" or "linear".
        p: the true probabilities.
        q: forecasts, above zero.

    Shape:
        p: (K,); q: (..., K); returns (...).

    Raises:
        TypeError: if p or q holds anything but real numbers.
        ValueError: if the name is unknown, or q is no forecast.

    Source:
        Gneiting & Raftery 2007, section 2.1.

    Example:
        >>> expected_score("linear", np.array([0.7, 0.3]), np.array([0.5, 0.5])).item()
        0.5
    """
    paid: Floats = score(name, q) @ as_floats(p, "p", shape=("K",))
    return paid


def simplex(classes: int, steps: int) -> Floats:
    """Return all forecasts whose entries are multiples of 1/steps above zero.

    Args:
        classes: K, 2 or 3.
        steps: of the grid, K or more.

    Shape:
        returns (N, K).

    Raises:
        TypeError: if steps is no int.
        ValueError: if there are other than 2 or 3 classes, or too few steps.

    Example:
        >>> len(simplex(3, 10))
        36
    """
    require(classes in (2, 3), f"classes must be 2 or 3; got {classes}")
    check_positive_int(steps, "steps", minimum=classes)
    counts = np.arange(1, steps)
    if classes == 2:
        return np.column_stack([counts, steps - counts]) / steps
    first, second = (axis.ravel() for axis in np.meshgrid(counts, counts, indexing="ij"))
    rows = np.column_stack([first, second, steps - first - second])
    return rows[rows[:, 2] > 0] / steps


def best_forecast(name: str, p: Floats, *, steps: int = 100) -> Floats:
    """Search a grid for the forecast with the smallest expected score.

    Args:
        name: "log", "brier", "spherical" or "linear".
        p: the true probabilities of 2 or 3 classes.
        steps: of the grid.

    Shape:
        p: (K,); returns (K,).

    Raises:
        ValueError: if the name is unknown or there are other than 2 or 3 classes.

    Example:
        >>> best_forecast("log", np.array([0.3, 0.7])), best_forecast("linear", np.array([0.3, 0.7]))
        (array([0.3, 0.7]), array([0.01, 0.99]))
    """
    grid = simplex(len(p), steps)
    best: Floats = grid[int(expected_score(name, p, grid).argmin())]
    return best


def coin(
    tosses: Sequence[int] = (1, 2, 3, 5, 10, 20, 50, 100),
    *, rate: float = 0.5, prior: tuple[float, float] = (2.0, 2.0),
) -> Coin:  # fmt: skip
    r"""Return the mean squared error of two estimates of a coin's rate, exact over all numbers of heads.

    .. math:: \hat\theta_\text{ML} = \frac{h}{n}, \qquad
              \hat\theta_\text{MAP} = \frac{h + \alpha - 1}{n + \alpha + \beta - 2}

    :math:`h` heads in :math:`n` tosses; the prior is Beta(alpha, beta).

    Args:
        tosses: numbers of tosses, each 1 or more.
        rate: the true probability of heads, strictly between 0 and 1.
        prior: alpha and beta, each above 1.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        Gelman et al. 2013, section 2.4, for the posterior Beta(alpha + h, beta + n - h).

    Example:
        >>> coin((2,)).likelihood_error, coin((2,)).posterior_error
        ((0.125,), (0.03125,))
    """
    require(0 < rate < 1, f"rate must lie strictly between 0 and 1; got {rate}")
    require(min(prior) > 1, f"prior must hold two numbers above 1; got {prior}")
    require(len(tosses) > 0 and min(tosses) >= 1, f"tosses must hold numbers of at least 1; got {tosses}")
    likelihood, posterior = [], []
    for n in tosses:
        heads = np.arange(n + 1)
        mass = _binomial(n, rate)
        mode = (heads + prior[0] - 1) / (n + sum(prior) - 2)
        likelihood.append(float(mass @ (heads / n - rate) ** 2))
        posterior.append(float(mass @ (mode - rate) ** 2))
    return Coin(tuple(tosses), rate, tuple(likelihood), tuple(posterior))


def _binomial(n: int, rate: float) -> Floats:
    """Return the probabilities of 0 to n heads, by convolving one toss n times."""
    mass = np.ones(1)
    for _ in range(n):
        mass = np.convolve(mass, [1 - rate, rate])
    return mass
