"""Images: the peak signal-to-noise ratio of a reconstruction."""

__all__ = ["psnr"]

import torch
from torch import Tensor

from coursekit._check import check_positive, check_tensor, require


def psnr(outputs: Tensor, x: Tensor, *, peak: float = 1.0) -> Tensor:
    r"""Return the peak signal-to-noise ratio of each reconstruction.

    .. math:: \mathrm{PSNR} = 10 \log_{10} \frac{p^2}{\mathrm{MSE}}

    :math:`p` is the largest value a pixel can have, MSE the mean squared error over the pixels of one sample.
    The mean of the ratios over a batch is at least the ratio of the batch's mean error: say which you report.

    Args:
        outputs: reconstructions as pixel values, not logits.
        x: what they should be.
        peak: :math:`p`, above 0; 1 for pixels in [0, 1].

    Shape:
        outputs, x: (B, ...); returns (B,).

    Units:
        Decibels; infinite for a sample that is reconstructed exactly.

    Raises:
        TypeError: if an argument is no floating tensor.
        ValueError: if the shapes differ, a sample has no pixel, or the peak is not above 0.

    Example:
        >>> psnr(torch.full((1, 4), 0.1, dtype=torch.float64), torch.zeros(1, 4)).round(decimals=6).tolist()
        [20.0]
    """
    check_tensor(x, "x", floating=True)
    require(
        x.ndim >= 2 and x[:1].numel() > 0, f"x must have shape (B, ...) with pixels; got {tuple(x.shape)}"
    )
    check_tensor(outputs, "outputs", shape=tuple(x.shape), floating=True)
    check_positive(peak, "peak")
    mse = (outputs - x).square().flatten(1).mean(1)
    return 10 * torch.log10(peak**2 / mse)  # (B,)
