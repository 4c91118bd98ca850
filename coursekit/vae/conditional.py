"""The conditional VAE: a condition joins the encoder and the decoder, and if wanted the prior."""

__all__ = ["ConditionalVAE", "kl_diagonal_gaussians"]

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive_int, check_tensor
from coursekit.dense import mlp, reset_weights
from coursekit.vae.core import LatentGaussianModel
from coursekit.vae.elbo import reparameterize
from coursekit.vae.latent import lerp, slerp
from coursekit.vae.networks import GaussianHead


def kl_diagonal_gaussians(mu: Tensor, logvar: Tensor, prior_mu: Tensor, prior_logvar: Tensor) -> Tensor:
    r"""Return KL(N(mu, diag(exp(logvar))) || N(prior_mu, diag(exp(prior_logvar)))) of each row.

    .. math:: \tfrac12 \sum_{j=1}^{Z} \left(\log\frac{s_j^2}{\sigma_j^2}
              + \frac{\sigma_j^2 + (\mu_j - m_j)^2}{s_j^2} - 1\right)

    :math:`\mu_j, \sigma_j^2` belong to q, :math:`m_j, s_j^2` to the prior.

    Args:
        mu: means of q.
        logvar: log-variances of q.
        prior_mu: means of the prior.
        prior_logvar: log-variances of the prior.

    Shape:
        all four: (B, Z); returns (B,).

    Units:
        Nats per sample, summed over latents.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: the four are not all (B, Z).

    Example:
        >>> zero = torch.zeros(1, 2)
        >>> kl_diagonal_gaussians(zero + 1, zero, zero, zero)
        tensor([1.])
    """
    check_tensor(mu, "mu", shape=("B", "Z"), floating=True)
    check_tensor(logvar, "logvar", shape=mu.shape, floating=True)
    check_tensor(prior_mu, "prior_mu", shape=mu.shape, floating=True)
    check_tensor(prior_logvar, "prior_logvar", shape=mu.shape, floating=True)
    difference = logvar - prior_logvar
    distance = (mu - prior_mu).square() * torch.exp(-prior_logvar)
    return 0.5 * (torch.expm1(difference) - difference + distance).sum(-1)  # (B,)


