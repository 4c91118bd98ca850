"""A loss in the features of another network, which the caller hands in: nothing is downloaded."""

__all__ = ["FeatureLoss"]

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from coursekit._check import check_positive, check_positive_int, check_tensor, require


class FeatureLoss(nn.Module):
    r"""The mean squared distance of what a network makes of an output and of its target.

    .. math:: \ell_\varphi(\hat x, x) = \frac1M \lVert \varphi(n(\hat x)) - \varphi(n(x)) \rVert^2, \quad
              n(x)_c = \frac{x_c - m_c}{s_c}

    :math:`\varphi` is the extractor with M entries a sample; :math:`n` repeats a single channel as often as
    the extractor wants, then standardises each channel as its training images were. The extractor is copied,
    frozen and in evaluation mode; gradients reach the outputs and neither the target nor the extractor.

    Args:
        extractor: maps images to features.
        channels: what the extractor takes; one channel is repeated to as many; None takes what comes.
        mean: m, one number a channel; None for 0.
        std: s, one number a channel, above 0; None for 1.

    Shape:
        forward: outputs and x (B, ...), returns (B,); with ``channels``, images (B, 1, H, W) or
        (B, channels, H, W).

    Units:
        Averaged over the entries of the features of a sample.

    Raises:
        TypeError: extractor is no module, or a number is none.
        ValueError: mean or std fit no channels, or a deviation is not above 0.

    Source:
        Johnson, Alahi & Fei-Fei 2016, Perceptual losses for real-time style transfer, equation 2.

    Example:
        >>> loss = FeatureLoss(nn.Flatten())
        >>> loss(torch.zeros(1, 2, 2), torch.ones(1, 2, 2)).tolist()
        [1.0]
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, extractor: nn.Module, *, channels: int | None = None, mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not isinstance(extractor, nn.Module):
            raise TypeError(f"extractor must be a torch module; got {type(extractor).__name__}")
        self.channels = None if channels is None else check_positive_int(channels, "channels")
        for name, told in (("mean", mean), ("std", std)):
            given = channels is not None and told is not None and len(told) == channels
            require(
                told is None or given,
                f"{name} must hold one number for each of channels={channels}; got {told}",
            )
        for deviation in std or ():
            check_positive(deviation, "each of std")
        self.register_buffer("mean", torch.tensor(mean or [0.0]).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std or [1.0]).view(1, -1, 1, 1))
        self.extractor = deepcopy(extractor).eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "FeatureLoss":
        """Set the mode of this module; the extractor stays in evaluation mode.

        Args:
            mode: whether it trains.
        """
        super().train(mode)
        self.extractor.eval()
        return self

    def features(self, x: Tensor) -> Tensor:
        """Return what the extractor makes of images, one row a sample.

        Args:
            x: images in [0, 1], or what the extractor takes.

        Shape:
            x: (B, ...), with ``channels`` (B, 1 or channels, H, W); returns (B, M).

        Raises:
            TypeError: x is no floating-point tensor.
            ValueError: x has another number of channels.
        """
        check_tensor(x, "x", floating=True)
        if self.channels is not None:
            fits = x.dim() == 4 and x.shape[1] in (1, self.channels)
            wanted = f"(B, 1 or {self.channels}, H, W)"
            require(fits, f"x must have shape {wanted}; got {tuple(x.shape)}")
            x = x.expand(-1, self.channels, -1, -1)
            x = (x - self.mean.to(x)) / self.std.to(x)
        features: Tensor = self.extractor(x)
        return features.flatten(1)

    def forward(self, outputs: Tensor, x: Tensor) -> Tensor:
        """Return the loss of each sample.

        Args:
            outputs: pixel values that a decoder returned.
            x: the images that should have come out.

        Shape:
            outputs, x: (B, ...); returns (B,).

        Raises:
            TypeError: outputs or x is no floating-point tensor.
            ValueError: the shapes differ, or do not suit the extractor.
        """
        check_tensor(x, "x", floating=True)
        check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
        with torch.no_grad():
            wanted = self.features(x)
        return (self.features(outputs) - wanted).square().mean(1)
