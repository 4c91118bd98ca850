"""The variational autoencoder: what the shared core adds up to when nothing but x is given."""

__all__ = ["VAE"]

from collections.abc import Sequence

import torch
from torch import Tensor

from coursekit._check import check_choice, check_generator, check_positive_int, check_tensor
from coursekit.vae.core import LatentGaussianModel
from coursekit.vae.latent import lerp, slerp, traversal


class VAE(LatentGaussianModel):
    r"""Variational autoencoder: a shared trunk with two heads, prior N(0, I), logits out.

    .. math:: -\mathrm{ELBO}(x) = E_{q(z \mid x)}[-\log p(x \mid z)] + \mathrm{KL}(q(z \mid x) \,\|\, p(z))

    :math:`q(z \mid x)` is the encoder's Gaussian, :math:`p(x \mid z)` the decoder's likelihood.

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: Z, the number of latents.
        likelihood: "bernoulli" (the decoder returns logits) or "gaussian" (it returns means).
        sigma: standard deviation of the pixels, for the Gaussian likelihood.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, D) to logits (B, D), mu, logvar and z, (B, Z) each.

    Units:
        ``loss`` in nats per sample: summed over pixels and latents, averaged over the batch.

    Raises:
        ValueError: a width is no positive integer, an option is unknown, or sigma is not above 0.

    Source:
        Kingma & Welling 2014, equation (3); the shared trunk is that of appendix C.2.

    Example:
        >>> model = VAE(64, [128], 8, generator=torch.Generator().manual_seed(0))
        >>> model.sample(2, generator=torch.Generator().manual_seed(1)).shape
        torch.Size([2, 64])
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dims: Sequence[int],
        latent_dim: int,
        *,
        likelihood: str = "bernoulli",
        sigma: float = 1.0,
        activation: str = "relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(
            input_dim,
            hidden_dims,
            latent_dim,
            likelihood=likelihood,
            sigma=sigma,
            activation=activation,
            generator=generator,
        )

    @torch.no_grad()
    def sample(self, n: int, *, draw: bool = False, generator: torch.Generator | None = None) -> Tensor:
        """Decode n codes drawn from the prior N(0, I).

        Args:
            n: number of samples, 1 or more.
            draw: False returns the pixel means, True draws the pixels as well.
            generator: source of the codes and the pixels; torch's default generator when None.

        Shape:
            returns (n, D).

        Raises:
            TypeError: n is no int, or generator no torch.Generator.
            ValueError: n is below 1.
        """
        check_positive_int(n, "n")
        if generator is not None:
            check_generator(generator)
        like = next(self.decoder.parameters())
        z = torch.randn(n, self.latent_dim, generator=generator, dtype=like.dtype, device=like.device)
        return self.observe(self.decode(z), draw=draw, generator=generator)

    @torch.no_grad()
    def interpolate(self, x0: Tensor, x1: Tensor, steps: int = 10, *, path: str = "lerp") -> Tensor:
        """Decode a path between the posterior means of two samples; its ends are their reconstructions.

        Args:
            x0: the sample to start from.
            x1: the sample to arrive at.
            steps: number of pictures, 2 or more, ends included.
            path: "lerp" (straight) or "slerp" (spherical).

        Shape:
            x0, x1: (D,); returns (steps, D).

        Raises:
            ValueError: x0 or x1 is not (D,), steps is below 2, or the path is unknown.
        """
        check_tensor(x0, "x0", shape=(self.input_dim,), floating=True)
        check_tensor(x1, "x1", shape=(self.input_dim,), floating=True)
        check_choice(path, "path", ("lerp", "slerp"))
        mu, _ = self.encode(torch.stack([x0, x1]))
        codes = (lerp if path == "lerp" else slerp)(mu[0], mu[1], steps)
        return self.means(self.decode(codes))

    @torch.no_grad()
    def traverse(self, x: Tensor, latent: int, values: Tensor) -> Tensor:
        """Decode the posterior mean of one sample while a single latent takes the given values.

        Args:
            x: the sample.
            latent: index of the latent to vary, from 0 to Z - 1.
            values: what that latent is set to.

        Shape:
            x: (D,); values: (T,); returns (T, D).

        Raises:
            ValueError: x is not (D,), values is not (T,), or latent is no index.
        """
        check_tensor(x, "x", shape=(self.input_dim,), floating=True)
        mu, _ = self.encode(x.unsqueeze(0))
        return self.means(self.decode(traversal(mu[0], latent, values)))
