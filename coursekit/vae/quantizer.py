"""Vector quantisation: each code is replaced by the nearest row of a learned codebook."""

__all__ = ["VQCodes", "VectorQuantizer", "nearest_code", "perplexity", "straight_through"]

from typing import NamedTuple

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_positive_int, check_tensor, require


class VQCodes(NamedTuple):
    """Codes after quantisation: z (B, M, K), indices (B, M) into the codebook, and two losses (B,)."""

    z: Tensor
    indices: Tensor
    codebook: Tensor
    commitment: Tensor


def nearest_code(z: Tensor, codebook: Tensor) -> Tensor:
    r"""Return the index of the codebook's nearest row, the first one of a tie.

    .. math:: k(z) = \arg\min_j \lVert z - e_j \rVert_2

    Args:
        z: codes.
        codebook: :math:`e_1, \dots, e_J`, a row each.

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

    Args:
        z: codes before quantisation.
        quantized: q, the rows that replace them.

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

    Args:
        indices: which rows were chosen.
        codes: J, the rows there are.

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
        """Draw the codebook again, from U(-1/J, 1/J), and forget its running means.

        Args:
            generator: source of the draws; torch's default generator when None.
        """
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

        Args:
            z: M codes a sample.

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
