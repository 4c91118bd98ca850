"""The vector-quantised autoencoder: its code is a list of choices from a codebook."""

__all__ = ["VQVAE", "VQLoss"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive_int, check_tensor
from coursekit.dense import mlp, reset_weights
from coursekit.vae.elbo import bernoulli_nll, gaussian_nll
from coursekit.vae.quantizer import VectorQuantizer, VQCodes, nearest_code


class VQLoss(NamedTuple):
    """The loss and the terms it sums: batch means, the first in nats, the others in squared units of z."""

    loss: Tensor
    reconstruction: Tensor
    codebook: Tensor
    commitment: Tensor


class VQVAE(nn.Module):
    r"""An autoencoder whose code is M choices of J codebook rows: M log J nats at most.

    .. math:: J(x) = -\log p(x \mid z_q(x)) + L_{\text{codebook}} + L_{\text{commitment}}

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: K, the width of a codebook row.
        slots: M, the rows chosen for a sample.
        codes: J, the rows to choose from.
        commitment: beta of :class:`~coursekit.vae.quantizer.VectorQuantizer`.
        decay: its gamma; None trains the codebook by its loss.
        likelihood: "bernoulli" (the decoder returns logits) or "gaussian" (means, with sigma = 1).
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, D) to the decoder's outputs (B, D) and :class:`~coursekit.vae.quantizer.VQCodes`.

    Raises:
        ValueError: a size is no positive integer, or an option is unknown.

    Source:
        van den Oord, Vinyals & Kavukcuoglu 2017, equation (3), with dense layers.
    """

    def __init__(
        self, input_dim: int, hidden_dims: Sequence[int], latent_dim: int, *,
        slots: int = 8, codes: int = 64, commitment: float = 0.25, decay: float | None = None,
        likelihood: str = "bernoulli", activation: str = "relu", generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_dim = check_positive_int(input_dim, "input_dim")
        self.slots = check_positive_int(slots, "slots")
        self.likelihood = check_choice(likelihood, "likelihood", ("bernoulli", "gaussian"))
        self.quantizer = VectorQuantizer(
            codes, latent_dim, commitment=commitment, decay=decay, generator=generator
        )
        widths = [input_dim, *hidden_dims, slots * latent_dim]
        self.encoder = mlp(widths, activation=activation)
        self.decoder = mlp(widths[::-1], activation=activation)
        self.reset_parameters(generator=generator)

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw all weights and the codebook again, from the generator or torch's default one."""
        reset_weights(self, generator=generator)
        self.quantizer.reset_parameters(generator=generator)

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes before quantisation.

        Shape:
            x: (B, D); returns (B, M, K).

        Raises:
            TypeError, ValueError: x is no floating-point tensor of the shape above.
        """
        check_tensor(x, "x", shape=("B", self.input_dim), floating=True)
        codes: Tensor = self.encoder(x)
        return codes.reshape(len(x), self.slots, self.quantizer.width)

    def decode(self, z: Tensor) -> Tensor:
        """Return the decoder's outputs for codebook rows: logits (Bernoulli) or means (Gaussian).

        Shape:
            z: (B, M, K); returns (B, D).

        Raises:
            TypeError, ValueError: z is no floating-point tensor of the shape above.
        """
        check_tensor(z, "z", shape=("B", self.slots, self.quantizer.width), floating=True)
        outputs: Tensor = self.decoder(z.flatten(1))
        return outputs

    def forward(self, x: Tensor) -> tuple[Tensor, VQCodes]:
        """Encode, quantise, decode.

        Shape:
            x: (B, D).
        """
        quantized: VQCodes = self.quantizer(self.encode(x))
        return self.decode(quantized.z), quantized

    def loss(self, x: Tensor, *, generator: torch.Generator | None = None) -> VQLoss:
        """Return the loss of a batch and its terms; nothing is drawn, so the generator is not used.

        Shape:
            x: (B, D); in [0, 1] for the Bernoulli likelihood.
        """
        del generator
        outputs, quantized = self(x)
        nll = bernoulli_nll(outputs, x) if self.likelihood == "bernoulli" else gaussian_nll(outputs, x)
        terms = (nll.mean(), quantized.codebook.mean(), quantized.commitment.mean())
        return VQLoss(torch.stack(terms).sum(), *terms)

    @torch.no_grad()
    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the mean of p(x | z_q); no codebook moves.

        Shape:
            x: (B, D); returns (B, D).
        """
        codebook = self.quantizer.codebook
        outputs = self.decode(codebook[nearest_code(self.encode(x), codebook)])
        return torch.sigmoid(outputs) if self.likelihood == "bernoulli" else outputs
