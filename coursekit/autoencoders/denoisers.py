"""Denoisers that theory knows: the Wiener filter, the optimum for a mixture, and the score they imply."""

__all__ = [
    "Mixture",
    "Wiener",
    "fit_wiener",
    "mixture_score",
    "optimal_denoiser",
    "score_of_denoiser",
    "wiener",
]

from typing import NamedTuple

import torch
from torch import Tensor

from coursekit._check import check_positive, check_tensor, require


class Wiener(NamedTuple):
    """The best affine denoiser: mean (D,), gain (D, D) and its expected squared error, summed over pixels."""

    mean: Tensor
    gain: Tensor
    error: float

    def denoise(self, x: Tensor) -> Tensor:
        """Return the estimates of clean samples.

        Args:
            x: noisy samples.

        Shape:
            x: (B, D); returns (B, D).

        Raises:
            TypeError: x is no floating-point tensor.
            ValueError: x does not have the shape above.
        """
        check_tensor(x, "x", shape=("B", len(self.mean)), floating=True)
        return self.mean + (x - self.mean) @ self.gain.T


def wiener(mean: Tensor, covariance: Tensor, sigma: float) -> Wiener:
    r"""Return the affine denoiser with the least squared error, for data with a mean and a covariance.

    .. math:: \hat x = \mu + \Sigma (\Sigma + \sigma^2 I)^{-1} (\tilde x - \mu), \qquad
              E\|\hat x - x\|^2 = \sum_{d=1}^{D} \frac{\lambda_d \sigma^2}{\lambda_d + \sigma^2}

    :math:`\lambda_d` are the eigenvalues of :math:`\Sigma`. For normal data no denoiser at all is better.

    Args:
        mean: :math:`\mu`.
        covariance: :math:`\Sigma`, symmetric; eigenvalues below 0, from rounding, count as 0.
        sigma: standard deviation of the noise, which is Gaussian, white and not clamped; above 0.

    Shape:
        mean: (D,); covariance: (D, D).

    Raises:
        TypeError: mean or covariance is no floating-point tensor.
        ValueError: the shapes do not fit, or sigma is not above 0.

    Source:
        Bishop 2006, equation (2.116), for the posterior mean of a linear Gaussian model.

    Example:
        >>> wiener(torch.zeros(1), torch.ones(1, 1), 1.0).denoise(torch.tensor([[2.0]])).item()
        1.0
    """
    check_tensor(mean, "mean", shape=("D",), floating=True)
    check_tensor(covariance, "covariance", shape=(len(mean), len(mean)), floating=True)
    check_positive(sigma, "sigma")
    values, vectors = torch.linalg.eigh(covariance)
    values = values.clamp(min=0)
    share = values / (values + sigma**2)
    return Wiener(mean, (vectors * share) @ vectors.T, float((share * sigma**2).sum()))


def fit_wiener(x: Tensor, sigma: float) -> Wiener:
    r"""Return the Wiener filter for the mean and the covariance of clean samples.

    .. math:: \mu = \frac1N \sum_n x_n, \qquad \Sigma = \frac1N \sum_n (x_n - \mu)(x_n - \mu)^\top

    Args:
        x: clean training samples.
        sigma: standard deviation of the noise to come, above 0.

    Shape:
        x: (N, D), N at least 2.

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x does not have the shape above, or sigma is not above 0.

    Example:
        >>> fit_wiener(torch.tensor([[-1.0], [1.0]]), 1.0).gain.item()
        0.5
    """
    check_tensor(x, "x", shape=("N", "D"), floating=True, finite=True)
    require(len(x) > 1, f"x must hold at least 2 samples to have a covariance; got {len(x)}")
    return wiener(x.mean(0), x.T.cov(correction=0).reshape(x.shape[1], x.shape[1]), sigma)


class Mixture(NamedTuple):
    """A mixture of Gaussians: weights (M,) that sum to 1, means (M, D), covariances (M, D, D)."""

    weights: Tensor
    means: Tensor
    covariances: Tensor


