"""The evidence lower bound: its sampling step, its two terms, and the tighter estimate beside it."""

__all__ = [
    "ElboTerms",
    "bernoulli_nll",
    "gaussian_nll",
    "iwae_nll",
    "kl_standard_normal",
    "negative_elbo",
    "reparameterize",
]

import math
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_generator, check_in_unit, check_positive, check_positive_int, check_tensor


class ElboTerms(NamedTuple):
    """The loss to minimise and the two terms it is made of: scalars, nats per sample, batch means."""

    loss: Tensor
    reconstruction: Tensor
    kl: Tensor


class LatentVariableModel(Protocol):
    """What :func:`coursekit.vae.elbo.iwae_nll` needs from a model."""

    def encode(self, x: Tensor, condition: Tensor | None = None, /) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance of q(z | x), each of shape (B, Z), from x of shape (B, D)."""

    def decode(self, z: Tensor, condition: Tensor | None = None, /) -> Tensor:
        """Return the parameters of p(x | z), of shape (B, D), from z of shape (B, Z)."""

    def nll(self, outputs: Tensor, x: Tensor, /) -> Tensor:
        """Return -log p(x | z) of shape (B,), in nats, from the decoder's outputs and x, both (B, D)."""

    def prior(self, like: Tensor, condition: Tensor | None = None, /) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance of p(z), each with the shape (B, Z) of ``like``."""


def reparameterize(mu: Tensor, logvar: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    r"""Draw z from N(mu, diag(exp(logvar))) so that gradients reach mu and logvar.

    .. math:: z = \mu + \exp(\tfrac12 \log\sigma^2) \odot \varepsilon, \qquad \varepsilon \sim N(0, I)

    :math:`\mu` is the mean, :math:`\log\sigma^2` the log-variance, :math:`\varepsilon` noise that depends on
    no parameter. The half is taken before the exponential: exp overflows float32 at logvar 89, this at 178.

    Args:
        mu: means, any finite value.
        logvar: log-variances, any finite value.
        generator: source of the noise; torch's default generator when None.

    Shape:
        mu, logvar: (B, Z); returns (B, Z).

    Raises:
        TypeError: mu or logvar is no floating-point tensor, or generator no torch.Generator.
        ValueError: the two are not both (B, Z).

    Source:
        Kingma & Welling 2014, section 2.4 and the second line of equation (10).

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> reparameterize(torch.zeros(2, 3), torch.zeros(2, 3), generator=g).shape
        torch.Size([2, 3])
    """
    check_tensor(mu, "mu", shape=("B", "Z"), floating=True)
    check_tensor(logvar, "logvar", shape=mu.shape, floating=True)
    if generator is not None:
        check_generator(generator)
    noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(0.5 * logvar) * noise  # (B, Z)


def kl_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    r"""Return KL(N(mu, diag(exp(logvar))) || N(0, I)) of each row.

    .. math:: \mathrm{KL} = \tfrac12 \sum_{j=1}^{Z} \left(\mu_j^2 + \sigma_j^2 - 1 - \log\sigma_j^2\right)

    :math:`\mu_j` and :math:`\sigma_j^2` are the mean and variance of latent j. ``expm1`` keeps the digits
    that :math:`\sigma^2 - 1` would lose near the prior.

    Args:
        mu: means of q(z | x).
        logvar: log-variances of q(z | x).

    Shape:
        mu, logvar: (B, Z); returns (B,).

    Units:
        Nats per sample, summed over the latents; never negative.

    Raises:
        TypeError: mu or logvar is no floating-point tensor.
        ValueError: the two are not both (B, Z).

    Source:
        Kingma & Welling 2014, appendix B and equation (10).

    Example:
        >>> mu, logvar = torch.tensor([[0.5, -1.0, 2.0]]), torch.tensor([[0.0, 1.0, -2.0]])
        >>> round(kl_standard_normal(mu, logvar).item(), 5)
        3.55181
    """
    check_tensor(mu, "mu", shape=("B", "Z"), floating=True)
    check_tensor(logvar, "logvar", shape=mu.shape, floating=True)
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(-1)  # (B,)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    r"""Return -log p(x | z) of binary pixels, from the decoder's logits.

    .. math:: -\log p(x \mid z) = \sum_{d=1}^{D} \left(\mathrm{softplus}(a_d) - x_d a_d\right)

    :math:`a_d` is the logit of pixel d and :math:`x_d` its value. Nothing is clipped: at logit 40 the loss
    of a wrong pixel is 40 and its gradient 1. For 0 < x < 1 this is a loss, not a normalised likelihood.

    Args:
        logits: decoder outputs before any sigmoid.
        x: pixels in [0, 1]; a likelihood only if each is 0 or 1.

    Shape:
        logits, x: (B, D); returns (B,).

    Units:
        Nats per sample, summed over the pixels.

    Raises:
        TypeError: logits or x is no floating-point tensor.
        ValueError: the two are not both (B, D), or a pixel lies outside [0, 1].

    Source:
        Kingma & Welling 2014, appendix C.1, equation (11).

    Example:
        >>> bernoulli_nll(torch.tensor([[40.0, -40.0]]), torch.tensor([[0.0, 0.0]]))
        tensor([40.])
    """
    check_tensor(logits, "logits", shape=("B", "D"), floating=True)
    check_tensor(x, "x", shape=logits.shape)
    check_in_unit(x, "x")
    return (F.softplus(logits) - x * logits).sum(-1)  # (B,)


def gaussian_nll(mean: Tensor, x: Tensor, *, sigma: float = 1.0) -> Tensor:
    r"""Return -log N(x; mean, sigma^2 I) of each row, with its constant.

    .. math:: -\log p(x \mid z) = \sum_{d=1}^{D} \left(\frac{(x_d - m_d)^2}{2\sigma^2}
              + \log\sigma + \tfrac12\log 2\pi\right)

    :math:`m_d` is the decoder's mean for pixel d and :math:`\sigma` the fixed standard deviation.

    Args:
        mean: decoder outputs.
        x: data, any finite value.
        sigma: standard deviation, above 0.

    Shape:
        mean, x: (B, D); returns (B,).

    Units:
        Nats per sample, summed over the dimensions; a density, so it may be negative.

    Raises:
        TypeError: mean or x is no floating-point tensor.
        ValueError: the two are not both (B, D), or sigma is not above 0.

    Source:
        Kingma & Welling 2014, appendix C.2, equation (12), with one fixed variance.

    Example:
        >>> round(gaussian_nll(torch.zeros(1, 2), torch.zeros(1, 2)).item(), 4)
        1.8379
    """
    check_tensor(mean, "mean", shape=("B", "D"), floating=True)
    check_tensor(x, "x", shape=mean.shape, floating=True)
    check_positive(sigma, "sigma")
    constant = mean.shape[-1] * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    return 0.5 * ((x - mean) / sigma).square().sum(-1) + constant  # (B,)


def negative_elbo(nll: Tensor, kl: Tensor, *, beta: float = 1.0) -> ElboTerms:
    r"""Average the two terms over the batch and add them, the KL term weighted by beta.

    .. math:: \mathcal{L} = \frac1B \sum_{i=1}^{B} \left(-\log p(x_i \mid z_i)
              + \beta\,\mathrm{KL}(q(z \mid x_i) \,\|\, p(z))\right)

    Only :math:`\beta = 1` gives a bound on -log p(x) that is tight when q is the true posterior.

    Args:
        nll: reconstruction term of each sample.
        kl: KL term of each sample.
        beta: weight of the KL term, 0 or more; it scales ``loss`` only, the reported terms stay unweighted.

    Shape:
        nll, kl: (B,); returns three scalars.

    Units:
        Nats per sample.

    Raises:
        TypeError: nll or kl is no floating-point tensor.
        ValueError: the two are not both (B,), or beta is negative.

    Source:
        Kingma & Welling 2014, equation (3), negated; Higgins et al. 2017, equation (4), for beta.

    Example:
        >>> negative_elbo(torch.tensor([1.0, 3.0]), torch.tensor([0.5, 1.5]), beta=4.0).loss
        tensor(6.)
    """
    check_tensor(nll, "nll", shape=("B",), floating=True)
    check_tensor(kl, "kl", shape=nll.shape, floating=True)
    check_positive(beta, "beta", zero=True)
    reconstruction, divergence = nll.mean(), kl.mean()
    return ElboTerms(reconstruction + beta * divergence, reconstruction, divergence)


def _log_weights(
    model: LatentVariableModel,
    x: Tensor,
    condition: Tensor | None,
    q: tuple[Tensor, Tensor],
    n: int,
    generator: torch.Generator | None,
) -> Tensor:
    """Return log p(x, z) - log q(z | x) of n draws from q for each row: (n, B)."""
    mu, logvar = q
    prior_mu, prior_logvar = model.prior(mu, condition)
    # One call a draw: then neither the chunk size nor the order of the chunks changes the noise.
    draws = (torch.randn(mu.shape, generator=generator, dtype=mu.dtype, device=mu.device) for _ in range(n))
    noise = torch.stack(list(draws))  # (n, B, Z)
    z = mu + torch.exp(0.5 * logvar) * noise
    outputs = model.decode(z.flatten(0, 1), None if condition is None else condition.repeat(n, 1))
    nll = model.nll(outputs, x.repeat(n, 1)).view(n, -1)  # (n, B)
    # log p(z) - log q(z | x): the constants of the two Gaussians cancel.
    quadratic = noise.square() - (z - prior_mu).square() * torch.exp(-prior_logvar)
    return 0.5 * (logvar - prior_logvar + quadratic).sum(-1) - nll


@torch.no_grad()
def iwae_nll(
    model: LatentVariableModel,
    x: Tensor,
    condition: Tensor | None = None,
    *,
    samples: int,
    generator: torch.Generator | None = None,
    chunk: int = 50,
) -> Tensor:
    r"""Estimate -log p(x) of each row by importance sampling from q(z | x).

    .. math:: -\log p(x) \approx -\log \frac1K \sum_{k=1}^{K} \frac{p(x \mid z_k)\,p(z_k)}{q(z_k \mid x)},
              \qquad z_k \sim q(z \mid x)

    K = 1 is one draw of the negative ELBO; in expectation the value falls towards -log p(x) as K grows.

    Args:
        model: encode, decode, nll and prior of the model.
        x: data rows.
        condition: one row for each row of x, for a conditional model only.
        samples: K, 1 or more.
        generator: source of the noise; torch's default generator when None.
        chunk: how many of the K draws are decoded at once; it bounds memory and does not change the draws.

    Shape:
        x: (B, D); condition: (B, C); returns (B,).

    Units:
        Nats per sample.

    Raises:
        ValueError: samples or chunk is no positive integer, or x does not fit the model.

    Source:
        Burda, Grosse & Salakhutdinov 2016, equation (8).
    """
    check_positive_int(samples, "samples")
    check_positive_int(chunk, "chunk")
    q = model.encode(x, condition)
    total = torch.full_like(x[:, 0], -math.inf)
    for start in range(0, samples, chunk):
        n = min(chunk, samples - start)
        weights = _log_weights(model, x, condition, q, n, generator)  # (n, B)
        total = torch.logaddexp(total, torch.logsumexp(weights, dim=0))
    return math.log(samples) - total  # (B,)
