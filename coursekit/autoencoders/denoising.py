"""The denoising autoencoder: corrupted samples in, clean samples as the target."""

__all__ = ["DenoisingAutoencoder"]

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from coursekit._check import describe
from coursekit.autoencoders.autoencoder import DenseAutoencoder
from coursekit.noise import Corruption, corruption


class DenoisingAutoencoder(DenseAutoencoder):
    r"""An autoencoder that sees a corrupted sample and is judged by the clean one.

    .. math:: J = \frac1B \sum_b \ell(g(f(\tilde x_b)), x_b), \qquad \tilde x_b \sim q(\tilde x \mid x_b)

    Under the squared loss the best model of all returns :math:`E[x \mid \tilde x]`. The noise is in ``loss``,
    in training as in evaluation, and nowhere else: encode, decode and reconstruct are deterministic.

    Args:
        input_shape: shape of one sample, such as (64,) or (1, 28, 28); blur needs (C, H, W).
        hidden_dims: widths of the encoder's hidden layers, none too.
        latent_dim: K, the width of the code.
        corruption: from :func:`coursekit.noise.by_name.corruption`, or what its ``config`` returned.
        options: of :class:`~coursekit.autoencoders.autoencoder.DenseAutoencoder`, such as ``loss``.
        generator: source of the initial weights; torch's default generator when None.

    Shape:
        forward: x (B, \*input_shape) to outputs of the same shape and z (B, K).

    Raises:
        TypeError: corruption is none.
        ValueError: an option is unknown, or the corruption does not fit the input's shape.

    Source:
        Vincent et al. 2008, section 2.3.

    Example:
        >>> noise = corruption("masking", p=0.3)
        >>> model = DenoisingAutoencoder(64, [32], 16, corruption=noise)
        >>> model.denoise(torch.rand(5, 64)).shape
        torch.Size([5, 64])
    """

    def __init__(
        self, input_shape: int | Sequence[int], hidden_dims: Sequence[int], latent_dim: int, *,
        corruption: Corruption | Mapping[str, Any], generator: torch.Generator | None = None, **options: Any,
    ) -> None:  # fmt: skip
        made = _corruption(corruption)
        super().__init__(input_shape, hidden_dims, latent_dim, generator=generator, **options)
        self.corruption = made
        # Tried on one sample: an unfit shape is refused here, by a stream that is nobody's.
        self.corrupt(torch.zeros(1, *self.input_shape), generator=torch.Generator().manual_seed(0))

    def corrupt(self, x: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
        r"""Return what the encoder sees in ``loss``.

        Args:
            x: clean samples, never changed.
            generator: source of the noise; torch's default generator when None.

        Shape:
            x: (B, \*input_shape); returned with the same shape.
        """
        return self.corruption(x, generator=generator)

    def denoise(self, x: Tensor) -> Tensor:
        r"""Return clean pixel values for noisy samples: ``reconstruct`` under the name of its use.

        Args:
            x: noisy samples.

        Shape:
            x: (B, \*input_shape); returned with the same shape.
        """
        return self.reconstruct(x)

    def config(self) -> dict[str, Any]:
        """Return the arguments that build this model again."""
        return super().config() | {"corruption": self.corruption.config()}


def _corruption(value: Corruption | Mapping[str, Any]) -> Corruption:
    """Return the corruption, built again where a saved model holds its settings."""
    if isinstance(value, Corruption):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"corruption must come from coursekit.noise.corruption; got {describe(value)}")
    return corruption(**value)
