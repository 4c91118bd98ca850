"""The sparse autoencoder: a wide code, of which each sample uses little."""

__all__ = ["SparseAutoencoder", "UnitColumns"]

from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coursekit._check import check_choice, check_positive, check_positive_int, require
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.autoencoders.interface import AEOutput
from coursekit.autoencoders.penalties import bernoulli_kl_penalty, l1_penalty, peak_penalty, top_k

_PENALTIES = ("l1", "kl", "peak", "none")


class UnitColumns(nn.Linear):
    r"""A linear layer that applies its weight with every column scaled to length 1.

    .. math:: y = \sum_k z_k \frac{w_k}{\|w_k\|_2} + b

    The length is divided out in every pass, so it is 1 after every step of any optimiser.

    Args:
        source: the linear layer whose weight and bias are taken over.

    Shape:
        forward: (B, K) to (B, D).
    """

    def __init__(self, source: nn.Linear) -> None:
        super().__init__(source.in_features, source.out_features, bias=source.bias is not None, device="meta")
        self.weight, self.bias = source.weight, source.bias

    @property
    def columns(self) -> Tensor:
        """The columns of length 1, (D, K)."""
        return F.normalize(self.weight, dim=0)

    def forward(self, input: Tensor) -> Tensor:
        """Return the sum of the columns, weighed by the code.

        Args:
            input: codes.

        Shape:
            input: (B, K); returns (B, D).
        """
        return F.linear(input, self.columns, self.bias)


class SparseAutoencoder(DenseAutoencoder):
    r"""An autoencoder whose code is pushed towards few active units: the very code that is decoded.

    .. math:: J = \frac1B \sum_b \ell(g(z_b), x_b) + \lambda\, \Omega(z), \qquad z_b = \mathrm{top}_k(f(x_b))

    A penalty on anything else, say on a sigmoid of z beside the network, is met by shifting z and leaves the
    code as dense as before. With ``unit_norm`` the decoder cannot undo a small code by long columns.

    Args:
        input_shape: shape of one sample, such as (64,) or (1, 28, 28).
        hidden_dims: widths of the encoder's hidden layers; none for a dictionary of one layer.
        latent_dim: K, the width of the code; more than the inputs if you like.
        penalty: "l1", "kl" (Bernoulli divergence of each unit's mean from ``rho``), "peak" or "none".
        weight: :math:`\lambda`, 0 or more, on a penalty that is a sum over the units.
        rho: target mean for "kl", inside (0, 1).
        top_k: how many entries of a code stay, or None for all.
        unit_norm: whether the decoder's columns have length 1; for a decoder of one layer.
        activation: after each hidden layer.
        code_activation: of the code; by default "sigmoid" for "kl", which needs it, and "relu" otherwise.
        options: of :class:`~coursekit.autoencoders.autoencoder.DenseAutoencoder`, such as ``loss``.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Raises:
        TypeError: a number has the wrong type.
        ValueError: an option is unknown or out of its range, or two do not go together.

    Source:
        Ng 2011, CS294A lecture notes, for "kl"; Makhzani & Frey 2013 for ``top_k``.

    Example:
        >>> g = torch.Generator().manual_seed(0)
        >>> model = SparseAutoencoder(64, [], 128, top_k=5, generator=g)
        >>> int((model.encode(torch.rand(3, 64)) != 0).sum(1).max())
        5
    """

    def __init__(
        self, input_shape: int | Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        penalty: str = "l1", weight: float = 0.1, rho: float = 0.05, top_k: int | None = None,
        unit_norm: bool = False, activation: str = "relu", code_activation: str | None = None,
        generator: torch.Generator | None = None, **options: Any,
    ) -> None:  # fmt: skip
        check_choice(penalty, "penalty", _PENALTIES)
        end = code_activation or ("sigmoid" if penalty == "kl" else "relu")
        require(
            penalty != "kl" or end == "sigmoid",
            f"penalty 'kl' needs code_activation 'sigmoid', whose values lie in (0, 1); got {end!r}",
        )
        self_rho = check_positive(rho, "rho")
        require(self_rho < 1, f"rho must be below 1; got {rho}")
        _check_unit_norm(unit_norm, hidden_dims, bool(options.get("tied", False)))
        super().__init__(input_shape, hidden_dims, latent_dim, activation=activation, code_activation=end,
                         generator=generator, **options)  # fmt: skip
        if top_k is not None:
            check_positive_int(top_k, "top_k")
            require(top_k <= latent_dim, f"top_k must be at most latent_dim {latent_dim}; got {top_k}")
        self.kind, self.weight, self.rho = penalty, check_positive(weight, "weight", zero=True), self_rho
        self.top_k, self.unit_norm = top_k, unit_norm
        if unit_norm:
            self.decoder[0] = UnitColumns(cast(nn.Linear, self.decoder[0]))

    def _encode(self, x: Tensor) -> Tensor:
        z = super()._encode(x)
        return z if self.top_k is None else top_k(z, self.top_k)

    def penalty(self, x: Tensor, output: AEOutput) -> Tensor:
        r"""Return the weighted penalty on the code that the decoder received.

        Args:
            x: the samples, which play no part.
            output: the pass whose loss is taken.

        Shape:
            x: (B, \*input_shape); returns a scalar.
        """
        if self.kind == "none":
            return super().penalty(x, output)
        if self.kind == "kl":
            return self.weight * bernoulli_kl_penalty(output.z, self.rho)
        return self.weight * (l1_penalty if self.kind == "l1" else peak_penalty)(output.z)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again."""
        return super().config() | {
            "penalty": self.kind,
            "weight": self.weight,
            "rho": self.rho,
            "top_k": self.top_k,
            "unit_norm": self.unit_norm,
        }


def _check_unit_norm(unit_norm: bool, hidden_dims: Sequence[int], tied: bool) -> None:
    """Refuse unit columns where another layer would undo them, or would have to share them."""
    require(
        not unit_norm or len(hidden_dims) == 0,
        "unit_norm needs a decoder of one layer, since a second one undoes it; "
        f"got hidden_dims {list(hidden_dims)}",
    )
    require(not (unit_norm and tied), "unit_norm needs a weight of its own in the decoder; got tied=True")
