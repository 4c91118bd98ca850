"""The vector-quantised autoencoder: each code is replaced by the nearest row of a learned codebook."""

__all__ = ["VQVAE", "VQCodes", "VQLoss", "VectorQuantizer", "nearest_code", "perplexity", "straight_through"]

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive, check_positive_int, check_tensor, require
from coursekit.dense import mlp, reset_weights
from coursekit.vae.elbo import bernoulli_nll, gaussian_nll


class VQCodes(NamedTuple):
    """Codes after quantisation: z (B, M, K), indices (B, M) into the codebook, and two losses (B,)."""

    z: Tensor
    indices: Tensor
    codebook: Tensor
    commitment: Tensor


class VQLoss(NamedTuple):
    """The loss and the terms it sums: batch means, the first in nats, the others in squared units of z."""

    loss: Tensor
    reconstruction: Tensor
    codebook: Tensor
    commitment: Tensor


def nearest_code(z: Tensor, codebook: Tensor) -> Tensor:
    r"""Return the index of the codebook's nearest row, the first one of a tie.

    .. math:: k(z) = \arg\min_j \lVert z - e_j \rVert_2

    Shape:
        z: (..., K); codebook: (J, K); returns (...), int64.

    Raises:
        TypeError, ValueError: an argument is no floating-point tensor of the shape above, or J is 0.

    Source:
        van den Oord, Vinyals & Kavukcuoglu 2017, equations (1) and (2).

    Example:
        >>> nearest_code(torch.tensor([[0.9, 0.0]]), torch.eye(2)).tolist()
        [0]
    """
    check_tensor(codebook, "codebook", shape=("J", "K"), floating=True)
    require(len(codebook) > 0, "codebook must hold at least one row; got none")
    check_tensor(z, "z", last=codebook.shape[1], floating=True)
    # The quick way, |z|^2 - 2 z.e + |e|^2, loses the digits that tell near codes apart.
    exact = "donot_use_mm_for_euclid_dist"
    rows = z.detach().reshape(-1, codebook.shape[1])
    return torch.cdist(rows, codebook.detach(), compute_mode=exact).argmin(1).reshape(z.shape[:-1])


def straight_through(z: Tensor, quantized: Tensor) -> Tensor:
    r"""Return the quantised codes, with a gradient that passes to z as if nothing had been rounded.

    .. math:: y = q, \qquad \partial y / \partial z := I, \quad \partial y / \partial q := 0

    Shape:
        z, quantized: (...), alike; returns the same shape.

    Raises:
        ValueError: the shapes differ.

    Source:
        van den Oord, Vinyals & Kavukcuoglu 2017, section 3.2; Bengio, Léonard & Courville 2013.

    Example:
        >>> z = torch.tensor([0.4], requires_grad=True)
        >>> (3 * straight_through(z, z.round())).backward()
        >>> z.grad.item()
        3.0
    """
    check_tensor(quantized, "quantized", shape=tuple(check_tensor(z, "z").shape))
    # The usual z + (q - z).detach() is q up to rounding only; this is q to the last bit.
    return quantized.detach() + (z - z.detach())


def perplexity(indices: Tensor, codes: int) -> Tensor:
    r"""Return how many codes, all used alike, would say as much as the J codes do: from 1 to J.

    .. math:: \exp\Bigl(-\sum_{j=1}^{J} p_j \log p_j\Bigr), \quad p_j \text{ the share of code } j

    Shape:
        indices: any, integers from 0 to J - 1; returns a scalar.

    Raises:
        TypeError, ValueError: codes is no positive integer, or indices empty or outside 0 to J - 1.

    Example:
        >>> perplexity(torch.tensor([0, 1, 2, 3]), 8).item()
        4.0
    """
    check_positive_int(codes, "codes")
    require(check_tensor(indices, "indices").numel() > 0, "indices must hold at least one code; got none")
    low, high = (int(value) for value in indices.aminmax())
    require(low >= 0 and high < codes, f"indices must lie in 0 to {codes - 1}; got {low} to {high}")
    shares = torch.bincount(indices.flatten(), minlength=codes).double() / indices.numel()
    return torch.exp(torch.special.entr(shares).sum())