class ConditionalVAE(LatentGaussianModel):
    r"""A VAE of p(x | c): the condition c is given to the encoder and to the decoder.

    .. math:: -\log p(x \mid c) \le E_{q(z \mid x, c)}[-\log p(x \mid z, c)]
              + \mathrm{KL}(q(z \mid x, c) \,\|\, p(z \mid c))

    By default :math:`p(z \mid c) = N(0, I)`, independent of c; ``learned_prior=True`` adds a network for it.

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: Z, the number of latents.
        condition_dim: C, the width of a condition row, for instance the number of classes (one-hot rows).
        learned_prior: whether the prior's mean and log-variance depend on c.
        likelihood: "bernoulli" or "gaussian".
        sigma: standard deviation of the pixels, for the Gaussian likelihood.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, D) and condition (B, C) to logits (B, D), mu, logvar and z, (B, Z) each.

    Units:
        ``loss`` in nats per sample: summed over pixels and latents, averaged over the batch.

    Raises:
        ValueError: a width is no positive integer, an option is unknown, or sigma is not above 0.

    Source:
        Sohn, Lee & Yan 2015 (learned prior); Kingma et al. 2014, model M2 (prior independent of c).
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dims: Sequence[int],
        latent_dim: int,
        condition_dim: int,
        *,
        learned_prior: bool = False,
        likelihood: str = "bernoulli",
        sigma: float = 1.0,
        activation: str = "relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(
            input_dim,
            hidden_dims,
            latent_dim,
            condition_dim=check_positive_int(condition_dim, "condition_dim"),
            likelihood=likelihood,
            sigma=sigma,
            activation=activation,
            generator=generator,
        )
        self.prior_net: nn.Sequential | None = None
        if learned_prior:
            width = hidden_dims[-1]
            trunk = mlp([condition_dim, width], activation=activation, last=True)
            self.prior_net = nn.Sequential(trunk, GaussianHead(width, latent_dim))
            reset_weights(self.prior_net, generator=generator)

    def prior(self, like: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance of p(z | c): N(0, I), or the learned ones.

        Args:
            like: a tensor whose shape, type and device the result takes.
            condition: one row for each row of ``like``; needed by a learned prior.

        Shape:
            like: (B, Z); condition: (B, C); returns (B, Z) twice.

        Raises:
            TypeError: the prior is learned and condition is no floating-point tensor.
            ValueError: the prior is learned and condition is not (B, C).

        Source:
            Sohn, Lee & Yan 2015.
        """
        if self.prior_net is None:
            return super().prior(like)
        wanted = (len(like), self.condition_dim)
        mu, logvar = self.prior_net(check_tensor(condition, "condition", shape=wanted, floating=True))
        return mu, logvar

    def kl(self, mu: Tensor, logvar: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return KL(q(z | x, c) || p(z | c)) of each row.

        Args:
            mu: means of q.
            logvar: log-variances of q.
            condition: one row for each row of mu; needed by a learned prior.

        Shape:
            mu, logvar: (B, Z); condition: (B, C); returns (B,).

        Units:
            Nats per sample, summed over latents.
        """
        return kl_diagonal_gaussians(mu, logvar, *self.prior(mu, condition))

    @torch.no_grad()
    def sample(
        self,
        conditions: Tensor,
        n_per_condition: int = 1,
        *,
        draw: bool = False,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Decode n draws from the prior for every condition row; the n of one row stand together.

        Args:
            conditions: the conditions to sample for.
            n_per_condition: draws a row, 1 or more.
            draw: False returns the pixel means, True draws the pixels as well.
            generator: source of the codes and the pixels; torch's default generator when None.

        Shape:
            conditions: (R, C); returns (R * n_per_condition, D).

        Raises:
            TypeError: conditions is no floating-point tensor.
            ValueError: conditions is not (R, C), or n_per_condition is below 1.
        """
        check_tensor(conditions, "conditions", shape=("R", self.condition_dim), floating=True)
        check_positive_int(n_per_condition, "n_per_condition")
        rows = conditions.repeat_interleave(n_per_condition, dim=0)  # (R n, C)
        mu, logvar = self.prior(rows.new_zeros(len(rows), self.latent_dim), rows)
        z = reparameterize(mu, logvar, generator=generator)
        return self.observe(self.decode(z, rows), draw=draw, generator=generator)

    @torch.no_grad()
    def interpolate(
        self, x0: Tensor, x1: Tensor, steps: int = 10, *, condition: Tensor, path: str = "lerp"
    ) -> Tensor:
        """Decode a path between the posterior means of two samples under one condition.

        Args:
            x0: the sample to start from.
            x1: the sample to arrive at.
            steps: number of pictures, 2 or more, ends included.
            condition: the condition of every picture.
            path: "lerp" (straight) or "slerp" (spherical).

        Shape:
            x0, x1: (D,); condition: (C,); returns (steps, D).

        Raises:
            TypeError: an argument is no floating-point tensor.
            ValueError: x0 or x1 is not (D,), condition is not (C,), steps is below 2, or the path is unknown.
        """
        check_tensor(x0, "x0", shape=(self.input_dim,), floating=True)
        check_tensor(x1, "x1", shape=(self.input_dim,), floating=True)
        check_tensor(condition, "condition", shape=(self.condition_dim,), floating=True)
        check_choice(path, "path", ("lerp", "slerp"))
        mu, _ = self.encode(torch.stack([x0, x1]), condition.expand(2, -1))
        codes = (lerp if path == "lerp" else slerp)(mu[0], mu[1], steps)
        return self.means(self.decode(codes, condition.expand(steps, -1)))