def _posterior(x: Tensor, mixture: Mixture, sigma: float) -> tuple[Tensor, Tensor]:
    """Return p(m | noisy x), (B, M), and the precision-weighted differences of each component, (B, M, D)."""
    check_positive(sigma, "sigma", zero=True)
    count, width = check_tensor(mixture.means, "means", shape=("M", "D"), floating=True).shape
    check_tensor(mixture.weights, "weights", shape=(count,), floating=True)
    total = float(mixture.weights.sum())
    require(bool((mixture.weights > 0).all()), "weights must be above 0")
    require(abs(total - 1) < 1e-5, f"weights must sum to 1; got {total:g}")
    check_tensor(mixture.covariances, "covariances", shape=(count, width, width), floating=True)
    check_tensor(x, "x", shape=("B", width), floating=True)
    noisy = mixture.covariances + sigma**2 * torch.eye(width, dtype=x.dtype, device=x.device)
    factor = torch.linalg.cholesky(noisy)  # (M, D, D)
    difference = (x[:, None] - mixture.means)[..., None]  # (B, M, D, 1)
    solved = torch.cholesky_solve(difference, factor.expand(len(x), -1, -1, -1))
    quadratic = (difference * solved).sum((2, 3))
    volume = factor.diagonal(dim1=1, dim2=2).log().sum(1)
    return torch.softmax(mixture.weights.log() - volume - 0.5 * quadratic, 1), solved[..., 0]


def mixture_score(x: Tensor, mixture: Mixture, sigma: float) -> Tensor:
    r"""Return the gradient of the log-density of noisy data.

    .. math:: \nabla \log p_\sigma(\tilde x) = -\sum_{m=1}^{M} p(m \mid \tilde x)
              (\Sigma_m + \sigma^2 I)^{-1} (\tilde x - \mu_m)

    Args:
        x: noisy points.
        mixture: the law of the clean data.
        sigma: standard deviation of the noise, 0 or more; 0 gives the score of the data itself.

    Shape:
        x: (B, D); returns (B, D).

    Raises:
        TypeError: x or a part of the mixture is no floating-point tensor.
        ValueError: the shapes do not fit, the weights are no distribution, or sigma is negative.

    Source:
        Vincent 2011, for denoising as score matching.

    Example:
        >>> one = Mixture(torch.ones(1), torch.zeros(1, 1), torch.ones(1, 1, 1))
        >>> mixture_score(torch.tensor([[2.0]]), one, 1.0).item()
        -1.0
    """
    responsibility, solved = _posterior(x, mixture, sigma)
    return -(responsibility[..., None] * solved).sum(1)


def optimal_denoiser(x: Tensor, mixture: Mixture, sigma: float) -> Tensor:
    r"""Return the best estimate of clean data from a mixture of Gaussians, given noisy data.

    .. math:: r^*(\tilde x) = E[x \mid \tilde x] = \sum_{m=1}^{M} p(m \mid \tilde x)
              \bigl( \mu_m + \Sigma_m (\Sigma_m + \sigma^2 I)^{-1} (\tilde x - \mu_m) \bigr)

    No model has a smaller expected squared error. Far between two components it returns what neither of them
    would: the mean of both.

    Args:
        x: noisy points.
        mixture: the law of the clean data.
        sigma: standard deviation of the noise, 0 or more.

    Shape:
        x: (B, D); returns (B, D).

    Raises:
        TypeError: x or a part of the mixture is no floating-point tensor.
        ValueError: the shapes do not fit, the weights are no distribution, or sigma is negative.

    Source:
        Alain & Bengio 2014, for the mean as the optimum.

    Example:
        >>> one = Mixture(torch.ones(1), torch.zeros(1, 1), torch.ones(1, 1, 1))
        >>> optimal_denoiser(torch.tensor([[2.0]]), one, 1.0).item()
        1.0
    """
    responsibility, solved = _posterior(x, mixture, sigma)
    moved = torch.einsum("mde,bme->bmd", mixture.covariances, solved)
    return (responsibility[..., None] * (mixture.means + moved)).sum(1)


def score_of_denoiser(denoised: Tensor, noisy: Tensor, sigma: float) -> Tensor:
    r"""Return the score that a denoiser implies: where it points, over the variance of the noise.

    .. math:: \frac{r(\tilde x) - \tilde x}{\sigma^2}, \qquad
              \text{which for } r^* \text{ is } \nabla \log p_\sigma(\tilde x)

    Exact for the optimal denoiser and for Gaussian noise that is not clamped, an estimate for a trained one.

    Args:
        denoised: what the denoiser returned.
        noisy: what it was given.
        sigma: standard deviation of the noise, above 0.

    Shape:
        denoised, noisy: (B, ...); returned with the same shape.

    Raises:
        TypeError: denoised or noisy is no floating-point tensor.
        ValueError: the shapes differ, or sigma is not above 0.

    Source:
        Tweedie's formula: Robbins 1956; Vincent 2011; Alain & Bengio 2014.

    Example:
        >>> score_of_denoiser(torch.tensor([[1.0]]), torch.tensor([[2.0]]), 1.0).item()
        -1.0
    """
    check_tensor(noisy, "noisy", floating=True)
    check_tensor(denoised, "denoised", shape=tuple(noisy.shape), floating=True)
    check_positive(sigma, "sigma")
    return (denoised - noisy) / sigma**2
