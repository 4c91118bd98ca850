"""Gaussian blur of images: a degradation without any chance in it."""

__all__ = ["blur"]

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit._check import check_positive, check_positive_int, check_tensor, require


def _kernel(sigma: float, size: int | None, like: Tensor) -> Tensor:
    """Return the sampled bell, summing to 1."""
    # Four standard deviations, rounded: what scipy.ndimage takes.
    radius = int(4 * sigma + 0.5) if size is None else size // 2
    offsets = torch.arange(-radius, radius + 1, dtype=like.dtype, device=like.device)
    weights = torch.exp(-0.5 * (offsets / sigma).square())
    return weights / weights.sum()


def _mirrored(n: int, radius: int, device: torch.device) -> Tensor:
    """Return where to read n pixels and their mirror images beyond both ends, however far."""
    # (d c b a | a b c d | d c b a): torch's own "reflect" leaves the edge out and stops after one picture.
    position = torch.arange(-radius, n + radius, device=device) % (2 * n)
    return torch.minimum(position, 2 * n - 1 - position)


def blur(x: Tensor, sigma: float, *, size: int | None = None) -> Tensor:
    r"""Return images smoothed by a bell of width sigma, along the rows and then along the columns.

    .. math:: \tilde x_{ij} = \sum_{a,b=-r}^{r} k_a k_b\, x_{i+a,\,j+b}, \qquad
              k_a \propto e^{-a^2 / (2\sigma^2)}, \qquad \sum_a k_a = 1

    Beyond its edges a picture goes on with its mirror image, so that no light is lost. Blur is no noise:
    the same picture gives the same blurred picture every time.

    Args:
        x: images, never changed.
        sigma: width of the bell in pixels, above 0.
        size: side of the kernel, odd; by default it ends after four standard deviations.

    Shape:
        x: (B, C, H, W); returned with the same shape.

    Raises:
        TypeError: x is no floating-point tensor.
        ValueError: x does not have the shape above, sigma is not above 0, or size is not odd.

    Example:
        >>> blur(torch.ones(1, 1, 2, 2), 1.0).round(decimals=4).flatten().tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    check_tensor(x, "x", shape=("B", "C", "H", "W"), floating=True)
    check_positive(sigma, "sigma")
    if size is not None:
        check_positive_int(size, "size")
        require(size % 2 == 1, f"size must be odd, so that the kernel has a middle; got {size}")
    batch, channels, height, width = x.shape
    kernel = _kernel(sigma, size, x)
    radius = len(kernel) // 2
    rows, columns = _mirrored(height, radius, x.device), _mirrored(width, radius, x.device)
    padded = x[:, :, rows][..., columns].flatten(0, 1)[:, None]  # (B C, 1, H + 2r, W + 2r)
    down = F.conv2d(padded, kernel.view(1, 1, -1, 1))
    return F.conv2d(down, kernel.view(1, 1, 1, -1)).view(batch, channels, height, width)
