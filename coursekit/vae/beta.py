"""Two ways to hold the KL term down: a weight on it, and a target for it."""

__all__ = ["BetaVAE", "CapacityVAE"]

from collections.abc import Sequence

import torch
from torch import Tensor

from coursekit._check import check_positive, check_positive_int
from coursekit.vae.elbo import ElboTerms, negative_elbo
from coursekit.vae.model import VAE


class BetaVAE(VAE):
    r"""A VAE whose KL term is weighted by beta.

    .. math:: \mathcal{L} = E_{q}[-\log p(x \mid z)] + \beta\,\mathrm{KL}(q(z \mid x) \,\|\, p(z))

    :math:`\beta > 1` buys a code nearer the prior with worse reconstructions; :math:`\beta = 1` is the VAE.

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: Z, the number of latents.
        beta: weight of the KL term, 0 or more.
        likelihood: "bernoulli" or "gaussian".
        sigma: standard deviation of the pixels, for the Gaussian likelihood.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        as :class:`coursekit.vae.model.VAE`.

    Units:
        ``loss`` in nats per sample; its ``reconstruction`` and ``kl`` are the unweighted terms.

    Raises:
        ValueError: beta is negative, or an argument of the VAE is out of range.

    Source:
        Higgins et al. 2017, equation (4), negated.
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dims: Sequence[int],
        latent_dim: int,
        *,
        beta: float = 4.0,
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
        self.beta = check_positive(beta, "beta", zero=True)

    def objective(self, nll: Tensor, kl: Tensor) -> ElboTerms:
        """Return the batch mean of the reconstruction plus beta times the KL.

        Args:
            nll: reconstruction term of each sample.
            kl: KL term of each sample.

        Shape:
            nll, kl: (B,); returns three scalars.

        Units:
            Nats per sample.

        Source:
            Higgins et al. 2017, equation (4), negated.
        """
        return negative_elbo(nll, kl, beta=self.beta)


class CapacityVAE(VAE):
    r"""A VAE whose KL is pulled to a target C that rises during training.

    .. math:: \mathcal{L} = E_{q}[-\log p(x \mid z)] + \gamma\,\left|\mathrm{KL} - C(t)\right|, \qquad
              C(t) = C_{\max} \min\left(1, \tfrac{t}{T - 1}\right)

    :math:`\mathrm{KL}` is the batch mean, t counts training steps from 0, T is the length of the warm-up and
    :math:`C_{\max}` its final target. There is no beta here: the KL enters once, inside the bars.

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: Z, the number of latents.
        gamma: weight of the distance, above 0; large enough that the KL follows C.
        capacity_max: final target in nats, 0 or more.
        warmup_steps: T, 1 or more; the last of these steps has the full target.
        likelihood: "bernoulli" or "gaussian".
        sigma: standard deviation of the pixels, for the Gaussian likelihood.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        as :class:`coursekit.vae.model.VAE`.

    Units:
        ``loss`` in nats per sample; its ``reconstruction`` and ``kl`` are the plain terms.

    Raises:
        ValueError: gamma, capacity_max or warmup_steps is out of range, or an argument of the VAE is.

    Source:
        Burgess et al. 2018, the objective with a controlled capacity.
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dims: Sequence[int],
        latent_dim: int,
        *,
        gamma: float,
        capacity_max: float,
        warmup_steps: int,
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
        self.gamma = check_positive(gamma, "gamma")
        self.capacity_max = check_positive(capacity_max, "capacity_max", zero=True)
        self.warmup_steps = check_positive_int(warmup_steps, "warmup_steps")
        # A buffer, so that a checkpoint resumes the schedule where it stood.
        self.register_buffer("step", torch.zeros((), dtype=torch.int64))

    def set_progress(self, step: int) -> None:
        """Say which training step comes next; the loss then uses the target of that step.

        Args:
            step: number of steps done, 0 or more.

        Raises:
            ValueError: step is negative.
        """
        self.get_buffer("step").fill_(check_positive_int(step, "step", minimum=0))

    def capacity(self, step: int | None = None) -> float:
        """Return the target C at a step: linear from 0, full from the last warm-up step on.

        Args:
            step: number of steps done, 0 or more; the current one when None.

        Units:
            Nats.

        Raises:
            ValueError: step is negative.

        Example:
            >>> model = CapacityVAE(4, [3], 2, gamma=100.0, capacity_max=25.0, warmup_steps=10)
            >>> model.capacity(0), model.capacity(9), model.capacity(30)
            (0.0, 25.0, 25.0)
        """
        at = int(self.get_buffer("step")) if step is None else check_positive_int(step, "step", minimum=0)
        # step + 1 >= T holds for T = 1 as well, where the fraction below would divide by zero.
        if at + 1 >= self.warmup_steps:
            return self.capacity_max
        return self.capacity_max * at / (self.warmup_steps - 1)

    def objective(self, nll: Tensor, kl: Tensor) -> ElboTerms:
        """Return the mean reconstruction plus gamma times the distance of the mean KL from the target.

        Args:
            nll: reconstruction term of each sample.
            kl: KL term of each sample.

        Shape:
            nll, kl: (B,); returns three scalars.

        Units:
            Nats per sample.

        Source:
            Burgess et al. 2018, the objective with a controlled capacity.
        """
        plain = negative_elbo(nll, kl)
        distance = (plain.kl - self.capacity()).abs()
        return plain._replace(loss=plain.reconstruction + self.gamma * distance)
