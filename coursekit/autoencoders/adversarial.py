"""The adversarial autoencoder: a discriminator that presses the codes into the shape of a prior."""

__all__ = ["AdversarialAutoencoder", "discriminator_loss", "fooling_loss"]

from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from coursekit._check import check_choice, check_generator, check_positive, check_positive_int, check_tensor
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.interface import AEOutput
from coursekit.autoencoders.losses import pixels
from coursekit.dense import mlp, reset_weights


def discriminator_loss(prior_logits: Tensor, code_logits: Tensor) -> Tensor:
    r"""Return what the discriminator minimises: the cross-entropy of telling prior draws from codes.

    .. math:: L_D = E_{z \sim p}[-\log \sigma(d(z))] + E_{z \sim q}[-\log(1 - \sigma(d(z)))]

    :math:`d` are logits for "drawn from the prior". The best ones are :math:`\log p(z) - \log q(z)`; then
    :math:`L_D = 2 \log 2 - 2\, \mathrm{JSD}(p, q)`, at most :math:`2 \log 2`, where p = q.

    Args:
        prior_logits: logits of draws from the prior.
        code_logits: logits of codes.

    Shape:
        prior_logits: (N,); code_logits: (B,); returns a scalar.

    Units:
        Nats: the mean over the draws plus the mean over the codes.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: an argument is not of the shape above.

    Source:
        Goodfellow et al. 2014, equation (1) and proposition 1, negated.

    Example:
        >>> round(discriminator_loss(torch.zeros(3), torch.zeros(5)).item(), 4)
        1.3863
    """
    check_tensor(prior_logits, "prior_logits", shape=("N",), floating=True)
    check_tensor(code_logits, "code_logits", shape=("B",), floating=True)
    # softplus is -log(1 - sigmoid) without the sigmoid that rounds to one.
    return F.softplus(-prior_logits).mean() + F.softplus(code_logits).mean()


def fooling_loss(code_logits: Tensor) -> Tensor:
    r"""Return what the encoder minimises: codes shall pass for draws from the prior.

    .. math:: L_E = E_{z \sim q}[-\log \sigma(d(z))]

    This form keeps its gradient where the discriminator is sure; that of :math:`E_q \log(1 - \sigma(d))`,
    the same game on paper, vanishes there.

    Args:
        code_logits: the discriminator's logits of codes.

    Shape:
        code_logits: (B,); returns a scalar.

    Units:
        Nats, the mean over the codes.

    Raises:
        TypeError: code_logits is no floating-point tensor.
        ValueError: code_logits is not of the shape above.

    Source:
        Goodfellow et al. 2014, section 3, on the training of G.

    Example:
        >>> round(fooling_loss(torch.zeros(5)).item(), 4)
        0.6931
    """
    check_tensor(code_logits, "code_logits", shape=("B",), floating=True)
    return F.softplus(-code_logits).mean()