class VectorQuantizer(nn.Module):
    r"""A codebook, and the two losses that draw its rows and the encoder's codes together.

    .. math:: L_{\text{codebook}} = \sum \lVert \mathrm{sg}[z] - e_{k(z)} \rVert^2, \quad
              L_{\text{commitment}} = \beta \sum \lVert z - \mathrm{sg}[e_{k(z)}] \rVert^2

    .. math:: N_j \leftarrow \gamma N_j + (1 - \gamma) n_j, \quad
              m_j \leftarrow \gamma m_j + (1 - \gamma) \sum_{k(z) = j} z, \quad e_j = m_j / N_j

    sg stops the gradient: the first loss moves the codebook, the second the encoder. With a decay the first
    is zero, and each pass in training mode moves the rows it has used to their running means instead.

    Args:
        codes: J, the rows of the codebook.
        width: K, their width.
        commitment: beta, what it costs a code to be far from its row.
        decay: gamma, in (0, 1); None trains the codebook by its loss.
        generator: source of the initial rows; torch's default generator when None.

    Shape:
        forward: z (B, M, K) to :class:`VQCodes`; losses are summed over the M codes of a sample.

    Raises:
        TypeError, ValueError: a size is no positive integer, beta below 0, or gamma outside (0, 1).

    Source:
        van den Oord, Vinyals & Kavukcuoglu 2017, equation (3) and appendix A.1.
    """

    codebook: Tensor

    def __init__(
        self, codes: int, width: int, *,
        commitment: float = 0.25, decay: float | None = None, generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.codes, self.width = check_positive_int(codes, "codes"), check_positive_int(width, "width")
        self.commitment = check_positive(commitment, "commitment", zero=True)
        require(decay is None or 0 < decay < 1, f"decay must be None or lie in (0, 1); got {decay}")
        self.decay = decay
        if self.decay is None:
            self.codebook = nn.Parameter(torch.empty(codes, width))
        else:
            self.codebook = nn.Buffer(torch.empty(codes, width))
            self.counts, self.sums = nn.Buffer(torch.ones(codes)), nn.Buffer(torch.empty(codes, width))
        self.reset_parameters(generator=generator)

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """Draw the codebook again, from U(-1/J, 1/J), and forget its running means."""
        nn.init.uniform_(self.codebook, -1 / self.codes, 1 / self.codes, generator=generator)
        if self.decay is not None:
            self.counts.fill_(1.0)
            self.sums.copy_(self.codebook)

    @torch.no_grad()
    def _move(self, z: Tensor, indices: Tensor, decay: float) -> None:
        """Take one step of the running means."""
        chosen = indices.flatten()
        taken = torch.bincount(chosen, minlength=self.codes)
        totals = torch.zeros_like(self.sums).index_add_(0, chosen, z.reshape(-1, self.width))
        self.counts.mul_(decay).add_(taken, alpha=1 - decay)
        self.sums.mul_(decay).add_(totals, alpha=1 - decay)
        # Unused rows keep m / N on paper; computed, both run to zero and the quotient to NaN.
        means = self.sums / self.counts[:, None]
        self.codebook.copy_(torch.where(taken[:, None] > 0, means, self.codebook))

    def forward(self, z: Tensor) -> VQCodes:
        """Quantise codes; in training mode, with a decay, the codebook moves afterwards.

        Shape:
            z: (B, M, K).

        Raises:
            TypeError, ValueError: z is no floating-point tensor of the shape above, or not finite.
        """
        check_tensor(z, "z", shape=("B", "M", self.width), floating=True, finite=True)
        indices = nearest_code(z, self.codebook)
        rows = self.codebook[indices]
        if self.training and self.decay is not None:
            self._move(z, indices, self.decay)
        codebook = (self.decay is None) * (z.detach() - rows).square().sum((1, 2))
        commitment = self.commitment * (z - rows.detach()).square().sum((1, 2))
        return VQCodes(straight_through(z, rows), indices, codebook, commitment)


class VQVAE(nn.Module):
    r"""An autoencoder whose code is M choices of J codebook rows: M log J nats at most.

    .. math:: J(x) = -\log p(x \mid z_q(x)) + L_{\text{codebook}} + L_{\text{commitment}}

    Args:
        input_dim: D, the number of pixels.
        hidden_dims: widths of the encoder's hidden layers; the decoder has them in reverse.
        latent_dim: K, the width of a codebook row.
        slots: M, the rows chosen for a sample.
        codes: J, the rows to choose from.
        commitment: beta of :class:`VectorQuantizer`.
        decay: gamma of :class:`VectorQuantizer`; None trains the codebook by its loss.
        likelihood: "bernoulli" (the decoder returns logits) or "gaussian" (means, with sigma = 1).
        activation: one of :func:`coursekit.dense.activations`, between the layers.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, D) to the decoder's outputs (B, D) and :class:`VQCodes`.

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
