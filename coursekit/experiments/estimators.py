"""Two unbiased gradients of one expectation, pathwise and score-function, and their variance."""

__all__ = ["Estimate", "EstimatorResult", "closed_form_variance", "run"]

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coursekit._check import check_choice, check_positive, check_positive_int, require
from coursekit.experiments.bench import seeded


@dataclass(frozen=True)
class Estimate:
    """Mean and variance of one-draw gradient estimates, one entry a seed, beside what theory says."""

    method: str
    parameter: str
    mean: tuple[float, ...]
    variance: tuple[float, ...]
    true_gradient: float
    true_variance: float


@dataclass(frozen=True)
class EstimatorResult:
    """The four estimates (two methods, two parameters) at one mu and sigma."""

    mu: float
    sigma: float
    draws: int
    seeds: tuple[int, ...]
    estimates: tuple[Estimate, ...]

    def get(self, method: str, parameter: str) -> Estimate:
        """Return the estimate of a method ("pathwise", "score") for a parameter ("mu", "sigma").

        Raises:
            ValueError: there is no such estimate.
        """
        for estimate in self.estimates:
            if (estimate.method, estimate.parameter) == (method, parameter):
                return estimate
        raise ValueError(
            f"method must be pathwise or score, parameter mu or sigma; got {method}, {parameter}"
        )


def closed_form_variance(method: str, parameter: str, mu: float, sigma: float) -> float:
    r"""Return the variance of a one-draw estimate of the gradient of E[z^2], z ~ N(mu, sigma^2).

    .. math:: \text{pathwise: } 4\sigma^2,\ 4\mu^2 + 8\sigma^2; \qquad \text{score: }
              \frac{\mu^4}{\sigma^2} + 14\mu^2 + 15\sigma^2,\ \frac{2\mu^4}{\sigma^2} + 60\mu^2 + 74\sigma^2

    Each pair is for the gradient by :math:`\mu`, then by :math:`\sigma`.

    Args:
        method: "pathwise" or "score".
        parameter: "mu" or "sigma".
        mu: mean of z.
        sigma: standard deviation of z, above 0.

    Raises:
        ValueError: an unknown method or parameter, or sigma is not above 0.

    Source:
        From the Gaussian moments E[e^2] = 1, E[e^4] = 3, E[e^6] = 15, E[e^8] = 105.

    Example:
        >>> closed_form_variance("pathwise", "mu", 1.0, 1.0), closed_form_variance("score", "mu", 1.0, 1.0)
        (4.0, 30.0)
    """
    check_choice(method, "method", ("pathwise", "score"))
    check_choice(parameter, "parameter", ("mu", "sigma"))
    check_positive(sigma, "sigma")
    if method == "pathwise":
        return 4 * sigma**2 if parameter == "mu" else 4 * mu**2 + 8 * sigma**2
    if parameter == "mu":
        return mu**4 / sigma**2 + 14 * mu**2 + 15 * sigma**2
    return 2 * mu**4 / sigma**2 + 60 * mu**2 + 74 * sigma**2


def _one_draw_gradients(method: str, mu: float, sigma: float, noise: Tensor) -> dict[str, Tensor]:
    """Return the gradient that each draw gives, by autograd: the parameters are copied once a draw."""
    m = torch.full_like(noise, mu, requires_grad=True)
    s = torch.full_like(noise, sigma, requires_grad=True)
    z = m + s * noise  # (N,)
    if method == "pathwise":
        surrogate = z.square()
    else:
        # z is a constant here: only log q(z; mu, sigma) depends on the parameters.
        fixed = z.detach()
        log_density = -0.5 * ((fixed - m) / s).square() - s.log()
        surrogate = fixed.square() * log_density
    by_mu, by_sigma = torch.autograd.grad(surrogate.sum(), (m, s))
    return {"mu": by_mu, "sigma": by_sigma}


def run(
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    *,
    mu: float = 1.0,
    sigma: float = 1.0,
    draws: int = 100_000,
    fast: bool = False,
) -> EstimatorResult:
    """Measure mean and variance of both estimators of the gradient of E[z^2].

    Args:
        seeds: one measurement each.
        mu: mean of z.
        sigma: standard deviation of z, above 0.
        draws: draws a measurement, 2 or more.
        fast: use a tenth of the draws.

    Raises:
        ValueError: there is no seed, sigma is not above 0, or draws is below 2.
    """
    require(len(seeds) > 0, "seeds must hold at least one seed; got none")
    check_positive(sigma, "sigma")
    check_positive_int(draws, "draws", minimum=2)
    draws = max(2, draws // 10) if fast else draws
    noises = [torch.randn(draws, generator=seeded(seed), dtype=torch.float64) for seed in seeds]
    estimates = []
    for method in ("pathwise", "score"):
        gradients = [_one_draw_gradients(method, mu, sigma, noise) for noise in noises]
        for parameter, truth in (("mu", 2 * mu), ("sigma", 2 * sigma)):
            columns = [g[parameter] for g in gradients]
            means = tuple(c.mean().item() for c in columns)
            variances = tuple(c.var().item() for c in columns)
            expected = closed_form_variance(method, parameter, mu, sigma)
            estimates.append(Estimate(method, parameter, means, variances, truth, expected))
    return EstimatorResult(mu, sigma, draws, tuple(seeds), tuple(estimates))
