"""The part that all VAEs here share: encoder, decoder, prior, and the loss they minimise."""

__all__ = ["LatentGaussianModel", "VAEOutput"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive, check_positive_int, check_tensor, require
from coursekit.dense import mlp, reset_weights
from coursekit.vae.elbo import (
    ElboTerms,
    bernoulli_nll,
    gaussian_nll,
    kl_standard_normal,
    negative_elbo,
    reparameterize,
)
from coursekit.vae.networks import GaussianHead


class VAEOutput(NamedTuple):
    """One pass: decoder outputs (B, D), then mean and log-variance of q and the decoded code, (B, Z) each."""

    logits: Tensor
    mu: Tensor
    logvar: Tensor
    z: Tensor


class LatentGaussianModel(nn.Module):
    r"""A decoder p(x | z, c) and an encoder q(z | x, c) = N(mu, diag(sigma^2)), trained by the negative ELBO.

    Every method that works on rows takes the condition c as its last positional argument; without a condition
    (``condition_dim=0``) it is left out. So one training loop serves all models: ``model.loss(*batch)``.

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: Z, the number of latents.
        condition_dim: C, the width of a condition row; 0 for none.
        likelihood: "bernoulli" (the decoder returns logits) or "gaussian" (it returns means).
        sigma: standard deviation of the pixels, for the Gaussian likelihood.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Raises:
        ValueError: a width is no positive integer, an option is unknown, or sigma is not above 0.
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dims: Sequence[int],
        latent_dim: int,
        *,
        condition_dim: int = 0,
        likelihood: str = "bernoulli",
        sigma: float = 1.0,
        activation: str = "relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_positive_int(input_dim, "input_dim")
        check_positive_int(latent_dim, "latent_dim")
        check_choice(likelihood, "likelihood", ("bernoulli", "gaussian"))
        require(len(hidden_dims) > 0, "hidden_dims must hold at least one width; got none")
        check_positive(sigma, "sigma")
        self.input_dim, self.latent_dim, self.condition_dim = input_dim, latent_dim, condition_dim
        self.likelihood, self.sigma = likelihood, sigma
        down = [input_dim + condition_dim, *hidden_dims]
        up = [latent_dim + condition_dim, *reversed(hidden_dims), input_dim]
        self.trunk = mlp(down, activation=activation, last=True)
        self.head = GaussianHead(hidden_dims[-1], latent_dim)
        self.decoder = mlp(up, activation=activation)
        self.reset_parameters(generator=generator)

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw all weights again.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
        reset_weights(self, generator=generator)

    def _join(self, rows: Tensor, condition: Tensor | None) -> Tensor:
        if self.condition_dim == 0:
            require(condition is None, f"{type(self).__name__} takes no condition; use ConditionalVAE")
            return rows
        wanted = (len(rows), self.condition_dim)
        return torch.cat([rows, check_tensor(condition, "condition", shape=wanted, floating=True)], dim=-1)

    def encode(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance of q(z | x, c).

        Args:
            x: data rows.
            condition: one row for each row of x, if the model takes one.

        Shape:
            x: (B, D); condition: (B, C); returns (B, Z) twice.

        Raises:
            TypeError: x or condition is no floating-point tensor.
            ValueError: x or condition does not have the shape above.

        Source:
            Kingma & Welling 2014, appendix C.2.
        """
        check_tensor(x, "x", shape=("B", self.input_dim), floating=True)
        mu, logvar = self.head(self.trunk(self._join(x, condition)))
        return mu, logvar

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return the parameters of p(x | z, c): logits (Bernoulli) or means (Gaussian), never squashed.

        Args:
            z: codes.
            condition: one row for each row of z, if the model takes one.

        Shape:
            z: (B, Z); condition: (B, C); returns (B, D).

        Raises:
            TypeError: z or condition is no floating-point tensor.
            ValueError: z or condition does not have the shape above.

        Source:
            Kingma & Welling 2014, appendices C.1 and C.2.
        """
        check_tensor(z, "z", shape=("B", self.latent_dim), floating=True)
        outputs: Tensor = self.decoder(self._join(z, condition))
        return outputs

    def prior(self, like: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the mean and log-variance of the prior, which is N(0, I) whatever the condition.

        Args:
            like: a tensor whose shape, type and device the result takes.
            condition: ignored here; a model with a learned prior uses it.

        Shape:
            like: (B, Z); condition: (B, C); returns (B, Z) twice.
        """
        del condition
        return torch.zeros_like(like), torch.zeros_like(like)

    def nll(self, outputs: Tensor, x: Tensor) -> Tensor:
        """Return -log p(x | z) from the decoder's outputs.

        Args:
            outputs: what ``decode`` returned.
            x: data rows; in [0, 1] for the Bernoulli likelihood.

        Shape:
            outputs, x: (B, D); returns (B,).

        Units:
            Nats per sample, summed over pixels.

        Raises:
            TypeError: outputs or x is no floating-point tensor.
            ValueError: the shapes differ, or a pixel is outside the range of the likelihood.
        """
        if self.likelihood == "bernoulli":
            return bernoulli_nll(outputs, x)
        return gaussian_nll(outputs, x, sigma=self.sigma)

    def kl(self, mu: Tensor, logvar: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return KL(q(z | x, c) || p(z)) of each row.

        Args:
            mu: means of q.
            logvar: log-variances of q.
            condition: ignored here; a model with a learned prior uses it.

        Shape:
            mu, logvar: (B, Z); condition: (B, C); returns (B,).

        Units:
            Nats per sample, summed over latents.
        """
        del condition
        return kl_standard_normal(mu, logvar)

    def objective(self, nll: Tensor, kl: Tensor) -> ElboTerms:
        """Turn the two terms of each sample into the loss: here their plain sum, averaged over the batch.

        Args:
            nll: reconstruction term of each sample.
            kl: KL term of each sample.

        Shape:
            nll, kl: (B,); returns three scalars.

        Units:
            Nats per sample.
        """
        return negative_elbo(nll, kl)

    def forward(
        self,
        x: Tensor,
        condition: Tensor | None = None,
        *,
        noise: bool = True,
        generator: torch.Generator | None = None,
    ) -> VAEOutput:
        """Encode, draw one code a row, decode.

        Args:
            x: data rows.
            condition: one row for each row of x, if the model takes one.
            noise: False decodes z = mu: deterministic, for pictures; the ELBO needs a draw.
            generator: source of the noise; torch's default generator when None.

        Shape:
            x: (B, D); condition: (B, C); returns logits (B, D), then mu, logvar and z, (B, Z) each.
        """
        mu, logvar = self.encode(x, condition)
        z = reparameterize(mu, logvar, generator=generator) if noise else mu
        return VAEOutput(self.decode(z, condition), mu, logvar, z)

    def loss(
        self, x: Tensor, condition: Tensor | None = None, *, generator: torch.Generator | None = None
    ) -> ElboTerms:
        """Return the negative ELBO of a batch and its two terms, with one draw of z a row.

        Args:
            x: data rows.
            condition: one row for each row of x, if the model takes one.
            generator: source of the noise; torch's default generator when None.

        Shape:
            x: (B, D); condition: (B, C); returns three scalars.

        Units:
            Nats per sample: summed over pixels and latents, averaged over the batch.

        Source:
            Kingma & Welling 2014, equations (7) and (10), negated.
        """
        outputs = self(x, condition, generator=generator)
        kl = self.kl(outputs.mu, outputs.logvar, condition)
        return self.objective(self.nll(outputs.logits, x), kl)

    def means(self, outputs: Tensor) -> Tensor:
        """Return E[x | z] from the decoder's outputs: probabilities (Bernoulli) or the outputs (Gaussian).

        Args:
            outputs: what ``decode`` returned.

        Shape:
            outputs: (B, D); returns (B, D).
        """
        return torch.sigmoid(outputs) if self.likelihood == "bernoulli" else outputs

    def observe(self, outputs: Tensor, *, draw: bool, generator: torch.Generator | None = None) -> Tensor:
        """Return the means E[x | z], or one draw of x from p(x | z).

        Args:
            outputs: what ``decode`` returned.
            draw: whether to draw; pixel means are smooth pictures, but no samples of the model.
            generator: source of the draws; torch's default generator when None.

        Shape:
            outputs: (B, D); returns (B, D).
        """
        means = self.means(outputs)
        if not draw:
            return means
        if self.likelihood == "bernoulli":
            return torch.bernoulli(means, generator=generator)
        noise = torch.randn(means.shape, generator=generator, dtype=means.dtype, device=means.device)
        return means + self.sigma * noise

    @torch.no_grad()
    def reconstruct(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Return E[x | z] at the posterior mean: the same picture at every call.

        Args:
            x: data rows.
            condition: one row for each row of x, if the model takes one.

        Shape:
            x: (B, D); condition: (B, C); returns (B, D).
        """
        return self.means(self(x, condition, noise=False).logits)