class AdversarialAutoencoder(DenseAutoencoder):
    r"""A dense autoencoder whose codes are to look like draws from a prior, so that it can be sampled from.

    .. math:: J = \frac1B \sum_b \ell(g(f(x_b)), x_b) + \lambda L_E, \qquad L_D \text{ for the discriminator}

    Two losses and two optimisers: ``loss`` reaches encoder and decoder only
    (:meth:`autoencoder_parameters`), :meth:`discriminator_loss` the discriminator only
    (``discriminator.parameters()``). Take a step of each in turn.

    Args:
        input_shape: shape of one sample.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: K, the width of the code.
        weight: lambda, what passing for the prior is worth beside the reconstruction.
        prior: "gaussian", N(0, I), or "uniform", on [-1, 1]^K.
        discriminator_dims: widths of the discriminator's hidden layers.
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        loss: "squared", "bernoulli", "absolute" or "huber".
        delta: where Huber's loss turns from a square into a line.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Units:
        ``loss`` is summed over the entries of a sample and averaged over the batch; the penalty is in nats.

    Raises:
        ValueError: a size is no positive integer, an option is unknown, or the weight is below 0.

    Source:
        Makhzani et al. 2016, section 2, with a deterministic encoder.

    Example:
        >>> model = AdversarialAutoencoder((64,), [32], 2, generator=torch.Generator().manual_seed(0))
        >>> model.sample(3, generator=torch.Generator().manual_seed(1)).shape
        torch.Size([3, 64])
    """

    def __init__(
        self, input_shape: int | Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        weight: float = 1.0, prior: str = "gaussian", discriminator_dims: Sequence[int] = (64, 64),
        activation: str = "relu", loss: str = "squared", delta: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            input_shape, hidden_dims, latent_dim,
            activation=activation, loss=loss, delta=delta, generator=generator,
        )  # fmt: skip
        self.weight = check_positive(weight, "weight", zero=True)
        self.prior = check_choice(prior, "prior", ("gaussian", "uniform"))
        self.discriminator_dims = tuple(discriminator_dims)
        self.discriminator = mlp([latent_dim, *discriminator_dims, 1], activation="leaky_relu")
        reset_weights(self.discriminator, generator=generator)

    def autoencoder_parameters(self) -> Iterator[nn.Parameter]:
        """Yield the parameters of encoder and decoder: those that ``loss`` is for."""
        yield from self.encoder.parameters()
        yield from self.decoder.parameters()

    def draw_prior(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw codes from the prior.

        Args:
            n: how many.
            generator: source of the draws; torch's default generator when None.

        Shape:
            Returns (n, K).

        Raises:
            TypeError: n is no int, or generator no torch.Generator.
            ValueError: n is below 1.
        """
        check_positive_int(n, "n")
        if generator is not None:
            check_generator(generator)
        like = next(self.discriminator.parameters())
        codes = torch.empty(n, self.latent_dim, dtype=like.dtype, device=like.device)
        if self.prior == "gaussian":
            return codes.normal_(generator=generator)
        return codes.uniform_(-1, 1, generator=generator)

    def discriminate(self, z: Tensor) -> Tensor:
        """Return the discriminator's logits for "drawn from the prior".

        Args:
            z: codes, or draws from the prior.

        Shape:
            z: (B, K); returns (B,).

        Raises:
            TypeError: z is no floating-point tensor.
            ValueError: z does not have the shape above.
        """
        check_tensor(z, "z", shape=("B", self.latent_dim), floating=True)
        logits: Tensor = self.discriminator(z)
        return logits.squeeze(1)

    def discriminator_loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Return the discriminator's loss on the codes of a batch and as many draws from the prior.

        Args:
            x: samples.
            generator: source of the draws; torch's default generator when None.

        Shape:
            x: (B, \*input_shape); returns a scalar.

        Units:
            Nats.
        """
        with torch.no_grad():
            z = self.encode(x)
        draws = self.draw_prior(len(z), generator=generator)
        return discriminator_loss(self.discriminate(draws), self.discriminate(z))

    def penalty(self, x: Tensor, output: AEOutput) -> Tensor:
        r"""Return the weighted loss of fooling the discriminator, whose own parameters it does not reach.

        Args:
            x: the clean samples.
            output: the pass whose loss is taken.

        Shape:
            x: (B, \*input_shape); returns a scalar.
        """
        del x
        # A copy of the discriminator with constant weights: the gradient passes through it to the codes.
        weights = self.discriminator.named_parameters()
        frozen = {name: value.detach() for name, value in weights}
        logits: Tensor = functional_call(self.discriminator, frozen, (output.z,))
        return self.weight * fooling_loss(logits.squeeze(1))

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Decode codes drawn from the prior, as pixel values.

        Args:
            n: how many.
            generator: source of the draws; torch's default generator when None.

        Shape:
            Returns (n, \*input_shape).
        """
        return pixels(self.decode(self.draw_prior(n, generator=generator)), self.likelihood)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again, plain values only."""
        names = ("input_shape", "hidden_dims", "latent_dim", "activation", "loss", "delta")
        plain = super().config()
        return {
            **{name: plain[name] for name in names},
            "weight": self.weight,
            "prior": self.prior,
            "discriminator_dims": list(self.discriminator_dims),
        }
